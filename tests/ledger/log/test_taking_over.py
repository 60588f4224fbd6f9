"""Several processes that write one log on PostgreSQL, of which some are killed or stopped."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from ledger import merkle
from ledger.audit import audit
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.merkle import leaf_hash
from tests.log_home import Home, append, records
from tests.writer_process import STOPS
from tests.writers import Writer

pytestmark = pytest.mark.postgres

# What another process takes at most to go on for one that is killed or stopped.
TAKE_OVER_SECONDS = 5.0
_NUMBERS = 10_000_000

Start = Callable[..., Writer]


@pytest.fixture
def start(postgresql: Home) -> Iterator[Start]:
    postgresql.open()
    postgresql.close()
    started: list[Writer] = []
    firsts = count(_NUMBERS, _NUMBERS)

    def begin(*, seat: int, stop: str = "") -> Writer:
        started.append(Writer.start(postgresql, seat=seat, first=next(firsts), stop=stop))
        return started[-1]

    yield begin
    for writer in started:
        writer.end()


def open_beside(home: Home) -> Log:
    """Open the log on a seat that no other process has."""
    return Log.open(home.store(), home.signer, HeadRecord(home.directory / "head", seat=9))


def check_whole(log: Log) -> None:
    """Derive the log again: from its entries, and each tile from those below."""
    head = log.head()
    entries = log.entries(0, head.size)
    assert merkle.root([leaf_hash(entry) for entry in entries]) == head.root
    # These entries are no statements, which is all that an audit of them would find.
    assert audit(log, entries=False).findings == []


def check(home: Home, writers: list[Writer]) -> None:
    """Hold the log against all that was ever acknowledged."""
    log = open_beside(home)
    assert log.read_only_reason is None
    for writer in writers:
        assert writer.logged()
        for first, length, index in writer.logged():
            expected = records(range(first, first + length))
            assert log.entries(index, length) == [record.entry for record in expected]
    check_whole(log)
    # Once each: records and entries are as many as each other.
    assert home.execute("SELECT 1 FROM record") == log.head().size
    assert append(log, records([0])).added == 1
    home.close()


@pytest.mark.parametrize("rounds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_storm_of_kills_and_stops_loses_nothing_acknowledged(
    postgresql: Home, start: Start, rounds: int
) -> None:
    chance = random.Random(rounds)  # noqa: S311 - weather, no secret
    pair = [start(seat=0), start(seat=1)]
    everyone = list(pair)
    waited = []
    for _ in range(rounds):
        struck = chance.randrange(2)
        other = pair[1 - struck]
        # Wherever it happens to be then.
        pair[struck].wait_for("logged", after=time.monotonic() + chance.uniform(0, 0.3))
        is_killed = chance.random() < 0.5
        now = time.monotonic()
        pair[struck].send(signal.SIGKILL if is_killed else signal.SIGSTOP)
        waited.append(other.wait_for("logged", after=now).time - now)
        # Nothing waits for the one that is stopped, however long it is; others read and write.
        other.wait_for("logged", after=now + chance.uniform(0, TAKE_OVER_SECONDS))
        if is_killed:
            pair[struck].end()
            pair[struck] = start(seat=struck)
            everyone.append(pair[struck])
        else:
            pair[struck].send(signal.SIGCONT)
        check_whole(open_beside(postgresql))
        postgresql.close()
    assert max(waited) < TAKE_OVER_SECONDS
    for writer in pair:
        writer.end()
    check(postgresql, everyone)


@pytest.mark.parametrize("place", STOPS)
def test_writer_stopped_in_the_middle_holds_nobody_up_and_goes_on_afterwards(
    postgresql: Home, start: Start, place: str
) -> None:
    other = start(seat=1)
    other.wait_for("logged")
    stopped = start(seat=0, stop=place)
    at = stopped.wait_for("stop").time
    assert other.wait_for("logged", after=at + 0.5).time - at < TAKE_OVER_SECONDS
    now = time.monotonic()
    stopped.send(signal.SIGCONT)
    stopped.wait_for("logged", after=now)
    other.wait_for("logged", after=now)
    for writer in (stopped, other):
        writer.end()
    check(postgresql, [stopped, other])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_lease_is_taken_over_in_time(
    postgresql: Home, start: Start, number: signal.Signals
) -> None:
    holder = start(seat=0)
    holder.wait_for("lease")
    other = start(seat=1)
    other.wait_for("logged")
    assert not any(line.words[0] == "lease" for line in other.lines)
    now = time.monotonic()
    holder.send(number)
    assert other.wait_for("lease", after=now).time - now < TAKE_OVER_SECONDS
    holder.send(signal.SIGCONT)
    other.wait_for("logged", after=time.monotonic())
    for writer in (holder, other):
        writer.end()
    check(postgresql, [other])
