"""Several writers of one log: they take turns, or the second is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from ledger import merkle
from ledger.errors import ReadOnlyError
from ledger.head import Head
from ledger.log import Log, Range
from ledger.log.head_record import HeadRecord, Recorded
from ledger.merkle import leaf_hash
from ledger.note import Signer
from ledger.store import Reading, Store
from tests.log_home import (
    NOW,
    SIGNER,
    Home,
    append,
    record,
    records,
    refuses_to_write,
    root_of,
)


def test_append_two_logs_on_one_store_take_turns(home: Home) -> None:
    one, other = home.open(), home.open()
    for turn in range(6):
        writer = (one, other)[turn % 2]
        first = turn * 100
        appended = append(writer, records(range(first, first + 100)))
        assert appended.ranges == (Range(1, first, 100),)
    assert append(one, records(range(600))).added == 0
    assert one.head().root == root_of(records(range(600)))


def test_append_many_threads_and_logs_leave_no_gap_and_lose_nothing(home: Home) -> None:
    logs = [home.open() for _ in range(3)]
    batches = [records(range(i * 7, i * 7 + 7)) for i in range(36)]

    def write(i: int) -> list[int]:
        return append(logs[i % 3], batches[i]).indexes

    with ThreadPoolExecutor(6) as pool:
        indexes = list(pool.map(write, range(len(batches))))
    assert sorted(i for some in indexes for i in some) == list(range(7 * 36))
    for batch, some in zip(batches, indexes, strict=True):
        assert some == list(range(some[0], some[0] + 7))
        assert logs[0].entries(some[0], 7) == [r.entry for r in batch]
    entries = logs[0].entries(0, 7 * 36)
    assert logs[0].head().root == merkle.root([leaf_hash(e) for e in entries])
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.head == logs[0].head()


def test_append_same_record_from_two_writers_at_once_is_logged_once(home: Home) -> None:
    logs = [home.open(), home.open()]
    barrier = threading.Barrier(2)

    def write(log: Log) -> list[int]:
        barrier.wait()
        return append(log, records(range(20))).indexes

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(write, logs)
    assert one == other == list(range(20))
    assert logs[0].head().size == 20


def test_append_second_writer_with_a_copy_of_the_store_is_refused(home: Home) -> None:
    """Two machines, two databases, one head record: the first to write wins, the other stops."""
    log = home.open()
    append(log, records(range(3)))
    elsewhere = home.copy()
    log = home.open()
    other = Log.open(Store.open(elsewhere), SIGNER, HeadRecord(home.directory / "head"))
    append(log, records([3]))
    assert refuses_to_write(other, "log.behind-head-record")
    other.close()


def test_append_second_writer_that_lost_the_race_after_its_commit_is_refused(home: Home) -> None:
    """Both have committed to their copies; only one can move the head record."""
    log = home.open()
    append(log, records(range(3)))
    elsewhere = home.copy()
    log = home.open()
    moved_meanwhile = HeadRecord(home.directory / "head")
    advance = moved_meanwhile.advance

    def overtaken(old: Recorded | None, new: Recorded) -> None:
        if new.head.size > 3 and log.head().size == 3:
            append(log, records([100]))
        advance(old, new)

    moved_meanwhile.advance = overtaken  # type: ignore[method-assign]
    other = Log.open(Store.open(elsewhere), SIGNER, moved_meanwhile)
    assert refuses_to_write(other, "log.forked")
    other.close()
    assert append(log, records([101])).ranges == (Range(1, 4, 1),)


# Seats


def open_at(home: Home, seat: int, *, url: str | None = None) -> Log:
    """Open the log as a process of its own seat does."""
    store = home.store() if url is None else Store.open(url)
    return Log.open(store, SIGNER, HeadRecord(home.directory / "head", seat=seat))


def test_append_from_two_seats_takes_turns_and_each_records_what_it_acknowledged(
    home: Home,
) -> None:
    one, other = open_at(home, 0), open_at(home, 1)
    append(one, records(range(5)))
    append(other, records(range(5, 9)))
    append(one, records(range(9, 10)))
    sizes = [HeadRecord(home.directory / "head", seat=seat).read() for seat in (0, 1)]
    assert [known.head.size for known in sizes if known is not None] == [10, 9]
    assert append(other, records(range(10))).added == 0


def test_append_after_another_seat_acknowledged_more_than_a_copy_holds_is_refused(
    home: Home,
) -> None:
    """An idle process must notice a restored backup too: it goes by what the others recorded."""
    append(open_at(home, 0), records(range(3)))
    elsewhere = home.copy()
    append(open_at(home, 1), records([3]))
    restored = open_at(home, 0, url=elsewhere)
    assert refuses_to_write(restored, "log.behind-head-record")
    restored.close()
    unknown = open_at(home, 2, url=elsewhere)
    assert refuses_to_write(unknown, "log.behind-head-record")
    unknown.close()


@pytest.mark.parametrize("more", [1, 2])
def test_append_two_seats_that_went_different_ways_at_once_are_not_both_acknowledged(
    home: Home, more: int
) -> None:
    """Each has committed to its own copy before the other recorded: who writes last, reads."""
    append(open_at(home, 0), records(range(3)))
    elsewhere = home.copy()
    one = open_at(home, 0)
    record = HeadRecord(home.directory / "head", seat=1)
    advance = record.advance

    def overtaken(old: Recorded | None, new: Recorded) -> None:
        if new.head.size > 3 and one.head().size == 3:
            append(one, records(range(100, 100 + more)))
        advance(old, new)

    record.advance = overtaken  # type: ignore[method-assign]
    other = Log.open(Store.open(elsewhere), SIGNER, record)
    with pytest.raises(ReadOnlyError) as caught:
        append(other, records([7]))
    assert caught.value.code == ("log.forked" if more == 1 else "log.behind-head-record")
    other.close()


def test_append_whose_other_seat_recorded_meanwhile_what_was_built_upon_looks_no_further(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head is committed, then recorded; in between the next one builds upon it."""
    one, other = open_at(home, 0), open_at(home, 1)
    append(one, records(range(3)))
    append(other, records(range(3, 5)))
    late = (home.directory / "head.1").read_bytes()
    append(other, records(range(5, 9)))
    recorded = (home.directory / "head.1").read_bytes()
    (home.directory / "head.1").write_bytes(late)
    replace, looks = HeadRecord._replace, []

    def overtaken(record: HeadRecord, data: bytes) -> None:
        (home.directory / "head.1").write_bytes(recorded)
        replace(record, data)
        monkeypatch.setattr(one.store, "reading", lambda: looks.append("again"))

    monkeypatch.setattr(HeadRecord, "_replace", overtaken)
    assert append(one, records([9])).ranges == (Range(1, 9, 1),)
    assert looks == []


def test_append_many_times_remembers_no_more_than_it_needs(home: Home) -> None:
    log = home.open()
    for number in range(100):
        append(log, [record(number)])
    fit = log._guard._fit
    assert fit is not None
    assert len(fit.recent) + len(fit.held) < 70
    assert fit.recent[-1] == (100, log.head().root)


@pytest.mark.postgres
def test_check_of_a_head_that_another_process_moves_meanwhile_closes_nothing(
    postgresql: Home,
) -> None:
    """What is recorded or published is read before the head that must contain it."""
    one, other = open_at(postgresql, 0), open_at(postgresql, 1)
    append(one, records(range(3)))
    reading_head, turns = Reading.head, list(range(100, 106))

    def overtaken(reading: Reading) -> Head:
        head = reading_head(reading)
        if threading.current_thread().name == "slow" and turns:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(overtake).result()
        return head

    def overtake() -> None:
        append(other, records([turns.pop()]))
        other.publish(now=NOW)

    published: list[Head | None] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reading, "head", overtaken)
        slow = threading.Thread(target=lambda: published.append(one.publish(now=NOW)), name="slow")
        slow.start()
        slow.join()
    assert len(published) == 1
    assert turns == []
    assert (one.read_only_reason, other.read_only_reason) == (None, None)
    append(one, records([200]))


# First starts at once

REPOSITORY = Path(__file__).parents[3]
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def first_start(home: Home, signer: Signer) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.log_process",
         home.url, str(home.directory), signer.to_string()],
        cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def beginning(postgresql: Home) -> Iterator[Connection]:
    """A process that has written the log's first row, and has not committed it yet."""
    postgresql.open().close()
    postgresql.execute("ALTER TABLE log RENAME TO done")
    postgresql.execute("CREATE TABLE log (LIKE done INCLUDING ALL)")
    url = make_url(postgresql.url).set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("INSERT INTO log SELECT * FROM done"))
        yield connection


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("other", "answer"),
    [
        (SIGNER, "0"),
        (Signer.generate(SIGNER.name), "log.other-key"),
        (Signer.generate("example.com/other"), "log.other-origin"),
    ],
    ids=["same key", "other key", "other name"],
)
def test_open_beside_a_first_start_goes_on_with_its_log_or_says_whose_it_is(
    postgresql: Home, beginning: Connection, other: Signer, answer: str
) -> None:
    with first_start(postgresql, other) as process:
        while not postgresql_waits(postgresql):
            assert process.poll() is None
        beginning.commit()
        said, _ = process.communicate()
    assert said == answer
    (postgresql.directory / "head").unlink(missing_ok=True)
    assert postgresql.open().read_only_reason is None


def postgresql_waits(home: Home) -> bool:
    url = make_url(home.url).set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return bool(connection.scalar(text(_WAITING)))


def test_open_from_two_processes_at_once_begins_one_log(home: Home) -> None:
    with first_start(home, SIGNER) as one, first_start(home, SIGNER) as other:
        assert {one.communicate()[0], other.communicate()[0]} == {"0"}
    assert append(home.open(), records(range(3))).added == 3
