"""Fetching status lists: from the addresses that a trust file names, within limits, kept a while.

    GET ADDRESS
    Accept: application/statuslist+jwt

A list is fetched whole, by its own address and nothing else, so that whoever serves it does not
learn which attestation is looked at. It is kept until its `ttl` or its `exp` is over, as is for a
moment that a server did not answer. No redirect is followed, and no proxy of the environment asked.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2

from ledger.errors import MalformedError, UnavailableError
from ledger.silence import why_silent
from ledger.status_list import MAX_TOKEN_SIZE, MEDIA_TYPE, StatusToken

__all__ = ["DEFAULT_TIMEOUT", "StatusFetcher"]

DEFAULT_TIMEOUT = 5.0
# For how long a list without a `ttl` is kept.
KEPT_SECONDS = 300.0
# A server that did not answer is asked again no sooner.
RETRY_SECONDS = 10.0
# Each is at most MAX_LIST_SIZE unpacked.
MAX_KEPT = 32


class StatusFetcher:
    """A `StatusListSource` over HTTP. Methods may be called from any thread.

    `is_allowed` says which addresses may be asked: those of the trust file. `may_ask`, where given,
    is asked before each request and says whether one more is due.
    """

    def __init__(
        self,
        is_allowed: Callable[[str], bool],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        may_ask: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._is_allowed = is_allowed
        self._timeout = timeout
        self._may_ask = may_ask
        self._clock = clock
        self._lock = threading.Lock()
        # The lock owns these; it is never held while somebody is asked.
        self._kept: OrderedDict[str, tuple[float, StatusToken | str]] = OrderedDict()

    def status_list(self, address: str) -> StatusToken:
        """Fetch the list at an address, or give it from before; raise UnavailableError."""
        if not self._is_allowed(address):
            raise UnavailableError(
                "status.address-unknown",
                "the trust file names no such address, and nobody was asked",
                found=address,
            )
        with self._lock:
            until, known = self._kept.get(address, (0.0, ""))
        if self._clock() >= until:
            known = self._ask(address)
        if isinstance(known, str):
            raise UnavailableError(
                "status-list.unreachable",
                f"no status list from {urlsplit(address).netloc}",
                expected=f"a status list of at most {MAX_TOKEN_SIZE} bytes, "
                f"in {self._timeout:g} seconds",
                found=known,
                hint="Verify again later.",
            )
        return known

    def _ask(self, address: str) -> StatusToken | str:
        if not self._may_ask():
            raise UnavailableError(
                "status-list.not-asked",
                "status lists were fetched often enough for callers without a key",
                hint="Ask again in a moment.",
            )
        known: StatusToken | str
        try:
            known = StatusToken.parse(self._get(address).decode("ascii"))
        except (MalformedError, UnicodeDecodeError, httpx2.HTTPError, _NoListError) as error:
            known = error.code if isinstance(error, MalformedError) else _describe(error)
            until = self._clock() + RETRY_SECONDS
        else:
            until = self._clock() + (known.time_to_live or KEPT_SECONDS)
            if known.expires_at is not None:
                until = min(until, known.expires_at)
        with self._lock:
            self._kept[address] = (until, known)
            self._kept.move_to_end(address)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return known

    def _get(self, address: str) -> bytes:
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        # What is compressed could be any size: nothing here is unpacked.
        headers = {"Accept": MEDIA_TYPE, "Accept-Encoding": "identity"}
        request = httpx2.Request("GET", address, headers=headers, extensions={"timeout": timeout})
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        # Not a client: that would go where a redirect or a proxy leads.
        with httpx2.HTTPTransport(
            verify=ssl.create_default_context(), trust_env=False
        ) as transport:
            response = transport.handle_request(request)
            try:
                if response.status_code != httpx2.codes.OK:
                    raise _NoListError(f"HTTP status {response.status_code}")
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > MAX_TOKEN_SIZE:
                        raise _NoListError("more bytes")
                    if time.monotonic() > deadline:
                        raise _NoListError("a part of it")
            finally:
                response.close()
        return bytes(body)


class _NoListError(Exception):
    """An answer that holds no list."""


def _describe(error: Exception) -> str:
    return str(error) if isinstance(error, _NoListError) else why_silent(error)
