"""Public reads may be made from any web page; nothing else may.

Hash tiles, checkpoints, anchors and status lists are open to everyone, so a verifier in a browser
may fetch them from wherever it is served. The header is always there, not only where a browser asks
for it: shared caches keep these answers. Everything else stays behind the browser's same-origin
rule, which matters most where a ledger serves its own machine without keys.
"""

from __future__ import annotations

import re

from fastapi import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["PublicReads"]

_PUBLIC = re.compile(
    r"/checkpoint|/tile/[0-9].*|/v1/(?:anchors|log|trust|status-lists/[^/]+)|/openapi\.json"
)
_METHODS = "GET"
_DAY = "86400"


class PublicReads:
    """Allow public reads across origins, preflights included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the header on public reads."""
        if scope["type"] != "http" or not _PUBLIC.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def allowing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = "*"
                headers["Access-Control-Expose-Headers"] = "ETag"
            await send(message)

        if scope["method"] == "OPTIONS":
            headers = {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": "If-None-Match",
                "Access-Control-Max-Age": _DAY,
            }
            await Response(status_code=204, headers=headers)(scope, receive, allowing)
            return
        await self._app(scope, receive, allowing)
