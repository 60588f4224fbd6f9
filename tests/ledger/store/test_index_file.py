"""The index file: what followers find on SQLite, beside the log and never in its way."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.note import Signer
from ledger.search_index import backlog, index_log
from ledger.store import engine, index_file
from tests.log_home import Home, append, records, sqlite_home


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Home]:
    home = sqlite_home(tmp_path)
    yield home
    home.close()


def index_of(home: Home) -> Path:
    return home.directory / "ledger.index.sqlite3"


def test_append_waits_for_nobody_who_writes_the_index(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_TIMEOUT", 0.01)
    log = sqlite.open()
    with log.store.search(write=True):
        assert append(log, records(range(3))).added == 3


def test_index_is_for_its_owner_only(sqlite: Home) -> None:
    assert index_log(sqlite.open())
    assert stat.S_IMODE(index_of(sqlite).stat().st_mode) == 0o600


def test_index_is_kept_over_a_start(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    index_log(log)
    sqlite.close()
    assert backlog(sqlite.open()) == (3, 3)


def test_index_that_is_ahead_of_a_log_brought_back_begins_anew(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    copy = sqlite.copy()
    log = sqlite.open()
    append(log, records(range(3, 5)))
    index_log(log)
    sqlite.close()
    Path(copy.removeprefix("sqlite:///")).rename(sqlite.directory / "ledger.sqlite3")
    assert backlog(sqlite.open()) == (0, 3)


def test_index_of_another_log_begins_anew(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    index_log(log)
    sqlite.close()
    for name in ("ledger.sqlite3", "head"):
        (sqlite.directory / name).unlink()
    other = replace(sqlite, signer=Signer.generate("example.org/other"), _stores=[])
    log = other.open()
    append(log, records(range(4)))
    assert backlog(log) == (0, 4)
    other.close()


def test_index_of_another_version_begins_anew(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    index_log(log)
    sqlite.close()
    beside = replace(sqlite, url=f"sqlite:///{index_of(sqlite)}", _stores=[])
    beside.execute("PRAGMA user_version = 0")
    assert backlog(sqlite.open()) == (0, 3)


def test_file_that_another_process_is_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself does not wait there: whoever comes second was told that it is locked."""
    path = tmp_path / "new.sqlite3"
    with _held(path) as maker, closing(sqlite3.connect(path, timeout=0)) as second:
        waited: list[float] = []

        def others_turn(seconds: float) -> None:
            waited.append(seconds)
            maker.execute("COMMIT")

        monkeypatch.setattr(time, "sleep", others_turn)
        index_file.prepare(second, None)
        assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert len(waited) == 1


def test_file_that_stays_locked_is_an_error_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_file, "LOCK_TIMEOUT", 0.0)
    path = tmp_path / "new.sqlite3"
    with (
        _held(path),
        closing(sqlite3.connect(path, timeout=0)) as second,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        index_file.prepare(second, None)


@contextmanager
def _held(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold a new file as one does who is making it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("BEGIN EXCLUSIVE")
        yield maker
