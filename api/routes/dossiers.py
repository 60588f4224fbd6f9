"""All dossiers that one may see: what is missing or wrong, and how often.

From the docket (`ledger.docket`), which follows the log a moment behind it: `lag` says how far. The
reasons are in each record's own dossier.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, Field

from api.answers import Answer
from api.auth import Reader
from api.docket import DocketKeeper, reach_of
from api.openapi import refusals
from api.paging import DEFAULT_LIMIT, Cursor, Limit
from ledger.attestation import Stage
from ledger.docket import Case, Lag, Tally
from ledger.dossier import Flag, StageState
from ledger.kinds.members import MAX_IDENTIFIER
from ledger.stages.comparison import time_text
from ledger.store import Wanted

__all__ = ["MAX_GROUPS", "Asked", "By", "Kept", "asked", "note", "router"]

router = APIRouter(prefix="/v1", tags=["dossiers"])

MAX_GROUPS = 1_000

Flags = Annotated[list[Flag] | None, Query(alias="flag", description="Any of these flags")]
Name = Annotated[str | None, Query(max_length=MAX_IDENTIFIER)]
Place = Annotated[
    str | None, Query(pattern="^[A-Z]{2}$", description="Data leaves it, or comes into it")
]
Since = Annotated[AwareDatetime | None, Query(description="Transferred then or later")]
Until = Annotated[AwareDatetime | None, Query(description="Transferred before then")]


class By(StrEnum):
    """What dossiers are counted by."""

    EXPORTER = "exporter"
    RECIPIENT = "recipient"
    JURISDICTION = "jurisdiction"
    SCENARIO = "scenario"
    MONTH = "month"


class LagItem(Answer):
    """What is not told yet; zeros nearly always."""

    entries: int = Field(description="Entries of the log that were not looked at yet")
    dossiers: int = Field(description="Dossiers of which something newer is known")


class DossierItem(Answer):
    """How the dossier of a transfer stands."""

    record_id: str
    index: int
    exporter: str
    recipient: str
    from_: str = Field(serialization_alias="from")
    to: str
    scenario: str
    occurred_at: str
    stages: dict[Stage, StageState]
    flags: list[Flag]
    ceiling_used: float | None = Field(
        description="The share of its plan's ceilings that is used up, by the largest; null where "
        "nothing is limited"
    )


class DossierPage(Answer):
    """Dossiers, the newest of the log first."""

    dossiers: list[DossierItem]
    lag: LagItem
    next: str | None = Field(default=None, description="Cursor of the next page; absent at the end")


class CountItem(Answer):
    """How many dossiers there are of one group, how many with each flag, and with any."""

    value: str
    dossiers: int
    flagged: int
    flags: dict[Flag, int]


class DossierCounts(Answer):
    """Counts, the largest first; months the newest first."""

    total: CountItem
    counts: list[CountItem]
    left_off: bool = Field(description=f"True where there are more than {MAX_GROUPS:,} groups")
    lag: LagItem


class Asked:
    """What a request asks for, the same for lists, counts and pages."""

    def __init__(self, wanted: Wanted, flags: tuple[Flag, ...]) -> None:
        self.wanted = wanted
        self.flags = flags

    def named(self) -> str | None:
        """Name the filters for the access trail; None where everything was asked for."""
        filters = {
            name: value
            for name in ("exporter", "recipient", "jurisdiction", "scenario")
            if (value := getattr(self.wanted, name)) is not None
        }
        told = [f"{name}={value}" for name, value in filters.items()]
        return " ".join([*told, *(f"flag={flag.value}" for flag in self.flags)]) or None


def asked(
    *,
    flag: Flags = None,
    exporter: Name = None,
    recipient: Name = None,
    jurisdiction: Place = None,
    scenario: Name = None,
    since: Since = None,
    until: Until = None,
) -> Asked:
    """Read the filters."""
    wanted = Wanted(
        exporter=exporter,
        recipient=recipient,
        jurisdiction=jurisdiction,
        scenario=scenario,
        since=_seconds(since),
        until=_seconds(until),
    )
    return Asked(wanted, tuple(dict.fromkeys(flag or ())))


async def _keeper(request: Request) -> DocketKeeper:
    keeper: DocketKeeper = request.app.state.docket
    return keeper


Kept = Annotated[DocketKeeper, Depends(_keeper)]
Filters = Annotated[Asked, Depends(asked)]
_READING: dict[str, Any] = {"responses": refusals(400, 401, 403, 503)}


def note(request: Request, filters: Asked) -> None:
    """Write into the access trail what was looked for: whose dossiers, with which flags."""
    request.state.subject = filters.named()


@router.get("/dossiers", summary="List dossiers", response_model_exclude_unset=True, **_READING)
def dossiers(
    *,
    request: Request,
    principal: Reader,
    keeper: Kept,
    filters: Filters,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DossierPage:
    """List transfers that one may see, each with its stages and with what is missing or wrong.

    A regulator: those of the jurisdictions; an enterprise: those that it submitted or receives.
    What is overdue is by this ledger's terms.
    """
    note(request, filters)
    docket, lag = keeper.fresh()
    found = docket.find(
        reach_of(principal), filters.wanted, flags=filters.flags, below=cursor, limit=limit + 1
    )
    items = [_item(case) for case in found[:limit]]
    if len(found) <= limit:
        return DossierPage(dossiers=items, lag=_lag(lag))
    return DossierPage(dossiers=items, lag=_lag(lag), next=str(items[-1].index))


@router.get("/dossiers/counts", summary="Count dossiers", **_READING)
def dossier_counts(
    *,
    request: Request,
    principal: Reader,
    keeper: Kept,
    filters: Filters,
    by: Annotated[By, Query(description="By jurisdiction each counts for both of its sides")],
) -> DossierCounts:
    """Count transfers that one may see, and those with each flag."""
    note(request, filters)
    docket, lag = keeper.fresh()
    reach = reach_of(principal)
    total = docket.tally(reach, filters.wanted, flags=filters.flags)
    counts = docket.tally_by(
        by.value, reach, filters.wanted, flags=filters.flags, limit=MAX_GROUPS + 1
    )
    return DossierCounts(
        total=_count(total),
        counts=[_count(tally) for tally in counts[:MAX_GROUPS]],
        left_off=len(counts) > MAX_GROUPS,
        lag=_lag(lag),
    )


def _item(case: Case) -> DossierItem:
    row = case.row
    return DossierItem(
        record_id=case.record_id,
        index=row.entry_index,
        exporter=row.exporter,
        recipient=row.recipient,
        from_=row.origin,
        to=row.destination,
        scenario=row.scenario,
        occurred_at=time_text(row.occurred_at),
        stages=case.stages,
        flags=list(case.flags),
        ceiling_used=None if row.used is None else row.used / 1_000,
    )


def _count(tally: Tally) -> CountItem:
    return CountItem(
        value=tally.value, dossiers=tally.dossiers, flagged=tally.flagged, flags=tally.flags
    )


def _lag(lag: Lag) -> LagItem:
    return LagItem(entries=lag.entries, dossiers=lag.rows)


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.astimezone(UTC).timestamp())
