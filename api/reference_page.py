"""The page /docs: the API's own OpenAPI document, written out for people.

In Chinese by `words/operations.zh.json`, which has a text for each that the page takes from the
document; the document itself is English. Server-rendered, so that it needs neither the Internet nor
a renderer of somebody else's, and its Content-Security-Policy allows nothing but this server's
style and the choice of a theme.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from markupsafe import Markup, escape

from api.body import NDJSON
from api.caching import ASK_AGAIN, tagged
from api.examples import curl, request_of
from api.templating import preferred_language, render

__all__ = ["Operation", "operations", "paragraphs", "router", "translations"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
_CODE = re.compile(r"`([^`]+)`")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the page shows of an endpoint."""

    method: str
    path: str
    anchor: str
    group: str
    summary: str
    paragraphs: tuple[Markup, ...]
    key: str
    parameters: tuple[Mapping[str, Any], ...]
    command: str
    body: str | None
    answers: tuple[tuple[str, Markup], ...]


@router.get("/docs")
def docs(
    request: Request,
    asked: Annotated[str | None, Query(alias="lang")] = None,
    accepted: Annotated[str | None, Header(alias="accept-language")] = None,
) -> Response:
    """Show the page."""
    language = preferred_language(asked, accepted)
    groups: dict[str, list[Operation]] = {}
    for operation in operations(request.app.openapi(), language):
        groups.setdefault(operation.group, []).append(operation)
    page = render(
        "docs.html", language, served=True, place="docs", texts=_texts()[language], groups=groups
    )
    return tagged(
        request,
        page.encode(),
        media_type="text/html; charset=utf-8",
        cache=ASK_AGAIN,
        headers=_HEADERS,
    )


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    text = files("api").joinpath("words", "docs.json").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded


@cache
def translations(language: str) -> Mapping[str, str]:
    """Load what the document says in a language, by its English; nothing for English itself."""
    if language == "en":
        return {}
    text = files("api").joinpath("words", f"operations.{language}.json").read_text("utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


def operations(document: Mapping[str, Any], language: str) -> Iterator[Operation]:
    """Give each endpoint of an OpenAPI document, in its order, in a language."""
    known = translations(language)
    for path, item in document["paths"].items():
        for method, described in item.items():
            yield _operation(path, method, described, lambda text: known.get(text, text))


def _operation(
    path: str, method: str, described: Mapping[str, Any], told: Callable[[str], str]
) -> Operation:
    target, media_type, body = request_of(path, described)
    security = described.get("security")
    keyed = bool(security and {} not in security)
    return Operation(
        method=method.upper(),
        path=path,
        anchor=described["operationId"],
        group=told(described["tags"][0]),
        summary=told(described["summary"]),
        paragraphs=tuple(
            _marked(told(part)) for part in paragraphs(described.get("description", ""))
        ),
        key="key" if keyed else "key.optional" if security else "key.none",
        parameters=tuple(
            {**one, "description": _marked(told(one.get("description", "")))}
            for one in described.get("parameters", ())
        ),
        command=curl(method, target, media_type, keyed=keyed),
        body=_body(media_type, body),
        answers=tuple(
            (status, _marked(told(answer["description"])))
            for status, answer in described["responses"].items()
            if status != "default"
        ),
    )


def _body(media_type: str | None, body: Any) -> str | None:
    if media_type is None:
        return None
    return str(body) if media_type == NDJSON else json.dumps(body, ensure_ascii=False, indent=2)


def paragraphs(text: str) -> list[str]:
    """Split a description at its empty lines."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _marked(text: str) -> Markup:
    """Escape it, then set what stands between backquotes as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first
