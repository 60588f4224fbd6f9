"""Problems: whatever went wrong leaves as one JSON shape (RFC 9457), with a stable code.

A browser is told the same by a page (`problem_page`).

    HTTP/1.1 409 Conflict
    Content-Type: application/problem+json

    {"type": "about:blank", "title": "Conflict", "status": 409, "code": "record.conflict",
     "detail": "…", "line": 17, "expected": "…", "found": "…", "hint": "…"}

`code` is what programs decide by. The type is `about:blank` (RFC 9457, 4.2.1): this project owns
no address under which a page for each code would stand in ten years. An error that nobody foresaw
answers 500 with an incident number; what is logged under it names the place in the program, and
neither the exception's text nor the request, since both may hold what callers sent.
"""

from __future__ import annotations

import json
import secrets
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_page import Told, is_wanted, problem_page
from ledger.errors import (
    ConflictError,
    LedgerError,
    MalformedError,
    NotFoundError,
    ReadOnlyError,
    UnavailableError,
    VerificationError,
)

__all__ = [
    "MEDIA_TYPE",
    "Incidents",
    "RequestError",
    "answer",
    "cut_off",
    "incident",
    "install",
    "problem",
]

MEDIA_TYPE = "application/problem+json"
# Long enough for a checkpoint or a lock, short enough that a person would wait for it.
RETRY_AFTER_SECONDS = 1
# A log that may not be written stays so until an operator has looked at it.
READ_ONLY_RETRY_AFTER_SECONDS = 60

_STATUS: tuple[tuple[type[LedgerError], HTTPStatus], ...] = (
    (MalformedError, HTTPStatus.BAD_REQUEST),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    # Verdicts on what callers send are reports; this one is about what the server itself holds.
    (VerificationError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (ReadOnlyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
)
_RETRY_AFTER: tuple[tuple[type[LedgerError], int], ...] = (
    (ReadOnlyError, READ_ONLY_RETRY_AFTER_SECONDS),
    (UnavailableError, RETRY_AFTER_SECONDS),
)
# What never will be otherwise: nobody should come back to ask again.
_ENDED = "log.closed"
_INCIDENT_BYTES = 8
_SHOWN = 200

_logger = structlog.get_logger(__name__)


class RequestError(LedgerError):
    """A request that is refused for what it is as HTTP: too large, not allowed, not now."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: HTTPStatus,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, expected=expected, found=found, hint=hint)
        self.status = status
        self.headers = headers or {}


def problem(
    request: Request | None,
    status: HTTPStatus,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Write one problem, as whoever asks would have it; members that are None are left out."""
    is_error = status >= HTTPStatus.BAD_REQUEST
    if request is not None and is_error and is_wanted(request):
        shown = {name: more.get(name) for name in ("expected", "found", "incident")}
        return problem_page(request, status, Told(code=code, **shown), headers)
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
        **more,
    }
    body = {name: value for name, value in members.items() if value is not None}
    return Response(
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Make the application answer every error that is raised on purpose with a problem."""
    app.add_exception_handler(LedgerError, _ledger_error)
    app.add_exception_handler(RequestValidationError, _parameter_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _cut_off)


class Incidents:
    """Answer what nobody foresaw with a number to ask about, and log where it happened."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; an exception before the answer's first byte becomes a problem."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            response = incident(error, scope)
            # Half an answer cannot be taken back: the server cuts the connection.
            if started or scope["type"] != "http":
                raise
            await response(scope, receive, send)


def incident(error: Exception, scope: Scope) -> Response:
    """Log an error that nobody foresaw, and write the problem that names it."""
    number = secrets.token_hex(_INCIDENT_BYTES)
    _logger.error(
        "incident",
        incident=number,
        # Never its text, which may hold what a caller sent.
        error=type(error).__qualname__,
        method=scope.get("method"),
        path=scope.get("path"),
        frames=[
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ],
    )
    return problem(
        Request(scope),
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "server.incident",
        "The fault is ours, not yours; nothing is said about what you sent.",
        hint="Name the incident to whoever runs this ledger. Sending a record again is "
        "safe: it is logged once.",
        incident=number,
    )


def answer(request: Request, error: LedgerError) -> Response:
    """Write an error that was raised on purpose as a problem."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = {}
    if isinstance(error, RequestError):
        status, headers = error.status, error.headers
    elif error.code == _ENDED:
        status = HTTPStatus.CONFLICT
    else:
        status = next((s for kind, s in _STATUS if isinstance(error, kind)), status)
        wait = next((s for kind, s in _RETRY_AFTER if isinstance(error, kind)), None)
        headers = {} if wait is None else {"Retry-After": str(wait)}
    return problem(
        request,
        status,
        error.code,
        error.message,
        headers,
        expected=error.expected,
        found=error.found,
        hint=error.hint,
        line=getattr(error, "line", None),
    )


def cut_off(request: Request) -> Response:
    """Answer a body that did not come to its end."""
    return problem(
        request, HTTPStatus.BAD_REQUEST, "request.cut-off", "The connection ended inside the body."
    )


def _ledger_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)  # noqa: S101 - the handler is registered for these
    return answer(request, error)


def _parameter_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - likewise
    first = error.errors()[0]
    place, *name = (str(part) for part in first["loc"])
    return problem(
        request,
        HTTPStatus.BAD_REQUEST,
        "request.parameter",
        f"{place} parameter {'.'.join(name)}: {first['msg']}",
        # Of an enumeration, what there is to choose from.
        expected=(first.get("ctx") or {}).get("expected"),
        found=f"{name[0] if name else place}={str(first.get('input'))[:_SHOWN]}",
    )


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    status = HTTPStatus(error.status_code)
    path = request.scope["path"][:_SHOWN]
    if status is HTTPStatus.NOT_FOUND:
        return problem(request, status, "request.path", "Nothing is at this path.", found=path)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow")
        return problem(
            request,
            status,
            "request.method",
            "This path does not take this method.",
            error.headers,
            expected=allowed,
            found=request.method,
        )
    return problem(request, status, "request.refused", str(error.detail)[:_SHOWN], error.headers)


def _cut_off(request: Request, _: Exception) -> Response:
    return cut_off(request)
