"""What went wrong, as a page: for a browser, in its language, with ways on.

Programs get the JSON of `problems`, browsers this; who is which, the Accept header says (RFC 9110,
12.5.1): a browser names `text/html` before anything else, a program rarely names it at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import Request, Response

from api.templating import preferred_language, render
from api.words import words
from ledger.report import catalogue

__all__ = ["Told", "is_wanted", "problem_page"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_JSON = frozenset({"application/json", "application/problem+json"})
_MAX_RANGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page says of an error beside its code's own words."""

    code: str
    expected: str | None = None
    found: str | None = None
    incident: str | None = None


def is_wanted(request: Request) -> bool:
    """Say whether whoever asks would rather have a page than JSON."""
    html = json = 0.0
    for part in request.headers.get("accept", "").split(",")[:_MAX_RANGES]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in _HTML:
            html = max(html, _quality(parameters))
        elif kind in _JSON:
            json = max(json, _quality(parameters))
    return html > json


def problem_page(
    request: Request, status: HTTPStatus, told: Told, headers: Mapping[str, str] | None = None
) -> Response:
    """Write the page of an error."""
    asked, accepted = request.query_params.get("lang"), request.headers.get("accept-language")
    language = preferred_language(asked, accepted)
    known = words(language, "problem")
    query = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    path = request.scope["path"]
    text = render(
        "problem.html",
        language,
        part="problem",
        served=True,
        place=path.split("/")[1],
        kept=urlencode(query) + "&" if query else "",
        title=known.get(f"title.{status.value}", known["title"]),
        text=text_of(told.code, language),
        hint=known.get(f"hint.{told.code}"),
        told=told,
        login=f"/login?{urlencode({'next': path, 'lang': language})}"
        if status is HTTPStatus.UNAUTHORIZED
        else None,
    )
    return Response(
        text.encode(errors="replace"),
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Security-Policy": _POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "same-origin",
            "Vary": "Accept, Accept-Language, Cookie",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        },
    )


def text_of(code: str, language: str) -> str:
    """Say in a person's language what a code means: in words for a page, or as reports do."""
    known, reasons = words(language, "problem"), catalogue(language)["reasons"]
    own = known.get(f"told.{code}")
    return own or str(reasons[code]["text"] if code in reasons else known["told.other"])


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
