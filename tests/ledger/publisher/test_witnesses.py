"""One node lies, the others do not: nothing follows from its word that lasts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from ledger.chain import Account, Chain, Node, Quorum, Witness
from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.registry import ANCHORED, call_data
from ledger.errors import ReadOnlyError
from ledger.finality import INSTANT, Finality
from ledger.publisher import Publisher, PublisherState, Status
from ledger.store import AnchorState
from tests.anchored_log import AnchoredLog, assert_at_rest, forked, funded_key, new_registry
from tests.rpc_server import relaying, serve

YES = "0x" + "1".rjust(64, "0")
NO = "0x" + "0" * 64


class Liar:
    """A node that tells the truth until it is told what else to say."""

    def __init__(self, rpc: EmbeddedRpc, stack: ExitStack) -> None:
        self.url = stack.enter_context(serve(relaying(rpc, self._answer))).url
        self.head: str | None = None
        self.verdict: str | None = None
        self.root: str | None = None

    def show(self, size: int, root: bytes, *, block: int = 1) -> None:
        """Show another head of every log."""
        types = ["uint64", "bytes32", "uint64", "uint64"]
        self.head = f"0x{encode(types, [size, root, block, 1_700_000_000]).hex()}"

    def relent(self) -> None:
        self.head = self.verdict = self.root = None

    def _answer(self, method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call":
            selector = parameters[0]["data"][:10]
            if selector == _selector("head", bytes(32)):
                return self.head or result
            if selector == _selector("verifyAnchor", bytes(32), 1, bytes(32), 1, 1):
                return self.verdict or result
        if method == "eth_getTransactionReceipt" and result and self.root:
            events = [
                event for event in result["logs"] if event["topics"][0] == f"0x{ANCHORED.hex()}"
            ]
            for event in events:
                event["data"] = self.root
        return result


def _selector(function: str, *arguments: object) -> str:
    return f"0x{call_data(function, *arguments)[:4].hex()}"


class World:
    """A chain in this process, and three nodes of it, the first of which the publisher asks."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        self.rpc = EmbeddedRpc()
        self.inside = Chain(Node(self.rpc, finality=INSTANT))
        key = funded_key(self.inside)
        self.inside = self.inside.at(new_registry(self.inside, Account.from_key(key)))
        self.nodes = [Liar(self.rpc, stack) for _ in range(3)]
        self._stack = stack
        self.ledger = AnchoredLog(directory / "log", self.chain(0), key)
        stack.callback(self.ledger.close)

    @property
    def liar(self) -> Liar:
        return self.nodes[0]

    def chain(self, number: int, finality: Finality = INSTANT) -> Chain:
        chain = Chain.connect(
            self.nodes[number].url, contract=self.inside.contract, finality=finality
        )
        return self._stack.enter_context(chain)

    def witnesses(self, finality: Finality = INSTANT) -> Witness:
        return Quorum([self.chain(number, finality) for number in range(3)], agree=2)

    def publisher(self, ledger: AnchoredLog, finality: Finality = INSTANT) -> Publisher:
        """Make a publisher that asks the first node, and believes any two."""
        chain = self.chain(0, finality)
        return ledger.new_publisher(chain=chain, witnesses=self.witnesses(finality))

    def mine(self, blocks: int) -> None:
        for _ in range(blocks):
            self.inside.node.fund(Account.generate().address, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, tmp_path)


def code_of(state: PublisherState) -> str | None:
    return None if state.error is None else state.error.code


LIES = [(10**6, b"\7" * 32), (1, b"\7" * 32), (2**64 - 1, b"\7" * 32)]


@pytest.mark.parametrize(("size", "root"), LIES, ids=["beyond", "other root", "without end"])
def test_step_for_one_node_that_shows_a_foreign_head_closes_nothing(
    world: World, size: int, root: bytes
) -> None:
    ledger = world.ledger
    publisher = world.publisher(ledger)
    ledger.publish(b"a", b"b")
    ledger.settle(publisher)
    world.liar.show(size, root)
    world.liar.verdict = YES
    for entry in (b"c", b"d"):
        state = publisher.step()
        assert (state.status, code_of(state)) == (Status.UNAVAILABLE, "chain.disagreement")
        ledger.append(entry)
    world.liar.relent()
    ledger.publish(b"e")
    assert ledger.settle(publisher) == PublisherState(Status.IDLE, 5)
    assert_at_rest(ledger, 2, 5)


def test_step_for_one_node_that_tells_of_another_root_in_a_receipt_closes_nothing(
    world: World,
) -> None:
    ledger = world.ledger
    publisher = world.publisher(ledger)
    ledger.settle(publisher)
    ledger.publish(b"a")
    assert publisher.step().status is Status.WAITING
    world.liar.root = f"0x{'07' * 32}"
    state = publisher.step()
    assert (state.status, code_of(state)) == (Status.UNAVAILABLE, "chain.disagreement")
    assert ledger.log.store.anchors() == []
    ledger.append(b"b")
    world.liar.relent()
    assert ledger.settle(publisher) == PublisherState(Status.IDLE, 1)
    assert ledger.anchors() == [(1, "final")]


def test_step_for_the_only_node_that_lies_through_and_through_closes_the_log_until_it_relents(
    world: World,
) -> None:
    """Nobody else is there to be asked. It may have been the truth, so nothing is added."""
    ledger = world.ledger
    ledger.publish(b"a")
    ledger.settle()
    world.liar.show(10**6, b"\7" * 32)
    world.liar.verdict = YES
    for _ in range(2):
        state = ledger.publisher.step()
        assert (state.status, code_of(state)) == (Status.HALTED, "log.behind-anchor")
        with pytest.raises(ReadOnlyError):
            ledger.append(b"b")
    world.liar.relent()
    assert ledger.publisher.step() == PublisherState(Status.IDLE, 1)
    assert ledger.log.read_only_reason is None
    ledger.publish(b"b")
    ledger.settle()
    assert_at_rest(ledger, 1, 2)


def test_step_of_a_fork_stays_closed_whatever_the_node_that_is_asked_says_then(
    world: World, tmp_path: Path
) -> None:
    ledger = world.ledger
    ledger.publish(b"a")
    ledger.settle()
    fork = forked(ledger, tmp_path / "forked", b"x", b"y")
    publisher = world.publisher(fork)
    assert code_of(publisher.step()) == "log.forked"
    published = fork.log.published()
    assert published is not None
    world.liar.show(published.size, published.root)
    world.liar.verdict = NO
    assert code_of(publisher.step()) == "log.forked"
    # Two of three away: nobody says that the log may be written again.
    for node in world.nodes[1:]:
        node.verdict = "out of order"
    assert publisher.step().status is Status.HALTED
    with pytest.raises(ReadOnlyError):
        fork.append(b"z")
    fork.close()


def test_step_of_a_log_closed_for_another_reason_is_not_opened_by_the_chain(
    world: World,
) -> None:
    ledger = world.ledger
    ledger.publish(b"a")
    ledger.settle()
    (ledger.directory / "head").unlink()
    ledger.reopen()
    for _ in range(2):
        assert code_of(ledger.publisher.step()) == "log.head-record-missing"


def test_step_of_a_restored_copy_closes_it_once_the_head_is_final(
    world: World, tmp_path: Path
) -> None:
    """Until then the block may go, and the head with it."""
    ledger, finality = world.ledger, Finality.parse("confirmations:5")
    ledger.publish(b"a")
    ledger.settle()
    ledger.log.close()
    shutil.copytree(ledger.directory, tmp_path / "copy")
    ledger.reopen()
    ledger.publish(b"b")
    ledger.settle()
    older = AnchoredLog(tmp_path / "copy", ledger.chain, ledger.sender, signer=ledger.signer)
    publisher = world.publisher(older, finality)
    state = publisher.step()
    assert state.status is Status.UNAVAILABLE
    assert "chain.not-final" in str(state.error)
    assert older.log.read_only_reason is None
    world.mine(6)
    assert code_of(publisher.step()) == "log.behind-anchor"
    older.close()


def test_hold_log_at_a_start_closes_a_copy_and_not_for_one_node_that_lies(
    world: World, tmp_path: Path
) -> None:
    ledger = world.ledger
    ledger.publish(b"a")
    ledger.settle()
    fork = forked(ledger, tmp_path / "forked", b"x")
    world.publisher(fork).hold_log()
    assert fork.log.read_only_reason is not None
    fork.close()
    world.liar.show(10**6, b"\7" * 32)
    world.publisher(ledger).hold_log()
    assert ledger.log.read_only_reason is None


def test_step_makes_no_anchor_final_that_one_node_alone_calls_so(world: World) -> None:
    ledger = world.ledger
    hasty, patient = INSTANT, Finality.parse("confirmations:3")
    ledger.publish(b"a")
    quorum = Quorum(
        [world.chain(0, hasty), world.chain(1, patient), world.chain(2, patient)], agree=2
    )
    publisher = ledger.new_publisher(witnesses=quorum)
    assert ledger.settle(publisher) == PublisherState(Status.IDLE, 1)
    assert ledger.anchors() == [(1, "included")]
    world.mine(3)
    publisher.step()
    assert ledger.anchors() == [(1, "final")]


def test_step_takes_no_final_anchor_back_on_one_nodes_word(world: World) -> None:
    ledger = world.ledger
    publisher = world.publisher(ledger)
    ledger.publish(b"a")
    ledger.settle(publisher)
    world.liar.show(0, bytes(32), block=0)
    world.liar.verdict = NO
    publisher.step()
    assert ledger.log.store.anchors(states=[AnchorState.GONE]) == []
    world.liar.relent()
    ledger.publish(b"b")
    assert ledger.settle(publisher) == PublisherState(Status.IDLE, 2)
    assert_at_rest(ledger, 1, 2)
