"""Dual control: neither side anchors alone, and a co-operator sees a fork before the chain does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from api.cosigning import create_app
from ledger.chain import Account, Chain
from ledger.cosigner import CosignedLog, Cosigner
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.publisher import CoOperators, OpeningTerms, Publisher, PublisherState, Status
from tests.anchored_log import AnchoredLog, assert_at_rest, forked
from tests.anvil import free_port
from tests.governed import address, strike
from tests.rpc_server import saying, serve

CO_OPERATOR = bytes.fromhex("22" * 32)
TERMS = OpeningTerms((Account.from_key(CO_OPERATOR).address,), threshold=2)


@contextmanager
def service(ledger: AnchoredLog, memory: Path, *, key: bytes = CO_OPERATOR) -> Iterator[str]:
    """Run a co-operator for a log, at an address."""
    identity = ledger.chain.identity()
    domain = HeadDomain(identity.chain_id, identity.contract, ledger.publisher.log_id)
    signer = HeadSigner(ledger.log.origin, domain, LocalKey(key))
    memory.mkdir(exist_ok=True)
    app = create_app(Cosigner([CosignedLog(ledger.signer.verifier, signer)], memory))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    started = threading.Event()
    startup = server.startup

    async def tell(sockets: object = None) -> None:
        await startup(sockets)  # type: ignore[arg-type]
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    worker = threading.Thread(target=server.run)
    worker.start()
    assert started.wait(30)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        worker.join(30)


def dual(ledger: AnchoredLog, *urls: str) -> Publisher:
    return ledger.new_publisher(co_operators=CoOperators(urls), opening=TERMS)


def test_step_anchors_with_both_signatures_and_never_with_one(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    ledger.publish(b"a")
    with service(ledger, tmp_path / "memory") as url:
        assert ledger.settle(dual(ledger, url)) == PublisherState(Status.IDLE, 1)
        info = ledger.chain.log_info(ledger.publisher.log_id)
        assert info is not None
        assert (info.threshold, len(info.operators)) == (2, 2)
        ledger.publish(b"b", b"c")
        # A publisher that starts anew does not know what the service has signed.
        assert ledger.settle(dual(ledger, url)) == PublisherState(Status.IDLE, 3)
        # A lost reply: the service has signed this head before.
        ledger.publish(b"d")
    ledger.publish(b"e")
    state = dual(ledger, url).step()
    assert state.status is Status.UNAVAILABLE
    assert state.error is not None
    assert state.error.code == "publisher.unsigned"
    alone = ledger.publisher.step()
    assert (alone.status, alone.error and alone.error.code) == (
        Status.HALTED,
        "publisher.signatures",
    )
    with service(ledger, tmp_path / "memory") as url:
        assert ledger.settle(dual(ledger, url)) == PublisherState(Status.IDLE, 5)
    assert_at_rest(ledger, 1, 3, 5)


def test_step_another_history_is_refused_before_the_chain_sees_it(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    """What the co-operator signed was never anchored: only its memory knows of it."""
    ledger.publish(b"a")
    with service(ledger, tmp_path / "memory") as url:
        publisher = dual(ledger, url)
        assert ledger.settle(publisher) == PublisherState(Status.IDLE, 1)
        head = ledger.publish(b"b")
        assert list(CoOperators((url,)).ask(head, ledger.log))
        other = forked(ledger, tmp_path / "other", *(bytes([i]) for i in range(4)))
        state = other.new_publisher(co_operators=CoOperators((url,)), opening=TERMS).step()
        # The log is closed by the chain's head already; its co-operator refuses it as well.
        assert state.status is Status.HALTED
        with pytest.raises(Exception, match="another history"):
            list(CoOperators((url,)).ask(other.publish(b"x"), other.log))
        other.close()


@pytest.mark.parametrize(
    "body", [b"", b"x" * 100_000, "\u2014 nobody AAAAAAECAwQ=\n".encode(), b"\xff"]
)
def test_ask_answers_of_nobody_in_particular_sign_nothing(ledger: AnchoredLog, body: bytes) -> None:
    ledger.publish(b"a")
    with serve(saying(body)) as lying:
        state = ledger.settle(dual(ledger, lying.url))
    assert state.status is Status.UNAVAILABLE
    assert state.error is not None
    assert state.error.code == "publisher.unsigned"


@pytest.mark.parametrize("size", [b"9" * 30, b"nothing", b"99999\n", b"-1"])
def test_ask_sizes_that_cannot_be_are_no_fault_of_the_log(ledger: AnchoredLog, size: bytes) -> None:
    ledger.publish(b"a")
    with serve(saying(size, status=409)) as lying:
        assert ledger.settle(dual(ledger, lying.url)).status is Status.UNAVAILABLE


def test_contract_takes_no_head_that_one_side_signed(ledger: AnchoredLog, tmp_path: Path) -> None:
    """The key of one operator, however often it signs, is one operator."""
    ledger.publish(b"a")
    with service(ledger, tmp_path / "memory", key=bytes.fromhex("11" * 32)) as url:
        state = ledger.settle(dual(ledger, url))
    assert state.error is not None
    assert (state.status, state.error.code) == (Status.UNAVAILABLE, "publisher.unsigned")
    chain: Chain = ledger.chain
    head = chain.head(ledger.publisher.log_id)
    assert head is not None
    assert head.size == 0


def test_step_without_a_co_operator_who_was_struck_goes_on_with_the_others(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    """Two of three must sign: the one who was struck still answers, and counts for nothing."""
    third = bytes.fromhex("33" * 32)
    terms = OpeningTerms((address(CO_OPERATOR), address(third)), threshold=2)
    ledger.publish(b"a")
    with (
        service(ledger, tmp_path / "memory") as struck,
        service(ledger, tmp_path / "third", key=third) as other,
    ):
        urls = CoOperators((struck, other))
        publisher = ledger.new_publisher(co_operators=urls, opening=terms)
        assert ledger.settle(publisher) == PublisherState(Status.IDLE, 1)
        strike(ledger, CO_OPERATOR)
        ledger.publish(b"b")
        assert ledger.settle(publisher) == PublisherState(Status.IDLE, 2)
        assert ledger.attempts()[-1] == (2, "included")
        strike(ledger, third)
        ledger.publish(b"c")
        assert publisher.step().status is Status.FROZEN
    assert_at_rest_but_for(ledger, 1, 2)


def assert_at_rest_but_for(ledger: AnchoredLog, *sizes: int) -> None:
    """What was anchored before the log froze stays, and nothing is on its way."""
    assert ledger.anchors() == [(size, "final") for size in sizes]
    assert not {state for _, state in ledger.attempts()} & {"prepared", "sent", "failed"}
