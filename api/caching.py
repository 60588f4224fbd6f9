"""Answers with an entity tag, so that asking again costs a header (RFC 9110, 13.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus

from fastapi import Request, Response

__all__ = ["ASK_AGAIN", "IMMUTABLE", "PRIVATE", "PUBLIC", "tagged"]

_YEAR = 365 * 24 * 3600
# What a tile's path names never changes.
IMMUTABLE = f"max-age={_YEAR}, immutable"
# What grows: a bundle gains its anchor, the log a new head.
ASK_AGAIN = "no-cache"
PUBLIC = "public"
# Shared caches must not keep what needs a key, nor give one caller what another may see.
PRIVATE = "private"
_TAG_DIGITS = 32


def tagged(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    cache: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with the body, or with 304 where the caller has it already."""
    tag = f'"{sha256(body).hexdigest()[:_TAG_DIGITS]}"'
    common = {"ETag": tag, "Cache-Control": cache, **(headers or {})}
    if cache.startswith(PRIVATE):
        common["Vary"] = "Authorization"
    known = (part.strip() for part in request.headers.get("if-none-match", "").split(","))
    if any(part in {"*", tag, f"W/{tag}"} for part in known):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=common)
    return Response(body, media_type=media_type, headers=common)
