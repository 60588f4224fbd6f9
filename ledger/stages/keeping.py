"""Keeping: whether a backup keeps the evidence of this transfer, for long enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from msgspec import UNSET

from ledger.attestation.backup import Backup, BackupClaims
from ledger.kinds import Transfer
from ledger.stages.comparison import after, broken, not_later, same, seconds
from ledger.stages.dossier import Entry

__all__ = ["MIN_RETENTION_YEARS", "RULES", "Keeping", "years_after"]

# PIPL, Article 56: assessments and records of processing are kept for three years at least.
MIN_RETENTION_YEARS = 3
_DATE_LENGTH = len("2026-11-21")


@dataclass(frozen=True, slots=True)
class Keeping:
    """A transfer and its backup."""

    transfer: Entry[Transfer]
    backup: Entry[BackupClaims]

    @property
    def kept(self) -> Backup:
        """Give what is kept."""
        return self.backup.says.subject


def _is_of_this_transfer(case: Keeping) -> None:
    same("the transfer that was kept", case.transfer.leaf_hash.hex(), case.kept.leaf_hash.hex())
    same("its record", case.transfer.record_id, str(case.kept.record_id))


def _was_afterwards(case: Keeping) -> None:
    after(case.backup, case.transfer, "the backup was logged before its transfer")
    not_later(
        "the backup was attested before it was made",
        seconds(case.kept.deposited_at),
        case.backup.says.iat,
    )


def _is_kept_long_enough(case: Keeping) -> None:
    wanted = years_after(case.kept.deposited_at[:_DATE_LENGTH], MIN_RETENTION_YEARS)
    if case.kept.retained_until < wanted:
        raise broken(
            "the backup is not kept long enough", f"until {wanted}", case.kept.retained_until
        )


def _is_restorable(case: Keeping) -> None:
    check = case.kept.restore_check
    if check is not UNSET and check.outcome == "failed":
        raise broken("the backup could not be restored", "restored", f"failed, {check.at}")


RULES: Mapping[str, Callable[[Keeping], None]] = {
    "backup.transfer": _is_of_this_transfer,
    "backup.order": _was_afterwards,
    "backup.retention": _is_kept_long_enough,
    "backup.restorable": _is_restorable,
}


def years_after(day: str, years: int) -> str:
    """Give the day so many years after a day."""
    start = date.fromisoformat(day)
    try:
        return start.replace(year=start.year + years).isoformat()
    except ValueError:
        # 29 February: the day before, so that nobody is asked for more than the years.
        return start.replace(year=start.year + years, day=28).isoformat()
