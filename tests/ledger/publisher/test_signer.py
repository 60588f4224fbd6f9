"""Anchoring with keys that external signers hold: anvil as the signer, there, away and refusing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ledger.chain import Account, Chain
from ledger.deploy import deploy
from ledger.evm_key import EvmKey
from ledger.note import parse_note
from ledger.publisher import Publisher, PublisherState, Status
from ledger.remote_key import RemoteKey
from tests.anchored_log import AnchoredLog, assert_at_rest, funded_key
from tests.anvil import Anvil, anvil
from tests.rpc_server import saying
from tests.signer import Signer, by, dev_key, refusing, serving_signer

__all__ = ["anvil"]

pytestmark = pytest.mark.chain

OPERATOR, SENDER, ADMIN = (dev_key(number) for number in (5, 6, 7))
_LONG = 30


@pytest.fixture
def signer(anvil: Anvil) -> Iterator[Signer]:
    with serving_signer(by(anvil)) as served:
        yield served


@pytest.fixture
def ledger(tmp_path: Path, anvil: Anvil) -> Iterator[AnchoredLog]:
    with Chain.connect(anvil.url) as bare:
        payer = funded_key(bare)
        chain = bare.at(deploy(bare, Account.from_key(payer)).identity.contract)
        made = AnchoredLog(tmp_path / "log", chain, payer)
        yield made
        made.close()


def remote(ledger: AnchoredLog, signer: Signer, **changed: Any) -> Publisher:
    """Make a publisher all of whose keys are elsewhere."""
    keys: dict[str, EvmKey] = {
        role: RemoteKey.connect(signer.named(key), timeout=_LONG, rest=0)
        for role, key in (("operator", OPERATOR), ("sender", SENDER), ("admin", ADMIN))
    }
    ledger.publisher = ledger.new_publisher(**{**keys, **changed})
    return ledger.publisher


def publish(ledger: AnchoredLog, *entries: bytes) -> int:
    """Append and publish as a node does; give the number of signature lines."""
    ledger.append(*entries)
    operator = ledger.publisher.operator
    cosigners = () if operator is None else (operator,)
    head = ledger.log.publish(*cosigners, now=datetime.now(UTC))
    assert head is not None
    return len(parse_note(head.note).signatures)


@contextmanager
def running(publisher: Publisher) -> Iterator[None]:
    worker = threading.Thread(target=publisher.run)
    worker.start()
    try:
        yield
    finally:
        publisher.stop()
        worker.join()


def wait_for(publisher: Publisher, *, anchored: int) -> None:
    deadline = monotonic() + _LONG
    while publisher.state != PublisherState(Status.IDLE, anchored):
        assert monotonic() < deadline, publisher.state


def told(state: PublisherState) -> tuple[Status, str | None]:
    return state.status, None if state.error is None else state.error.code


def test_log_is_opened_and_anchored_by_keys_that_are_elsewhere(
    ledger: AnchoredLog, signer: Signer
) -> None:
    publisher = remote(ledger, signer)
    publish(ledger, b"a")
    assert ledger.settle() == PublisherState(Status.IDLE, 1)
    assert publish(ledger, b"b", b"c") == 2
    assert ledger.settle() == PublisherState(Status.IDLE, 3)
    assert_at_rest(ledger, 1, 3)
    info = ledger.chain.log_info(publisher.log_id)
    assert info is not None
    assert (info.admin, info.operators) == (ADMIN.address, (OPERATOR.address,))
    senders = [attempt.sender for attempt in ledger.log.store.attempts()]
    assert senders == [ADMIN.address, SENDER.address, SENDER.address]
    # One line of each head, one opening, two anchors: nothing was asked for twice.
    known = [method for method, _ in signer.asked if method != "eth_signTypedData"]
    assert sorted(known) == ["eth_signTransaction"] * 3 + ["eth_signTypedData_v4"] * 2


@pytest.mark.parametrize("method", ["eth_signTypedData_v4", "eth_signTransaction"])
def test_signer_that_is_away_holds_anchors_up_and_nothing_else(
    ledger: AnchoredLog, signer: Signer, anvil: Anvil, method: str
) -> None:
    """Heads come out, without the operator's line; when the signer is back, they get it."""
    publisher = remote(ledger, signer, interval=0.01)
    publish(ledger, b"a")
    ledger.settle()
    works = signer.reply
    signer.reply = lambda handler, body: (
        saying(b"", status=500) if method in body.decode() else works
    )(handler, body)
    lines = publish(ledger, b"b")
    assert lines == (1 if method == "eth_signTypedData_v4" else 2)
    assert told(publisher.step()) == (Status.UNAVAILABLE, "signer.unreachable")
    publish(ledger, b"c")
    with running(publisher):
        signer.sign(by(anvil))
        wait_for(publisher, anchored=3)
    assert_at_rest(ledger, 1, 3)
    head = ledger.log.published()
    assert head is not None
    assert len(parse_note(head.note).signatures) == 2


@pytest.mark.parametrize("method", ["eth_signTypedData_v4", "eth_signTransaction"])
def test_signer_that_refuses_halts_anchoring_until_it_does_no_more(
    ledger: AnchoredLog, signer: Signer, anvil: Anvil, method: str
) -> None:
    publisher = remote(ledger, signer, interval=0.01)
    publish(ledger, b"a")
    ledger.settle()
    signs = by(anvil)
    signer.sign(lambda name, asked: refusing("denied") if name == method else signs(name, asked))
    publish(ledger, b"b")
    state = publisher.step()
    assert told(state) == (Status.HALTED, "signer.refused")
    assert "denied" in str(state.error)
    with running(publisher):
        signer.sign(signs)
        wait_for(publisher, anchored=2)
    assert_at_rest(ledger, 1, 2)


def test_signer_that_signs_something_else_has_nothing_sent(
    ledger: AnchoredLog, signer: Signer, anvil: Anvil
) -> None:
    publisher = remote(ledger, signer)
    publish(ledger, b"a")
    ledger.settle()
    before, signs = ledger.attempts(), by(anvil)

    def lie(method: str, parameters: list[Any]) -> dict[str, Any]:
        if method == "eth_signTransaction":
            parameters = [{**parameters[0], "value": "0xde0b6b3a7640000"}]
        return signs(method, parameters)

    signer.sign(lie)
    publish(ledger, b"b")
    assert told(publisher.step()) == (Status.HALTED, "signer.other")
    assert ledger.attempts() == before
    signer.sign(signs)
    assert ledger.settle() == PublisherState(Status.IDLE, 2)
