"""JSON-RPC to an EVM node over HTTP: methods and parameters go out, JSON values come in.

The methods are those of Ethereum's execution API; the transport is web3.py's HTTPProvider, without
its middleware, which would ask two further questions before each of ours. Whatever a network or a
node can do wrong comes out as UnavailableError, and what the node itself refuses as RpcError, a
kind of it. A URL often holds a key: errors name its host and port, never the rest.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from ledger.errors import ConfigurationError, UnavailableError
from ledger.silence import why_silent

__all__ = ["MAX_RESPONSE_SIZE", "HttpRpc", "Request", "Rpc", "RpcError"]

MAX_RESPONSE_SIZE = 16 * 1024 * 1024

_CHUNK = 64 * 1024
_SHOWN = 200

# Importing web3 raises the limit for the whole process, a hundredfold: then deeply nested JSON of a
# node, or of any other stranger, would overflow the stack and kill it.
RECURSION_LIMIT = 1_000
sys.setrecursionlimit(RECURSION_LIMIT)

# A method and its parameters, as JSON values.
Request = tuple[str, list[Any]]


class RpcError(UnavailableError):
    """A node's own "no" to one request; `data` is what a contract said as it reverted."""

    def __init__(self, place: str, message: str, data: bytes | None = None) -> None:
        # A stranger's text: repr keeps it on one line and without control characters.
        found = repr(message[:_SHOWN])
        super().__init__("chain.refused-request", f"{place} refuses the request", found=found)
        self.data = data


class Rpc(Protocol):
    """A node that answers requests."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Answer each request with its JSON value, or with an RpcError; raise UnavailableError."""

    def close(self) -> None:
        """Let go of connections."""


class _UnnumberedError(Exception):
    """Answers of a batch that do not say which request each of them answers."""


class _Provider(HTTPProvider):
    """web3.py's provider, which would only warn, and take unnumbered answers as they come."""

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """Decode an answer; raise _UnnumberedError for a batch without order."""
        answer = HTTPProvider.decode_rpc_response(raw_response)
        if isinstance(answer, list):
            numbers = [each.get("id") if isinstance(each, dict) else None for each in answer]
            numbered = all(type(number) is int for number in numbers)
            if not numbered or len(set(numbers)) != len(numbers):
                raise _UnnumberedError
        return answer


class HttpRpc:
    """A node behind a URL. `timeout`, in seconds, bounds connecting, each read and each body."""

    def __init__(self, url: str, *, timeout: float) -> None:
        self.place = _place(url)
        self._timeout = timeout
        self._session = requests.Session()
        self._session.hooks["response"].append(self._bound)
        self._provider = _Provider(
            url,
            # A redirect would lead to an address that nobody has listed.
            request_kwargs={"timeout": timeout, "allow_redirects": False},
            session=self._session,
            exception_retry_configuration=None,
        )

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Answer each request with its JSON value, or with an RpcError; raise UnavailableError."""
        if len(requests) == 1:
            return [self._call(requests[0])]
        sent = [(RPCEndpoint(method), parameters) for method, parameters in requests]
        try:
            answers = self._provider.make_batch_request(sent)
        except Exception as error:  # noqa: BLE001 - requests, urllib3, json, web3: several trees
            raise self._unavailable(error) from None
        # A node that takes no batches answers them with one error.
        if not isinstance(answers, list):
            return [self._call(request) for request in requests]
        if len(answers) != len(requests):
            raise self._malformed(f"{len(requests)} answers", f"{len(answers)}")
        return [self._result(answer) for answer in answers]

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _call(self, request: Request) -> Any:
        method, parameters = request
        try:
            answer = self._provider.make_request(RPCEndpoint(method), parameters)
        except Exception as error:  # noqa: BLE001 - requests, urllib3, json, web3: several trees
            raise self._unavailable(error) from None
        return self._result(answer)

    def _result(self, answer: object) -> Any:
        if isinstance(answer, dict):
            error = answer.get("error")
            if isinstance(error, dict):
                return RpcError(self.place, str(error.get("message")), _data(error.get("data")))
            if "result" in answer and error is None:
                return answer["result"]
        raise self._malformed("an object with a result or an error", repr(answer))

    def _bound(self, response: requests.Response, *_: object, **__: object) -> requests.Response:
        """Read a body that may be endless, or come a byte at a time, within size and time."""
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_RESPONSE_SIZE or time.monotonic() > deadline:
                response.close()
                raise self._malformed(
                    f"at most {MAX_RESPONSE_SIZE} bytes in {self._timeout} seconds", "more"
                )
        response.raw = BytesIO(bytes(body))
        return response

    def _unavailable(self, error: Exception) -> UnavailableError:
        # The text of these errors holds the URL; what lies beneath says enough.
        if isinstance(error, UnavailableError):
            return error
        if isinstance(error, _UnnumberedError):
            return self._malformed("answers with a number each", "unnumbered ones")
        if isinstance(error, requests.HTTPError) and error.response is not None:
            found = f"HTTP status {error.response.status_code}"
        elif isinstance(error, requests.RequestException):
            found = why_silent(error)
        else:
            return self._malformed("JSON-RPC", type(error).__name__)
        return UnavailableError(
            "chain.unreachable",
            f"the node at {self.place} does not answer",
            found=found,
            hint="Is it running, its address right? A log goes on without it, and anchors later.",
        )

    def _malformed(self, expected: str, found: str) -> UnavailableError:
        return UnavailableError(
            "chain.malformed",
            f"{self.place} answers what no node would",
            expected=expected,
            found=found[:_SHOWN],
        )


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError(
            "chain.url", "not the URL of a node", expected="http://HOST[:PORT][/PATH] or https://…"
        )
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _data(value: object) -> bytes | None:
    try:
        return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else None
    except ValueError:
        return None
