"""The lease's row: one holder at a time, tokens that only grow, and no word from those before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from ledger.errors import ConflictError, UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.store import SESSION, Sequencing, Store
from tests.deadline import eventually
from tests.log_home import NOW, SIGNER, Home, append, records

LONG = 1_000.0


def acquire(store: Store, holder: str, seconds: float = LONG) -> int | None:
    with store.leasing() as leasing:
        return leasing.acquire(holder, seconds=seconds)


def test_acquire_is_for_one_until_it_is_released(home: Home) -> None:
    home.open()
    store = home.store()
    first = acquire(store, "one")
    assert first is not None
    assert acquire(store, "other") is None
    with store.leasing() as leasing:
        leasing.release(first)
    second = acquire(store, "other")
    assert second is not None
    assert second > first
    assert acquire(store, "one") is None


def test_acquire_what_has_expired_or_is_ones_own_gives_a_larger_token(home: Home) -> None:
    home.open()
    store = home.store()
    tokens = [acquire(store, "one"), acquire(store, "one", -LONG), acquire(store, "other", -LONG)]
    with store.leasing() as leasing:
        tokens.append(leasing.acquire("by force", seconds=LONG, by_force=True))
    assert tokens == [1, 2, 3, 4]


def test_renew_or_release_of_what_another_has_changes_nothing(home: Home) -> None:
    home.open()
    store = home.store()
    lost, held = acquire(store, "one", -LONG), acquire(store, "other")
    assert lost is not None
    assert held is not None
    with store.leasing() as leasing:
        assert not leasing.renew(lost, seconds=LONG)
        leasing.release(lost)
        assert leasing.renew(held, seconds=LONG)
    assert acquire(store, "one") is None


def test_publish_with_a_token_that_is_over_publishes_nothing(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    lost, held = acquire(log.store, "one", -LONG), acquire(log.store, "other")
    with pytest.raises(ConflictError) as caught:
        log.publish(now=NOW, token=lost)
    assert caught.value.code == "lease.lost"
    assert log.published() is None
    published = log.publish(now=NOW, token=held)
    assert published is not None
    assert published.size == 3


@contextmanager
def session(home: Home, name: str) -> Iterator[psycopg.Connection]:
    url = make_url(home.url)
    connection = psycopg.connect(url.render_as_string(hide_password=False), application_name=name)
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.postgres
def test_acquire_what_a_transaction_has_locked_does_not_wait_for_it(postgresql: Home) -> None:
    """A holder that is stopped in the midst of a write keeps the row, and nobody waiting."""
    postgresql.open()
    store = postgresql.store()
    assert acquire(store, "one", -LONG) == 1
    with session(postgresql, SESSION) as stopped:
        stopped.execute("SELECT * FROM lease FOR UPDATE")
        assert acquire(store, "other") is None
    # The server gives the row back when it has seen that the connection is gone.
    assert eventually(lambda: acquire(store, "other"), "the row given back") == 2


@pytest.mark.postgres
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_end_silent_ends_what_holds_a_lock_and_says_nothing(
    postgresql: Home, *, in_pipeline: bool
) -> None:
    """In a pipeline the server waits for the client too, and calls itself active."""
    log = postgresql.open()
    with session(postgresql, SESSION) as stopped:
        if in_pipeline:
            stopped.pgconn.enter_pipeline_mode()
            for statement in (b"BEGIN", b"SELECT * FROM log FOR UPDATE"):
                stopped.pgconn.send_query_params(statement, None)
            stopped.pgconn.send_flush_request()
            stopped.pgconn.flush()
        else:
            stopped.execute("SELECT * FROM log FOR UPDATE")

        def is_ended() -> bool:
            with log.store.leasing() as leasing:
                return leasing.end_silent(seconds=0.5) == 1

        began = time.monotonic()
        eventually(is_ended, "the session is ended")
        assert time.monotonic() - began > 0.3
        assert append(log, records([1])).added == 1


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("name", "statement"),
    [("crossproof", "SELECT * FROM log FOR UPDATE"), (SESSION, "SELECT * FROM log")],
    ids=["a command's, with a lock", "a ledger's, without one"],
)
def test_end_silent_leaves_other_sessions(postgresql: Home, name: str, statement: str) -> None:
    log = postgresql.open()
    with session(postgresql, name) as other:
        other.execute(statement.encode())
        eventually(lambda: _silence(postgresql, other) > 0.2, "it says nothing")
        with log.store.leasing() as leasing:
            assert leasing.end_silent(seconds=0.1) == 0
        other.execute("SELECT 1")


def _silence(home: Home, of: psycopg.Connection) -> float:
    with session(home, "watching") as watching:
        row = watching.execute(
            "SELECT extract(epoch FROM clock_timestamp() - state_change)::float8 "
            "FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Client'",
            [of.info.backend_pid],
        ).fetchone()
    return 0.0 if row is None else float(row[0])


@pytest.mark.postgres
def test_append_in_a_session_that_was_ended_is_of_unknown_outcome_and_can_be_sent_again(
    postgresql: Home,
) -> None:
    store = postgresql.store()
    with Store.open(postgresql.url, session=SESSION) as served:
        log = Log.open(served, SIGNER, postgresql.record)
        append(log, records([0]))
        move_head = Sequencing.move_head

        def stopped(sequencing: Sequencing, old: Head, new: Head) -> None:
            eventually(lambda: _ended(store), "the session is ended")
            move_head(sequencing, old, new)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Sequencing, "move_head", stopped)
            with pytest.raises(UnavailableError) as caught:
                append(log, records([0, 1]))
        assert caught.value.code == "log.unavailable"
        assert append(log, records([0, 1])).added == 1


def _ended(store: Store) -> bool:
    with store.leasing() as leasing:
        return leasing.end_silent(seconds=0.1) == 1
