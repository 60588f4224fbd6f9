"""Operators change, are struck, a log freezes or is closed: what the publisher makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.anchor import LogStatus
from ledger.chain import GWEI, Account, Ceiling, Chain, Node, Quorum, apply_operators
from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.registry import call_data
from ledger.deploy import deploy
from ledger.errors import ReadOnlyError
from ledger.finality import INSTANT, Finality
from ledger.head_signature import HeadVerifier
from ledger.note import parse_note
from ledger.publisher import OpeningTerms, PublisherState, Status
from ledger.publisher.epochs import PastOperators
from tests.anchored_log import OPERATOR, WEALTH, AnchoredLog, assert_at_rest, funded_key
from tests.anvil import Anvil, start_anvil
from tests.governed import address, change, close, pass_delay, propose, strike
from tests.rpc_server import relaying, serve

OTHER = bytes.fromhex("22" * 32)
THIRD = bytes.fromhex("33" * 32)


@pytest.fixture
def node() -> Iterator[Anvil]:
    """An anvil whose clock and mining a test moves."""
    with start_anvil() as running:
        yield running


@pytest.fixture
def on_anvil(tmp_path: Path, node: Anvil) -> Iterator[AnchoredLog]:
    """A log of one operator, opened on an anvil; two blocks make another one final."""
    with Chain.connect(node.url, finality=Finality.parse("confirmations:2")) as chain:
        key = funded_key(chain)
        contract = deploy(chain, Account.from_key(key)).identity.contract
        made = AnchoredLog(tmp_path / "log", chain.at(contract), key)
        assert made.settle() == PublisherState(Status.IDLE, 0)
        yield made
        made.close()


def mine(node: Anvil, blocks: int = 3) -> None:
    node.rpc("anvil_mine", hex(blocks))


def outcome(state: PublisherState) -> tuple[Status, str | None]:
    return state.status, None if state.error is None else state.error.code


def spent(ledger: AnchoredLog) -> tuple[int, int]:
    """What the sender has used up: nonces and money."""
    account = Account.from_key(ledger.sender).address
    return ledger.chain.node.nonce(account), ledger.chain.node.balance(account)


def lines(ledger: AnchoredLog, size: int) -> set[int]:
    """The epochs of this operator's lines under a published checkpoint."""
    head = ledger.log.checkpoint_at(size)
    assert head is not None
    identity, log_id = ledger.chain.identity(), ledger.publisher.log_id
    keys = {(line.name, line.key_id) for line in parse_note(head.note).signatures}
    verifiers = PastOperators(ledger.log).before(identity, log_id, epoch=10)
    return {v.domain.epoch for v in verifiers if (v.name, v.key_id) in keys}


# Operators change


@pytest.mark.chain
def test_running_publisher_signs_in_the_new_epoch(on_anvil: AnchoredLog, node: Anvil) -> None:
    ledger = on_anvil
    ledger.publish(b"a")
    assert ledger.settle().anchored == 1
    change(ledger, node, [OPERATOR], [OPERATOR, OTHER])
    # Published before any step has seen the change, by the signer of the last one.
    assert ledger.publisher.operator is not None
    ledger.append(b"b")
    ledger.log.publish(ledger.publisher.operator, now=datetime.now(UTC))
    assert ledger.settle() == PublisherState(Status.IDLE, 2)
    mine(node)
    ledger.settle()
    assert_at_rest(ledger, 1, 2)
    assert (lines(ledger, 1), lines(ledger, 2)) == ({1}, {1, 2})
    assert ledger.publisher.operator.domain.epoch == 2
    assert ledger.publisher.governance is not None
    assert ledger.publisher.governance.info.epoch == 2


@pytest.mark.chain
def test_attempt_of_an_epoch_that_is_over_reverts_once_and_is_made_anew(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    """The change is in the same block, before it."""
    ledger = on_anvil
    propose(ledger, [OPERATOR], [OPERATOR, OTHER], 1)
    pass_delay(node)
    node.rpc("evm_setAutomine", *[False])
    ledger.publish(b"a")
    ledger.publisher.step()
    apply_dearly(ledger, node)
    node.rpc("evm_mine")
    assert ledger.publisher.step().status is Status.WAITING
    assert ledger.attempts()[1:] == [(1, "failed"), (1, "sent")]
    mine(node)
    assert ledger.settle() == PublisherState(Status.IDLE, 1)
    assert_at_rest(ledger, 1)


@pytest.mark.chain
def test_attempt_of_an_epoch_that_is_over_is_replaced_while_it_waits(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    """By the same nonce and at once, though another anchor is not due."""
    ledger = on_anvil
    propose(ledger, [OPERATOR], [OPERATOR, OTHER], 1)
    pass_delay(node)
    node.rpc("evm_setAutomine", *[False])
    ledger.publish(b"a")
    ledger.publisher.step()
    usual = node.rpc("eth_getBlockByNumber", "latest", *[False])["gasLimit"]
    applied = apply_dearly(ledger, node, rises=3)
    # A block with room for what changes the operators, and no more.
    room = node.rpc("eth_getTransactionByHash", f"0x{applied.hex()}")["gas"]
    node.rpc("evm_setBlockGasLimit", room)
    node.rpc("evm_mine")
    node.rpc("evm_setBlockGasLimit", usual)
    assert ledger.attempts()[1:] == [(1, "sent")]
    assert ledger.publisher.step(due=False).status is Status.WAITING
    old, new = ledger.log.store.attempts()[1:]
    assert (old.nonce, old.size) == (new.nonce, new.size)
    mine(node)
    assert ledger.settle() == PublisherState(Status.IDLE, 1)
    assert ledger.attempts()[1:] == [(1, "replaced"), (1, "included")]
    assert_at_rest(ledger, 1)


@pytest.mark.chain
def test_attempt_of_an_epoch_that_is_over_is_not_sent_again(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    ledger = on_anvil
    propose(ledger, [OPERATOR], [OPERATOR, OTHER], 1)
    pass_delay(node)
    node.rpc("evm_setAutomine", *[False])
    ledger.publish(b"a")
    ledger.publisher.step()
    node.rpc("anvil_dropAllTransactions")
    apply_dearly(ledger, node)
    node.rpc("evm_mine")
    assert ledger.publisher.step().status is Status.WAITING
    assert ledger.attempts()[1:] == [(1, "failed"), (1, "sent")]
    mine(node)
    ledger.settle()
    assert_at_rest(ledger, 1)
    receipts = [ledger.chain.node.receipt(a.transaction) for a in ledger.log.store.attempts()[1:]]
    assert [receipt and receipt.succeeded for receipt in receipts] == [None, True]


@pytest.mark.chain
def test_operator_who_was_removed_halts_and_spends_nothing(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    ledger = on_anvil
    ledger.publish(b"a")
    ledger.settle()
    change(ledger, node, [OPERATOR], [OTHER])
    ledger.publish(b"b")
    before, sent = spent(ledger), ledger.attempts()
    for _ in range(3):
        state = ledger.publisher.step()
        assert outcome(state) == (Status.HALTED, "publisher.not-operator")
        assert state.error is not None
        assert address(OTHER).hex() in str(state.error.expected)
    assert (spent(ledger), ledger.attempts()) == (before, sent)
    # Nothing more comes out under a key that does not count.
    assert ledger.publisher.operator is None
    # Its successor goes on with the same log.
    assert ledger.settle(ledger.new_publisher(operator=OTHER)) == PublisherState(Status.IDLE, 2)


@pytest.mark.chain
def test_whoever_only_carries_what_others_signed_sends_it_once(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    """Its own key is no operator's, and the note bears an operator's line: nothing is outdated."""
    ledger = on_anvil
    node.rpc("evm_setAutomine", *[False])
    ledger.publish(b"a")
    carrier = ledger.new_publisher(operator=OTHER)
    for _ in range(3):
        assert carrier.step().status is Status.WAITING
    assert ledger.attempts()[1:] == [(1, "sent")]
    mine(node)
    assert ledger.settle(carrier) == PublisherState(Status.IDLE, 1)
    assert_at_rest(ledger, 1)


@pytest.mark.chain
def test_past_operators_are_found_in_the_notes_of_their_epochs(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    """Whoever verifies an old bundle with a trust file of today needs the keys of then."""
    ledger = on_anvil
    key = OPERATOR
    for size, successor in enumerate((OTHER, THIRD, OPERATOR), 1):
        publisher = ledger.new_publisher(operator=key)
        for _ in range(3):
            ledger.append(bytes([size]))
            ledger.log.publish(now=datetime.now(UTC))
            assert ledger.settle(publisher).status is Status.IDLE
        change(ledger, node, [key], [successor])
        key = successor
    identity, log_id = ledger.chain.identity(), ledger.publisher.log_id
    found = PastOperators(ledger.log).before(identity, log_id, epoch=4)
    assert [(v.domain.epoch, v.address) for v in found] == [
        (1, address(OPERATOR)), (2, address(OTHER)), (3, address(THIRD)),
    ]  # fmt: skip
    assert all(HeadVerifier.from_string(str(v)) == v for v in found)


# Struck, frozen


def test_operator_who_was_struck_halts_and_spends_nothing(ledger: AnchoredLog) -> None:
    terms = OpeningTerms((address(OTHER),), threshold=1)
    ledger.publisher = ledger.new_publisher(opening=terms)
    ledger.publish(b"a")
    assert ledger.settle() == PublisherState(Status.IDLE, 1)
    strike(ledger, OPERATOR)
    ledger.publish(b"b")
    before, sent = spent(ledger), ledger.attempts()
    for _ in range(3):
        state = ledger.publisher.step()
        assert outcome(state) == (Status.HALTED, "publisher.struck")
        assert (state.anchored, state.error and state.error.hint is not None) == (1, True)
    assert (spent(ledger), ledger.attempts()) == (before, sent)
    # The other operator's own ledger would go on: the log is active.
    assert ledger.publisher.governance is not None
    assert ledger.publisher.governance.standing.status is LogStatus.ACTIVE
    assert ledger.settle(ledger.new_publisher(operator=OTHER)) == PublisherState(Status.IDLE, 2)


def test_frozen_log_keeps_its_anchors_and_goes_on_recording(ledger: AnchoredLog) -> None:
    ledger.publish(b"a")
    ledger.settle()
    strike(ledger, OPERATOR)
    ledger.publish(b"b")
    before, sent = spent(ledger), ledger.attempts()
    for _ in range(3):
        state = ledger.publisher.step()
        assert outcome(state) == (Status.FROZEN, "publisher.frozen")
        assert state.anchored == 1
    assert (spent(ledger), ledger.attempts()) == (before, sent)
    assert ledger.anchors() == [(1, "final")]
    ledger.append(b"c")
    assert ledger.log.read_only_reason is None


def test_run_of_a_frozen_log_waits_and_reports_it_once(
    ledger: AnchoredLog, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.publish(b"a")
    ledger.settle()
    strike(ledger, OPERATOR)
    publisher = ledger.new_publisher(interval=3_600.0)
    publisher.stop()
    publisher.run()
    assert publisher.step().status is Status.FROZEN
    publisher = ledger.new_publisher(interval=0.001)
    states = [publisher.step().status for _ in range(3)]
    assert states == [Status.FROZEN] * 3
    assert "Traceback" not in caplog.text


# Closed


@pytest.mark.chain
def test_closed_log_takes_no_entry_once_that_is_final(on_anvil: AnchoredLog, node: Anvil) -> None:
    """The last anchor becomes final first, and is written down."""
    ledger = on_anvil
    ledger.publish(b"a")
    ledger.settle()
    assert ledger.anchors() == [(1, "included")]
    close(ledger, OPERATOR)
    assert outcome(ledger.publisher.step()) == (Status.CLOSED, "publisher.closed")
    assert ledger.log.read_only_reason is None
    ledger.append(b"b")
    mine(node)
    before = spent(ledger)
    assert outcome(ledger.publisher.step()) == (Status.CLOSED, "publisher.closed")
    assert ledger.anchors() == [(1, "final")]
    with pytest.raises(ReadOnlyError) as refused:
        ledger.append(b"c")
    assert refused.value.code == "log.closed"
    assert ledger.log.head().size == 2
    assert outcome(ledger.publisher.step()) == (Status.CLOSED, "publisher.closed")
    assert spent(ledger) == before
    # Started again it is closed before anything could be added.
    ledger.reopen()
    ledger.publisher.hold_log()
    with pytest.raises(ReadOnlyError, match="closed for good"):
        ledger.append(b"c")


@pytest.mark.chain
def test_closing_that_a_reorganisation_took_back_opens_the_log_again(
    on_anvil: AnchoredLog, node: Anvil
) -> None:
    ledger = on_anvil
    ledger.publish(b"a")
    ledger.settle()
    mine(node)
    before = node.rpc("evm_snapshot")
    close(ledger, OPERATOR)
    mine(node)
    ledger.publisher.step()
    assert ledger.log.read_only_reason is not None
    node.rpc("evm_revert", before)
    mine(node, 8)
    ledger.publisher.step()
    assert ledger.log.read_only_reason is None
    ledger.publish(b"b")
    assert ledger.settle() == PublisherState(Status.IDLE, 2)


def test_one_nodes_word_does_not_close_the_log(tmp_path: Path) -> None:
    """It says that the log is closed; the other node, which must agree, does not."""
    rpc = EmbeddedRpc()
    inside = Chain(Node(rpc, finality=INSTANT))
    key = funded_key(inside)
    chain = inside.at(deploy(inside, Account.from_key(key)).identity.contract)
    ledger = AnchoredLog(tmp_path / "log", chain, key)
    ledger.publish(b"a")
    ledger.settle()
    selector = "0x" + call_data("logStatus", bytes(32))[:4].hex()

    def closed(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith(selector):
            return "0x" + "2".rjust(64, "0") + result[2 + 64 :]
        return result

    with serve(relaying(rpc, closed)) as lying:
        liar = Chain.connect(lying.url, contract=chain.contract, finality=INSTANT)
        witnesses = Quorum([chain, liar], agree=2)
        publisher = ledger.new_publisher(chain=liar, witnesses=witnesses)
        assert outcome(publisher.step()) == (Status.CLOSED, "publisher.closed")
        ledger.append(b"b")
        assert ledger.log.read_only_reason is None
        liar.close()
    ledger.log.publish(now=datetime.now(UTC))
    assert ledger.settle() == PublisherState(Status.IDLE, 2)
    ledger.close()


def apply_dearly(ledger: AnchoredLog, node: Anvil, *, rises: int = 12) -> bytes:
    """Apply the change at a fee that puts it first in the block; give the transaction."""
    stranger = Account.generate()
    node.rpc("anvil_setBalance", f"0x{stranger.address.hex()}", hex(WEALTH))
    ceiling = Ceiling(fee=500 * GWEI, tip=50 * GWEI)
    with Chain.connect(node.url, ceiling=ceiling) as generous:
        contract = ledger.chain.identity().contract
        call = apply_operators(ledger.publisher.log_id)
        signed = generous.node.sign(stranger, to=contract, data=call, rises=rises)
    ledger.chain.node.send(signed.raw)
    return signed.hash
