"""Checking: whether a post-check is of this transfer, against this backup and pre-assessment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import UNSET

from ledger.attestation.backup import BackupClaims
from ledger.attestation.post_check import PostCheck, PostCheckClaims
from ledger.attestation.pre_assessment import PreAssessmentClaims
from ledger.kinds import Transfer
from ledger.kinds.members import Reference
from ledger.stages.comparison import after, broken, not_later, same, seconds
from ledger.stages.dossier import Entry

__all__ = ["RULES", "Checking"]


@dataclass(frozen=True, slots=True)
class Checking:
    """A transfer, its post-check, and what that was against."""

    transfer: Entry[Transfer]
    post_check: Entry[PostCheckClaims]
    backup: Entry[BackupClaims]
    pre_assessment: Entry[PreAssessmentClaims] | None

    @property
    def checked(self) -> PostCheck:
        """Give what was checked."""
        return self.post_check.says.subject


def _is_of_this_transfer(case: Checking) -> None:
    same(
        "the transfer that was checked", case.transfer.leaf_hash.hex(), case.checked.leaf_hash.hex()
    )
    same("its record", case.transfer.record_id, str(case.checked.record_id))


def _is_against_this_backup(case: Checking) -> None:
    _names("backup", case.backup, case.checked.backup)


def _is_against_this_assessment(case: Checking) -> None:
    reference = case.checked.pre_assessment
    if case.pre_assessment is not None:
        _names("pre-assessment", case.pre_assessment, reference)
    # Without one there is nothing to check against: which the transfer must say of itself.
    elif reference is UNSET and case.transfer.says.covered_by is not UNSET:
        raise broken("the post-check is against no pre-assessment", "the plan's", "none")


def _was_afterwards(case: Checking) -> None:
    claims = case.post_check.says
    after(case.post_check, case.backup, "the post-check was logged before its backup")
    not_later("the post-check was made before its backup", case.backup.says.iat, claims.iat)
    not_later(
        "the post-check was attested before it was made",
        seconds(case.checked.checked_at),
        claims.iat,
    )
    not_later(
        "the post-check was made before the transfer",
        seconds(case.transfer.says.occurred_at),
        seconds(case.checked.checked_at),
    )


def _is_consistent(case: Checking) -> None:
    if case.checked.outcome != "consistent":
        raise broken("the post-check found a deviation", "consistent", case.checked.outcome)


RULES: Mapping[str, Callable[[Checking], None]] = {
    "post-check.transfer": _is_of_this_transfer,
    "post-check.backup": _is_against_this_backup,
    "post-check.pre-assessment": _is_against_this_assessment,
    "post-check.order": _was_afterwards,
    "post-check.outcome": _is_consistent,
}


def _names(what: str, entry: Entry[object], reference: Reference | object) -> None:
    if not isinstance(reference, Reference) or not entry.is_named_by(reference):
        found = reference.leaf_hash if isinstance(reference, Reference) else "none"
        raise broken(f"the post-check is against another {what}", entry.leaf_hash.hex(), found)
