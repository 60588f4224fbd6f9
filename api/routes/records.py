"""Records: submitting them, one by one or in batches, and looking at them.

Bodies of submissions go to the ledger as they come; no model stands in between. That is where the
speed of this API is, and the statement's own parser gives the better reasons anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import check_kind, find, permitted_kinds
from api.answers import (
    AnchorItem,
    BatchLogged,
    PlanState,
    PlanTotals,
    RecordDetail,
    RecordItem,
    RecordLogged,
    RecordPage,
    RecordTimes,
)
from api.auth import Principal, Reader, Submitter
from api.body import JSON, NDJSON, check_media_type
from api.dependencies import Bodies, Counted, Decoded, Grouped, Ledger, Writing
from api.listing import Found, list_records
from api.openapi import BATCH_BODY, RECORD_BODY, refusals
from api.progress import Progress
from api.searching import Asking
from ledger import portion
from ledger.batch import decode_batch
from ledger.kinds import Plan
from ledger.log import Appended, Lines, State
from ledger.log.plan_use import read_used
from ledger.node import Node
from ledger.statement import Statement, parse_record_id, record_id_text
from ledger.store import Reading

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["records"])

_REFUSALS = refusals(400, 401, 403, 408, 409, 413, 415, 503)


@router.post(
    "/records",
    summary="Record one statement",
    responses={
        200: {"model": RecordLogged, "description": "It was there already; its place"},
        201: {"model": RecordLogged, "description": "Logged, durably"},
        **_REFUSALS,
    },
    openapi_extra=RECORD_BODY,
    status_code=HTTPStatus.CREATED,
)
async def record(
    *,
    request: Request,
    principal: Submitter,
    node: Ledger,
    bodies: Bodies,
    grouping: Grouped,
    figures: Counted,
) -> Response:
    """Log a statement in any JSON formatting; its canonical form (RFC 8785) is what is logged.

    Sending the same statement again is safe: it is logged once, and the answer tells its place.
    """
    check_media_type(request, JSON)
    async with bodies.read(request, limit=node.settings.max_record_bytes) as body:
        placed = await grouping.submit(
            body,
            submitter=principal.organisation,
            check=partial(check_kind, principal),
        )
    figures.count(added=int(placed.new), duplicates=int(not placed.new))
    record_id = record_id_text(placed.statement.record_id)
    request.state.subject = record_id
    state = State.LOGGED
    if not placed.new:
        state = await run_in_threadpool(node.log.state_of, placed.index)
    answer = {
        "record_id": record_id,
        "index": placed.index,
        "leaf_hash": placed.leaf_hash.hex(),
        "state": state,
    }
    return Response(
        msgspec.json.encode(answer),
        status_code=HTTPStatus.CREATED if placed.new else HTTPStatus.OK,
        media_type=JSON,
        headers={"Location": f"/v1/records/{record_id}"},
    )


@router.post(
    "/batches",
    summary="Record many statements at once",
    responses={201: {"model": BatchLogged, "description": "All logged, durably"}, **_REFUSALS},
    openapi_extra=BATCH_BODY,
    status_code=HTTPStatus.CREATED,
)
async def batch(
    *,
    request: Request,
    principal: Submitter,
    node: Ledger,
    bodies: Bodies,
    decoding: Decoded,
    writers: Writing,
    figures: Counted,
) -> Response:
    """Log up to 100,000 statements, one a line, all of them or none.

    One bad line (400) or conflict (409) refuses the whole batch and is named. Sending the same
    batch again is safe: what is there already counts as a duplicate.
    """
    check_media_type(request, NDJSON)
    async with bodies.read(request, limit=node.settings.max_batch_bytes) as body:
        readings = await decoding.read(body, permitted_kinds(principal))
        appended = await writers.run(partial(_batch, node, body, readings, principal))
    figures.count(added=appended.added, duplicates=appended.duplicates)
    answer = {
        "count": appended.count,
        "added": appended.added,
        "duplicates": appended.duplicates,
        "ranges": appended.ranges,
        "batch_root": appended.batch_root.hex(),
    }
    return Response(msgspec.json.encode(answer), status_code=HTTPStatus.CREATED, media_type=JSON)


@router.get(
    "/records",
    summary="List records",
    responses=refusals(400, 401, 403, 503),
    response_model_exclude_unset=True,
)
def records(principal: Reader, node: Ledger, asked: Asking) -> RecordPage:
    """List the records that one may see: see "who sees what" of each scope.

    A page may be short, even empty, before the end: follow `next` until it is absent.
    """
    page = list_records(
        node.log,
        principal,
        asked.filter(),
        order=asked.order,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    progress = Progress(node.log)
    items = [_item(found, progress) for found in page.records]
    more: dict[str, Any] = {} if page.next is None else {"next": str(page.next)}
    if page.lag:
        more["lag"] = page.lag
    return RecordPage(records=items, **more)


@router.get(
    "/records/{record_id}",
    summary="Look at a record",
    responses=refusals(400, 401, 403, 404, 503),
)
def record_detail(record_id: str, principal: Reader, node: Ledger) -> RecordDetail:
    """Tell what has become of a record, and what it says.

    `logged` → `published` → `anchored` → `final`; none of them is ever taken back, but for an
    anchor on a chain that was reorganised, or on a sandbox that is gone: then back to `published`.
    """
    log = node.log
    index = find(log, parse_record_id(record_id), principal)
    statement = Statement.from_entry(log.entry(index))
    anchored = node.covering(index)
    with log.store.reading() as reading:
        submitted = reading.submission_of(index)
        published = reading.checkpoints(index + 1, 1)
        plan = _plan_state(reading, index, statement)
    item = _item(Found(index, statement, submitted), Progress(log))
    return RecordDetail(
        **item.model_dump(),
        times=RecordTimes(
            logged=submitted.received_at,
            published=published[0][1] if published else None,
            anchored=anchored.anchor.time if anchored else None,
        ),
        anchor=(
            AnchorItem(**anchored.anchor.to_value(), state=anchored.state) if anchored else None
        ),
        statement=statement.value,
        plan=plan,
    )


def _plan_state(reading: Reading, index: int, statement: Statement) -> PlanState | None:
    members = statement.members
    if not isinstance(members, Plan):
        return None
    used = read_used(reading, index, statement)
    return PlanState(
        next_sequence=used.sequence + 1,
        persons=PlanTotals(personal=used.personal, sensitive=used.sensitive),
        left=used.left(members.ceilings),
    )


def _batch(
    node: Node, body: bytes, readings: Sequence[portion.Reading | None], principal: Principal
) -> Appended:
    """Log a batch that was read elsewhere; read it here where it was not, or was refused."""
    lines = portion.join(body, readings)
    if lines is None:
        lines = Lines.of(decode_batch(body, check=partial(check_kind, principal)))
    return node.submit(lines, submitter=principal.organisation)


def _item(found: Found, progress: Progress) -> RecordItem:
    return RecordItem(
        record_id=record_id_text(found.statement.record_id),
        kind=found.statement.kind,
        index=found.index,
        leaf_hash=found.statement.leaf_hash.hex(),
        state=progress.state_of(found.index),
        submitter=found.submitted.submitter,
        received_at=found.submitted.received_at,
    )
