"""What nodes and networks can do wrong: every bit of it is "could not ask", and no secret leaks."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.anchor import Anchor, ChainIdentity
from ledger.chain import Account, Chain, Extension, Node, Opening, RpcError
from ledger.chain import rpc as rpc_module
from ledger.chain.embedded import EmbeddedRpc
from ledger.errors import ConfigurationError, UnavailableError
from tests.anvil import free_port
from tests.rpc_server import RpcServer, relaying, saying, send, serve, telling_the_truth

CONTRACT = b"\2" * 20
ANCHOR = Anchor(
    chain=ChainIdentity(31337, b"\1" * 32, CONTRACT),
    sandbox=True,
    log_id=b"\3" * 32,
    size=1_000,
    root=b"\4" * 32,
    transaction=b"\5" * 32,
    block_number=12,
    block_hash=b"\6" * 32,
    block_time=1_700_000_000,
)
ACCOUNT = Account.from_key(b"\7" * 32)
EXTENSION = Extension(ANCHOR.log_id, 1, ANCHOR.root, (), (b"\x09" * 65,))

# Everything that asks a node, each as a verifier, a publisher or an auditor does it.
QUESTIONS: dict[str, Callable[[Chain], object]] = {
    "identity": lambda chain: chain.identity(),
    "sandbox": lambda chain: chain.sandbox(),
    "facts": lambda chain: chain.facts(ANCHOR),
    "head": lambda chain: chain.head(ANCHOR.log_id),
    "head_anchor": lambda chain: chain.head_anchor(ANCHOR.log_id),
    "log_info": lambda chain: chain.log_info(ANCHOR.log_id),
    "anchored_events": lambda chain: list(chain.anchored_events(ANCHOR.log_id)),
    "sign_open_log": lambda chain: chain.sign_open_log(ACCOUNT, Opening("a", (b"\1" * 20,))),
    "sign_anchor": lambda chain: chain.sign_anchor(ACCOUNT, EXTENSION),
    "trace": lambda chain: chain.node.trace(ANCHOR.transaction, ACCOUNT.address),
    "receipt": lambda chain: chain.node.receipt(ANCHOR.transaction),
    "is_final": lambda chain: chain.node.is_final(12),
    "fund": lambda chain: chain.node.fund(ACCOUNT.address, 1),
    "send": lambda chain: chain.node.send(b"\2"),
}

# Answers that no node would give, to any request.
NONSENSE = {
    "empty": b"",
    "html": b"<html>Welcome to the portal</html>",
    "not utf-8": b"\xff\xfe\x00",
    "half": b'{"jsonrpc": "2.0", "id": 0, "resul',
    "null": b"null",
    "number": b"17",
    "empty object": b"{}",
    "empty array": b"[]",
    "array of numbers": b"[1, 2, 3, 4, 5, 6, 7, 8]",
    "array of nothing": b"[{}, {}, {}, {}, {}, {}, {}, {}]",
    "result of a kind of its own": b'{"jsonrpc": "2.0", "id": 0, "result": {"result": []}}',
    "huge number": b'{"jsonrpc": "2.0", "id": 0, "result": 1' + b"0" * 5_000 + b"}",
    "deep": b"[" * 100_000,
    "error without a shape": b'{"jsonrpc": "2.0", "id": 0, "error": "no"}',
    "error and result": b'{"jsonrpc": "2.0", "id": 0, "error": "no", "result": "0x1"}',
    "eight times 0x": json.dumps([{"id": i, "result": "0x"} for i in range(8)]).encode(),
    "ids of several kinds": json.dumps([{"id": i, "result": 1} for i in ("a", 1, None)]).encode(),
    "ids of no number": json.dumps([{"id": i, "result": "0x1"} for i in "abcdefgh"]).encode(),
    "one id eight times": json.dumps([{"id": 1, "result": "0x1"}] * 8).encode(),
}


def connect(url: str, *, timeout: float = 5.0) -> Chain:
    return Chain.connect(url, contract=CONTRACT, timeout=timeout)


@pytest.fixture(scope="module", params=sorted(NONSENSE))
def nonsense(request: pytest.FixtureRequest) -> Iterator[RpcServer]:
    with serve(saying(NONSENSE[request.param])) as server:
        yield server


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_question_to_a_node_that_talks_nonsense_is_unavailable(
    nonsense: RpcServer, question: str
) -> None:
    with connect(nonsense.url) as chain, pytest.raises(UnavailableError):
        QUESTIONS[question](chain)


@pytest.mark.parametrize("number", [None, "0", True, 0.0, [], 0])
def test_batch_whose_answers_are_not_numbered_is_malformed_and_warns_of_nothing(
    number: object,
) -> None:
    """A warning would reach the operator's terminal, and order would be left to the node."""
    answers = [{"jsonrpc": "2.0", "id": number, "result": "0x1"} for _ in range(2)]
    reply = saying(json.dumps(answers).encode())
    with serve(reply) as server, connect(server.url) as chain:
        with pytest.raises(UnavailableError) as caught:
            chain.identity()
        assert (caught.value.code, caught.value.found) == ("chain.malformed", "unnumbered ones")


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 429, 500, 502, 503])
def test_question_answered_with_an_http_error_is_unavailable(status: int) -> None:
    reply = saying(b'{"jsonrpc": "2.0", "id": 0, "result": "0x1"}', status=status)
    if status < 400:
        reply = saying(b"", status=status)
    with serve(reply) as server, connect(server.url) as chain:
        for question in ("identity", "facts"):
            with pytest.raises(UnavailableError):
                QUESTIONS[question](chain)


def test_question_is_not_carried_on_to_where_a_node_redirects() -> None:
    """Only addresses that were named are ever asked."""
    with serve(saying(b"{}")) as elsewhere:
        reply = saying(b"", status=307, location=elsewhere.url)
        with serve(reply) as server, connect(server.url) as chain:
            with pytest.raises(UnavailableError):
                chain.identity()
            assert server.requests == 1
        assert elsewhere.requests == 0


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


def test_question_answered_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_module, "MAX_RESPONSE_SIZE", 1_000_000)
    with serve(endless) as server, connect(server.url) as chain:
        with pytest.raises(UnavailableError) as caught:
            chain.identity()
        assert caught.value.code == "chain.malformed"


def test_question_answered_a_byte_at_a_time_is_given_up() -> None:
    """Each byte comes in time; the answer as a whole does not."""
    with serve(lambda handler, _: trickle(handler, server)) as server:
        with connect(server.url, timeout=0.3) as chain, pytest.raises(UnavailableError):
            chain.identity()
        server.stopped.set()


def trickle(handler: BaseHTTPRequestHandler, server: RpcServer) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    while not server.stopped.wait(0.05):
        handler.wfile.write(b" ")


def test_question_never_answered_is_given_up() -> None:
    with serve(lambda *_: wait(server)) as server:
        with connect(server.url, timeout=0.2) as chain, pytest.raises(UnavailableError) as caught:
            chain.facts(ANCHOR)
        assert (caught.value.code, caught.value.found) == ("chain.unreachable", "no answer in time")
        server.stopped.set()


def wait(server: RpcServer) -> None:
    server.stopped.wait()


def test_question_to_nobody_is_unavailable() -> None:
    with connect(f"http://127.0.0.1:{free_port()}") as chain:
        for ask in QUESTIONS.values():
            with pytest.raises(UnavailableError) as caught:
                ask(chain)
            assert caught.value.code == "chain.unreachable"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.from_regex(r"\A0x[0-9a-f]{0,66}\Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), question=st.sampled_from(sorted(QUESTIONS)))
def test_question_with_any_results_has_an_answer_or_is_unavailable(
    data: st.DataObject, question: str
) -> None:
    """Well-formed JSON-RPC whose results are anything at all."""

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = json.loads(body)
        results = iter(answers)

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            return {"jsonrpc": "2.0", "id": request["id"], "result": next(results)}

        said = [answer(r) for r in asked] if isinstance(asked, list) else answer(asked)
        send(handler, json.dumps(said).encode())

    answers = data.draw(st.lists(json_values, min_size=8, max_size=8))
    with serve(reply) as server, connect(server.url) as chain, suppress(UnavailableError):
        QUESTIONS[question](chain)


@pytest.mark.parametrize(
    "reply",
    [
        saying(b"", status=403),
        saying(b"{"),
        saying(b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "no"}}'),
        None,
    ],
    ids=["forbidden", "garbage", "refused", "nobody there"],
)
def test_errors_name_the_host_and_nothing_else_of_the_url(reply: Any) -> None:
    with serve(reply or saying(b"")) as server:
        port = free_port() if reply is None else server.url.rpartition(":")[2]
        url = f"http://me:PASSWORD@127.0.0.1:{port}/v3/PROJECTKEY?token=TOKEN"
        with connect(url) as chain, pytest.raises(UnavailableError) as caught:
            chain.identity()
        shown = "".join(traceback.format_exception(caught.value)) + str(caught.value.__dict__)
        assert f"127.0.0.1:{port}" in str(caught.value)
        for secret in ("PASSWORD", "PROJECTKEY", "TOKEN"):
            assert secret not in shown


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "ftp://a", "http://", "http://a:b", "http://[a", "file:///etc"]
)
def test_connect_to_no_url_of_a_node_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Chain.connect(url)
    assert caught.value.code == "chain.url"
    assert caught.value.found is None


def test_place_names_host_and_port() -> None:
    assert Chain.connect("https://node.example/v3/key").node.place == "node.example"
    assert Chain.connect("http://u:p@[::1]:8545").node.place == "[::1]:8545"


@pytest.mark.parametrize("takes_batches", [True, False])
def test_batch_is_one_request_where_the_node_takes_batches(*, takes_batches: bool) -> None:
    reply = relaying(EmbeddedRpc(), telling_the_truth, takes_batches=takes_batches)
    with serve(reply) as server, Chain.connect(server.url) as chain:
        assert chain.node.network()[0] == 131277322940537
        assert server.requests == (1 if takes_batches else 3)


def test_batch_answered_in_another_order_is_sorted() -> None:
    embedded = EmbeddedRpc()
    reply = relaying(embedded, telling_the_truth, arrange=lambda answers: answers[::-1])
    with serve(reply) as server, Chain.connect(server.url) as chain:
        assert chain.node.network() == Node(embedded).network()


def test_embedded_does_not_let_deep_json_kill_the_process() -> None:
    """py-evm raises the recursion limit so far that parsing this would overflow the stack."""
    program = (
        "import json, ledger.chain.embedded as embedded\n"
        "embedded.EmbeddedRpc()\n"
        "try:\n    json.loads('[' * 1_000_000)\n"
        "except RecursionError:\n    print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "refused")


def test_rpc_error_shows_a_strangers_text_on_one_line() -> None:
    error = RpcError("node.example", "no\n\x1b[31mverified" + "x" * 1_000)
    assert "\x1b" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 400
