"""The direct way: single records, which come by the thousand, spared the search for what they need.

FastAPI finds out anew for every request which route it is for and what its endpoint depends on;
that takes several times as long as logging a record. For `POST /v1/records` the answer is always
the same, and stands here. It is the same endpoint behind the same gate, inside the same
middlewares (trail, rates, incidents, figures): whatever else comes takes the usual way.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.auth.gate import admit_submitter, meet
from api.routes import records
from ledger.errors import LedgerError

__all__ = ["DirectRecords"]


class DirectRecords:
    """Answer `POST /v1/records`, and pass everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._route = next(
            route
            for route in records.router.routes
            if isinstance(route, APIRoute) and route.endpoint is records.record
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer as the route would."""
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or scope["path"] != self._route.path
            or scope.get("root_path")
        ):
            await self._app(scope, receive, send)
            return
        # As routing does, for those who tell what was asked for.
        scope["route"] = self._route
        scope["path_params"] = {}
        request = Request(scope, receive)
        state = scope["app"].state
        try:
            await meet(request)
            response = await records.record(
                request=request,
                principal=admit_submitter(request),
                node=state.node,
                bodies=state.intake,
                grouping=state.grouping,
                figures=state.figures,
            )
        except LedgerError as error:
            response = problems.answer(error)
        except ClientDisconnect:
            response = problems.cut_off()
        await response(scope, receive, send)
