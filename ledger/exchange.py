"""Asking a server over HTTP, at its own pace: a request goes out, a bounded answer comes in.

A server is a stranger: its answers are bounded in size and time, it cannot send us elsewhere (no
redirects), and what it says wrong is told as its own words (`RefusedError`) or as "could not ask"
(UnavailableError).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from ledger.bundle import MAX_BUNDLE_SIZE
from ledger.canonical import parse
from ledger.errors import ConfigurationError, LedgerError, MalformedError, UnavailableError
from ledger.silence import why_silent

__all__ = ["JSON", "Exchange", "RefusedError", "read_problem"]

JSON = "application/json"

_TIMEOUT = 30.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
# As long as a ledger lets a caller wait, and well below the timeout.
_LONGEST_WAIT = 5
# More than the largest bundle, and than 256 of the largest entries.
_MAX_ANSWER = 2 * MAX_BUNDLE_SIZE
# Enough for the largest on a slow line; a server that sends a byte now and then is let go.
_ANSWER_SECONDS = 300.0
_SHOWN = 200
_ACCEPTED = 202
_UNAVAILABLE = 503
_AGAIN = frozenset({_ACCEPTED, _UNAVAILABLE})


class RefusedError(LedgerError):
    """The server's answer is a problem (RFC 9457), carried here with its code and status."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(code, message, expected=expected, found=found, hint=hint)
        self.status = status


class Exchange:
    """One server, one API key. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, api_key: str | None = None, named: str = "--server") -> None:
        self._hint = f"the address right ({named})?"
        self._place = _place(url)
        # What is compressed could be any size: nothing here is unpacked.
        headers = {"Accept-Encoding": "identity"}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {_checked_key(api_key)}"
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        deadline: float = 0,
        *,
        content: bytes | None = None,
        media_type: str = JSON,
    ) -> tuple[int, bytes]:
        """Ask until there is an answer, at the server's own pace; give status and body.

        Who reads and has time would rather wait than ask again, and says so (RFC 7240).
        Raises RefusedError for a problem that it answers, UnavailableError where there is no answer
        in `deadline` seconds, or one that no ledger would give.
        """
        end = time.monotonic() + deadline
        while True:
            headers = {"Content-Type": media_type} if content is not None else {}
            wait = min(_LONGEST_WAIT, int(end - time.monotonic()))
            if method == "GET" and wait > 0:
                headers["Prefer"] = f"wait={wait}"
            status, body, pause = self._send(method, path, content, headers)
            if status not in _AGAIN:
                return status, body
            if time.monotonic() + pause > end:
                raise self._too_late(status, body, deadline)
            time.sleep(pause)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, float]:
        try:
            with self._http.stream(method, path, content=content, headers=headers) as response:
                body = self._bounded(response.iter_raw())
        except httpx2.HTTPError as error:
            raise UnavailableError(
                "client.unreachable",
                f"no answer from {self._place}",
                found=why_silent(error),
                hint=f"Is it running, and is {self._hint}",
            ) from error
        if not response.is_success and response.status_code not in _AGAIN:
            raise self._refusal(response.status_code, body)
        return response.status_code, body, _retry_after(response)

    def _bounded(self, chunks: Iterator[bytes]) -> bytes:
        end = time.monotonic() + _ANSWER_SECONDS
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > _MAX_ANSWER:
                raise self.nonsense(f"at most {_MAX_ANSWER} bytes", "more")
            if time.monotonic() > end:
                raise self.nonsense(f"an answer in {_ANSWER_SECONDS:.0f} seconds", "a part of it")
        return bytes(body)

    def _refusal(self, status: int, body: bytes) -> LedgerError:
        """Turn a problem body into an error; a body that is none is told by its status."""
        problem = read_problem(body)
        if problem is None:
            return self.nonsense("an answer of a ledger", f"HTTP status {status}")
        hint = problem["hint"]
        if problem["code"].startswith("auth.") and hint is None:
            hint = "Give an API key: CROSSPROOF_API_KEY."
        return RefusedError(
            problem["code"],
            problem["detail"],
            status=status,
            expected=problem["expected"],
            found=problem["found"],
            hint=hint,
        )

    def _too_late(self, status: int, body: bytes, deadline: float) -> UnavailableError:
        problem = read_problem(body) if status == _UNAVAILABLE else None
        if problem is not None:
            return UnavailableError(
                problem["code"],
                problem["detail"],
                expected=problem["expected"],
                found=problem["found"],
                hint=problem["hint"],
            )
        if status == _UNAVAILABLE:
            return self.nonsense("an answer of a ledger", f"HTTP status {status}")
        return UnavailableError(
            "client.deadline",
            f"the record is logged, and not published after {max(deadline, 0):.0f} s",
            hint="Ask again: crossproof bundle RECORD_ID -o FILE",
        )

    def read(self, body: bytes) -> object:
        """Read an answer's JSON."""
        try:
            return parse(body)
        except MalformedError as error:
            raise self.nonsense("JSON", error.message) from error

    def nonsense(self, expected: str, found: object) -> UnavailableError:
        """Make the error of a server that answers what no ledger would."""
        return UnavailableError(
            "client.nonsense",
            f"{self._place} answers what no ledger would",
            expected=expected,
            found=str(found)[:_SHOWN],
            hint=f"Is {self._hint}",
        )


def read_problem(body: bytes) -> dict[str, Any] | None:
    """Read a problem (RFC 9457) with a code, None where it is none."""
    try:
        value = parse(body)
    except MalformedError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return None
    texts = {name: value.get(name) for name in ("detail", "expected", "found", "hint")}
    shown = {name: None if text is None else str(text) for name, text in texts.items()}
    detail = shown["detail"] or str(value.get("title", value["code"]))
    return {**shown, "detail": detail, "code": value["code"]}


def _retry_after(response: httpx2.Response) -> float:
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_PAUSE)
    return _FIRST_PAUSE


def _place(url: str) -> str:
    """Name a server for people, without credentials; raise ConfigurationError for no address."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        port = parts.port
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        sound, port = False, None
    if not sound:
        raise ConfigurationError(
            "client.url", "server address", expected="http://HOST[:PORT] or https://…"
        )
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _checked_key(api_key: str) -> str:
    # It goes into a header; a key that cannot is one that was copied wrongly.
    if not api_key.isascii() or not api_key.isprintable() or not api_key or " " in api_key:
        raise ConfigurationError(
            "client.api-key", "API key", expected="cpk_<prefix>_<secret>", found="something else"
        )
    return api_key
