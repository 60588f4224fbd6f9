"""The follower: what speaks of a leaf is found by it, whoever follows the log, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.follower import catch_up, subject_of
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.statement import Statement
from ledger.store import Store
from tests.covered_transfer import records
from tests.log_home import NOW, SIGNER
from tests.samples import transfer


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    with store:
        yield Log.open(store, SIGNER, HeadRecord(tmp_path / "head"))


def append(log: Log, *statements: Statement) -> None:
    submissions = [Submission.of(s) for s in statements]
    log.append(submissions, submitter="tester", now=NOW)


def of(log: Log, statement: Statement, *, limit: int = 10) -> list[int]:
    return log.store.related([statement.leaf_hash], limit=limit)[statement.leaf_hash]


def test_subject_is_the_leaf_that_a_signed_entry_speaks_of() -> None:
    made = records()
    assert subject_of(made["pre_assessment"].entry) == made["plan"].leaf_hash
    assert subject_of(made["backup"].entry) == made["transfer"].leaf_hash
    assert subject_of(made["post_check"].entry) == made["transfer"].leaf_hash
    assert subject_of(made["transfer"].entry) is None


def test_subject_of_a_signed_entry_that_says_nothing_is_none() -> None:
    nonsense = Statement.build({"kind": "receipt", "jws": "e30.e30.AAAA"})
    assert subject_of(nonsense.entry) is None


@given(st.binary(max_size=60))
def test_subject_of_any_bytes_is_none(data: bytes) -> None:
    assert subject_of(data) is None
    assert subject_of(b'{"jws":"' + data) is None


def test_catch_up_finds_what_was_logged_whenever_it_is_asked(log: Log) -> None:
    made = records()
    assert catch_up(log)
    append(log, *(transfer() for _ in range(300)), made["plan"], made["pre_assessment"])
    assert catch_up(log)
    assert catch_up(log)
    assert of(log, made["plan"]) == [301]
    append(log, made["transfer"], made["backup"], made["post_check"])
    assert of(log, made["transfer"]) == []
    assert catch_up(log)
    assert of(log, made["transfer"]) == [304, 303]
    assert of(log, made["transfer"], limit=1) == [304]
    assert log.store.backlog() == (305, 305)


def test_catch_up_in_pieces_comes_to_the_same(log: Log) -> None:
    made = records()
    append(log, *(transfer() for _ in range(2_000)), made["plan"], made["pre_assessment"])
    assert not catch_up(log, pages=1)
    assert of(log, made["plan"]) == []
    assert catch_up(log, pages=1)
    assert of(log, made["plan"]) == [2_001]


def test_catch_up_leaves_for_later_what_is_logged_meanwhile(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a log that grows all the time would be followed a few entries at a time."""
    append(log, *(transfer() for _ in range(5)))
    relate = log.store.relate
    written = []

    def meanwhile(found: Sequence[tuple[bytes, int]], **sizes: int) -> bool:
        append(log, transfer())
        written.append(sizes["new_size"])
        return relate(found, **sizes)

    monkeypatch.setattr(log.store, "relate", meanwhile)
    assert catch_up(log)
    assert written == [5]
    assert catch_up(log, until=3)
    assert written == [5]
    assert catch_up(log, until=6)
    assert log.store.backlog() == (6, 7)


def test_relate_by_two_at_once_counts_once(log: Log) -> None:
    append(log, *(transfer() for _ in range(3)))
    found = [(bytes(32), 1)]
    assert log.store.relate(found, old_size=0, new_size=3)
    assert not log.store.relate(found, old_size=0, new_size=3)
    assert log.store.related([bytes(32)], limit=10) == {bytes(32): [1]}
