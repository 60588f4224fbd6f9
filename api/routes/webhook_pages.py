"""The page of an organisation's webhooks: how each stands, what it was last told, what waits.

Made with the API or the command line, since their secret is shown but once; removed here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from api.auth import READING, PageReader
from api.dependencies import Hooks
from api.orders import find_session, read_form
from api.routes.desk import POLICY
from api.routes.webhooks import WEBHOOK_ID, WebhookState, state_of
from api.templating import preferred_language, render
from api.webhooks import Standing
from api.words import LANGUAGES
from ledger.stages.comparison import time_text
from ledger.statement import record_id_text

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_PART = "webhooks"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept, Accept-Language, Cookie",
    "X-Content-Type-Options": "nosniff",
}

Accepted = Annotated[str | None, Header(alias="accept-language")]
Language = Annotated[str | None, Query(alias="lang")]
WebhookId = Annotated[str, Path(pattern=WEBHOOK_ID)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A webhook as the page has it."""

    id: str
    url: str
    events: tuple[str, ...]
    records: tuple[str, ...]
    key: str | None
    created: str
    state: WebhookState
    failures: int
    next_attempt: str | None
    waiting: int
    told: str | None
    told_at: str | None
    answer: str | None
    ended: str | None


@router.get("/webhooks")
async def webhooks_page(
    *,
    request: Request,
    principal: PageReader,
    hooks: Hooks,
    accepted: Accepted = None,
    asked: Language = None,
    removed: Annotated[str | None, Query(pattern=WEBHOOK_ID)] = None,
) -> Response:
    """Show the webhooks of one's organisation, the oldest first."""
    language = preferred_language(asked, accepted)
    session = await find_session(request)
    found = await run_in_threadpool(hooks.standing_of, principal)
    text = render(
        "webhooks.html",
        language,
        part=_PART,
        served=True,
        place="webhooks",
        principal=principal,
        addresses={one: f"/webhooks?{urlencode({'lang': one})}" for one in LANGUAGES},
        lang=f"?lang={language}" if asked == language else "",
        csrf=None if session is None else session.csrf,
        removed=removed,
        webhooks=[_shown(one) for one in found],
    )
    return Response(text, media_type="text/html; charset=utf-8", headers=_HEADERS)


@router.post("/webhooks/{webhook_id}/remove")
async def remove(
    *, request: Request, webhook_id: WebhookId, hooks: Hooks, asked: Language = None
) -> Response:
    """Remove one, as the form of the page asks; lead back to the page."""
    principal, _ = await read_form(request, READING)
    request.state.subject = webhook_id
    await run_in_threadpool(hooks.remove, principal, webhook_id)
    query = {"removed": webhook_id, **({"lang": asked} if asked in LANGUAGES else {})}
    return RedirectResponse(
        f"/webhooks?{urlencode(query)}", HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"}
    )


def _shown(standing: Standing) -> _Shown:
    row, last = standing.row, standing.last
    state = state_of(row)
    return _Shown(
        id=row.id,
        url=row.url,
        events=tuple(row.topics),
        records=tuple(map(record_id_text, row.records)),
        key=row.key_prefix,
        created=time_text(int(row.created_at.timestamp())),
        state=state,
        failures=row.failures,
        next_attempt=time_text(int(row.next_at.timestamp()))
        if state is WebhookState.FAILING
        else None,
        waiting=standing.waiting,
        told=None if last is None else last.topic,
        told_at=None
        if last is None or last.tried_at is None
        else time_text(int(last.tried_at.timestamp())),
        answer=None if last is None else last.answer,
        ended=row.ended,
    )
