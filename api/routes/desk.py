"""The desk: pages on which whoever oversees transfers sees what is missing or wrong, and stops it.

Written by the server; a script only changes the appearance. Forms go to this origin alone.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from api.access import check_kind, find
from api.auth import PageReader, Principal, Scope
from api.beliefs import Beliefs
from api.charts import draw_columns, whole_span
from api.dependencies import Believed, Counted, Grouped, Ledger, Served
from api.desk import Desk
from api.desk_query import DeskQuery
from api.docket import reach_of
from api.issuing import Issuing, Made
from api.orders import ACTIONS, Order, complete_body, find_session, read_form
from api.overviews import Overviews
from api.routes.dossiers import By, Kept, note
from api.templating import preferred_language, render
from api.words import LANGUAGES
from ledger.dossier import Flag, Overview
from ledger.issuing import Finished, Prepared
from ledger.node import Node
from ledger.report import catalogue
from ledger.signing_key import KeyDirectory
from ledger.stages.comparison import time_text
from ledger.statement import parse_record_id

__all__ = ["POLICY", "router"]


router = APIRouter(include_in_schema=False)

ROWS = 50
GROUPS = 10
MONTHS = 24
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Content-Type-Options": "nosniff",
}

Accepted = Annotated[str | None, Header(alias="accept-language")]
Language = Annotated[str | None, Query(alias="lang")]
Logged = Annotated[str | None, Query(max_length=100)]


@router.get("/desk")
async def desk(
    *, request: Request, principal: PageReader, keeper: Kept, accepted: Accepted = None
) -> Response:
    """Show all dossiers within reach: figures, and the newest of them."""
    query = DeskQuery.read(request.query_params)
    note(request, query.asked)
    session = await find_session(request)

    def look() -> dict[str, Any]:
        docket, lag = keeper.fresh()
        reach, wanted, flags = reach_of(principal), query.asked.wanted, query.flags
        by = partial(docket.tally_by, reach=reach, wanted=wanted, flags=flags)
        found = docket.find(reach, wanted, flags=flags, below=query.cursor, limit=ROWS + 1)
        return {
            "lag": lag,
            "everything": docket.tally(reach, wanted),
            "total": docket.tally(reach, wanted, flags=flags),
            "months": draw_columns(whole_span(by(By.MONTH.value, limit=MONTHS)[::-1])),
            "groups": by(query.by.value, limit=GROUPS + 1),
            "cases": found[:ROWS],
            "times": [time_text(case.row.occurred_at) for case in found[:ROWS]],
            "next": str(found[ROWS - 1].row.entry_index) if len(found) > ROWS else None,
        }

    shown = await run_in_threadpool(look)
    return _page(
        request, "desk.html", principal, accepted,
        csrf=None if session is None else session.csrf,
        query=query, groupings=tuple(By), all_flags=tuple(Flag), limit_of_groups=GROUPS, **shown,
    )  # fmt: skip


@router.get("/desk/{record_id}")
async def dossier(
    *,
    request: Request,
    record_id: str,
    principal: PageReader,
    node: Ledger,
    beliefs: Believed,
    verifying: Served,
    accepted: Accepted = None,
    logged: Logged = None,
) -> Response:
    """Show how one dossier stands, with the reasons; and the form to stop it, for a regulator."""
    overview = await run_in_threadpool(_overview, node, principal, record_id, beliefs, verifying)
    session = await find_session(request)
    may_order = session is not None and Scope.REGULATE in principal.scopes
    return _page(
        request, "desk_dossier.html", principal, accepted,
        csrf=None if session is None else session.csrf,
        overview=overview, subject=overview.records.subject, actions=ACTIONS,
        may_order=may_order, logged=logged, time_text=time_text,
    )  # fmt: skip


@router.post("/desk/{record_id}/order")
async def order(
    *,
    request: Request,
    record_id: str,
    node: Ledger,
    grouping: Grouped,
    beliefs: Believed,
    figures: Counted,
    accepted: Accepted = None,
    asked: Language = None,
) -> Response:
    """Take the next step of an order: show what would be said, have it signed, log it."""
    principal, form = await read_form(request)
    # Not asked for as others do: who sends a form is known once its token was read.
    verifying: Desk = request.app.state.desks.of(principal)
    overview = await run_in_threadpool(_overview, node, principal, record_id, beliefs, verifying)
    held: KeyDirectory = request.app.state.signing_keys
    speaker = Issuing(node.log, principal, held=held, trust=beliefs.of_others)
    step, body = form.get("step", "choose"), None
    wanted = None if step == "complete" else Order.read(record_id, form)
    if wanted is None:
        body = complete_body(form)
    elif step == "held":
        body = wanted.held_body(form.get("key", ""))
    elif step == "prepare":
        body = wanted.prepare_body(form.get("jwk", ""), principal.organisation)
    made = None
    if body is not None:
        made = await run_in_threadpool(speaker.say, parse_record_id(record_id), body)
    if made is not None and isinstance(made.result, Finished):
        placed = await grouping.submit(
            made.result.statement.entry,
            submitter=principal.organisation,
            check=partial(check_kind, principal),
        )
        figures.count(added=int(placed.new), duplicates=int(not placed.new))
        language = f"&lang={asked}" if asked in {"en", "zh"} else ""
        address = f"/desk/{record_id}?logged={placed.index}{language}"
        return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    server = request.app.state.sessions.origin(request)
    return _page(
        request, "desk_order.html", principal, accepted,
        csrf=form["csrf"],
        overview=overview, subject=overview.records.subject, order=wanted,
        command=wanted.command(principal.organisation, server) if wanted else None,
        keys=held.held_for(principal.organisation),
        **_prepared(made),
    )  # fmt: skip


def _prepared(made: Made | None) -> dict[str, Any]:
    if made is None or not isinstance(made.result, Prepared):
        return {"prepared": None, "signing_input": None, "warnings": []}
    value = made.result.to_value()
    return {
        "prepared": value,
        "signing_input": value["signing_input"],
        "warnings": made.warnings,
    }


def _overview(
    node: Node, principal: Principal, record_id: str, beliefs: Beliefs, verifying: Desk
) -> Overview:
    index = find(node.log, parse_record_id(record_id), principal)
    return Overviews(node, principal, beliefs, verifying).of(index)


def _page(
    request: Request, template: str, principal: Principal, accepted: str | None, **values: Any
) -> Response:
    asked = request.query_params.get("lang")
    language = preferred_language(asked, accepted)

    # What a form has sent is not sent again for another language: its page is left.
    path = request.url.path.removesuffix("/order")
    others = [(name, v) for name, v in request.query_params.multi_items() if name != "lang"]
    addresses = {one: f"{path}?{urlencode([*others, ('lang', one)])}" for one in LANGUAGES}
    text = render(
        template,
        language,
        part="desk",
        served=True,
        place="desk",
        texts=catalogue(language),
        principal=principal,
        addresses=addresses,
        lang=f"?lang={language}" if asked == language else "",
        **values,
    )
    return Response(text, media_type="text/html; charset=utf-8", headers=_HEADERS)
