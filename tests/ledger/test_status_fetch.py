"""Fetching status lists from a real server: what it is shown, and what it may not do to us."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from ledger import status_list
from ledger.errors import UnavailableError
from ledger.jwk import PrivateKey
from ledger.status_fetch import MAX_KEPT, RETRY_SECONDS, StatusFetcher
from ledger.status_list import MAX_TOKEN_SIZE, Statuses
from tests.rpc_server import RpcServer, serve

_KEY = PrivateKey.generate()
_NOW = 1_790_000_000
Asked = list[tuple[str, dict[str, str]]]


def _token(address: str, *, ttl: int = 60, expires: int = _NOW + 3_600) -> str:
    waiting = status_list.draft(
        _KEY.public,
        Statuses.of({}, size=16),
        address=address,
        issued_at=_NOW,
        expires_at=expires,
        time_to_live=ttl,
    )
    return waiting.sign(_KEY).text


def _answer(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **more: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **more}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def listening(
    body: Callable[[str], bytes] = lambda address: _token(address).encode(),
    status: int = 200,
    **more: str,
) -> Iterator[tuple[RpcServer, Asked]]:
    """A server of lists that remembers how it was asked."""
    asked: Asked = []

    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        asked.append((handler.path, {k.lower(): v for k, v in handler.headers.items()}))
        _answer(handler, body(f"{server.url}{handler.path}"), status, **more)

    with serve(reply) as server:
        yield server, asked


def _refused(fetcher: StatusFetcher, address: str) -> UnavailableError:
    with pytest.raises(UnavailableError) as caught:
        fetcher.status_list(address)
    return caught.value


def test_list_is_asked_for_by_its_address_alone() -> None:
    """Nobody who serves a list learns which attestation is looked at."""
    with listening() as (server, asked):
        fetcher = StatusFetcher(lambda _: True, clock=lambda: _NOW)
        token = fetcher.status_list(f"{server.url}/one")
        assert token.address == f"{server.url}/one"
        ((path, headers),) = asked
        assert path == "/one"
        assert headers.keys() <= {"accept", "accept-encoding", "host"}
        assert headers["accept"] == "application/statuslist+jwt"


def test_address_that_is_not_allowed_sees_no_request() -> None:
    with listening() as (server, asked):
        fetcher = StatusFetcher(lambda address: not address.startswith(server.url))
        assert _refused(fetcher, f"{server.url}/one").code == "status.address-unknown"
        assert asked == []


@pytest.mark.parametrize(("ttl", "expires", "kept"), [(60, 3_600, 60), (60, 30, 30)])
def test_list_is_kept_until_its_ttl_or_its_end(ttl: int, expires: int, kept: int) -> None:
    now = float(_NOW)
    with listening(lambda a: _token(a, ttl=ttl, expires=_NOW + expires).encode()) as (
        server,
        asked,
    ):
        fetcher = StatusFetcher(lambda _: True, clock=lambda: now)
        for offset, requests in ((0, 1), (kept - 1, 1), (kept, 2)):
            now = float(_NOW + offset)
            fetcher.status_list(f"{server.url}/one")
            assert len(asked) == requests


def test_server_that_did_not_answer_is_left_alone_for_a_moment() -> None:
    now = float(_NOW)
    with listening(status=503) as (server, asked):
        fetcher = StatusFetcher(lambda _: True, clock=lambda: now)
        for offset, requests in ((0, 1), (RETRY_SECONDS - 1, 1), (RETRY_SECONDS, 2)):
            now = _NOW + offset
            error = _refused(fetcher, f"{server.url}/one")
            assert (error.code, error.found) == ("status-list.unreachable", "HTTP status 503")
            assert len(asked) == requests


def test_redirect_is_not_followed() -> None:
    with (
        listening() as (other, never),
        listening(status=302, Location=f"{other.url}/x") as (
            server,
            _,
        ),
    ):
        error = _refused(StatusFetcher(lambda _: True), f"{server.url}/one")
        assert error.found == "HTTP status 302"
        assert never == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"a.b.c", _token("https://x.example/").encode() + b"~"]
)
def test_answer_that_is_no_list_is_no_answer(body: bytes) -> None:
    with listening(lambda _: body) as (server, _):
        error = _refused(StatusFetcher(lambda _: True), f"{server.url}/one")
        assert error.code == "status-list.unreachable"


def test_answer_that_is_too_large_or_too_slow_is_cut_off() -> None:
    with listening(lambda _: bytes(MAX_TOKEN_SIZE + 1)) as (server, _):
        error = _refused(StatusFetcher(lambda _: True, timeout=30), f"{server.url}/one")
        assert error.found == "more bytes"

    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not server.stopped.wait(0.02):
            handler.wfile.write(b"e")
            handler.wfile.flush()

    with serve(drip) as server:
        began = time.monotonic()
        error = _refused(StatusFetcher(lambda _: True, timeout=0.2), f"{server.url}/one")
        assert error.code == "status-list.unreachable"
        assert time.monotonic() - began < 10


def test_budget_that_is_spent_asks_nobody() -> None:
    with listening() as (server, asked):
        fetcher = StatusFetcher(lambda _: True, may_ask=lambda: False)
        assert _refused(fetcher, f"{server.url}/one").code == "status-list.not-asked"
        assert asked == []


def test_only_so_many_lists_are_kept() -> None:
    with listening() as (server, asked):
        fetcher = StatusFetcher(lambda _: True, clock=lambda: _NOW)
        for name in range(MAX_KEPT + 1):
            fetcher.status_list(f"{server.url}/{name}")
        fetcher.status_list(f"{server.url}/{MAX_KEPT}")
        assert len(asked) == MAX_KEPT + 1
        fetcher.status_list(f"{server.url}/0")
        assert len(asked) == MAX_KEPT + 2


def test_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as (proxy, never), listening() as (server, asked):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        StatusFetcher(lambda _: True).status_list(f"{server.url}/one")
        assert (len(asked), never) == (1, [])
