"""A running ledger's lease: kept while it is renewed, lost in time, and taken by another."""

from __future__ import annotations

from threading import Thread

import pytest

from ledger.lease import PAUSE, TERM, Lease
from tests.deadline import eventually
from tests.log_home import Home


def test_term_and_pause_leave_time_within_five_seconds() -> None:
    assert TERM + 2 * PAUSE < 5


@pytest.mark.postgres
def test_take_is_for_one_process_and_after_a_release_for_another(postgresql: Home) -> None:
    postgresql.open()
    one, other = Lease(postgresql.store(), "one"), Lease(postgresql.store(), "other")
    assert one.take() == one.token == 1
    assert other.take() is None
    one.release()
    assert one.token is None
    eventually(lambda: other.take() == 2, "it takes what was released")
    assert other.token == 2


@pytest.mark.postgres
def test_run_keeps_the_lease_beyond_its_term_and_the_other_takes_it_afterwards(
    postgresql: Home,
) -> None:
    postgresql.open()
    one, other = Lease(postgresql.store(), "one"), Lease(postgresql.store(), "other")
    token = one.take()
    gained: list[int | None] = []
    other.on_gained = lambda: gained.append(other.token)
    workers = [Thread(target=lease.run) for lease in (one, other)]
    for worker in workers:
        worker.start()
    renewals: set[float] = set()

    def is_old() -> bool:
        renewals.add(one._until)
        return max(renewals) - min(renewals) > TERM

    eventually(is_old, "it was renewed for a term")
    assert (one.token, other.token) == (token, None)
    one.stop()
    workers[0].join()
    # As a process that is killed: it releases nothing.
    eventually(lambda: bool(gained), "it takes what has expired")
    assert gained == [2]
    assert (one.token, one.take()) == (None, None)
    other.stop()
    workers[1].join()


def test_take_on_sqlite_needs_no_renewal_and_follows_a_start_that_was_killed(sqlite: Home) -> None:
    sqlite.open()
    killed, next_start = Lease(sqlite.store(), "one"), Lease(sqlite.store(), "other")
    assert killed.take() == 1
    killed.run()
    assert next_start.take() == 2
    assert next_start.token == 2
