"""Statements sent together, and what is read with the log's lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event, make_url, text

from ledger.errors import UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.store import Store, Submitted, together
from ledger.store.standing import Standing
from ledger.store.together import Answer, Question, ask_together
from ledger.tile import Tile
from tests.deadline import eventually
from tests.log_home import NOW, SIGNER, Home, append, record, records

_COUNT = text("SELECT count(*) FROM record")
_PUT = text("INSERT INTO record (record_id, entry_index) VALUES (:id, :index)")
_FIND = text("SELECT entry_index FROM record WHERE record_id = :id")


@contextmanager
def transaction(store: Store) -> Iterator[Connection]:
    with store._transaction(write=True) as connection:
        yield connection


def row(number: int) -> dict[str, object]:
    return {"id": number.to_bytes(16, "big"), "index": number}


def test_together_answers_each_statement_as_if_sent_alone(home: Home) -> None:
    with transaction(home.store()) as connection:
        answers = ask_together(
            connection,
            [
                (_COUNT, [{}]),
                (_PUT, (row(number) for number in range(200))),
                (_COUNT, [{}]),
                (_PUT, []),
                (_PUT, [row(500)]),
                (_FIND, [{"id": row(500)["id"]}]),
                (_FIND, [{"id": row(501)["id"]}]),
            ],
        )
    rows = [[tuple(found) for found in answer.rows] for answer in answers]
    assert rows == [[(0,)], [], [(200,)], [], [], [(500,)], []]
    assert [answers[number].changed for number in (1, 3, 4)] == [200, 0, 1]


def test_together_one_that_fails_undoes_all_of_them(home: Home) -> None:
    store = home.store()
    with pytest.raises(UnavailableError) as caught, transaction(store) as connection:
        ask_together(connection, [(_PUT, [row(1)]), (_PUT, [row(1)]), (_PUT, [row(2)])])
    assert caught.value.code == "store.unavailable"
    with transaction(store) as connection:
        assert connection.scalar(_COUNT) == 0


@pytest.mark.postgres
def test_together_what_follows_one_that_fails_is_not_done(postgresql: Home) -> None:
    """What follows is sent already: the database must not do it when it did not do the first."""
    store = postgresql.store()
    end = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(UnavailableError), transaction(store) as connection:
        ask_together(connection, [(_PUT, [row(1)]), (end, [{}]), (text("COMMIT"), [{}])])
    with transaction(store) as connection:
        assert connection.scalar(_COUNT) == 0


@pytest.mark.postgres
def test_sequencing_knows_what_was_written_until_it_had_the_lock(postgresql: Home) -> None:
    """It asks while another one has the lock: each answer is of the moment at which it has it."""
    log = postgresql.open()
    append(log, records(range(300)))
    store, other = postgresql.store(), postgresql.store()
    wanted = [record(number).record_id for number in (5, 300, 301)]
    growth = postgresql.open()
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    def ask() -> tuple[Head, dict[bytes, int], bytes, Head | None]:
        with other.sequencing(wanted, seen=300) as sequencing:
            tile = sequencing.tile(Tile(0, 1, 45))
            return (
                sequencing.head(),
                sequencing.locate(wanted),
                tile,
                sequencing.newest_checkpoint(),
            )

    def waits() -> bool:
        with transaction(growth.store) as looking:
            return bool(looking.scalar(waiting))

    with ThreadPoolExecutor(1) as pool:
        with store.sequencing() as holder:
            asked = pool.submit(ask)
            eventually(waits, "somebody waits for the lock")
            assert holder.head().size == 300
            assert holder.insert_records([wanted[1]], 300)
            holder.add_entries(300, [record(300).entry])
            holder.add_submission(Submitted(300, 1, "acme", NOW))
            holder.put_tiles({(0, 1): bytes(45 * 32)})
            with growth.store.reading() as reading:
                old = reading.head()
            new = growth._sign(301, bytes(32))
            holder.move_head(old, new)
        head, located, tile, published = asked.result()
    assert (head.size, head.root) == (301, bytes(32))
    assert located == {wanted[0]: 5, wanted[1]: 300}
    assert tile == bytes(45 * 32)
    assert published is None


@pytest.mark.postgres
def test_sequencing_is_told_the_edge_only_where_the_log_has_moved(postgresql: Home) -> None:
    log = postgresql.open()
    append(log, records(range(300)))
    log.publish(now=NOW)
    append(log, records(range(300, 70_000)))
    with transaction(log.store) as connection:
        moved = Standing.lock(connection, (), 300)
        still = Standing.lock(connection, (), 70_000)
    assert {place: len(hashes) // 32 for place, hashes in moved.tiles.items()} == {
        (0, 70_000 >> 8): 70_000 % 256,
        (1, 70_000 >> 16): (70_000 >> 8) % 256,
        (2, 0): 1,
    }
    assert moved.published == log.published().note  # type: ignore[union-attr]
    assert (dict(still.tiles), still.published) == ({}, None)
    assert moved.row == still.row


@pytest.mark.parametrize("count", [0, 1, 512, 513])
def test_sequencing_reads_what_it_has_written(home: Home, count: int) -> None:
    """Whether the ids were looked up with the lock, or are too many for it."""
    log = home.open()
    append(log, records(range(3)))
    ids = [record(number).record_id for number in range(10, 10 + count)]
    with log.store.sequencing(ids) as sequencing:
        assert sequencing.locate(ids) == {}
        assert sequencing.insert_records(ids, 3)
        assert sequencing.locate(ids) == {name: 3 + place for place, name in enumerate(ids)}
        assert sequencing.insert_records(ids, 3 + count) == (not ids)
    with log.store.sequencing([*ids, record(1).record_id]) as sequencing:
        assert not sequencing.insert_records([*ids, record(1).record_id], 3 + count)
        assert sequencing.locate([record(1).record_id]) == {record(1).record_id: 1}


def test_sequencing_reads_the_tiles_that_it_has_written(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    with log.store.sequencing() as sequencing:
        sequencing.put_tiles({(0, 0): bytes(4 * 32)})
        assert sequencing.tile(Tile(0, 0, 4)) == bytes(4 * 32)
        sequencing.put_tiles({(0, 0): bytes(5 * 32)})
        assert sequencing.tile(Tile(0, 0, 4)) == bytes(5 * 32)


@pytest.fixture
def journeys(postgresql: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What PostgreSQL is asked, beginnings and ends of transactions apart: an item a round trip."""
    asked: list[str] = []
    inner = together._pipelined
    database = make_url(postgresql.url).database

    def piped(connection: Connection, questions: Sequence[Question]) -> list[Answer]:
        asked.append("pipeline")
        return inner(connection, questions)

    def one(connection: Connection, _: object, statement: str, *__: object) -> None:
        # What another test has left behind may still be asking its own database.
        if connection.engine.url.database == database:
            asked.append(statement)

    monkeypatch.setattr(together, "_pipelined", piped)
    event.listen(Engine, "before_cursor_execute", one)
    postgresql.open()
    yield asked
    event.remove(Engine, "before_cursor_execute", one)


@pytest.mark.postgres
def test_append_takes_two_journeys_and_its_commit(postgresql: Home, journeys: list[str]) -> None:
    log = postgresql.open()
    append(log, records(range(3)))
    journeys.clear()
    append(log, records(range(3, 50)))
    assert journeys == ["pipeline", "pipeline"]


@pytest.mark.postgres
def test_append_after_another_process_takes_no_more_journeys(
    postgresql: Home, journeys: list[str]
) -> None:
    one = postgresql.open()
    other = Log.open(postgresql.store(), SIGNER, HeadRecord(postgresql.directory / "head", seat=1))
    for number in range(3):
        for log in (one, other):
            append(log, [record(2 * number + (log is other))])
    journeys.clear()
    append(one, records(range(50, 100)))
    append(other, records(range(100, 150)))
    assert journeys == ["pipeline"] * 4
