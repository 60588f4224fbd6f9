"""What became of an attestation, a transfer or a plan, by the words that are in the log.

Whose word counts is as for a verifier: of an attestation its issuer's, of a transfer and its plan a
regulator's of either jurisdiction, as far as the trust file knows who is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.attestation import Attestation
from ledger.dossier.records import Records, Said
from ledger.errors import LedgerError
from ledger.organisation import Role
from ledger.report import Check
from ledger.report import Status as Outcome
from ledger.stages.comparison import seconds
from ledger.status import Action, standing
from ledger.trust import Trust

__all__ = ["check_orders", "check_standing"]

_REASONS = {
    Action.REVOKE: "attestation.revoked",
    Action.SUSPEND: "attestation.suspended",
    Action.STOP: "attestation.suspended",
}


def check_standing(
    said: Said[Attestation], records: Records, trust: Trust, *, at_transfer: bool = False
) -> Check:
    """Check that an attestation is neither revoked nor suspended.

    With `at_transfer` words from after the transfer are left out, but those that say a key was
    compromised: a pre-assessment that was revoked later still covered it.
    """
    code, subject = "attestation.status", said.says.stage.value
    words = [
        word
        for word in records.words(said.leaf_hash, said.thumbprint, trust)
        if not (at_transfer and _was_later(word.index, word.says.claims.iat, records))
        or isinstance(word.says.claims.compromised_since, int)
    ]
    try:
        last = standing(word.says.claims.action for word in words)
    except LedgerError as error:
        return Check.failed(code, error, subject)
    if last in _REASONS:
        reason = words[-1].says.claims.reason
        return Check(code, Outcome.FAILED, _REASONS[last], subject, "valid", reason)
    return Check(code, Outcome.SKIPPED, "status.none", subject)


def check_orders(records: Records, trust: Trust) -> Iterator[Check]:
    """Give what a regulator of either side has stopped, the transfer or its plan."""
    sides = {records.subject.says.from_, records.subject.says.to}
    for entry in (records.subject, records.plan):
        if entry is None:
            continue
        speakers = {
            owner.id: word.thumbprint
            for word in records.statuses
            if word.says.leaf_hash == entry.leaf_hash
            and word.thumbprint is not None
            and (owner := trust.owner(word.thumbprint)) is not None
            and Role.REGULATOR in owner.roles
            and not sides.isdisjoint(owner.jurisdictions)
        }
        for thumbprint in speakers.values():
            words = records.words(entry.leaf_hash, thumbprint, trust)
            try:
                stopped = standing(word.says.claims.action for word in words) is Action.STOP
            except LedgerError as error:
                yield Check.failed("record.stopped", error, entry.record_id)
                continue
            if stopped:
                yield Check(
                    "record.stopped", Outcome.FAILED, "record.stopped", entry.record_id,
                    "no order", words[-1].says.claims.reason,
                )  # fmt: skip


def _was_later(index: int, said_at: int, records: Records) -> bool:
    transfer = records.transfer
    if transfer is None:
        return False
    return index >= transfer.index and said_at > seconds(transfer.says.occurred_at)
