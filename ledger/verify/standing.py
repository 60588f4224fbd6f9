"""Checks of what became of a record: words in the log, and status lists that issuers signed.

Whose word counts: of an attestation its issuer's, by any key of his; of a transfer and its plan a
regulator's of either jurisdiction. What anybody else says is shown, and changes nothing. The worst
of all sources counts.

A pre-assessment that was revoked after the transfer had happened still covered it, unless for a key
that was compromised before the pre-assessment was anchored. A backup or a post-check that is
revoked is worth nothing, whenever that was said. What was said after the time that is asked about
is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from ledger.anchor import Anchor
from ledger.attestation import Attestation, Stage
from ledger.errors import LedgerError, UnavailableError
from ledger.organisation import Organisation, Role
from ledger.report import Check, Status
from ledger.stages import CLOCK_SKEW, Dossier
from ledger.stages.comparison import seconds
from ledger.status import Action, standing
from ledger.status import Status as Said
from ledger.status_list import StatusToken, TokenStatus, worst
from ledger.trust import Trust
from ledger.verify.case import Case
from ledger.verify.signed import SignedEntry, check_signed, signer_of

__all__ = ["Word", "check_orders", "check_standing", "check_words"]


@dataclass(frozen=True, slots=True)
class Word:
    """A status in the log whose signature is right, and who said it, where that is known."""

    index: int
    said: Said
    thumbprint: bytes
    speaker: Organisation | None

    @property
    def action(self) -> Action:
        """Give what was said."""
        return self.said.claims.action


def check_words(case: Case) -> tuple[list[Check], list[Word]]:
    """Check the statuses that the bundle carries; give those that are sound, oldest first."""
    checks: list[Check] = []
    words = []
    latest = int(case.as_of.timestamp()) + CLOCK_SKEW
    for entry in case.bundle.statuses:
        more, found = check_signed("status", entry, case, Said.parse, subject=f"{entry.index}")
        checks += more
        if found is not None and found.says.claims.iat <= latest:
            speaker = case.trust.owner(found.thumbprint)
            words.append(Word(found.index, found.says, found.thumbprint, speaker))
    return checks, sorted(words, key=lambda word: word.index)


def check_standing(
    stage: Stage,
    attestation: SignedEntry[Attestation],
    dossier: Dossier,
    words: Sequence[Word],
    case: Case,
    *,
    first: Anchor | None,
) -> Check:
    """Check that an attestation is neither revoked nor suspended.

    `first` is the first anchor that it is shown in.
    """
    code, subject = "attestation.status", stage.value
    mine = [word for word in words if _is_of_issuer(word, attestation, case.trust)]
    if stage is Stage.PRE_ASSESSMENT:
        mine = [word for word in mine if _was_before(word, dossier) or _cuts_off(word, first)]
    try:
        last = standing(word.action for word in mine)
        listed = _listed(attestation, case)
    except UnavailableError as error:
        return Check(code, Status.UNDETERMINED, error.code, subject, error.expected, error.found)
    except LedgerError as error:
        return Check.failed(code, error, subject)
    told = worst([_AS_LISTED[last], TokenStatus.VALID if listed is None else listed])
    if told is not TokenStatus.VALID:
        return Check(
            code,
            Status.FAILED,
            "attestation.revoked" if told is TokenStatus.INVALID else "attestation.suspended",
            subject,
            expected="valid",
            found=mine[-1].said.claims.reason if last is not None else "the issuer's status list",
        )
    if listed is None:
        # Nobody says "valid": that nothing was said in the log, a bundle cannot show.
        return Check(code, Status.SKIPPED, "status.none", subject)
    return Check.verified(code, subject)


def check_orders(dossier: Dossier, words: Sequence[Word]) -> list[Check]:
    """Check that no regulator of either side has stopped the transfer or its plan."""
    checks = []
    sides = {dossier.transfer.says.from_, dossier.transfer.says.to}
    for entry in (dossier.transfer, dossier.plan):
        if entry is None:
            continue
        orders = [
            word
            for word in words
            if word.said.leaf_hash == entry.leaf_hash and _is_regulator(word.speaker, sides)
        ]
        for speaker in {word.thumbprint for word in orders}:
            said = [word for word in orders if word.thumbprint == speaker]
            try:
                stopped = standing(word.action for word in said) is Action.STOP
            except LedgerError as error:
                checks.append(Check.failed("record.stopped", error, entry.record_id))
                continue
            if stopped:
                reason = said[-1].said.claims.reason
                checks.append(
                    Check(
                        "record.stopped",
                        Status.FAILED,
                        "record.stopped",
                        entry.record_id,
                        expected="no order",
                        found=reason,
                    )
                )
    return checks


_AS_LISTED = {
    None: TokenStatus.VALID,
    Action.REINSTATE: TokenStatus.VALID,
    Action.STOP: TokenStatus.SUSPENDED,
    Action.SUSPEND: TokenStatus.SUSPENDED,
    Action.REVOKE: TokenStatus.INVALID,
}


def _listed(attestation: SignedEntry[Attestation], case: Case) -> int | None:
    """Ask the issuer's status list, None where the attestation is in none.

    Raises UnavailableError where the list is not there, or says nothing about the time.
    """
    reference = attestation.says.claims.status
    if reference is UNSET:
        return None
    place = reference.status_list
    for token in map(StatusToken.parse, case.bundle.status_lists):
        if token.address != place.uri:
            continue
        key = signer_of(token.jws, case.trust)
        if key is None or not _is_same(key.thumbprint, attestation.thumbprint, case.trust):
            raise UnavailableError(
                "status-list.stranger",
                "the status list is not the issuer's",
                expected=f"a list signed by a key of {attestation.says.claims.iss}",
                found="another key",
            )
        token.jws.verify(key)
        return token.status_of(place, at=int(case.as_of.timestamp()))
    raise UnavailableError(
        "status-list.absent",
        "the bundle carries no status list of the attestation",
        expected=place.uri,
        found="none",
        hint="Get the bundle again: its lists are stapled to it.",
    )


def _is_of_issuer(word: Word, attestation: SignedEntry[Attestation], trust: Trust) -> bool:
    return word.said.leaf_hash == attestation.statement.leaf_hash and _is_same(
        word.thumbprint, attestation.thumbprint, trust
    )


def _is_same(one: bytes, other: bytes, trust: Trust) -> bool:
    """Say whether two keys are one, or of one organisation."""
    owner = trust.owner(one)
    return one == other or (owner is not None and owner == trust.owner(other))


def _was_before(word: Word, dossier: Dossier) -> bool:
    """Say whether something was said before the transfer happened, as far as anybody can tell.

    By the speaker's own clock or by its place in the log, whichever is earlier: what the log held
    before the transfer was said before it.
    """
    said_at = word.said.claims.iat
    return word.index < dossier.transfer.index or said_at <= seconds(
        dossier.transfer.says.occurred_at
    )


def _cuts_off(word: Word, first: Anchor | None) -> bool:
    """Say whether a revocation is for a key that was not its owner's alone when this was anchored.

    Whoever had stolen it dates what he signs as he likes, so that it may never have been valid.
    """
    since = word.said.claims.compromised_since
    return since is not UNSET and (first is None or int(first.time.timestamp()) >= since)


def _is_regulator(speaker: Organisation | None, sides: set[str]) -> bool:
    return (
        speaker is not None
        and Role.REGULATOR in speaker.roles
        and not sides.isdisjoint(speaker.jurisdictions)
    )
