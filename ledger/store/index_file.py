"""The index file: where SQLite keeps what followers of the log have found.

    ledger.sqlite3  →  ledger.index.sqlite3     search index and docket, beside the log

SQLite has one writer at a time, and an append waits for nobody who writes what can be made again.
So these rows have a file and a writer of their own; PostgreSQL keeps them beside the others. Where
the file is of another log, of another version, or ahead of its log (a backup came back), it begins
anew. For the same reason its commits are never torn, but not waited for until they are on the disk:
after a power cut its followers go on from a little earlier.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, insert, inspect, select, text

from ledger.store.engine import LOCK_TIMEOUT
from ledger.store.tables import (
    docket,
    docket_place,
    docket_subject,
    metadata,
    search_term,
    search_time,
    searchable,
)

__all__ = ["begin", "prepare", "url_beside"]

# Changes with the tables: rows of another version are made again.
_VERSION = 1
_TABLES = (docket, docket_subject, docket_place, search_term, search_time, searchable)
# Leaves and files lie all over the index: of larger pages each would be written for one row.
_PAGE_SIZE = 4 * 1024
_CACHE_KIB = 32 * 1024
_BETWEEN_SECONDS = 0.01


def url_beside(url: URL) -> URL:
    """Name the index file of a log's SQLite file."""
    path = Path(str(url.database))
    return url.set(database=str(path.with_name(f"{path.stem}.index{path.suffix}")))


def prepare(connection: sqlite3.Connection, _: object) -> None:
    """Set a new connection up."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
    _begin_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Write ahead, from a new file's first moment on.

    Server and follower both may make the file, and where two change its journal at once SQLite
    tells one of them that it is locked, without waiting as it does everywhere else.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BETWEEN_SECONDS)
        else:
            return


def begin(connection: Connection, *, verifier: str, size: int) -> None:
    """Make the tables, in a transaction that writes, unless they are there and of this log.

    `verifier` is the log's key with its name, `size` how many entries it has.
    """
    if _is_of(connection, verifier, size):
        return
    for name in inspect(connection).get_table_names():
        connection.execute(text(f'DROP TABLE "{name}"'))
    metadata.create_all(connection, tables=_TABLES)
    connection.execute(insert(searchable).values(id=1, size=0))
    connection.execute(insert(docket_place).values(id=1, size=0, trust=b""))
    connection.execute(text("CREATE TABLE indexed_log (verifier TEXT NOT NULL)"))
    connection.execute(text("INSERT INTO indexed_log VALUES (:verifier)"), {"verifier": verifier})
    connection.execute(text(f"PRAGMA user_version = {_VERSION}"))


def _is_of(connection: Connection, verifier: str, size: int) -> bool:
    if connection.scalar(text("PRAGMA user_version")) != _VERSION:
        return False
    found = connection.scalar(text("SELECT verifier FROM indexed_log"))
    places = (
        connection.scalar(select(searchable.c.size)),
        connection.scalar(select(docket_place.c.size)),
    )
    return found == verifier and all(place is not None and place <= size for place in places)
