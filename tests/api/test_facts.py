from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from api import facts
from api.facts import Facts
from ledger.anchor import Anchor, ChainFacts, ChainIdentity
from ledger.errors import UnavailableError

LOG_ID = b"\1" * 32
CHAIN = ChainIdentity(1, b"\2" * 32, b"\3" * 20)
ANCHOR = Anchor(
    CHAIN,
    sandbox=False,
    log_id=LOG_ID,
    size=7,
    root=b"\4" * 32,
    transaction=b"\5" * 32,
    block_number=9,
    block_hash=b"\6" * 32,
    block_time=1_700_000_000,
)
FINAL = ChainFacts(
    CHAIN,
    committed=True,
    block_hash=ANCHOR.block_hash,
    transaction_block=ANCHOR.block_hash,
    final=True,
)


class Source:
    """A chain whose answer a test decides, and holds back while `open` is not set."""

    def __init__(self) -> None:
        self.answer: ChainFacts | UnavailableError = FINAL
        self.asked: list[Anchor] = []
        self.entered, self.open = threading.Event(), threading.Event()
        self.open.set()

    def facts(self, anchor: Anchor) -> ChainFacts:
        self.asked.append(anchor)
        self.entered.set()
        assert self.open.wait(60)
        if isinstance(self.answer, UnavailableError):
            raise self.answer
        return self.answer


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def others(count: int) -> Iterator[Anchor]:
    return (replace(ANCHOR, size=8 + number) for number in range(count))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (FINAL, facts.FINAL_SECONDS),
        (replace(FINAL, final=False), facts.OPEN_SECONDS),
        # Not there yet: its transaction may be on its way.
        (replace(FINAL, committed=False), facts.OPEN_SECONDS),
    ],
)
def test_facts_are_asked_once_for_a_while(
    source: Source, clock: Clock, answer: ChainFacts, seconds: float
) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    source.answer = answer
    assert {remembered.facts(ANCHOR) for _ in range(20)} == {answer}
    clock.now += seconds - 0.1
    assert remembered.facts(ANCHOR) == answer
    assert len(source.asked) == 1
    clock.now += 0.1
    remembered.facts(ANCHOR)
    assert len(source.asked) == 2


def test_facts_of_each_anchor_are_its_own(source: Source, clock: Clock) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    for anchor in (ANCHOR, *others(3), replace(ANCHOR, block_time=1)):
        remembered.facts(anchor)
    assert len(source.asked) == 5


def test_facts_that_could_not_be_had_are_asked_for_again_soon(source: Source, clock: Clock) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    source.answer = UnavailableError("chain.unreachable", "no answer", found="a timeout")
    for _ in range(20):
        with pytest.raises(UnavailableError, match="no answer; found a timeout") as caught:
            remembered.facts(ANCHOR)
        assert caught.value.code == "chain.unreachable"
    assert len(source.asked) == 1
    source.answer = FINAL
    clock.now += facts.RETRY_SECONDS
    assert remembered.facts(ANCHOR) == FINAL


def test_facts_of_another_log_are_not_asked_for(source: Source, clock: Clock) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    with pytest.raises(UnavailableError) as caught:
        remembered.facts(replace(ANCHOR, log_id=bytes(32)))
    assert caught.value.code == "chain.not-asked"
    assert not source.asked


def test_facts_of_made_up_anchors_are_asked_for_only_so_often(source: Source, clock: Clock) -> None:
    remembered = Facts(source, log_id=LOG_ID, per_minute=6, clock=clock)
    for anchor in others(6):
        remembered.facts(anchor)
    for anchor in others(20):
        if anchor not in source.asked:
            with pytest.raises(UnavailableError) as caught:
                remembered.facts(anchor)
            assert caught.value.code == "chain.not-asked"
    assert len(source.asked) == 6
    # What is known costs nothing.
    assert remembered.facts(source.asked[0]) == FINAL
    clock.now += 10
    assert remembered.facts(ANCHOR) == FINAL
    with pytest.raises(UnavailableError):
        remembered.facts(replace(ANCHOR, size=100))


def test_facts_known_are_bounded(
    source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MAX_REMEMBERED", 2)
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    first, second, third = others(3)
    for anchor in (first, second, third, third, second, first):
        remembered.facts(anchor)
    assert source.asked == [first, second, third, first]


def test_facts_asked_for_by_many_are_asked_once(source: Source, clock: Clock) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    source.open.clear()
    told: list[ChainFacts] = []
    threads = [
        threading.Thread(target=lambda: told.append(remembered.facts(ANCHOR))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert source.entered.wait(60)
    source.open.set()
    for thread in threads:
        thread.join(60)
    assert told == [FINAL] * 4
    assert len(source.asked) == 1


def test_facts_behind_a_node_that_does_not_answer_hold_one_thread(
    source: Source, clock: Clock
) -> None:
    remembered = Facts(source, log_id=LOG_ID, clock=clock)
    source.open.clear()
    stuck = threading.Thread(target=remembered.facts, args=(ANCHOR,))
    stuck.start()
    assert source.entered.wait(60)
    clock.now += facts.PATIENCE_SECONDS
    for anchor in (ANCHOR, *others(5)):
        with pytest.raises(UnavailableError) as caught:
            remembered.facts(anchor)
        assert caught.value.code == "chain.not-asked"
    assert source.asked == [ANCHOR]
    source.open.set()
    stuck.join(60)
    assert remembered.facts(ANCHOR) == FINAL
