"""The direct way: single records, which come by the thousand, spared what all requests go through.

FastAPI finds out anew for every request which route it is for and what its endpoint depends on, and
hands it through a dozen middlewares; that takes several times as long as logging a record. For
`POST /v1/records` the answer is always the same, and stands here. It is the same endpoint behind
the same gate, and what the middlewares do is done with the same functions, in the same order:
figures, incidents, rates, trail. Whatever else comes takes the usual way.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from fastapi import FastAPI, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api import problems
from api.auth.gate import admit_submitter, meet
from api.metrics import NO_ANSWER, Figures
from api.routes import records
from api.trail import note
from ledger.errors import LedgerError

__all__ = ["DirectRecords"]

_METHOD = "POST"


class DirectRecords:
    """Answer `POST /v1/records` for an application, and leave everything else to it."""

    def __init__(self, app: FastAPI, figures: Figures) -> None:
        self._app = app
        self._figures = figures
        self._route = next(
            route
            for route in records.router.routes
            if isinstance(route, APIRoute) and route.endpoint is records.record
        )

    def takes(self, scope: Scope) -> bool:
        """Say whether a request is one for here."""
        return (
            scope["type"] == "http"
            and scope["method"] == _METHOD
            and scope["path"] == self._route.path
            and not scope.get("root_path")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is one for here."""
        started = perf_counter()
        # As the application and its routing do, for those who tell what was asked for.
        scope["app"] = self._app
        scope["route"] = self._route
        scope["path_params"] = {}
        status = NO_ANSWER
        try:
            try:
                response = await self._answer(_Request(scope, receive))
                rate = scope["state"].get("rate")
                if rate is not None:
                    response.headers.update(rate.headers())
                note(scope, response.status_code)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told and logged
                response = problems.incident(error, scope)
            status = response.status_code
            await response(scope, receive, send)
        finally:
            self._figures.observe(
                _METHOD, self._route.path, status, seconds=perf_counter() - started
            )

    async def _answer(self, request: Request) -> Response:
        state = self._app.state
        try:
            await meet(request)
            return await records.record(
                request=request,
                principal=admit_submitter(request),
                node=state.node,
                bodies=state.intake,
                grouping=state.grouping,
                figures=state.figures,
            )
        except LedgerError as error:
            return problems.answer(request, error)
        except ClientDisconnect:
            return problems.cut_off(request)


class _Headers(Headers):
    """Headers put in a table once, where a handful of questions would go through all of them."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        # Of several with one name the first counts, as it does above.
        self._first = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self._list)
        }

    def __getitem__(self, key: str) -> str:
        """Find the first of a name."""
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        """Say whether there is one of a name."""
        return isinstance(key, str) and key.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        """Go through the names, each once."""
        return iter(self._first)


class _Request(Request):
    """A request with such headers."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = _Headers(scope)
