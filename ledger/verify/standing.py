"""Checks of what became of a record: words in the log, lists that issuers signed, the chain.

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
from ledger.stages import Dossier
from ledger.stages.comparison import seconds
from ledger.status import Action, standing
from ledger.status import Status as Said
from ledger.status_list import TokenStatus, worst
from ledger.trust import Source, Trust
from ledger.verify.announced import ask_registry, stopped_by
from ledger.verify.case import Case
from ledger.verify.listed import ask_list, is_required, rules_of
from ledger.verify.signed import SignedEntry, check_signed, find_owner, is_same_owner

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
    for entry in case.bundle.statuses:
        more, found = check_signed("status", entry, case, Said.parse, subject=f"{entry.index}")
        checks += more
        if found is not None and found.says.claims.iat <= case.latest:
            speaker = _speaker(found, case)
            words.append(Word(found.index, found.says, found.thumbprint, speaker))
    return checks, sorted(words, key=lambda word: word.index)


def _speaker(found: SignedEntry[Said], case: Case) -> Organisation | None:
    """Find who said it; a chain that does not hold makes nobody of its signer.

    That an order was anchored late is no reason to pass it over.
    """
    try:
        return find_owner(found, case, issued_at=found.says.claims.iat, anchored=False)
    except LedgerError:
        return None


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
    told = _Told()
    rules = rules_of(attestation, case)
    mine = [word for word in words if _is_of_issuer(word, attestation, case.trust)]
    covering = stage is Stage.PRE_ASSESSMENT
    counted = [
        word
        for word in mine
        if not covering or _was_before(word, dossier) or _cuts_off(word, first)
    ]
    occurred = seconds(dossier.transfer.says.occurred_at)
    try:
        told.logged(standing(word.action for word in counted), counted)
        told.registered(
            ask_registry(
                attestation, case, rules, at=min(case.latest, occurred) if covering else case.latest
            )
        )
    except UnavailableError as error:
        told.unasked(error)
    except LedgerError as error:
        return Check.failed(code, error, subject)
    try:
        listed = ask_list(attestation, case, rules)
    except UnavailableError as error:
        if is_required(Source.LIST, rules):
            told.unasked(error)
        else:
            told.skipped = error
    except LedgerError as error:
        return Check.failed(code, error, subject)
    else:
        # A list tells no time: where the log does, and the word came after the transfer, it is
        # the same word.
        if listed is not None and not (covering and _explains(listed, mine, counted)):
            told.listed(listed)
    return told.check(code, subject)


def check_orders(dossier: Dossier, words: Sequence[Word], case: Case) -> list[Check]:
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
        for speaker in dict.fromkeys(word.thumbprint for word in orders):
            said = [word for word in orders if word.thumbprint == speaker]
            try:
                stopped = standing(word.action for word in said) is Action.STOP
            except LedgerError as error:
                checks.append(Check.failed("record.stopped", error, entry.record_id))
                continue
            if stopped:
                checks.append(_stopped(entry.record_id, said[-1].said.claims.reason))
        try:
            authority = stopped_by(entry, dossier, case)
        except UnavailableError as error:
            unasked = "status.unavailable"
            checks.append(
                Check(
                    "record.stopped",
                    Status.UNDETERMINED,
                    unasked,
                    entry.record_id,
                    found=str(error),
                )
            )
        else:
            if authority is not None:
                checks.append(_stopped(entry.record_id, f"an order of 0x{authority.hex()}"))
    return checks


def _stopped(record_id: str, found: str) -> Check:
    return Check(
        "record.stopped",
        Status.FAILED,
        "record.stopped",
        record_id,
        expected="no order",
        found=found,
    )


class _Told:
    """What the sources say of one attestation: the worst of it counts."""

    def __init__(self) -> None:
        self._said: list[tuple[int, str]] = []
        self._errors: list[UnavailableError] = []
        self._has_answer = False
        self.skipped: UnavailableError | None = None

    def logged(self, last: Action | None, words: Sequence[Word]) -> None:
        """Take the last word in the log; that there is none, a bundle cannot show."""
        if last is not None:
            self._said.append((_AS_LISTED[last], words[-1].said.claims.reason))

    def registered(self, said: Sequence[Action | None]) -> None:
        """Take what the registry says: where nothing was said, it says so."""
        self._has_answer |= bool(said)
        self._said += [(_AS_LISTED[last], "AttestationRegistry") for last in said]

    def listed(self, status: int) -> None:
        """Take what the issuer's list says."""
        self._has_answer = True
        self._said.append((status, "the issuer's status list"))

    def unasked(self, error: UnavailableError) -> None:
        """Note that a source which must answer did not."""
        self._errors.append(error)

    def check(self, code: str, subject: str) -> Check:
        """Judge: what is known to be wrong fails, whoever else could not be asked."""
        told = worst(status for status, _ in self._said)
        if told is not TokenStatus.VALID:
            is_revoked = told is TokenStatus.INVALID
            return Check(
                code,
                Status.FAILED,
                "attestation.revoked" if is_revoked else "attestation.suspended",
                subject,
                expected="valid",
                found=next(who for status, who in self._said if worst([status]) is told),
            )
        for error in self._errors:
            return Check(
                code, Status.UNDETERMINED, error.code, subject, error.expected, error.found
            )
        if self._has_answer:
            return Check.verified(code, subject)
        reason = "status.none" if self.skipped is None else self.skipped.code
        return Check(code, Status.SKIPPED, reason, subject)


_AS_LISTED = {
    None: TokenStatus.VALID,
    Action.REINSTATE: TokenStatus.VALID,
    Action.STOP: TokenStatus.SUSPENDED,
    Action.SUSPEND: TokenStatus.SUSPENDED,
    Action.REVOKE: TokenStatus.INVALID,
}


def _explains(listed: int, all_words: Sequence[Word], counted: Sequence[Word]) -> bool:
    """Say whether words that came too late to count are why a list says what it does."""
    if len(all_words) == len(counted):
        return False
    try:
        last = standing(word.action for word in all_words)
    except LedgerError:
        return False
    return worst([listed]) is _AS_LISTED[last]


def _is_of_issuer(word: Word, attestation: SignedEntry[Attestation], trust: Trust) -> bool:
    return word.said.leaf_hash == attestation.statement.leaf_hash and is_same_owner(
        word.thumbprint, attestation.thumbprint, trust
    )


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
