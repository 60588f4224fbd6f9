"""A co-operator over HTTP: `POST /add-checkpoint` as C2SP tlog-witness has it.

    200  signature lines                      404  no such log is signed for here
    400  not a request                        409  text/x.tlog.size: the size last signed
    403  the log has not signed it            422  the proof does not hold: another history

A 422 is the alarm that this service exists for, and is logged as an error. Nothing is open but this
path and `/healthz`, and nothing that is asked can change what may be signed.
"""

from __future__ import annotations

from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledger.cosigner import MAX_REQUEST_SIZE, Cosigner, OtherSizeError, Request
from ledger.errors import (
    LedgerError,
    MalformedError,
    NotFoundError,
    UnavailableError,
    VerificationError,
)

__all__ = ["SIZE_TYPE", "create_app"]

SIZE_TYPE = "text/x.tlog.size"
_RETRY_AFTER = {"Retry-After": "1"}
# What could not be written down was not signed: ask again.
_STATUS: tuple[tuple[type[LedgerError], HTTPStatus], ...] = (
    (MalformedError, HTTPStatus.BAD_REQUEST),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (VerificationError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_logger = structlog.get_logger(__name__)


def create_app(cosigner: Cosigner) -> Starlette:
    """Make the application that signs for `cosigner`."""

    async def add_checkpoint(http: HttpRequest) -> Response:
        body = bytearray()
        async for piece in http.stream():
            body += piece
            if len(body) > MAX_REQUEST_SIZE:
                return _told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too large")
        return await run_in_threadpool(_answer, cosigner, bytes(body))

    async def healthz(_: HttpRequest) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )


def _answer(cosigner: Cosigner, body: bytes) -> Response:
    try:
        return PlainTextResponse(cosigner.add_checkpoint(Request.parse(body)).line())
    except OtherSizeError as error:
        return Response(f"{error.size}\n", status_code=HTTPStatus.CONFLICT, media_type=SIZE_TYPE)
    except LedgerError as error:
        status = next((s for kind, s in _STATUS if isinstance(error, kind)), _STATUS[-1][1])
        if error.code == "cosigner.not-signed":
            status = HTTPStatus.FORBIDDEN
        if status is HTTPStatus.UNPROCESSABLE_ENTITY:
            shown = body.decode(errors="replace")
            _logger.error("another history", code=error.code, request=shown)  # noqa: TRY400
        retry = _RETRY_AFTER if status is HTTPStatus.SERVICE_UNAVAILABLE else None
        return _told(status, str(error), retry)


def _told(
    status: HTTPStatus, text: str, headers: dict[str, str] | None = None
) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
