"""How a request wants a page: in which language, for whom, and under which rules of the browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from api.auth import PageReader, Principal
from api.templating import preferred_language, render
from api.words import words
from ledger.report import catalogue
from ledger.stages.comparison import time_text

__all__ = ["POLICY", "Seen", "SeenByAll", "View"]

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "worker-src 'self'",
    # A module worker's own imports are fetched under this one in some browsers.
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(_RULES)
_PART = "explorer"


@dataclass(frozen=True, slots=True)
class View:
    """How a request wants its page: in which language, and for whom it is."""

    request: Request
    language: str
    principal: Principal | None

    def filter_name(self, name: str) -> str:
        """Give the words of a filter's field; its name where the page has no such field."""
        return words(self.language, _PART).get(f"filter.{name}", name)

    def page(self, template: str, **values: Any) -> Response:
        """Render a page; what is another's is never kept by a cache."""
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k != "lang"]
        text = render(
            template,
            self.language,
            part=_PART,
            served=True,
            kept=urlencode(query) + "&" if query else "",
            principal=self.principal,
            catalogue=catalogue(self.language),
            time_text=_time,
            here=self.request.url.path,
            **values,
        )
        return Response(
            text,
            media_type="text/html; charset=utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Language": self.language,
                "Content-Security-Policy": POLICY,
                "Cross-Origin-Opener-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "Vary": "Accept-Language, Cookie",
                "X-Content-Type-Options": "nosniff",
            },
        )


async def _view(request: Request, principal: PageReader) -> View:
    asked = request.query_params.get("lang")
    accepted = request.headers.get("accept-language")
    return View(request, preferred_language(asked, accepted), principal)


async def _open_view(request: Request) -> View:
    asked = request.query_params.get("lang")
    accepted = request.headers.get("accept-language")
    return View(request, preferred_language(asked, accepted), None)


Seen = Annotated[View, Depends(_view)]
SeenByAll = Annotated[View, Depends(_open_view)]


def _time(value: datetime | int) -> str:
    if isinstance(value, int):
        return time_text(value)
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
