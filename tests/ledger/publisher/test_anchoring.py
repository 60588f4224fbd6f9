"""A log and its chain: whatever dies or fails in between, every head is anchored once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.deploy import sandbox
from ledger.errors import UnavailableError
from ledger.publisher import PublisherState, Status
from tests.anchored_log import (
    WEALTH,
    AnchoredLog,
    Fuse,
    KilledError,
    assert_at_rest,
    forked,
    fused_publisher,
)
from tests.anvil import anvil
from tests.postgres import running_server

__all__ = ["anvil"]

# Opening a log takes fewer calls than this, and so does anchoring a head.
_MOST_CALLS = 100
# The calls that change something. To die after any other is to die after the one before it.
EFFECTS = {"add_attempt", "send", "set_attempt_state", "record_anchor"}


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
    assert state.error.code == "publisher.not-operator"
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
