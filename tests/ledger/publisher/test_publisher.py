"""The publisher as a worker: it sleeps, wakes, outlives outages and defects, and kill -9."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from ledger.chain import Account, Chain, Node
from ledger.chain.embedded import EmbeddedRpc
from ledger.errors import UnavailableError
from ledger.finality import INSTANT
from ledger.local_key import LocalKey
from ledger.note import open_note
from ledger.publisher import Publisher, PublisherState, Status, operator_signer
from tests.anchored_log import (
    OPERATOR,
    AnchoredLog,
    Fuse,
    assert_at_rest,
    funded_key,
    fused_publisher,
    new_registry,
)
from tests.anvil import Anvil, anvil, free_port
from tests.rpc_server import relaying, serve, telling_the_truth

__all__ = ["anvil"]

REPOSITORY = Path(__file__).parents[3]
# How long a test waits for what takes a fraction of a second, before it fails.
_LONG = 60.0


@contextmanager
def running(publisher: Publisher) -> Iterator[None]:
    worker = Thread(target=publisher.run)
    worker.start()
    try:
        yield
    finally:
        publisher.stop()
        worker.join(_LONG)
        assert not worker.is_alive()


def watched(ledger: AnchoredLog, call: str, **arguments: float) -> tuple[Publisher, Event]:
    """Make a publisher with an event that is set each time that it has made a certain call."""
    event = Event()
    return fused_publisher(ledger, Fuse(call, lambda _: event.set()), **arguments), event


def test_run_anchors_what_is_published_when_it_is_woken(ledger: AnchoredLog) -> None:
    publisher, recorded = watched(ledger, "record_anchor", interval=0.01)
    with running(publisher):
        for entry in (b"a", b"b"):
            recorded.clear()
            ledger.publish(entry)
            publisher.wake()
            assert recorded.wait(_LONG)
    ledger.settle()
    assert_at_rest(ledger, 1, 2)


def test_run_anchors_at_once_then_not_before_the_interval_is_over(ledger: AnchoredLog) -> None:
    publisher, recorded = watched(ledger, "record_anchor", interval=3_600.0)
    ledger.publish(b"a")
    with running(publisher):
        assert recorded.wait(_LONG)
        ledger.publish(b"b")
        publisher.wake()
    ledger.publish(b"c")
    assert [event.size for event in ledger.events()] == [1]


def test_run_stops_while_it_has_nothing_to_do(ledger: AnchoredLog) -> None:
    ledger.settle()
    publisher, looked = watched(ledger, "published")
    with running(publisher):
        assert looked.wait(_LONG)
    assert publisher.state == PublisherState(Status.IDLE, 0)


def test_run_survives_a_defect_and_says_so(
    ledger: AnchoredLog, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.settle()
    ledger.publish(b"a")
    recorded = Event()
    defects: list[str] = []

    def break_once(call: str) -> None:
        if call == "record_anchor":
            recorded.set()
        elif not defects:
            defects.append(call)
            raise ZeroDivisionError

    publisher = fused_publisher(ledger, EveryCall(break_once), interval=0.01)
    with running(publisher):
        assert recorded.wait(_LONG)
    assert defects
    assert "ZeroDivisionError" in caplog.text
    ledger.settle()
    assert_at_rest(ledger, 1)


class EveryCall(Fuse):
    """Acts at every call."""

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__(0, act)

    def answered(self, name: str) -> None:
        self._act(name)


def test_outage_stops_no_entry_and_is_caught_up_with(tmp_path: Path) -> None:
    """Nobody listens where the node should be; later it does."""
    rpc, port = EmbeddedRpc(), free_port()
    inside = Chain(Node(rpc, finality=INSTANT))
    key = funded_key(inside)
    contract = new_registry(inside, Account.from_key(key))
    with Chain.connect(f"http://127.0.0.1:{port}", contract=contract) as chain:
        ledger = AnchoredLog(tmp_path / "log", chain, key)
        for number in range(3):
            ledger.append(bytes([number]))
            state = ledger.publisher.step()
            assert (state.status, state.anchored) == (Status.UNAVAILABLE, 0)
            assert state.error is not None
            assert state.error.code == "chain.unreachable"
        with pytest.raises(UnavailableError):
            ledger.operator()
        with serve(relaying(rpc, telling_the_truth), port=port):
            ledger.publish(b"late")
            assert ledger.settle() == PublisherState(Status.IDLE, 4)
            assert_at_rest(ledger, 4)
        ledger.append(b"later")
        state = ledger.publisher.step()
        assert (state.status, state.anchored) == (Status.UNAVAILABLE, 4)
        ledger.close()


def test_run_asks_again_until_the_node_is_back(tmp_path: Path) -> None:
    rpc, port = EmbeddedRpc(), free_port()
    inside = Chain(Node(rpc, finality=INSTANT))
    key = funded_key(inside)
    contract = new_registry(inside, Account.from_key(key))
    with Chain.connect(f"http://127.0.0.1:{port}", contract=contract) as chain:
        ledger = AnchoredLog(tmp_path / "log", inside.at(contract), key)
        ledger.publish(b"a")
        ledger.chain = chain
        publisher, recorded = watched(ledger, "record_anchor")
        assert publisher.step().status is Status.UNAVAILABLE
        with running(publisher), serve(relaying(rpc, telling_the_truth), port=port):
            publisher.wake()
            assert recorded.wait(_LONG)
        ledger.chain = inside.at(contract)
        ledger.reopen()
        ledger.settle()
        assert_at_rest(ledger, 1)
        ledger.close()


def test_step_on_another_chain_than_the_expected_one_halts(
    ledger: AnchoredLog, embedded: Chain
) -> None:
    """The URL leads to a node of another network, or of a network that was started anew."""
    expected = replace(embedded.identity(), genesis_hash=b"\7" * 32)
    ledger.publish(b"a")
    publisher = ledger.new_publisher(chain=Chain(embedded.node, expected=expected))
    state = publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "chain.other"
    assert not embedded.is_open(ledger.publisher.log_id)
    ledger.append(b"b")


def test_run_reports_what_halts_it_once(
    ledger: AnchoredLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.publish(b"a")
    ledger.settle()
    other = AnchoredLog(tmp_path / "forked", ledger.chain, ledger.sender, signer=ledger.signer)
    other.publish(b"another history")
    publisher, asked = watched(other, "head", interval=0.01)
    with running(publisher):
        assert asked.wait(_LONG)
    assert publisher.step().status is Status.HALTED
    reports = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(reports) == 1
    assert "log.forked" in reports[0].getMessage()
    other.close()


def test_keys_are_in_no_repr_and_no_log_line(
    ledger: AnchoredLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ledger.publish(b"a")
    ledger.settle()
    publisher = ledger.publisher
    shown = caplog.text + repr(publisher) + repr(publisher._keys) + repr(vars(publisher))
    for key in (OPERATOR, ledger.sender):
        assert key.hex() not in shown
        assert repr(key) not in shown


def test_operator_signer_signs_what_checkpoints_carry(ledger: AnchoredLog) -> None:
    admin, key = ledger.publisher.admin, LocalKey(OPERATOR)
    before = operator_signer(ledger.chain, ledger.log.origin, key, admin=admin)
    head = ledger.publish(b"a")
    ledger.settle()
    after = operator_signer(ledger.chain, ledger.log.origin, key, admin=admin)
    assert str(before.verifier) == str(after.verifier)
    opened = open_note(head.note, ledger.log.verifier, after.verifier)
    assert len(opened.verified) == 2
    assert after.verifier.domain.log_id == ledger.publisher.log_id


def test_publisher_with_an_admin_of_its_own_opens_another_log(
    ledger: AnchoredLog, embedded: Chain
) -> None:
    """The admin is part of the log's id, so that nobody can squat another's origin."""
    admin = funded_key(embedded)
    publisher = ledger.new_publisher(admin=admin)
    assert publisher.admin == Account.from_key(admin).address
    assert publisher.log_id != ledger.publisher.log_id
    ledger.settle(publisher)
    info = embedded.log_info(publisher.log_id)
    assert info is not None
    assert info.admin == publisher.admin
    assert not embedded.is_open(ledger.publisher.log_id)


@pytest.mark.chain
@pytest.mark.parametrize("call", ["sign_anchor", "add_attempt", "send", "record_anchor"])
def test_kill_9_loses_no_anchor_and_makes_none_twice(
    tmp_path: Path, anvil: Anvil, call: str
) -> None:
    with Chain.connect(anvil.url) as bare:
        key = funded_key(bare)
        chain = bare.at(new_registry(bare, Account.from_key(key)))
        ledger = AnchoredLog(tmp_path / "log", chain, key)
        ledger.settle()
        ledger.publish(b"a", b"b")
        ledger.log.close()
        assert chain.contract is not None
        arguments = (
            str(ledger.directory),
            anvil.url,
            chain.contract.hex(),
            key.hex(),
            ledger.signer.to_string(),
            call,
        )
        with subprocess.Popen(
            [sys.executable, "-m", "tests.publisher_process", *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == call
            process.kill()
        ledger = AnchoredLog(tmp_path / "log", chain, key, signer=ledger.signer)
        assert len(ledger.events()) == (call in {"send", "record_anchor"})
        assert ledger.settle() == PublisherState(Status.IDLE, 2)
        ledger.publish(b"c")
        ledger.settle()
        assert_at_rest(ledger, 2, 3)
        ledger.close()
