from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from api import grouping
from api.grouping import Grouping, Placed
from api.problems import RequestError
from api.workers import Workers
from ledger.canonical import canonicalize
from ledger.errors import LedgerError, UnavailableError
from ledger.log import Appended, Lines, Submission
from ledger.node import Node
from ledger.statement import new_record_id
from tests.api.service import Service, transfer
from tests.plan_log import covered, plan


class Gate:
    """A node's `submit` that waits at its first call, and writes down how much came each time."""

    def __init__(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.entered, self.open = Event(), Event()
        self._submit = node.submit
        monkeypatch.setattr(node, "submit", self)

    def __call__(self, lines: Lines, *, submitter: str) -> Appended:
        self.sizes.append(len(lines.entries))
        self.entered.set()
        assert self.open.wait(60)
        return self._submit(lines, submitter=submitter)


Submit = Callable[..., Awaitable[Placed]]
Outcome = Placed | BaseException


def run_together(
    service: Service, gate: Gate, bodies: Sequence[tuple[bytes, str]]
) -> tuple[Outcome, list[Outcome]]:
    """Submit one record, and these while it is being written; give what each was told."""

    async def scenario() -> tuple[Outcome, list[Outcome]]:
        workers = Workers("test", threads=1, waiting=10)
        group = Grouping(service.node, workers)
        first = asyncio.ensure_future(group.submit(record(), submitter="shenzhen"))
        await asyncio.to_thread(gate.entered.wait)
        others = [asyncio.ensure_future(group.submit(b, submitter=who)) for b, who in bodies]
        # Each starts in turn, and is in line before the next one.
        await asyncio.gather(*(asyncio.sleep(0) for _ in others))
        gate.open.set()
        told, *rest = await asyncio.gather(first, *others, return_exceptions=True)
        workers.close()
        return told, rest

    return asyncio.run(scenario())


def record(**members: Any) -> bytes:
    return canonicalize(transfer(**members))


@pytest.fixture
def gate(fresh: Service, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(fresh.node, monkeypatch)


def test_grouping_writes_what_waits_at_once(fresh: Service, gate: Gate) -> None:
    bodies = [record() for _ in range(30)]
    first, rest = run_together(fresh, gate, [(body, "shenzhen") for body in bodies])
    assert gate.sizes == [1, 30]
    assert isinstance(first, Placed)
    for number, (body, placed) in enumerate(zip(bodies, rest, strict=True), start=1):
        assert isinstance(placed, Placed)
        assert (placed.index, placed.new) == (number, True)
        assert fresh.node.log.entry(number) == placed.statement.entry == body


def test_grouping_keeps_submitters_apart(fresh: Service, gate: Gate) -> None:
    told = ["hongkong", "shenzhen", "hongkong"]
    _, rest = run_together(fresh, gate, [(record(), who) for who in told])
    assert gate.sizes == [1, 2, 1]
    for who, placed in zip(told, rest, strict=True):
        assert isinstance(placed, Placed)
        assert fresh.node.log.submitter_of(placed.index) == who


def test_grouping_answers_bad_records_by_themselves(fresh: Service, gate: Gate) -> None:
    """A malformed one, a conflict and a foreign one do not take the others with them."""
    mine, theirs = transfer(), transfer()
    gate.open.set()
    fresh.record(mine)
    fresh.record(theirs, "hongkong")
    gate.open.clear()
    gate.entered.clear()
    good = [record(), record()]
    bodies = [
        good[0],
        b"{",
        canonicalize({**mine, "scenario": "other"}),
        canonicalize(theirs),
        canonicalize(mine),
        good[1],
    ]
    _, rest = run_together(fresh, gate, [(body, "shenzhen") for body in bodies])
    codes = [told.code if isinstance(told, LedgerError) else None for told in rest]
    assert codes == [None, "json.invalid", "record.conflict", "record.foreign", None, None]
    told = [(p.index, p.new) for p in rest if isinstance(p, Placed)]
    assert told == [(3, True), (0, False), (4, True)]
    assert fresh.size == 5


def future() -> str:
    """Make a record id of an hour ahead."""
    ahead = (time.time_ns() // 1_000_000 + 3_600_000) << 80
    return str(UUID(int=UUID(new_record_id()).int % (1 << 80) | ahead))


def test_grouping_keeps_the_new_ones_in_one_commit(fresh: Service, gate: Gate) -> None:
    """A bad one of each kind, and a repeat: whoever sends it must not slow everyone's commits."""
    mine = transfer()
    gate.open.set()
    fresh.record(mine)
    gate.open.clear()
    gate.entered.clear()
    gate.sizes.clear()
    good = [record() for _ in range(20)]
    conflict = canonicalize({**mine, "scenario": "other"})
    bad = [b"{", record(record_id=future()), conflict, canonicalize(mine)]
    _, rest = run_together(fresh, gate, [(body, "shenzhen") for body in (*bad, *good)])
    codes = [told.code if isinstance(told, LedgerError) else None for told in rest[:4]]
    assert codes == ["json.invalid", "statement.record-id-future", "record.conflict", None]
    placed = [told.index for told in rest[4:] if isinstance(told, Placed)]
    assert placed == list(range(2, 22))
    # The first record, all together in vain, the new ones, the conflict, the repeat.
    assert gate.sizes == [1, 22, 20, 1, 1]


def test_grouping_of_two_of_one_id_logs_the_first(fresh: Service, gate: Gate) -> None:
    statement = transfer()
    bodies = [canonicalize(statement), canonicalize({**statement, "scenario": "x"}), record()]
    _, rest = run_together(fresh, gate, [(body, "shenzhen") for body in bodies])
    codes = [told.code if isinstance(told, LedgerError) else told for told in rest]
    assert codes[1] == "record.conflict"
    assert [told.index for told in rest if isinstance(told, Placed)] == [1, 2]


def test_grouping_of_a_repeat_logs_it_once_and_says_so(fresh: Service, gate: Gate) -> None:
    body = record()
    _, rest = run_together(fresh, gate, [(b, "shenzhen") for b in (body, record(), body)])
    told = [(p.index, p.new) for p in rest if isinstance(p, Placed)]
    assert told == [(1, True), (2, True), (1, False)]
    assert gate.sizes == [1, 3]


def test_grouping_tells_all_when_the_log_does_not_answer(
    fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(fresh.node, monkeypatch)

    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("log.unavailable", "the outcome is unknown")

    gate._submit = fail  # type: ignore[assignment]
    first, rest = run_together(fresh, gate, [(record(), "shenzhen") for _ in range(3)])
    assert all(isinstance(told, UnavailableError) for told in [first, *rest])
    # Nobody tries again one by one what could not be asked at all.
    assert gate.sizes == [1, 3]


def test_grouping_full_says_later(
    fresh: Service, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MAX_WAITING", 2)
    _, rest = run_together(fresh, gate, [(record(), "shenzhen") for _ in range(3)])
    assert [isinstance(told, Placed) for told in rest] == [True, True, False]
    assert isinstance(rest[2], RequestError)
    assert rest[2].code == "server.busy"


def test_grouping_writes_in_groups_of_bounded_size(
    fresh: Service, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MAX_GROUP", 2)
    _, rest = run_together(fresh, gate, [(record(), "shenzhen") for _ in range(5)])
    assert gate.sizes == [1, 2, 2, 1]
    assert [told.index for told in rest if isinstance(told, Placed)] == [1, 2, 3, 4, 5]


def test_grouping_lets_those_in_who_are_at_the_door(fresh: Service, gate: Gate) -> None:
    """Each comes a turn of the loop after the one before, as requests do that are being read."""
    gate.open.set()

    async def scenario() -> list[Placed]:
        workers = Workers("test", threads=1, waiting=10)
        group = Grouping(fresh.node, workers)
        coming = []
        for _ in range(40):
            coming.append(asyncio.ensure_future(group.submit(record(), submitter="shenzhen")))
            await asyncio.sleep(0)
        told = await asyncio.gather(*coming)
        workers.close()
        return told

    assert [placed.index for placed in asyncio.run(scenario())] == list(range(40))
    assert gate.sizes == [40]


def test_grouping_does_not_wait_for_ever_while_they_come(
    fresh: Service, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "GATHER_SECONDS", 0.0)
    gate.open.set()

    async def scenario() -> None:
        workers = Workers("test", threads=1, waiting=10)
        group = Grouping(fresh.node, workers)
        first = asyncio.ensure_future(group.submit(record(), submitter="shenzhen"))
        coming = []
        while not first.done():
            coming.append(asyncio.ensure_future(group.submit(record(), submitter="shenzhen")))
            await asyncio.sleep(0)
        await asyncio.gather(*coming)
        workers.close()

    asyncio.run(scenario())
    assert gate.sizes[0] < sum(gate.sizes)


def test_grouping_refuses_those_without_a_place_under_their_plan_and_logs_the_others_at_once(
    fresh: Service, gate: Gate
) -> None:
    of = plan(transfers=2)
    fresh.node.log.append([Submission.of(of)], submitter="shenzhen", now=datetime.now(UTC))
    bodies = [covered(of, n).entry for n in (2, 1, 1, 2, 3)] + [record(), record()]
    _, rest = run_together(fresh, gate, [(body, "shenzhen") for body in bodies])
    told = [o.code if isinstance(o, LedgerError) else type(o).__name__ for o in rest]
    assert told == [
        "plan.sequence", "Placed", "plan.sequence", "Placed", "plan.ceiling", "Placed", "Placed",
    ]  # fmt: skip
    assert not any("line" in str(o) for o in rest if isinstance(o, LedgerError))
    # Each refusal costs another attempt of the rest, and no commit.
    assert gate.sizes == [1, 7, 7, 6, 5, 4]
    assert fresh.size == 6
