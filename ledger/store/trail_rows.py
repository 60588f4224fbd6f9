"""The access trail's rows: numbered from 1, added at the end alone; what they mean is `trail`'s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from ledger.errors import UnavailableError
from ledger.store.access import Access
from ledger.store.bulk import insert_rows
from ledger.store.tables import trail, trail_head

__all__ = ["ChainedRow", "TrailHead", "TrailRows"]

_FETCHED = 1_000


class ChainedRow(NamedTuple):
    """A row as it is kept: its place, its canonical bytes, the hash up to it."""

    number: int
    row: bytes
    hash: bytes


class TrailHead(NamedTuple):
    """How many rows there are, and the hash up to the last one."""

    size: int
    hash: bytes


class TrailRows:
    """A transaction on the trail; `access` is on keys and sessions in the same one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.access = Access(connection)

    def head(self, *, locked: bool = False) -> TrailHead:
        """Read the head; `locked` keeps every other writer from it until the transaction ends."""
        chosen = select(trail_head.c.count, trail_head.c.hash)
        row = self._connection.execute(chosen.with_for_update() if locked else chosen).one()
        return TrailHead(row[0], row[1])

    def add(self, rows: Sequence[ChainedRow], *, old: TrailHead) -> None:
        """Add rows after the head `old`; raise UnavailableError where it has moved."""
        if not rows:
            return
        last = rows[-1]
        moved = self._connection.execute(
            update(trail_head)
            .where(trail_head.c.count == old.size, trail_head.c.hash == old.hash)
            .values(count=last.number, hash=last.hash)
        )
        if moved.rowcount != 1:
            raise UnavailableError("trail.moved", "another process has added to the trail")
        insert_rows(self._connection, trail, rows)

    def read(self, start: int, limit: int) -> list[ChainedRow]:
        """Read up to `limit` rows, from the number `start` on."""
        rows = self._connection.execute(
            select(trail).where(trail.c.number >= start).order_by(trail.c.number).limit(limit)
        )
        return [ChainedRow(number, _bytes(row), _bytes(hash_)) for number, row, hash_ in rows]

    def all(self, start: int = 0) -> Iterator[ChainedRow]:
        """Read every row from a number on, in order."""
        while rows := self.read(start, _FETCHED):
            yield from rows
            start = rows[-1].number + 1


def _bytes(value: bytes | str) -> bytes:
    # SQLite keeps whatever somebody has put there: what is changed must be told, not stumbled on.
    return value.encode() if isinstance(value, str) else bytes(value)
