"""Paths: each thing has one address, and one spelling of it.

Routing takes a newline at a path's end for the end itself, and would answer `/checkpoint%0A` as
`/checkpoint`: an immutable tile under a second name, which rules by path (a proxy's, a cache's, the
one for web origins) do not know.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem

__all__ = ["ExactPaths"]

_SHOWN = 200


class ExactPaths:
    """Refuse every path that ends with a newline."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer that nothing is there."""
        if scope["type"] != "http" or not scope["path"].endswith("\n"):
            await self._app(scope, receive, send)
            return
        response = problem(
            Request(scope),
            HTTPStatus.NOT_FOUND,
            "request.path",
            "Nothing is at this path.",
            found=scope["path"][:_SHOWN],
        )
        await response(scope, receive, send)
