"""Pages of what the log holds: a search, a record with its dossier, and the log itself.

`/records` needs what `GET /v1/records` needs and shows what that answers; whoever is not logged in
is led to the form. `/log` is open, as its data is. Nothing on these pages is a browser's finding:
`/verify` is where a proof is checked.
"""

from __future__ import annotations

import json
import re
import shlex
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from msgspec import UNSET
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from api.access import find
from api.anchoring import governance_of
from api.auth import PageReader, Principal, Scope
from api.dependencies import Believed, Ledger, Served
from api.growth import draw
from api.lineage import trace
from api.listing import Filter, Found, Page, list_records
from api.overviews import Overviews
from api.problem_page import text_of
from api.progress import Progress
from api.searching import AskedFor
from api.view import Seen, SeenByAll
from ledger.dossier import Overview
from ledger.errors import LedgerError, UnavailableError
from ledger.kinds import KINDS, Plan, Transfer
from ledger.kinds.common import Movement
from ledger.kinds.members import Party
from ledger.kinds.signed import Signed
from ledger.log import State
from ledger.node import Node
from ledger.signed import READERS
from ledger.statement import Statement, parse_record_id, record_id_text

__all__ = ["router"]

_PAGE_LENGTH = 25
_SHOWN_ANCHORS = 20
_HASH = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_FILTERS = frozenset({"lang", "q"})

router = APIRouter(include_in_schema=False)


@router.get("/records")
def records(view: Seen, principal: PageReader, node: Ledger) -> Response:
    """Show the search and what it finds."""
    query = {k: v for k, v in view.request.query_params.items() if v.strip()}
    sought = query.get("q", "").strip().lower()
    if _ID.fullmatch(sought):
        return RedirectResponse(f"/records/{sought}?lang={view.language}", HTTPStatus.SEE_OTHER)
    filters = {k: v for k, v in query.items() if k not in _NOT_FILTERS}
    found_by, page, wrong = None, Page([], None), None
    try:
        asked = AskedFor.model_validate(
            {"order": "newest", "limit": _PAGE_LENGTH, **_as_times(filters)}
        )
    except ValidationError as error:
        wrong = ", ".join(view.filter_name(str(part)) for part in error.errors()[0]["loc"])
    else:
        found_by, page = _search(node, principal, asked, query.get("q", "").strip())
    progress = Progress(node.log)
    following = {k: v for k, v in query.items() if k != "cursor"}
    return view.page(
        "records.html",
        place="records",
        is_auditor=Scope.AUDIT in principal.scopes,
        asked=query,
        is_filtered=bool(filters.keys() - {"order", "cursor", "limit"}),
        wrong=wrong,
        found_by=found_by,
        found=[_row(one, progress) for one in page.records],
        lag=page.lag,
        kinds=sorted(KINDS),
        next=None if page.next is None else urlencode({**following, "cursor": page.next}),
        first=urlencode(following) if "cursor" in query else None,
    )


@router.get("/records/{record_id}")
def record(
    *,
    record_id: str,
    view: Seen,
    principal: PageReader,
    node: Ledger,
    beliefs: Believed,
    verifying: Served,
) -> Response:
    """Show a record: how far it has come, its stages, its lineage, its anchor, its bytes."""
    log = node.log
    index = find(log, parse_record_id(record_id), principal)
    statement = Statement.from_entry(log.entry(index))
    anchored = node.covering(index)
    with log.store.reading() as reading:
        submitted = reading.submission_of(index)
        published = reading.checkpoints(index + 1, 1)
    state = Progress(log).state_of(index)
    times = {
        State.LOGGED: submitted.received_at,
        State.PUBLISHED: published[0].published_at if published else None,
        State.ANCHORED: anchored.anchor.time if anchored else None,
    }
    overviews = Overviews(node, principal, beliefs, verifying)
    return view.page(
        "record_page.html",
        place="records",
        index=index,
        record_id=record_id_text(statement.record_id),
        statement=statement,
        movement=_movement(statement),
        spoken=_spoken(statement),
        entry=statement.entry.decode(),
        state=state,
        reached=list(State)[: list(State).index(state) + 1],
        states=list(State),
        times=times,
        submitter=submitted.submitter,
        overview=_overview(overviews, index, statement),
        lineage=trace(log, principal, index, statement),
        anchored=anchored,
        command_name=shlex.quote,
    )


@router.get("/records/{record_id}/entry.json")
def entry(record_id: str, principal: PageReader, node: Ledger) -> Response:
    """Give an entry's bytes as they were logged."""
    index = find(node.log, parse_record_id(record_id), principal)
    return Response(
        node.log.entry(index),
        media_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{record_id}.entry.json"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/log")
def log_page(view: SeenByAll, node: Ledger) -> Response:
    """Show the log: how it grew, where it is anchored, its key and its newest checkpoint."""
    newest = node.newest_anchor()
    first = 0 if newest is None else _beyond(node, newest.anchor.size)
    governance = governance_of(node.publisher)
    reason = node.log.read_only_reason
    return view.page(
        "log.html",
        place="log",
        log=node.log,
        log_id=node.publisher.log_id.hex(),
        published=node.log.published(),
        newest=newest,
        anchors=node.anchors(beyond=first, limit=_SHOWN_ANCHORS)[::-1],
        growth=draw(node),
        governance=governance,
        reason=reason,
        told=None if reason is None else text_of(reason.code, view.language),
        base=(node.settings.public_url or str(view.request.base_url)).rstrip("/"),
    )


def _beyond(node: Node, newest: int) -> int:
    """Find the size beyond which the newest anchors are."""
    chain = node.publisher.chain_identity
    if chain is None:
        return newest
    found = node.log.store.standing_anchors(
        chain, node.publisher.log_id, limit=_SHOWN_ANCHORS, newest_first=True
    )
    return found[-1].anchor.size - 1


def _search(
    node: Node, principal: Principal, asked: AskedFor, sought: str
) -> tuple[str | None, Page]:
    """Search by filters, and by what the one box may hold."""
    tried: list[tuple[str | None, dict[str, str]]] = [(None, {})]
    if _HASH.fullmatch(sought.lower()):
        tried = [("leaf", {"leaf": sought.lower()}), ("digest", {"digest": sought.lower()})]
    elif sought:
        tried = [(None, {"organisation": sought})]
    page = Page([], None)
    for found_by, more in tried:
        wanted = Filter(**{**asked.model_dump(exclude={"order", "cursor", "limit"}), **more})
        page = list_records(
            node.log,
            principal,
            wanted,
            order=asked.order,
            cursor=asked.cursor,
            limit=asked.limit,
        )
        if page.records:
            return found_by, page
    return None, page


def _as_times(filters: dict[str, str]) -> dict[str, str]:
    """Take what a browser's field for a time says, which has no zone, as UTC."""
    names = {"since", "until", "occurred_since", "occurred_until"}
    return {
        name: f"{value}Z" if name in names and "T" in value and not _has_zone(value) else value
        for name, value in filters.items()
    }


def _has_zone(value: str) -> bool:
    return value.endswith(("Z", "z")) or bool(re.search(r"[+-]\d\d:\d\d$", value))


def _row(found: Found, progress: Progress) -> dict[str, Any]:
    members = found.statement.members
    movement = members if isinstance(members, Movement) else None
    return {
        "record_id": record_id_text(found.statement.record_id),
        "kind": found.statement.kind,
        "index": found.index,
        "scenario": movement.scenario if movement else "",
        "exporter": _called(movement.exporter) if movement else "",
        "recipient": _called(movement.recipient) if movement else "",
        "way": (movement.from_, movement.to) if movement else None,
        "submitter": found.submitted.submitter,
        "occurred": getattr(members, "occurred_at", None),
        "received": found.submitted.received_at,
        "state": progress.state_of(found.index),
    }


def _called(party: Party) -> str:
    return party.id if party.name is UNSET else party.name


def _movement(statement: Statement) -> dict[str, Any] | None:
    """Give a transfer's or a plan's members as they were stated."""
    return statement.value if isinstance(statement.members, Transfer | Plan) else None


def _spoken(statement: Statement) -> dict[str, Any] | None:
    """Give what a signed entry says, and the leaf that it speaks of."""
    if not isinstance(statement.members, Signed):
        return None
    try:
        said = READERS[statement.kind](statement.members.jws)
        payload = json.dumps(json.loads(said.jws.payload), ensure_ascii=False, indent=2)
    except (LedgerError, ValueError):
        # Logged before it could be refused: its bytes are shown, and nothing is made of them.
        return None
    leaf = getattr(said, "leaf_hash", None)
    return {"payload": payload, "about": None if leaf is None else leaf.hex()}


def _overview(overviews: Overviews, index: int, statement: Statement) -> Overview | str | None:
    """Ask how the stages stand; a code where that cannot be told now, None where there are none."""
    if not isinstance(statement.members, Transfer | Plan):
        return None
    try:
        return overviews.of(index)
    except UnavailableError as error:
        return error.code
