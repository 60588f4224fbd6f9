"""A case: how the dossier of one transfer stands, as a row keeps it.

    marks    a bit each: what is wrong whatever the time is, and what is still awaited
    stages   two bits each: missing, in order, wrong, undetermined
    used     of the ceilings, in per mille

A flag is a question to these: `flag_condition` asks it of many rows in SQL, `Case` of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple

from ledger.attestation import Stage
from ledger.dossier import Flag, Overview, StageState, Terms
from ledger.dossier.ceilings import PER_MILLE
from ledger.errors import MalformedError
from ledger.kinds import Transfer
from ledger.stages.comparison import seconds
from ledger.statement import record_id_text
from ledger.store import Condition, DocketRow

__all__ = ["Case", "Standing", "flag_condition", "row_of", "standing_row"]

_PERCENT = 10
# Of a statement's time, which is in UTC.
_MONTH = len("2026-11")


class Mark(IntFlag):
    """What is true of a dossier whatever the time is; kept in rows, so no bit ever changes."""

    NO_PRE_ASSESSMENT = 1
    NOT_COVERED = 2
    DEVIATION = 4
    REVOKED = 8
    STOP_ORDER = 16
    RECEIVED_OTHERWISE = 32
    BACKUP_AWAITED = 64
    POST_CHECK_AWAITED = 128
    RECEIPT_AWAITED = 256


_LASTING = {
    Flag.NO_PRE_ASSESSMENT: Mark.NO_PRE_ASSESSMENT,
    Flag.NOT_COVERED: Mark.NOT_COVERED,
    Flag.DEVIATION: Mark.DEVIATION,
    Flag.REVOKED: Mark.REVOKED,
    Flag.STOP_ORDER: Mark.STOP_ORDER,
    Flag.RECEIVED_OTHERWISE: Mark.RECEIVED_OTHERWISE,
}
_AWAITED = {Stage.BACKUP: Mark.BACKUP_AWAITED, Stage.POST_CHECK: Mark.POST_CHECK_AWAITED}
_STATES = (StageState.MISSING, StageState.IN_ORDER, StageState.WRONG, StageState.UNDETERMINED)
_STAGE_BITS = 2
_STAGE_MASK = (1 << _STAGE_BITS) - 1


class Standing(NamedTuple):
    """The part of a row that others' words decide (see `DocketRow`)."""

    stages: int
    marks: int
    used: int | None
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A row, as of a time and under terms."""

    row: DocketRow
    flags: tuple[Flag, ...]

    @classmethod
    def of(cls, row: DocketRow, terms: Terms, *, now: int) -> Case:
        """Ask every flag of a row."""
        flags = tuple(flag for flag in Flag if _meets(row, flag_condition(flag, terms, now=now)))
        return cls(row, flags)

    @property
    def record_id(self) -> str:
        """Name the transfer."""
        return record_id_text(self.row.record_id)

    @property
    def stages(self) -> dict[Stage, StageState]:
        """Say how each stage stands."""
        return {
            stage: _STATES[self.row.stages >> place * _STAGE_BITS & _STAGE_MASK]
            for place, stage in enumerate(Stage)
        }


def flag_condition(flag: Flag, terms: Terms, *, now: int) -> Condition:
    """Say of which rows a flag is true."""
    match flag:
        case Flag.BACKUP_OVERDUE:
            return Condition(Mark.BACKUP_AWAITED, occurred_before=now - terms.backup)
        case Flag.POST_CHECK_OVERDUE:
            return Condition(Mark.POST_CHECK_AWAITED, occurred_before=now - terms.post_check)
        case Flag.RECEIPT_MISSING:
            return Condition(Mark.RECEIPT_AWAITED, occurred_before=now - terms.receipt)
        case Flag.CEILING_NEAR:
            return Condition(used_from=terms.ceiling_near * _PERCENT, used_to=PER_MILLE)
        case Flag.CEILING_PASSED:
            return Condition(used_from=PER_MILLE + 1)
    return Condition(_LASTING[flag])


def row_of(overview: Overview, submitter: str | None, *, stale: int = 0) -> DocketRow:
    """Keep what an overview of a transfer says, but for what only the clock says."""
    transfer = overview.records.subject
    says = transfer.says
    if not isinstance(says, Transfer):
        raise MalformedError("dossier.kind", "docket", expected="transfer", found="plan")
    marks = Mark(0)
    for flag in overview.flags:
        marks |= _LASTING.get(flag, Mark(0))
    stages = 0
    for place, stage in enumerate(overview.stages):
        stages |= _STATES.index(stage.state) << place * _STAGE_BITS
        if stage.state is StageState.MISSING:
            marks |= _AWAITED.get(stage.stage, Mark(0))
    if not overview.records.receipts:
        marks |= Mark.RECEIPT_AWAITED
    standing = Standing(stages, int(marks), overview.used, stale)
    return standing_row(transfer.index, transfer.leaf_hash, says, submitter, standing)


def standing_row(
    index: int, leaf_hash: bytes, says: Transfer, submitter: str | None, standing: Standing
) -> DocketRow:
    """Write the row of a transfer that stands like this."""
    covered_by = says.covered_by or None
    return DocketRow(
        index,
        says.record_id.bytes,
        leaf_hash,
        None if covered_by is None else bytes.fromhex(covered_by.plan.leaf_hash),
        submitter,
        says.exporter.id,
        says.recipient.id,
        says.from_,
        says.to,
        says.scenario,
        seconds(says.occurred_at),
        says.occurred_at[:_MONTH],
        *standing,
    )


def _meets(row: DocketRow, condition: Condition) -> bool:
    used = -1 if row.used is None else row.used
    before = condition.occurred_before
    return (
        (not condition.marks or bool(row.marks & condition.marks))
        and (before is None or row.occurred_at < before)
        and (condition.used_from is None or used >= condition.used_from)
        and (condition.used_to is None or 0 <= used <= condition.used_to)
    )
