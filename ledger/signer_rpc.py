"""JSON-RPC to an external signer: method names and parameters go out, a JSON value comes in.

One request, one connection: nothing to close, and a signer that was started anew is simply there.
What a network or a signer can do wrong is UnavailableError; that it says no, ConfigurationError
`signer.refused`, for then a person has to look. A URL may hold a password or a token: nothing but
its host and port is in any text, and no library is told the URL that would log it.
"""

from __future__ import annotations

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import httpx2

from ledger.canonical import parse
from ledger.errors import ConfigurationError, MalformedError, UnavailableError
from ledger.silence import why_silent

__all__ = ["MAX_ANSWER_SIZE", "SignerRpc"]

# clef repeats a transaction's data beside its bytes, both in hexadecimal.
MAX_ANSWER_SIZE = 1 << 20
_SHOWN = 200
# "No such method": as JSON-RPC and EIP-1474 have it, as Web3Signer does, and as anvil does.
_INTERNAL = -32603
_UNKNOWN = frozenset({-32601, -32004, -32604, _INTERNAL})


class _RefusedError(Exception):
    """The signer's own "no" to one request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__()
        self.code = code
        # A stranger's text: repr keeps it on one line and without control characters.
        self.found = f"{message[:_SHOWN]!r} ({code})"


class SignerRpc:
    """A signer behind a URL. `timeout`, in seconds, bounds connecting, each read and each body."""

    def __init__(self, url: str, *, timeout: float) -> None:
        parts, self.place = _split(url)
        self._url = urlunsplit((parts.scheme, self.place, parts.path, parts.query, ""))
        self._headers = {
            "Accept": "application/json",
            # What is compressed could be any size: nothing here is unpacked.
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        self._timeout = timeout
        self._tls = (
            ssl.create_default_context()
            if parts.scheme == "https"
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        # By the methods that do the same: the one that this signer knows.
        self._known: dict[tuple[str, ...], str] = {}

    def ask(self, methods: tuple[str, ...], parameters: Callable[[str], list[Any]]) -> object:
        """Ask by the first of `methods` that the signer knows, and give its result.

        Raises UnavailableError, and ConfigurationError where it refuses.
        """
        known = self._known.get(methods)
        told: _RefusedError | None = None
        for method in methods if known is None else (known,):
            try:
                result = self._call(method, parameters(method))
            except _RefusedError as error:
                if error.code not in _UNKNOWN:
                    raise self._refused(error) from None
                # A fault by one name says more than that there is no other.
                if told is None or error.code == _INTERNAL:
                    told = error
            else:
                self._known[methods] = method
                return result
        # What stands there may be another signer by now: the next time all names are tried.
        self._known.pop(methods, None)
        assert told is not None  # noqa: S101 - there is a method
        raise self._refused(told)

    def malformed(self, expected: str, found: str) -> UnavailableError:
        """Say that an answer is none that a signer would give."""
        return UnavailableError(
            "signer.malformed",
            f"{self.place} answers what no signer would",
            expected=expected,
            found=found[:_SHOWN],
        )

    def _call(self, method: str, parameters: list[Any]) -> object:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        status, body = self._post(json.dumps(request).encode())
        try:
            answer = parse(body)
        except MalformedError as error:
            if status != httpx2.codes.OK:
                raise self._unreachable(f"HTTP status {status}") from None
            raise self.malformed("JSON", str(error)) from None
        match answer:
            case {"error": {"code": int(code), "message": str(message)}}:
                raise _RefusedError(code, message)
            case {"result": result} if status == httpx2.codes.OK and not answer.get("error"):
                return result
        if status != httpx2.codes.OK:
            raise self._unreachable(f"HTTP status {status}")
        raise self.malformed("an object with a result or an error", repr(answer))

    def _post(self, content: bytes) -> tuple[int, bytes]:
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        request = httpx2.Request(
            "POST",
            self._url,
            headers=self._headers,
            content=content,
            extensions={"timeout": timeout},
        )
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        try:
            # Not a client: that would log the URL, and go where a redirect or a proxy leads.
            with httpx2.HTTPTransport(verify=self._tls, trust_env=False) as transport:
                response = transport.handle_request(request)
                try:
                    if response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
                        raise self._unreachable(f"HTTP status {response.status_code}")
                    for piece in response.iter_raw():
                        body += piece
                        if len(body) > MAX_ANSWER_SIZE or time.monotonic() > deadline:
                            raise self.malformed(
                                f"at most {MAX_ANSWER_SIZE} bytes in {self._timeout:g} seconds",
                                "more",
                            )
                finally:
                    response.close()
        except httpx2.HTTPError as error:
            raise self._unreachable(why_silent(error)) from None
        return response.status_code, bytes(body)

    def _unreachable(self, found: str) -> UnavailableError:
        return UnavailableError(
            "signer.unreachable",
            f"the signer at {self.place} does not answer",
            found=found,
            hint="The log goes on without it; what is to be signed waits until it is back.",
        )

    def _refused(self, error: _RefusedError) -> UnavailableError | ConfigurationError:
        if error.code == _INTERNAL:
            return UnavailableError(
                "signer.failed", f"the signer at {self.place} failed", found=error.found
            )
        return ConfigurationError(
            "signer.refused",
            f"the signer at {self.place} refuses to sign",
            found=error.found,
            hint="Look there at the account, and at the rules for what it may sign.",
        )


def _split(url: str) -> tuple[SplitResult, str]:
    """Take a URL apart, and name its place without what may be a secret."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError(
            "signer.url",
            "not the URL of a signer",
            expected="http://HOST[:PORT][/PATH][#ADDRESS] or https://…",
        )
    host = f"[{host}]" if ":" in host else host
    return parts, f"{host}:{port}" if port else host
