"""A status book: each place is given out once, by chance, and what was said of it is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConfigurationError, ConflictError, MalformedError
from ledger.status import Action
from ledger.status_book import MAX_PLACES, StatusBook, holding
from ledger.status_list import TokenStatus
from tests.mutations import changed

_ADDRESS = "https://ledger.example/v1/status-lists/mine"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mine.book"
    with holding(path, new=StatusBook.new(_ADDRESS, size=4_096)):
        pass
    return path


def _take(path: Path, count: int = 1) -> list[int]:
    with holding(path) as book:
        return [place.idx for place in book.take(count)]


def test_places_are_taken_once_and_by_chance(path: Path) -> None:
    places = [place for _ in range(20) for place in _take(path, 10)]
    assert len(set(places)) == 200
    assert places != sorted(places)
    with holding(path) as book:
        assert book.taken == 200
        assert all(book.is_taken(place) for place in places)
    # Over the whole list, and not near each other.
    assert min(places) < 1_000
    assert max(places) > 3_000


def test_places_taken_by_several_at_once_are_different(path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        places = list(threads.map(lambda _: _take(path)[0], range(64)))
    assert len(set(places)) == 64


def test_place_is_on_the_disk_before_it_is_given_out(path: Path) -> None:
    (place,) = _take(path)
    assert StatusBook.from_json(path.read_bytes()).is_taken(place)
    assert path.stat().st_mode & 0o777 == 0o600


def test_block_that_fails_changes_nothing(path: Path) -> None:
    before = path.read_bytes()

    def fail() -> None:
        with holding(path) as book:
            book.take()
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == before


def test_list_that_is_nearly_full_gives_out_no_more() -> None:
    book = StatusBook.new(_ADDRESS, size=80)
    book.take(76)
    with pytest.raises(ConflictError) as caught:
        book.take()
    assert caught.value.code == "status-book.full"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([Action.SUSPEND], TokenStatus.SUSPENDED),
        ([Action.STOP], TokenStatus.SUSPENDED),
        ([Action.SUSPEND, Action.REINSTATE], TokenStatus.VALID),
        ([Action.SUSPEND, Action.REVOKE], TokenStatus.INVALID),
        ([Action.REVOKE, Action.REINSTATE], TokenStatus.INVALID),
    ],
)
def test_list_says_what_was_said_last_and_a_revocation_is_final(
    said: list[Action], told: TokenStatus
) -> None:
    book = StatusBook.new(_ADDRESS, size=64)
    (place,) = book.take()
    for action in said:
        book.hear(place.idx, action)
    statuses = book.statuses()
    assert len(statuses) == 64
    assert [statuses[idx] for idx in range(64) if idx != place.idx] == [0] * 63
    assert statuses[place.idx] == told


@pytest.mark.parametrize(
    "begin",
    [
        lambda: StatusBook.new("http://ledger.example/x"),
        lambda: StatusBook.new("https://ledger.example/lists/"),
        lambda: StatusBook.new(_ADDRESS, size=0),
        lambda: StatusBook.new(_ADDRESS, size=7),
        lambda: StatusBook.new(_ADDRESS, size=MAX_PLACES + 8),
    ],
)
def test_book_that_would_serve_nobody_is_not_begun(begin: Callable[[], StatusBook]) -> None:
    with pytest.raises(ConfigurationError):
        begin()


def test_book_is_neither_begun_twice_nor_out_of_nothing(path: Path) -> None:
    def begin() -> None:
        with holding(path, new=StatusBook.new(_ADDRESS)):
            pass

    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        begin()
    assert path.read_bytes() == before
    with pytest.raises(ConfigurationError):
        _take(path.with_name("none"))
    assert not path.with_name("none").exists()


def _full() -> dict[str, Any]:
    book = StatusBook.new(_ADDRESS, size=64)
    book.take(3)
    book.keys.append(b"\x01" * 32)
    book.hear(5, Action.SUSPEND)
    book.heard, book.heard_beyond, book.issued_at = "1200", 3, 7
    value: dict[str, Any] = json.loads(book.to_json())
    return value


_FULL = _full()


@given(st.one_of(changed(_FULL), st.binary().map(repr)))
def test_book_is_read_as_it_was_written_or_refused(value: Any) -> None:
    try:
        book = StatusBook.from_json(json.dumps(value).encode())
    except MalformedError:
        return
    assert StatusBook.from_json(book.to_json().encode()) == book


def test_book_that_is_not_there_leaves_no_lock_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught, holding(tmp_path / "none.book"):
        raise AssertionError("nothing is held")
    assert caught.value.code == "status-book.unusable"
    assert list(tmp_path.iterdir()) == []
