"""The access trail: who did and looked at what, for those who audit the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.answers import Answer
from api.auth import Auditor
from api.dependencies import Ledger
from api.openapi import refusals
from api.paging import DEFAULT_LIMIT, Cursor, Limit
from api.trail import TrailWriter
from ledger.errors import NotFoundError
from ledger.trail import Visit

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["trail"])


class TrailRow(Answer):
    """One request by someone known."""

    number: int = Field(ge=1)
    time: datetime
    organisation: str
    credential: str = Field(description="`key:PREFIX`, `oidc:SUBJECT`, `session:…` or `local`")
    method: str
    route: str = Field(description="The route's template, without what was filled in")
    status: int
    subject: str | None = Field(None, description="The record or tile that was asked for")
    hash: str = Field(pattern="^[0-9a-f]{64}$", description="Of the hash before, and the row")


class TrailPage(Answer):
    """Rows, in their order."""

    rows: list[TrailRow]
    next: str | None = Field(
        default=None, description="Give it as `cursor` to go on; absent at the end"
    )


class LoggedTrailHead(Answer):
    """A head of the trail, and the entry of the log that holds it."""

    index: int = Field(ge=0)
    count: int = Field(ge=1)
    head: str = Field(pattern="^[0-9a-f]{64}$")


async def _trail(request: Request) -> TrailWriter:
    trail: TrailWriter = request.app.state.trail
    return trail


@router.get(
    "/trail",
    summary="Look at the access trail",
    responses=refusals(400, 401, 403, 429, 503),
    response_model_exclude_unset=True,
)
def trail(
    _: Auditor, node: Ledger, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> TrailPage:
    """List who did and looked at what, from the first row on; `cursor` is a row's number."""
    with node.log.store.trail() as rows:
        found = rows.read(max(1, cursor or 1), limit + 1)
    items = []
    for chained in found[:limit]:
        number, visit = Visit.from_row(chained.row)
        subject = {} if visit.subject is None else {"subject": visit.subject}
        items.append(
            TrailRow(
                number=number,
                time=visit.time,
                organisation=visit.organisation,
                credential=visit.credential,
                method=visit.method,
                route=visit.route,
                status=visit.status,
                hash=chained.hash.hex(),
                **subject,
            )
        )
    if len(found) <= limit:
        return TrailPage(rows=items)
    return TrailPage(rows=items, next=str(found[limit].number))


@router.post(
    "/trail/heads",
    summary="Log the trail's head",
    responses=refusals(401, 403, 404, 429, 503),
)
def log_head(_: Auditor, writer: Annotated[TrailWriter, Depends(_trail)]) -> LoggedTrailHead:
    """Log the head of the trail as an entry now, where there are rows since the last one."""
    logged = writer.log_head()
    if logged is None:
        raise NotFoundError("trail.empty", "Nobody has asked for anything yet.")
    return LoggedTrailHead(index=logged.index, count=logged.head.size, head=logged.head.hash.hex())
