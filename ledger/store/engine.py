"""Engines: connections to a database that keeps what it has committed, or none.

SQLite keeps a write-ahead log that is fsynced at every commit (journal_mode=WAL, synchronous=FULL);
PostgreSQL must run with fsync, full_page_writes and synchronous_commit. Both are read back on every
connection: a log that acknowledges what a power cut takes away is no log.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.errors import ConfigurationError

__all__ = ["LOCK_TIMEOUT", "WRITE", "open_postgresql", "open_sqlite", "parse_url"]

# Option of a connection: whether its transactions write, and so wait for each other from the start.
WRITE = "crossproof_write"

# How long a writer waits for another one's transaction before it gives up, in seconds.
LOCK_TIMEOUT = 30.0
# Of 4 to 32 KiB the fastest for large batches, and no slower for single records.
_PAGE_SIZE = 16 * 1024
_CACHE_KIB = 8 * 1024
_FILE_MODE = 0o600
# All of them are kept: to open one, and to ask whether it is durable, takes longer than to read.
_POOL: dict[str, int] = {"pool_size": 15, "max_overflow": 0}
# To ask PostgreSQL before each use takes as long as most uses. Where one fails whose connection was
# good so short a time ago, all are made anew (see `database`), and its caller asks again.
_FRESH_SECONDS = 1.0
_USED_AT = "crossproof_used_at"

_SQLITE_DURABILITY: dict[str, set[Any]] = {"journal_mode": {"wal"}, "synchronous": {2, 3}}
_POSTGRESQL_DURABILITY: dict[str, set[Any]] = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_apply"},
}


def parse_url(url: str) -> URL:
    """Read a database's address; raise ConfigurationError, in which it is not shown."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unusable("an SQLAlchemy URL") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if parsed.database in {None, "", ":memory:"}:
                raise _unusable("a file: what is in memory is not durable")
            if parsed.host or parsed.username:
                raise _unusable("sqlite:///FILE, with three slashes")
            return parsed
        case "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise _unusable("sqlite:///FILE or postgresql://…")


def _unusable(expected: str) -> ConfigurationError:
    # Never the URL itself: it may hold a password, in a malformed one anywhere.
    return ConfigurationError("store.url", "database URL", expected=expected)


def open_sqlite(
    url: URL, *, create: bool, prepare: Callable[[sqlite3.Connection, object], None] | None = None
) -> Engine:
    """Open a SQLite file; `prepare` sets a new connection up, durable if not given."""
    path = Path(str(url.database))
    try:
        # Entries name parties: the file is for its owner only, and -wal and -shm take its mode.
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), _FILE_MODE))
    except OSError as error:
        raise ConfigurationError(
            "store.file", "the database file cannot be opened", found=f"{path}: {error.strerror}"
        ) from error
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT}, **_POOL)
    event.listen(engine, "connect", prepare or _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_postgresql(url: URL, *, session: str) -> Engine:
    """Open a PostgreSQL database; `session` names us to it."""
    named = {"application_name": session}
    engine = create_engine(url, connect_args=named, **_POOL)
    event.listen(engine, "connect", _check_postgresql)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_check_alive, engine.dialect))
    return engine


def _note_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _check_alive(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _: object
) -> None:
    """Ask a connection that was idle whether it still is one; another is made where it is not."""
    used_at = record.info.get(_USED_AT)
    if used_at is None or time.monotonic() - used_at < _FRESH_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # BEGIN is ours: the driver's own comes late and never IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        f"page_size = {_PAGE_SIZE}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "fullfsync = ON",
        "checkpoint_fullfsync = ON",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _check_durability(
        _SQLITE_DURABILITY, lambda name: connection.execute(f"PRAGMA {name}").fetchone()[0]
    )


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _check_postgresql(connection: Any, _: object) -> None:
    _check_durability(
        _POSTGRESQL_DURABILITY, lambda name: connection.execute(f"SHOW {name}").fetchone()[0]
    )
    connection.rollback()


def _check_durability(wanted: dict[str, set[Any]], ask: Callable[[str], Any]) -> None:
    for name, allowed in wanted.items():
        found = ask(name)
        if found not in allowed:
            raise ConfigurationError(
                "store.not-durable",
                f"the database would lose what it has committed: {name}",
                expected=" or ".join(sorted(str(value) for value in allowed)),
                found=str(found),
            )
