"""A client of the HTTP API: submits statements, fetches bundles, waits as the server asks.

It hashes nothing and verifies nothing: what it brings back is checked by `verify`.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import httpx2

from ledger.canonical import parse
from ledger.errors import ConfigurationError, LedgerError, MalformedError, UnavailableError

__all__ = ["Client", "RefusedError"]

_TIMEOUT = 30.0
_LONGEST_PAUSE = 30.0
_RETRY = frozenset({202, 503})


class RefusedError(LedgerError):
    """The server's answer is a problem (RFC 9457), carried here with its code."""


class Client:
    """One server, one API key. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        try:
            self._http = httpx2.Client(base_url=url, headers=headers, timeout=_TIMEOUT)
        except httpx2.InvalidURL as error:
            raise ConfigurationError(
                "client.url", "server address", expected="http://HOST:PORT", found=url
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def submit(self, statement: bytes) -> dict[str, Any]:
        """Submit one statement; give the server's answer (index, leaf hash, state)."""
        response = self._send("POST", "/v1/records", content=statement)
        answer: dict[str, Any] = parse(response.content)
        return answer

    def bundle(self, record_id: str, *, deadline: float) -> bytes:
        """Fetch a record's bundle, waiting until one is there; raise UnavailableError."""
        return self._wait(f"/v1/records/{record_id}/bundle", deadline).content

    def trust(self) -> bytes:
        """Fetch the trust file that the server offers; the caller decides whether to believe it."""
        return self._send("GET", "/v1/trust").content

    def _wait(self, path: str, deadline: float) -> httpx2.Response:
        """Ask until the answer is there, at the server's own pace."""
        end = time.monotonic() + deadline
        while True:
            response = self._send("GET", path)
            if response.status_code not in _RETRY:
                return response
            pause = min(_retry_after(response), _LONGEST_PAUSE)
            if time.monotonic() + pause > end:
                raise UnavailableError(
                    "client.deadline",
                    f"not there after {deadline:.0f} s",
                    hint="The record is logged. Ask again: crossproof bundle RECORD_ID -o FILE",
                )
            time.sleep(pause)

    def _send(self, method: str, path: str, *, content: bytes | None = None) -> httpx2.Response:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise UnavailableError(
                "client.unreachable",
                f"no answer from {self._http.base_url}",
                found=type(error).__name__,
                hint="Is it running? crossproof serve",
            ) from error
        if response.is_success or response.status_code in _RETRY:
            return response
        raise _refusal(response)


def _retry_after(response: httpx2.Response) -> float:
    value = response.headers.get("Retry-After", "1")
    return float(value) if value.isdigit() else 1.0


def _refusal(response: httpx2.Response) -> RefusedError:
    """Turn a problem body into an error; a body that is none is told by its status."""
    try:
        problem = parse(response.content)
    except MalformedError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    return RefusedError(
        str(problem.get("code", "client.refused")),
        str(problem.get("detail") or problem.get("title") or f"HTTP {response.status_code}"),
        expected=problem.get("expected"),
        found=problem.get("found"),
        hint=problem.get("hint"),
    )
