"""Bodies: read as they come, never beyond their limit, and never all at once beyond memory.

A limit is checked against Content-Length before the first byte is read, and again against the
bytes that come. `Intake` bounds what all requests together may hold: a server that takes in more
than it can write would fall at the first burst, so it says "later" (503) instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import Request

from api.problems import RequestError
from api.workers import busy

__all__ = ["JSON", "NDJSON", "Intake", "check_media_type"]

JSON = "application/json"
NDJSON = "application/x-ndjson"
# A body of 64 MiB in this time is a line of 4.5 Mbit/s; slower ones should send smaller batches.
BODY_TIMEOUT_SECONDS = 120
_SHOWN = 100


def check_media_type(request: Request, expected: str) -> None:
    """Refuse any other Content-Type, parameters aside, and any Content-Encoding.

    Browsers do not send these types across origins without asking first, and are told no.
    """
    found = request.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() != expected:
        raise RequestError(
            "request.media-type",
            "The body is not of the type that is taken here.",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            expected=f"Content-Type: {expected}",
            found=found[:_SHOWN] or "none",
            headers={"Accept-Post": expected},
        )
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise RequestError(
            "request.encoding",
            "Bodies are taken as they are.",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            expected="no Content-Encoding",
            found=encoding[:_SHOWN],
        )


class Intake:
    """The bytes that bodies may hold in memory, all requests together."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # Changed only between two awaits of one event loop, hence without a lock.
        self._held = 0

    @property
    def held(self) -> int:
        """How many bytes are held now."""
        return self._held

    @asynccontextmanager
    async def read(self, request: Request, *, limit: int) -> AsyncIterator[bytearray]:
        """Read a request's body of at most `limit` bytes, and count it until the block ends."""
        body = bytearray()
        taken = 0
        _check_announced(request, limit)
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS) as deadline:
                async for chunk in request.stream():
                    if len(body) + len(chunk) > limit:
                        raise _too_large(limit, f"more than {limit} bytes")
                    if self._held + len(chunk) > self._capacity:
                        raise busy()
                    self._held += len(chunk)
                    taken += len(chunk)
                    body += chunk
                deadline.reschedule(None)
            yield body
        except TimeoutError:
            if not deadline.expired():
                raise
            raise _too_slow() from None
        finally:
            self._held -= taken


def _check_announced(request: Request, limit: int) -> None:
    announced = request.headers.get("content-length", "").lstrip("0")
    # By length first: int() refuses long literals with an error of its own.
    if len(announced) > len(str(limit)) or (announced.isdecimal() and int(announced) > limit):
        raise _too_large(limit, f"{announced[:_SHOWN]} bytes")


def _too_large(limit: int, found: str) -> RequestError:
    return RequestError(
        "request.too-large",
        "The body is too large.",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        expected=f"at most {limit} bytes",
        found=found,
        hint="Nothing of it was recorded. Send it in smaller parts.",
        headers={"Connection": "close"},
    )


def _too_slow() -> RequestError:
    return RequestError(
        "request.timeout",
        "The body came too slowly.",
        status=HTTPStatus.REQUEST_TIMEOUT,
        expected=f"all of it within {BODY_TIMEOUT_SECONDS} seconds",
        hint="Nothing of it was recorded. Send it in smaller parts.",
        headers={"Connection": "close"},
    )
