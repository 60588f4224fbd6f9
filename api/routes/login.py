"""Logging in and out with a browser: an API key in a form, or the identity provider's page.

Pages without a script. They lead on only to paths of this ledger (`next`).
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import RedirectResponse

from api.auth.code_flow import PENDING_SECONDS, CodeFlow, Pending
from api.auth.identities import Identities
from api.auth.sessions import Session, Sessions
from api.body import check_media_type
from api.login_page import login_page
from api.problems import RequestError
from ledger.errors import NotFoundError

__all__ = ["router"]

# Pages, not the API: they stand in no OpenAPI document.
router = APIRouter(include_in_schema=False)

FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 8_192
_BEGUN = "crossproof-login"
_HOME = "/login"
_CSRF_BYTES = 32


async def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


async def _identities(request: Request) -> Identities:
    identities: Identities = request.app.state.identities
    return identities


async def _session(
    request: Request,
    sessions: Annotated[Sessions, Depends(_sessions)],
    identities: Annotated[Identities, Depends(_identities)],
) -> Session | None:
    return await sessions.find(request, identities.find_key)


async def _code_flow(request: Request) -> CodeFlow:
    flow: CodeFlow | None = request.app.state.code_flow
    if flow is None:
        raise NotFoundError("request.path", "No identity provider is set up here to log in at.")
    return flow


Kept = Annotated[Sessions, Depends(_sessions)]
Known = Annotated[Identities, Depends(_identities)]
Standing = Annotated[Session | None, Depends(_session)]
Flow = Annotated[CodeFlow, Depends(_code_flow)]
Next = Annotated[str, Query(alias="next", max_length=1_000)]


@router.get("/login")
async def page(
    request: Request, sessions: Kept, session: Standing, leads_to: Next = _HOME
) -> Response:
    """Show the form, or who is logged in."""
    token = secrets.token_urlsafe(_CSRF_BYTES) if session is None else session.csrf
    response = login_page(
        request,
        csrf=token,
        leads_to=_ours(leads_to),
        principal=None if session is None else session.principal,
        provider=request.app.state.code_flow is not None,
    )
    if session is None:
        # Without it another site could log its visitor in with a key of its own choosing.
        sessions.set_cookie(response, _BEGUN, token, seconds=PENDING_SECONDS)
    return response


@router.post("/login")
async def log_in(request: Request, sessions: Kept, identities: Known) -> Response:
    """Begin a session with an API key."""
    form = await _form(request)
    begun = request.cookies.get(sessions.cookie_name(_BEGUN))
    if not begun:
        raise RequestError(
            "auth.csrf",
            "No login has begun in this browser, or too long ago.",
            status=HTTPStatus.FORBIDDEN,
            hint="Open /login again; cookies must be allowed.",
        )
    sessions.check_request(request, begun, form.get("csrf"))
    principal = await identities.holder(form.get("key", "").strip())
    response = RedirectResponse(_ours(form.get("next", _HOME)), HTTPStatus.SEE_OTHER)
    sessions.set_cookie(response, _BEGUN, "", seconds=0)
    await sessions.begin(response, principal)
    return _private(response)


@router.post("/logout")
async def log_out(request: Request, sessions: Kept, session: Standing) -> Response:
    """End the session."""
    response = RedirectResponse(_HOME, HTTPStatus.SEE_OTHER)
    if session is not None:
        form = await _form(request)
        sessions.check_request(request, session.csrf, form.get("csrf"))
        await sessions.end(response, session)
    return _private(response)


@router.get("/auth/start")
async def start(request: Request, sessions: Kept, flow: Flow, leads_to: Next = _HOME) -> Response:
    """Lead to the identity provider's page."""
    pending = Pending.begin(_ours(leads_to))
    address = await flow.address(pending, callback=_callback(request, sessions))
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    sessions.set_cookie(response, _BEGUN, pending.to_cookie(), seconds=PENDING_SECONDS)
    return _private(response)


@router.get("/auth/callback")
async def callback(
    *,
    request: Request,
    sessions: Kept,
    flow: Flow,
    state: str = "",
    code: str = "",
    iss: str | None = None,
) -> Response:
    """Begin a session with what the identity provider says."""
    principal, pending = await flow.finish(
        request.cookies.get(sessions.cookie_name(_BEGUN)),
        state=state,
        code=code,
        issuer=iss,
        callback=_callback(request, sessions),
    )
    response = RedirectResponse(_ours(pending.leads_to), HTTPStatus.SEE_OTHER)
    sessions.set_cookie(response, _BEGUN, "", seconds=0)
    await sessions.begin(response, principal)
    return _private(response)


def _callback(request: Request, sessions: Sessions) -> str:
    return f"{sessions.origin(request)}/auth/callback"


async def _form(request: Request) -> dict[str, str]:
    """Read a small form."""
    check_media_type(request, FORM)
    async with request.app.state.intake.read(request, limit=MAX_FORM_BYTES) as body:
        return dict(parse_qsl(bytes(body).decode(errors="replace"), max_num_fields=10))


def _ours(path: str) -> str:
    """Give a path of this ledger; the login page for whatever else it is."""
    # Browsers take a backslash for a slash, and a second one for the beginning of a host.
    is_path = path.startswith("/") and not path.startswith(("//", "/\\"))
    return quote(path, safe="/?&=%-._~") if is_path and path.isprintable() else _HOME


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
