"""The client before servers that misbehave: bounded, in time, and never sent elsewhere."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest

from ledger.bundle import MAX_BUNDLE_SIZE, Bundle
from ledger.canonical import canonicalize
from ledger.client import Client, Logged, RefusedError
from ledger.errors import ConfigurationError, NotFoundError, UnavailableError
from tests.anvil import free_port
from tests.rpc_server import Reply, RpcServer, in_turn, saying, send, serve
from tests.samples import sample_log, transfer, without_anchor

LOGGED = json.dumps({"record_id": "a", "index": 7, "leaf_hash": "00", "state": "logged"}).encode()
BUSY = canonicalize(
    {"code": "busy", "title": "Busy", "status": 503, "detail": "Busy.", "hint": "Later."}
)
SOUND = sample_log(transfer()).bundle(2)
# So long nothing here takes, unless it hangs.
_SECONDS = 20


def bundle_bytes(bundle: Bundle) -> bytes:
    return bundle.to_json().encode()


def busy(*, retry_after: str = "0") -> Reply:
    return saying(BUSY, status=503, **{"Retry-After": retry_after})


# Answers


@pytest.mark.parametrize(("status", "added"), [(201, True), (200, False)])
def test_submit_tells_whether_the_record_is_new(status: int, added: bool) -> None:  # noqa: FBT001
    with serve(saying(LOGGED, status=status)) as server, Client(server.url) as client:
        assert client.submit(b"{}") == Logged("a", 7, added=added)


def test_submit_sends_the_bytes_and_the_key_as_they_are() -> None:
    seen: dict[str, object] = {}

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        seen.update(path=handler.path, key=handler.headers["authorization"], body=body)
        send(handler, LOGGED, status=201)

    with serve(reply) as server, Client(f"{server.url}/below/", api_key="cpk_a_b") as client:
        client.submit(b'{ "a":1}')
    assert seen == {"path": "/below/v1/records", "key": "Bearer cpk_a_b", "body": b'{ "a":1}'}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"<html>", b"\xff", b'{"record_id":1,"index":7}',
        b'{"record_id":"a","index":"7"}', b'{"record_id":"a","index":7.5}',
        b'{"record_id":"a","index":true}', b'{"record_id":"a","index":-1}',
        b'{"record_id":"a","record_id":"a","index":7}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_submit_answered_with_nonsense_is_unavailable(body: bytes) -> None:
    check_nonsense(saying(body, status=201), lambda client: client.submit(b"{}"))


@pytest.mark.parametrize(
    "reply",
    [
        saying(b"<html>no</html>", status=404),
        saying(b"", status=500),
        saying(b'{"detail":"no code"}', status=400),
        saying(b"", status=302, location="http://127.0.0.1:1/"),
        saying(b"", status=307, location="/v1/records"),
    ],
)
def test_status_that_no_ledger_gives_is_unavailable(reply: Reply) -> None:
    check_nonsense(reply, lambda client: client.submit(b"{}"))


def check_nonsense(reply: Reply, ask: Callable[[Client], object]) -> None:
    with (
        serve(reply) as server,
        Client(server.url) as client,
        pytest.raises(UnavailableError) as caught,
    ):
        ask(client)
    assert (caught.value.code, server.requests) == ("client.nonsense", 1)


@pytest.mark.parametrize("ask", [Client.trust, lambda client: client.bundle("a", deadline=0)])
@pytest.mark.parametrize("body", [b"", b"{}", LOGGED, bundle_bytes(SOUND)[:-3]])
def test_bundle_or_trust_file_that_is_none_is_unavailable(
    body: bytes, ask: Callable[[Client], object]
) -> None:
    check_nonsense(saying(body), ask)


def test_redirect_is_never_followed() -> None:
    """Not even to a server that would answer: the key would go along."""
    with serve(saying(LOGGED, status=201)) as elsewhere:
        moved = saying(b"", status=308, location=f"{elsewhere.url}/v1/records")
        with (
            serve(moved) as server,
            Client(server.url, api_key="cpk_a_b") as client,
            pytest.raises(UnavailableError),
        ):
            client.submit(b"{}")
    assert elsewhere.requests == 0


def test_problem_is_told_in_the_servers_own_words() -> None:
    body = canonicalize({"code": "record.conflict", "detail": "Taken.", "expected": "another id",
                         "found": "a", "hint": "Make one.", "extra": [1]})  # fmt: skip
    with (
        serve(saying(body, status=409)) as server,
        Client(server.url) as client,
        pytest.raises(RefusedError) as caught,
    ):
        client.submit(b"{}")
    error = caught.value
    assert (error.code, error.message, error.status) == ("record.conflict", "Taken.", 409)
    assert (error.expected, error.found, error.hint) == ("another id", "a", "Make one.")


def test_read_of_a_file_that_is_not_there_is_not_found() -> None:
    problem = canonicalize({"code": "tile.unknown", "detail": "No such tile."})
    with (
        serve(saying(problem, status=404)) as server,
        Client(server.url) as client,
        pytest.raises(NotFoundError) as caught,
    ):
        client.read("tile/0/000")
    assert (caught.value.code, caught.value.found) == ("client.missing", "tile/0/000")


# Bounds


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


def bomb(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    packed = gzip.compress(bytes(3 * MAX_BUNDLE_SIZE))
    saying(packed, status=200, **{"Content-Encoding": "gzip"})(handler, b"")


@pytest.mark.parametrize("reply", [endless, bomb])
def test_answer_without_end_is_cut_off(reply: Reply) -> None:
    check_nonsense(reply, Client.trust)


def test_answer_that_comes_a_byte_at_a_time_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte is within the time for a read, all of them would never end."""
    monkeypatch.setattr("ledger.exchange._ANSWER_SECONDS", 0.3)
    gone = Event()

    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not gone.wait(0.05):
            handler.wfile.write(b" ")

    with serve(drip) as server:
        check_let_go(server, code="client.nonsense")
        gone.set()


def test_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.exchange._TIMEOUT", 0.2)
    gone = Event()

    def be_silent(*_: object) -> None:
        gone.wait(_SECONDS)

    with serve(be_silent) as server:
        check_let_go(server, code="client.unreachable")
        gone.set()


def check_let_go(server: RpcServer, *, code: str) -> None:
    started = time.monotonic()
    with Client(server.url) as client, pytest.raises(UnavailableError) as caught:
        client.trust()
    assert caught.value.code == code
    assert time.monotonic() - started < _SECONDS


@pytest.mark.parametrize("length", [0, 5])
def test_answer_cut_off_is_unavailable(length: int) -> None:
    def cut(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "10")
        handler.end_headers()
        handler.wfile.write(b" " * length)
        handler.close_connection = True

    with serve(cut) as server, Client(server.url) as client:
        with pytest.raises(UnavailableError) as caught:
            client.trust()
        assert caught.value.code == "client.unreachable"


def test_nobody_there_is_unavailable_and_no_password_is_told() -> None:
    place = f"127.0.0.1:{free_port()}"
    with (
        Client(f"http://user:secret@{place}", api_key="cpk_a_b") as client,
        pytest.raises(UnavailableError) as caught,
    ):
        client.trust()
    assert place in str(caught.value)
    for secret in ("secret", "cpk_a_b"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8080", "ftp://a", "http://", "http://a:b", "http://a:99999", "http://[1", "\0"],
)
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client(url)
    assert caught.value.code == "client.url"


# Waiting


def test_busy_server_is_asked_again_at_its_own_pace() -> None:
    with (
        serve(in_turn(busy(), busy(), saying(LOGGED, status=201))) as server,
        Client(server.url) as client,
    ):
        assert client.submit(b"{}", deadline=_SECONDS).index == 7
    assert server.requests == 3


@pytest.mark.parametrize("retry_after", ["60", "9" * 400, "-1", "soon", "", "²", "1.5"])
def test_busy_server_without_time_left_is_not_asked_again(retry_after: str) -> None:
    """Whatever it says, nobody waits beyond the deadline; what it said wrong is told."""
    started = time.monotonic()
    with (
        serve(busy(retry_after=retry_after)) as server,
        Client(server.url) as client,
        pytest.raises(UnavailableError) as caught,
    ):
        client.submit(b"{}", deadline=0.5)
    assert (caught.value.code, caught.value.hint, server.requests) == ("busy", "Later.", 1)
    assert time.monotonic() - started < _SECONDS


def test_busy_proxy_is_told_by_its_status() -> None:
    check_nonsense(saying(b"<html>", status=503), lambda client: client.submit(b"{}"))


def test_bundle_is_awaited_until_it_is_published() -> None:
    pending = saying(b"", status=202, **{"Retry-After": "0"})
    with (
        serve(in_turn(pending, pending, saying(bundle_bytes(SOUND)))) as server,
        Client(server.url) as client,
    ):
        assert client.bundle("a", deadline=_SECONDS) == SOUND
    assert server.requests == 3


def test_bundle_that_is_not_published_in_time_is_unavailable() -> None:
    with (
        serve(saying(b"", status=202, **{"Retry-After": "1"})) as server,
        Client(server.url) as client,
        pytest.raises(UnavailableError) as caught,
    ):
        client.bundle("a", deadline=0)
    assert (caught.value.code, server.requests) == ("client.deadline", 1)


def test_bundle_is_awaited_until_it_is_anchored_if_asked_to() -> None:
    published = saying(bundle_bytes(without_anchor(SOUND)))
    with (
        serve(in_turn(published, saying(bundle_bytes(SOUND)))) as server,
        Client(server.url) as client,
    ):
        assert client.bundle("a", deadline=_SECONDS, anchored=True).anchor == SOUND.anchor
    with serve(published) as server, Client(server.url) as client:
        assert client.bundle("a", deadline=0).anchor is None
        with pytest.raises(UnavailableError) as caught:
            client.bundle("a", deadline=0, anchored=True)
    assert caught.value.code == "client.deadline"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"statement": {}, "plan": {}},
        {"statement": {}, "plan": {"next_sequence": 1, "persons": {"personal": 0, "sensitive": 0}}},
        {"statement": [], "plan": None},
        {
            "statement": json.loads(transfer().entry),
            "plan": {"next_sequence": -1, "persons": {"personal": 0, "sensitive": 0}},
        },
    ],
)
def test_plan_told_as_nonsense_is_unavailable(answer: object) -> None:
    with (
        serve(saying(canonicalize(answer))) as server,
        Client(server.url) as client,
        pytest.raises(UnavailableError) as caught,
    ):
        client.plan("a")
    assert caught.value.code == "client.nonsense"


# Searches


FOUND = {
    "index": 3, "record_id": "a", "leaf_hash": "00", "kind": "transfer", "state": "logged",
    "received_at": None, "submitter": None,
}  # fmt: skip


def test_search_asks_for_all_filters_and_ends_at_the_most() -> None:
    asked: list[str] = []

    def reply(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        asked.append(handler.path)
        page = {"records": [FOUND, FOUND], "next": str(len(asked)), "lag": 5}
        send(handler, canonicalize(page))

    with serve(reply) as server, Client(server.url) as client:
        found = client.lists.search({"scenario": "a b&c", "flag": ["x", "y"]}, most=3)
    assert [record.index for record in found.rows] == [3, 3, 3]
    assert found.behind == 5
    query = "/v1/records?scenario=a+b%26c&flag=x&flag=y&limit=3"
    assert asked == [query, f"{query}&cursor=1"]


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"records": [{**FOUND, "index": -1}]}, {"records": [{"index": 1}]}, {"records": 1}],
)
def test_search_answered_with_nonsense_is_unavailable(answer: object) -> None:
    check_nonsense(saying(canonicalize(answer)), lambda client: client.lists.search({}, most=9))
