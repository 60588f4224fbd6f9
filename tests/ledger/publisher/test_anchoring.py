"""A log and its chain: whatever dies or fails in between, every head is anchored once."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.chain import Account, Chain, Extension
from ledger.chain.registry import call_data
from ledger.deploy import deploy, sandbox
from ledger.errors import ReadOnlyError, UnavailableError
from ledger.finality import Finality
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.publisher import PublisherState, Status
from ledger.publisher.anchoring import PATIENCE
from ledger.store import AnchorState
from tests.anchored_log import (
    OPERATOR,
    WEALTH,
    AnchoredLog,
    Fuse,
    KilledError,
    assert_at_rest,
    funded_key,
    fused_publisher,
)
from tests.anvil import Anvil, anvil, start_anvil
from tests.postgres import running_server

__all__ = ["anvil"]

# Opening a log takes fewer calls than this, and so does anchoring a head.
_MOST_CALLS = 100
# The calls that change something. To die after any other is to die after the one before it.
EFFECTS = {"add_attempt", "send", "set_attempt_state", "record_anchor"}


@pytest.fixture(scope="module")
def sandbox_key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture(scope="module")
def embedded(sandbox_key: bytes) -> Iterator[Chain]:
    with sandbox(Account.from_key(sandbox_key)) as chain:
        yield chain


@pytest.fixture
def ledger(tmp_path: Path, embedded: Chain, sandbox_key: bytes) -> Iterator[AnchoredLog]:
    made = AnchoredLog(tmp_path / "log", embedded, sandbox_key)
    yield made
    made.close()


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
        contract = deploy(chain, Account.from_key(key)).identity.contract
        made = AnchoredLog(tmp_path / "log", chain.at(contract), key)
        assert made.settle() == PublisherState(Status.IDLE, 0)
        node.rpc("evm_setAutomine", *[False])
        yield made
        made.close()


def test_step_opens_the_log_then_anchors_each_head(ledger: AnchoredLog) -> None:
    assert ledger.settle() == PublisherState(Status.IDLE, 0)
    first = ledger.publish(b"a", b"b", b"c")
    assert ledger.settle() == PublisherState(Status.IDLE, 3)
    ledger.publish(*[bytes([i]) for i in range(200)])
    assert ledger.settle() == PublisherState(Status.IDLE, 203)
    assert_at_rest(ledger, 3, 203)
    recorded = ledger.log.store.anchors()[0].anchor
    assert (recorded.root, recorded.sandbox) == (first.root, True)
    assert ledger.attempts() == [(0, "included"), (3, "included"), (203, "included")]


def test_step_without_news_sends_nothing(ledger: AnchoredLog) -> None:
    ledger.publish(b"a")
    ledger.settle()
    height = ledger.chain.node.height()
    for _ in range(3):
        assert ledger.publisher.step() == PublisherState(Status.IDLE, 1)
    assert ledger.chain.node.height() == height


def test_step_before_a_head_is_due_sends_nothing(ledger: AnchoredLog) -> None:
    ledger.settle()
    ledger.publish(b"a")
    assert ledger.publisher.step(due=False) == PublisherState(Status.IDLE, 0)
    assert not ledger.events()


def test_step_anchors_published_heads_only(ledger: AnchoredLog) -> None:
    ledger.publish(b"a")
    ledger.append(b"b")
    ledger.settle()
    assert_at_rest(ledger, 1)


def test_step_two_logs_on_one_contract_are_anchored_each(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    other = AnchoredLog(tmp_path / "other", ledger.chain, ledger.sender)
    ledger.publish(b"a")
    other.publish(b"b", b"c")
    ledger.settle()
    other.settle()
    assert_at_rest(ledger, 1)
    assert_at_rest(other, 2)
    other.close()


def failure(call: str) -> UnavailableError:
    return UnavailableError("test.failing", call)


def dying(seen: list[str], fate: Callable[[str], BaseException]) -> Callable[[str], None]:
    """Note after which call it happened, and let it happen."""

    def die(call: str) -> None:
        seen.append(call)
        raise fate(call)

    return die


def test_step_killed_after_any_call_of_opening_opens_the_log_once(
    tmp_path: Path, embedded: Chain, sandbox_key: bytes
) -> None:
    seen: list[str] = []
    for number in range(_MOST_CALLS):
        ledger = AnchoredLog(tmp_path / f"{number}", embedded, sandbox_key)
        with suppress(KilledError):
            fuse = Fuse(number, dying(seen, KilledError), among=EFFECTS)
            ledger.settle(fused_publisher(ledger, fuse))
        ledger.publisher = ledger.new_publisher()
        assert ledger.settle() == PublisherState(Status.IDLE, 0)
        assert ledger.chain.is_open(ledger.publisher.log_id)
        assert {state for _, state in ledger.attempts()} == {"included"}
        ledger.close()
        if len(seen) == number:
            break
    assert set(seen) == EFFECTS - {"record_anchor"}


@pytest.mark.parametrize(("fate", "among"), [(KilledError, EFFECTS), (failure, None)])
def test_step_ended_after_any_call_of_anchoring_anchors_each_head_once(
    ledger: AnchoredLog, fate: Callable[[str], BaseException], among: Collection[str] | None
) -> None:
    """The call to log, store, chain or node has had its effect, and its answer is lost."""
    ledger.settle()
    seen: list[str] = []
    for number in range(_MOST_CALLS):
        ledger.publish(bytes([number]))
        try:
            fuse = Fuse(number, dying(seen, fate), among=among)
            state = ledger.settle(fused_publisher(ledger, fuse))
        except KilledError:
            ledger.reopen()
            state = ledger.settle()
        if state.status is Status.UNAVAILABLE:
            assert state.error is not None
            assert state.error.code == "test.failing"
            state = ledger.settle()
        assert state == PublisherState(Status.IDLE, number + 1)
        if len(seen) == number:
            break
    assert_at_rest(ledger, *range(1, number + 2))
    # Those that matter most were among them.
    assert set(seen) >= EFFECTS


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
    signed = chain.sign_anchor(stranger, carried, rises=3)
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


def test_step_on_a_sandbox_started_anew_anchors_again(
    tmp_path: Path, embedded: Chain, sandbox_key: bytes
) -> None:
    """The same keys, chain id and contract address: only the genesis hash tells them apart."""
    ledger = AnchoredLog(tmp_path / "log", embedded, sandbox_key)
    ledger.publish(b"a")
    ledger.settle()
    with sandbox(Account.from_key(sandbox_key)) as second:
        assert second.identity().genesis_hash != embedded.identity().genesis_hash
        ledger.chain = second
        ledger.reopen()
        ledger.publish(b"b")
        ledger.settle()
        assert_at_rest(ledger, 2)
        states = [(row.anchor.size, str(row.state)) for row in ledger.log.store.anchors()]
        assert states == [(1, "gone"), (2, "final")]
    ledger.close()


def test_step_attempts_in_flight_on_a_sandbox_that_is_gone_are_given_up(
    tmp_path: Path, embedded: Chain, sandbox_key: bytes
) -> None:
    ledger = AnchoredLog(tmp_path / "log", embedded, sandbox_key)
    ledger.settle()
    ledger.publish(b"a")
    with pytest.raises(KilledError):
        fused_publisher(ledger, Fuse("add_attempt", dying([], KilledError))).step()
    assert ledger.attempts()[-1] == (1, "prepared")
    with sandbox(Account.from_key(sandbox_key)) as second:
        ledger.chain = second
        ledger.reopen()
        ledger.settle()
        assert_at_rest(ledger, 1)
        assert (1, "gone") in ledger.attempts()
    ledger.close()


def forked(ledger: AnchoredLog, directory: Path, *entries: bytes) -> AnchoredLog:
    """Make a log of the same name and keys with a history of its own."""
    other = AnchoredLog(directory, ledger.chain, ledger.sender, signer=ledger.signer)
    other.publish(*entries)
    return other


@pytest.mark.parametrize("entries", [(b"x",), (b"x", b"y", b"z")])
def test_step_of_a_rewritten_log_closes_it(
    ledger: AnchoredLog, tmp_path: Path, entries: tuple[bytes, ...]
) -> None:
    ledger.publish(b"a")
    ledger.settle()
    other = forked(ledger, tmp_path / "forked", *entries)
    state = other.publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "log.forked"
    with pytest.raises(ReadOnlyError):
        other.append(b"more")
    assert other.publisher.step().status is Status.HALTED
    assert [event.size for event in ledger.events()] == [1]
    other.close()


def test_step_of_a_log_restored_from_an_older_copy_closes_it(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    """The copy is older than the last anchor, and its head record is gone with the rest."""
    ledger.publish(b"a")
    ledger.settle()
    ledger.log.close()
    shutil.copytree(ledger.directory, tmp_path / "copy")
    ledger.reopen()
    ledger.publish(b"b")
    ledger.settle()
    older = AnchoredLog(tmp_path / "copy", ledger.chain, ledger.sender, signer=ledger.signer)
    state = older.publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "log.behind-anchor"
    with pytest.raises(ReadOnlyError, match="recover"):
        older.append(b"more")
    older.close()


@pytest.mark.chain
def test_contract_refuses_a_fork_whatever_the_operator_signs(tmp_path: Path, anvil: Anvil) -> None:
    """All keys, no scruples, and no publisher that would look first: the chain still says no."""
    with Chain.connect(anvil.url) as bare:
        key = funded_key(bare)
        chain = bare.at(deploy(bare, Account.from_key(key)).identity.contract)
        honest = AnchoredLog(tmp_path / "log", chain, key)
        honest.publish(b"a", b"b", b"c")
        honest.settle()
        fork = forked(honest, tmp_path / "forked", b"a", b"b", b"FORGED", b"d", b"e")
        head = fork.log.published()
        assert head is not None
        log_id, sender = honest.publisher.log_id, Account.from_key(key)
        identity = chain.identity()
        signer = HeadSigner(
            honest.log.origin, HeadDomain(identity.chain_id, identity.contract, log_id), OPERATOR
        )
        own_proof = fork.log.tree(head.size).consistency_proof(3)
        true_proof = honest.log.tree(3).inclusion_proof(2)
        for proof in (own_proof, true_proof, [], [head.root], [b"\7" * 32] * 3):
            arguments = (
                log_id, head.size, head.root, proof, [signer.sign_head(head.size, head.root)]
            )  # fmt: skip
            signed = sender.sign(
                {
                    "chainId": identity.chain_id,
                    "nonce": chain.node.nonce(sender.address),
                    "gas": 500_000,
                    "maxFeePerGas": 10**11,
                    "maxPriorityFeePerGas": 1,
                    "value": 0,
                    "to": identity.contract,
                    "data": call_data("anchor", *arguments),
                }
            )
            chain.node.send(signed.raw)
            assert not chain.node.wait(signed.hash).succeeded
        assert_at_rest(honest, 3)
        honest.close()
        fork.close()


def test_step_of_an_operator_whom_the_contract_does_not_know_halts(ledger: AnchoredLog) -> None:
    ledger.settle()
    ledger.publish(b"a")
    publisher = ledger.new_publisher(operator=b"\x66" * 32)
    # The published note carries the right operator's line: that is enough to carry it in.
    assert ledger.settle(publisher) == PublisherState(Status.IDLE, 1)
    ledger.append(b"b")
    ledger.log.publish(now=datetime.now(UTC))
    state = publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "publisher.signatures"
    assert ledger.settle() == PublisherState(Status.IDLE, 2)


def test_step_of_a_sender_without_money_goes_on_when_it_has_some(
    tmp_path: Path, embedded: Chain
) -> None:
    key = secrets.token_bytes(32)
    poor = Account.from_key(key)
    ledger = AnchoredLog(tmp_path / "log", embedded, key)
    assert ledger.publisher.step().status is Status.UNAVAILABLE
    embedded.node.fund(poor.address, WEALTH)
    ledger.publish(b"a")
    ledger.settle()
    assert_at_rest(ledger, 1)
    ledger.close()


def test_step_a_lost_store_row_is_found_again_on_the_chain(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    """A log filled anew from its published entries knows no anchors: the chain does."""
    entries = [b"a", b"b", b"c"]
    ledger.publish(*entries)
    ledger.settle()
    again = forked(ledger, tmp_path / "again", *entries)
    assert again.log.store.anchors() == []
    assert again.settle() == PublisherState(Status.IDLE, 3)
    assert again.log.store.anchors() == ledger.log.store.anchors()
    again.publish(b"d")
    again.settle()
    assert_at_rest(again, 3, 4)
    again.close()


@pytest.mark.parametrize(
    ("is_open", "call"), [(False, "head"), (True, "published")], ids=["opening", "anchoring"]
)
def test_step_that_another_writer_overtakes_halts_nothing(
    ledger: AnchoredLog, call: str, *, is_open: bool
) -> None:
    """Two processes with one database and the same keys, both about to send."""
    if is_open:
        ledger.settle()
    ledger.publish(b"a")
    overtaken: list[int] = []

    def overtake(_: str) -> None:
        if not overtaken:
            overtaken.append(ledger.publish(b"b").size)
            assert ledger.settle() == PublisherState(Status.IDLE, 2)

    state = fused_publisher(ledger, Fuse(call, overtake)).step()
    assert (state.status, state.error) == (Status.WAITING, None)
    ledger.settle()
    assert_at_rest(ledger, 2)


@pytest.mark.postgres
def test_step_with_postgresql_anchors_each_head(
    tmp_path: Path, embedded: Chain, sandbox_key: bytes
) -> None:
    with running_server() as server:
        ledger = AnchoredLog(
            tmp_path / "log", embedded, sandbox_key, database=server.create_database()
        )
        ledger.publish(b"a")
        ledger.settle()
        ledger.publish(b"b")
        with suppress(KilledError):
            fused_publisher(ledger, Fuse("add_attempt", dying([], KilledError))).step()
        ledger.reopen()
        ledger.settle()
        assert_at_rest(ledger, 1, 2)
        ledger.close()
