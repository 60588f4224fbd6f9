"""Bodies: read as they come, never beyond their limit, and never all at once beyond memory.

A limit is checked against Content-Length before the first byte is read, and again against the
bytes that come. `Intake` bounds what all requests together may hold: a server that takes in more
than it can write would fall at the first burst, so it says "later" (503) instead. A body that
comes too slowly is given up, or a few that never end would hold that room for good.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.problems import RETRY_AFTER_SECONDS, RequestError
from api.workers import busy

__all__ = ["JSON", "NDJSON", "Intake", "check_media_type", "client_of"]

JSON = "application/json"
NDJSON = "application/x-ndjson"
# A body of 64 MiB in this time is a line of 4.5 Mbit/s; slower ones should send smaller batches.
BODY_TIMEOUT_SECONDS = 120
# In each such time as much must come as makes this rate, or the rest of the body.
PACE_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 8 * 1024
# Whoever has one IPv6 address has a network of them.
_IPV6_NETWORK = 64
_ASKED = 1024
_SHOWN = 100


def check_media_type(request: Request, *expected: str) -> str:
    """Give the Content-Type; refuse any other, parameters aside, and any Content-Encoding.

    Browsers do not send these types across origins without asking first, and are told no.
    """
    found = request.headers.get("content-type", "")
    media_type = found.partition(";")[0].strip().lower()
    if media_type not in expected:
        raise RequestError(
            "request.media-type",
            "The body is not of the type that is taken here.",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            expected=f"Content-Type: {' or '.join(expected)}",
            found=found[:_SHOWN] or "none",
            headers={"Accept-Post": ", ".join(expected)},
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
    return media_type


class Intake:
    """The bytes that bodies may hold in memory, all requests together.

    With `each`, no client address has more than so many requests here at once. Used from one event
    loop: what it counts changes only between two awaits, hence without a lock.
    """

    def __init__(self, capacity: int, *, each: int | None = None) -> None:
        self._capacity = capacity
        self._each = each
        self._held = 0
        self._clients: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """How many bytes are held now."""
        return self._held

    def read(self, request: Request, *, limit: int) -> Body:
        """Read a request's body of at most `limit` bytes, and count it until the block ends."""
        return Body(self, request, limit)

    def enter(self, client: str) -> None:
        """Count a request of a client address; raise RequestError (429) where it has too many."""
        if self._each is not None and self._clients[client] >= self._each:
            raise _too_many(self._each)
        self._clients[client] += 1

    def leave(self, client: str, taken: int) -> None:
        """Count a request no more, nor the bytes that it held."""
        self._held -= taken
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]

    async def fill(self, parts: list[bytes], request: Request, limit: int) -> None:
        """Read a body's parts as they come, each counted; raise RequestError, ClientDisconnect."""
        now = asyncio.get_running_loop().time
        end = now() + BODY_TIMEOUT_SECONDS
        came = length = 0
        try:
            async with asyncio.timeout_at(min(end, now() + PACE_SECONDS)) as deadline:
                more = True
                while more:
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    chunk, more = message.get("body", b""), message.get("more_body", False)
                    if length + len(chunk) > limit:
                        raise _too_large(limit, f"more than {limit} bytes")
                    if self._held + len(chunk) > self._capacity:
                        raise busy()
                    self._held += len(chunk)
                    parts.append(chunk)
                    length += len(chunk)
                    came += len(chunk)
                    if came >= PACE_SECONDS * MIN_BYTES_PER_SECOND:
                        came = 0
                        deadline.reschedule(min(end, now() + PACE_SECONDS))
        except TimeoutError:
            raise _too_slow() from None


class Body:
    """A body that is read where a block begins, and let go where it ends."""

    def __init__(self, intake: Intake, request: Request, limit: int) -> None:
        self._intake = intake
        self._request = request
        self._limit = limit
        self._client = client_of(request)
        self._taken = 0

    async def __aenter__(self) -> bytes:
        """Give the whole body; raise RequestError, ClientDisconnect."""
        _check_announced(self._request, self._limit)
        self._intake.enter(self._client)
        # Joined once: a body that grows by each part is copied over and over.
        parts: list[bytes] = []
        try:
            await self._intake.fill(parts, self._request, self._limit)
        except BaseException:
            self._intake.leave(self._client, sum(map(len, parts)))
            raise
        body = b"".join(parts)
        self._taken = len(body)
        return body

    async def __aexit__(self, *_: object) -> None:
        """Let it go."""
        self._intake.leave(self._client, self._taken)


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
        expected=f"{MIN_BYTES_PER_SECOND} bytes a second, and all of it within "
        f"{BODY_TIMEOUT_SECONDS} seconds",
        hint="Nothing of it was recorded. Send it in smaller parts.",
        headers={"Connection": "close"},
    )


def _too_many(each: int) -> RequestError:
    return RequestError(
        "request.too-many",
        "Too many requests of this address are here at once.",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        expected=f"at most {each} at once without an API key",
        hint="Send it again when one of them is answered, or with a key.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"},
    )


def client_of(request: Request) -> str:
    """Name where a request comes from: an address, or the network that an IPv6 host has."""
    return _network(request.client.host if request.client is not None else "")


# The same few come again and again.
@lru_cache(maxsize=_ASKED)
def _network(name: str) -> str:
    try:
        address = ip_address(name)
    except ValueError:
        return name
    if not isinstance(address, IPv6Address):
        return name
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _IPV6_NETWORK), strict=False))
