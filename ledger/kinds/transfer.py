"""`transfer`: one cross-border transfer, recorded by the enterprise that made it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from ledger.canonical import MAX_INTEGER
from ledger.kinds.common import Movement
from ledger.kinds.formats import check_time
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Count,
    File,
    Member,
    OriginLabel,
    Persons,
    Reference,
    Software,
    Time,
)

__all__ = ["Coverage", "RunningTotal", "Transfer"]


class RunningTotal(Member, frozen=True, kw_only=True):
    """Distinct persons moved under a plan so far, this transfer included."""

    personal: Count
    sensitive: Count


class Coverage(Member, frozen=True, kw_only=True):
    """The plan that covers a transfer, and the transfer's place under it.

    Sequence numbers count from 1 without gaps and totals never fall, so that whoever reads all
    transfers of a plan sees whether one is missing.
    """

    plan: Reference
    sequence: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
    persons: RunningTotal


class Transfer(Movement, frozen=True, kw_only=True, tag_field="kind", tag="transfer"):
    """One cross-border transfer."""

    CONCEALABLE = Movement.CONCEALABLE | {"persons"}

    occurred_at: Time
    persons: Persons | UnsetType = UNSET
    files: Annotated[list[File], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = UNSET
    origin_label: OriginLabel | UnsetType = UNSET
    software: Software | UnsetType = UNSET
    parents: Annotated[list[Reference], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = (
        UNSET
    )
    covered_by: Coverage | UnsetType = UNSET

    def __post_init__(self) -> None:
        Movement.__post_init__(self)
        check_time(self.occurred_at)
