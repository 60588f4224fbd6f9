"""`plan`: what is to be transferred; the subject of a pre-assessment, covering many transfers."""

from __future__ import annotations

from msgspec import UNSET, UnsetType, field

from ledger.kinds.common import Movement
from ledger.kinds.formats import check_period
from ledger.kinds.members import Count, Date, Member

__all__ = ["Ceilings", "Period", "Plan"]


class Ceilings(Member, frozen=True, kw_only=True):
    """What the transfers under a plan may reach together; an absent ceiling limits nothing."""

    transfers: Count | UnsetType = UNSET
    personal: Count | UnsetType = UNSET
    sensitive: Count | UnsetType = UNSET
    bytes: Count | UnsetType = UNSET


class Period(Member, frozen=True, kw_only=True):
    """The days on which transfers may happen, both included."""

    from_: Date = field(name="from")
    until: Date

    def __post_init__(self) -> None:
        check_period(self.from_, self.until)


class Plan(Movement, frozen=True, kw_only=True, tag_field="kind", tag="plan"):
    """A plan of transfers."""

    ceilings: Ceilings
    period: Period
