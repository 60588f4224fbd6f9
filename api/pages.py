"""Pages for people: the verifier, open to everyone.

What a page may do is said in its Content-Security-Policy: scripts and styles of this very server,
none inline. `connect-src` lets it ask any http or https address, for nodes are named by a visitor's
trust file, or by the visitor, and no list of ours could know them; which are asked, the page shows.
A bundle names none (see `verify`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import RedirectResponse

from api import single_file
from api.caching import ASK_AGAIN, tagged
from api.templating import preferred_language, render

__all__ = ["POLICY", "router"]

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self' http: https:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(_RULES)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
_HTML = "text/html; charset=utf-8"

router = APIRouter(include_in_schema=False)

Asked = Annotated[str | None, Query(alias="lang")]
Accepted = Annotated[str | None, Header(alias="accept-language")]


@router.get("/")
def front() -> Response:
    """Lead to the page that is open to everyone."""
    return RedirectResponse("/verify", HTTPStatus.TEMPORARY_REDIRECT)


@router.get("/verify")
def verify(request: Request, asked: Asked = None, accepted: Accepted = None) -> Response:
    """Show the page that verifies."""
    language = preferred_language(asked, accepted)
    page = render("verify.html", language, served=True, policy="")
    return tagged(request, page.encode(), media_type=_HTML, cache=ASK_AGAIN, headers=_HEADERS)


@router.get("/verify/verifier.html")
def verifier(request: Request, asked: Asked = None, accepted: Accepted = None) -> Response:
    """Give the page as one file, to be kept and used without any server."""
    page = single_file.verifier_page(preferred_language(asked, accepted))
    return tagged(
        request,
        page.encode(),
        media_type=_HTML,
        cache=ASK_AGAIN,
        headers={
            "Content-Disposition": 'attachment; filename="verify.html"',
            "Vary": "Accept-Language",
            "X-Content-Type-Options": "nosniff",
        },
    )
