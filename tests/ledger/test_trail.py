"""The access trail: any row changed, removed or put in is found, and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonicalize, parse
from ledger.errors import MalformedError, UnavailableError
from ledger.kinds import Trail
from ledger.store.trail_rows import ChainedRow, TrailHead
from ledger.trail import GENESIS, LoggedHead, Visit, chain, check, statement
from tests.log_home import Home

NOW = datetime(2026, 11, 21, 8, 15, 0, 123_456, tzinfo=UTC)
EMPTY = TrailHead(0, GENESIS)
VISIT = Visit(NOW, "acme", "key:3f9c", "GET", "/v1/records/{record_id}", 200, "0193")
ROWS = chain(EMPTY, [replace(VISIT, subject=str(n)) for n in range(1, 11)])
HEAD = TrailHead(10, ROWS[-1].hash)


def codes(rows: list[ChainedRow], head: TrailHead = HEAD, *logged: LoggedHead) -> list[str]:
    return [error.code for error in check(rows, head, logged)]


def logged(size: int) -> LoggedHead:
    return LoggedHead(5, TrailHead(size, ROWS[size - 1].hash), NOW)


def test_row_is_canonical_and_chained_to_the_one_before() -> None:
    value = parse(ROWS[1].row)
    assert canonicalize(value) == ROWS[1].row
    assert value == {
        "number": 2, "time": "2026-11-21T08:15:00.123456Z", "organisation": "acme",
        "credential": "key:3f9c", "method": "GET", "route": "/v1/records/{record_id}",
        "status": 200, "subject": "2",
    }  # fmt: skip
    assert ROWS[1].hash == sha256(ROWS[0].hash + ROWS[1].row).digest()
    assert ROWS[0].hash == sha256(GENESIS + ROWS[0].row).digest()


@given(organisation=st.text(max_size=50), route=st.text(max_size=50), subject=st.text(max_size=50))
def test_row_is_read_back_whatever_is_in_it(organisation: str, route: str, subject: str) -> None:
    visit = replace(VISIT, organisation=organisation, route=route, subject=subject)
    row = visit.to_row(7)
    assert canonicalize(parse(row)) == row
    assert Visit.from_row(row) == (7, visit)


@given(data=st.binary(max_size=200))
def test_row_of_any_bytes_is_read_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Visit.from_row(data)


def test_whole_trail_has_nothing_wrong() -> None:
    assert codes(ROWS, HEAD, logged(4), logged(10)) == []
    assert codes([], EMPTY) == []


@pytest.mark.parametrize("number", range(1, 11))
def test_changed_row_is_named(number: int) -> None:
    rows = list(ROWS)
    rows[number - 1] = rows[number - 1]._replace(row=replace(VISIT, status=404).to_row(number))
    (error,) = check(rows, HEAD, ())
    assert (error.code, f"row {number} " in error.message) == ("trail.changed", True)


@pytest.mark.parametrize("number", range(1, 10))
def test_removed_row_is_named(number: int) -> None:
    rows = [row for row in ROWS if row.number != number]
    (error,) = check(rows, HEAD, ())
    assert (error.code, f"row {number} " in error.message) == ("trail.removed", True)


def test_removed_rows_are_named() -> None:
    rows = [row for row in ROWS if row.number not in {4, 5, 6}]
    (error,) = check(rows, HEAD, ())
    assert "rows 4 to 6 " in error.message


@pytest.mark.parametrize("number", range(1, 11))
def test_row_put_in_is_named(number: int) -> None:
    """It takes the number of the next one, and all after it move on by one."""
    forged = ChainedRow(number, VISIT.to_row(number), ROWS[0].hash)
    moved = [row._replace(number=row.number + 1) for row in ROWS[number - 1 :]]
    found = list(check([*ROWS[: number - 1], forged, *moved], HEAD, ()))
    assert found[0].code == "trail.changed"
    assert f"row {number} " in found[0].message
    assert "trail.inserted" in {error.code for error in found}


def test_row_cut_off_at_the_end_is_found_by_the_head() -> None:
    (error,) = check(ROWS[:-1], HEAD, ())
    assert error.code == "trail.cut-off"


@pytest.mark.parametrize("number", range(1, 11))
def test_trail_chained_anew_is_found_by_the_next_logged_head(number: int) -> None:
    visits = [Visit.from_row(row.row)[1] for row in ROWS]
    visits[number - 1] = replace(visits[number - 1], organisation="nobody")
    rows = chain(EMPTY, visits)
    head = TrailHead(10, rows[-1].hash)
    assert codes(rows, head) == []
    found = list(check(rows, head, [logged(3), logged(7), logged(10)]))
    first = next(size for size in (3, 7, 10) if size >= number)
    assert {error.code for error in found} == {"trail.rewritten"}
    assert f"rows up to {first} " in found[0].message


def test_trail_cut_off_and_chained_anew_is_found_by_a_logged_head() -> None:
    (error,) = check(ROWS[:6], TrailHead(6, ROWS[5].hash), [logged(3), logged(10)])
    assert (error.code, "rows 7 to 10" in error.message) == ("trail.cut-off", True)


def test_statement_says_how_far_the_trail_has_come() -> None:
    made = statement(HEAD, since=NOW, until=NOW)
    assert isinstance(made.members, Trail)
    assert (made.members.count, made.members.head) == (10, HEAD.hash.hex())
    assert made.kind == "trail"


def test_rows_are_kept_in_order_and_added_after_their_head_alone(home: Home) -> None:
    store = home.store()
    with store.trail(write=True) as rows:
        assert rows.head() == EMPTY
        rows.add(ROWS[:4], old=EMPTY)
        rows.add([], old=EMPTY)
    with store.trail(write=True) as rows:
        rows.add(ROWS[4:], old=rows.head(locked=True))
    with store.trail() as rows:
        assert list(rows.all()) == ROWS
        assert rows.read(3, 2) == ROWS[2:4]
        assert rows.head() == HEAD
    with pytest.raises(UnavailableError), store.trail(write=True) as rows:
        rows.add(ROWS[4:5], old=TrailHead(4, ROWS[3].hash))
    with store.trail() as rows:
        assert codes(list(rows.all()), rows.head()) == []
