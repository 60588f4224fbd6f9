"""Transactions on a slow chain: included, final, forgotten, underpriced, reorganised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.anchor import check_facts
from ledger.chain import GWEI, Account, Ceiling, Chain, Extension
from ledger.errors import VerificationError
from ledger.finality import Finality
from ledger.publisher import PublisherState, Status
from ledger.publisher.anchoring import PATIENCE
from ledger.store import AnchorState
from tests.anchored_log import WEALTH, AnchoredLog, assert_at_rest, funded_key, new_registry
from tests.anvil import Anvil, anvil, start_anvil

__all__ = ["anvil"]


@pytest.fixture
def node() -> Iterator[Anvil]:
    """An anvil that mines when it is told to."""
    with start_anvil() as running:
        yield running


@pytest.fixture
def slow_ledger(tmp_path: Path, node: Anvil) -> Iterator[AnchoredLog]:
    """A log, opened on an anvil that from now on mines only when it is told to."""
    finality = Finality.parse("confirmations:2")
    with Chain.connect(node.url, finality=finality) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
        made = AnchoredLog(tmp_path / "log", chain.at(contract), key)
        assert made.settle() == PublisherState(Status.IDLE, 0)
        node.rpc("evm_setAutomine", *[False])
        yield made
        made.close()


@pytest.mark.chain
def test_step_waits_for_inclusion_then_for_finality(slow_ledger: AnchoredLog, node: Anvil) -> None:
    slow_ledger.publish(b"a")
    for _ in range(3):
        assert slow_ledger.publisher.step() == PublisherState(Status.WAITING, 0)
    assert slow_ledger.attempts()[1:] == [(1, "sent")]
    node.rpc("evm_mine")
    assert slow_ledger.publisher.step() == PublisherState(Status.IDLE, 1)
    assert slow_ledger.anchors() == [(1, "included")]
    node.rpc("anvil_mine", "0x2")
    assert slow_ledger.publisher.step() == PublisherState(Status.IDLE, 1)
    assert_at_rest(slow_ledger, 1)


@pytest.mark.chain
def test_step_has_one_head_in_flight(slow_ledger: AnchoredLog, node: Anvil) -> None:
    slow_ledger.publish(b"a")
    slow_ledger.publisher.step()
    slow_ledger.publish(b"b")
    slow_ledger.reopen()
    assert slow_ledger.publisher.step().status is Status.WAITING
    assert slow_ledger.attempts()[1:] == [(1, "sent")]
    node.rpc("evm_mine")
    assert slow_ledger.publisher.step() == PublisherState(Status.WAITING, 1)
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step()
    assert_at_rest(slow_ledger, 1, 2)


@pytest.mark.chain
def test_step_sends_again_what_the_node_has_forgotten(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    slow_ledger.publish(b"a")
    slow_ledger.publisher.step()
    node.rpc("anvil_dropAllTransactions")
    node.rpc("evm_mine")
    assert slow_ledger.publisher.step().status is Status.WAITING
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step()
    assert_at_rest(slow_ledger, 1)
    assert slow_ledger.attempts()[1:] == [(1, "included")]


@pytest.mark.chain
def test_step_raises_the_fee_of_what_no_block_takes(slow_ledger: AnchoredLog, node: Anvil) -> None:
    slow_ledger.publish(b"a")
    slow_ledger.publisher.step()
    slow_ledger.publish(b"b")
    later = datetime.now(UTC) + PATIENCE + timedelta(seconds=1)
    assert slow_ledger.publisher.step(later).status is Status.WAITING
    stuck, rival = slow_ledger.log.store.attempts()[1:]
    assert (stuck.size, rival.size, stuck.nonce) == (1, 2, rival.nonce)
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step(later)
    assert_at_rest(slow_ledger, 2)
    assert slow_ledger.attempts()[1:] == [(1, "replaced"), (2, "included")]


@pytest.mark.chain
def test_step_waits_for_a_price_within_the_ceiling_and_sends_nothing_before(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    """Recording goes on; the head that is anchored at last covers it all."""
    sent = slow_ledger.attempts()
    node.rpc("anvil_setNextBlockBaseFeePerGas", hex(201 * GWEI))
    node.rpc("evm_mine")
    for entry in (b"a", b"b"):
        slow_ledger.publish(entry)
        state = slow_ledger.publisher.step()
        assert (state.status, state.error and state.error.code) == (
            Status.UNDERPRICED, "chain.underpriced",
        )  # fmt: skip
    assert slow_ledger.attempts() == sent
    node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    node.rpc("evm_mine")
    assert slow_ledger.publisher.step().status is Status.WAITING
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step()
    assert_at_rest(slow_ledger, 2)


@pytest.mark.chain
def test_step_gives_up_a_nonce_that_another_transaction_used(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    """The same account pays for something else, at a higher fee."""
    slow_ledger.publish(b"a")
    slow_ledger.publisher.step()
    attempt = slow_ledger.log.store.attempts()[1]
    sender, chain = Account.from_key(slow_ledger.sender), slow_ledger.chain
    other = chain.node.sign(sender, to=sender.address, data=b"", nonce=attempt.nonce, rises=2)
    chain.node.send(other.raw)
    node.rpc("evm_mine")
    assert slow_ledger.publisher.step().status is Status.WAITING
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step()
    assert_at_rest(slow_ledger, 1)
    assert slow_ledger.attempts()[1:] == [(1, "replaced"), (1, "included")]


@pytest.mark.chain
def test_step_records_an_anchor_that_somebody_else_carried_in(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    head = slow_ledger.publish(b"a")
    slow_ledger.publisher.step()
    chain, log_id = slow_ledger.chain, slow_ledger.publisher.log_id
    signature = slow_ledger.operator().sign_head(head.size, head.root)
    stranger = Account.generate()
    node.rpc("anvil_setBalance", f"0x{stranger.address.hex()}", hex(WEALTH))
    carried = Extension(log_id, head.size, head.root, (), (signature,))
    # At a fee that puts it first in the block: ours then finds the head there already.
    with Chain.connect(node.url, ceiling=Ceiling(tip=10 * GWEI)) as generous:
        signed = generous.at(chain.identity().contract).sign_anchor(stranger, carried, rises=3)
    chain.node.send(signed.raw)
    node.rpc("anvil_mine", "0x3")
    slow_ledger.publisher.step()
    assert_at_rest(slow_ledger, 1)
    assert slow_ledger.log.store.anchors()[0].anchor.transaction == signed.hash
    assert slow_ledger.attempts()[1:] == [(1, "replaced")]


@pytest.mark.chain
def test_step_anchors_again_what_a_reorganisation_took_away(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    slow_ledger.publish(b"a")
    before = node.rpc("evm_snapshot")
    slow_ledger.publisher.step()
    node.rpc("evm_mine")
    slow_ledger.publisher.step()
    assert slow_ledger.anchors() == [(1, "included")]
    lost = slow_ledger.log.store.anchors()[0].anchor
    node.rpc("evm_revert", before)
    node.rpc("evm_increaseTime", 100)
    node.rpc("anvil_mine", "0x2")
    slow_ledger.settle()
    assert slow_ledger.log.store.anchors(states=[AnchorState.FINAL]) == []
    node.rpc("anvil_mine", "0x3")
    slow_ledger.settle()
    assert_at_rest(slow_ledger, 1)
    found = slow_ledger.log.store.anchors()[0].anchor
    assert (found.root, found.transaction) == (lost.root, lost.transaction)
    assert found.block_hash != lost.block_hash


@pytest.mark.chain
def test_step_drops_an_anchor_whose_block_is_gone_and_not_back(
    slow_ledger: AnchoredLog, node: Anvil
) -> None:
    slow_ledger.publish(b"a")
    before = node.rpc("evm_snapshot")
    slow_ledger.publisher.step()
    node.rpc("evm_mine")
    slow_ledger.publisher.step()
    node.rpc("evm_revert", before)
    slow_ledger.publisher.step()
    assert slow_ledger.anchors() == [(1, "gone")]
    assert slow_ledger.attempts()[1:] == [(1, "sent")]


@pytest.mark.chain
def test_step_anchors_again_what_a_reorganisation_deeper_than_finality_took_away(
    slow_ledger: AnchoredLog, node: Anvil, caplog: pytest.LogCaptureFixture
) -> None:
    """Two final anchors are gone, the older one is left; each is made again and holds."""
    ledger = slow_ledger
    identity = ledger.chain.identity()
    anchor_final(ledger, node, b"a")
    before = node.rpc("evm_snapshot")
    for entry in (b"b", b"c"):
        anchor_final(ledger, node, entry)
    assert ledger.anchors() == [(1, "final"), (2, "final"), (3, "final")]
    kept, *lost = (row.anchor for row in ledger.log.store.anchors())
    node.rpc("evm_revert", before)
    node.rpc("evm_increaseTime", 100)
    node.rpc("anvil_mine", "0x14")
    state = ledger.publisher.step()
    assert (state.status, state.anchored) == (Status.WAITING, 1)
    assert ledger.anchors() == [(1, "final"), (2, "gone"), (3, "gone")]
    assert [str(ledger.log.state_of(index)) for index in range(3)] == [
        "final", "published", "published",
    ]  # fmt: skip
    assert "lost the final anchor of size 3" in caplog.text
    for _ in range(3):
        ledger.publisher.step()
        node.rpc("anvil_mine", "0x3")
    ledger.settle()
    assert_at_rest(ledger, 1, 2, 3)
    again, first, second = (row.anchor for row in ledger.log.store.anchors())
    assert again == kept
    for anchor, gone in zip((first, second), lost, strict=True):
        assert anchor.block_hash != gone.block_hash
        facts = ledger.chain.facts(anchor)
        check_facts(anchor, facts)
        assert facts.final
        with pytest.raises(VerificationError):
            check_facts(gone, ledger.chain.facts(gone))
    assert ledger.log.store.covering_anchor(identity, ledger.publisher.log_id, 2) is not None


@pytest.mark.chain
def test_step_opens_the_log_again_where_even_that_was_taken_away(
    tmp_path: Path, node: Anvil
) -> None:
    with Chain.connect(node.url, finality=Finality.parse("confirmations:2")) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
        before = node.rpc("evm_snapshot")
        ledger = AnchoredLog(tmp_path / "log", chain.at(contract), key)
        ledger.settle()
        ledger.publish(b"a")
        ledger.settle()
        node.rpc("anvil_mine", "0x3")
        ledger.settle()
        assert ledger.anchors() == [(1, "final")]
        node.rpc("evm_revert", before)
        node.rpc("evm_increaseTime", 100)
        node.rpc("anvil_mine", "0x14")
        assert ledger.publisher.step().status is Status.WAITING
        assert ledger.anchors() == [(1, "gone")]
        ledger.settle()
        node.rpc("anvil_mine", "0x3")
        ledger.settle()
        assert_at_rest(ledger, 1)
        ledger.close()


def anchor_final(ledger: AnchoredLog, node: Anvil, entry: bytes) -> None:
    ledger.publish(entry)
    ledger.publisher.step()
    node.rpc("anvil_mine", "0x4")
    ledger.settle()
