"""Searching: terms and spans of time in, indexes of entries out, in the log's order.

Of all that must hold together the rarest is looked up, and the rest is asked of each entry found.
Where nothing is rare, the entries of the scope are gone through, no more than MAX_SCANNED at once:
the answer comes out short, and says where to go on. Never is that place one of an entry outside the
scope: cursors tell nothing of others' records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
    union,
    update,
)

from ledger.store.bulk import insert_rows
from ledger.store.tables import search_term, search_time, searchable

__all__ = ["MAX_SCANNED", "Matches", "Search", "SearchRow", "SearchRows"]

# About 50 ms of work where nothing matches.
MAX_SCANNED = 20_000
# Fewer entries than this are rare: all of them are looked at.
_RARE = 1_000

_SIZE = select(searchable.c.size)
_ADVANCE = (
    update(searchable)
    .where(searchable.c.size == bindparam("old_size"))
    .values(size=bindparam("new_size"))
)
_OF_TERM = search_term.c.entry_index
_OF_TIME = search_time.c.entry_index


class SearchRow(NamedTuple):
    """An entry: what finds it, when it came, and when what it tells of happened.

    The times are in microseconds and in seconds since 1970.
    """

    entry_index: int
    terms: frozenset[bytes] | set[bytes]
    received_at: int | None
    occurred_at: int | None


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: in `scope` (None: all), and of each of `wanted`, one term at least.

    Spans are half open; None is no bound. `occurred` is in seconds since 1970.
    """

    scope: frozenset[bytes] | None
    wanted: tuple[frozenset[bytes], ...] = ()
    received: tuple[datetime | None, datetime | None] = (None, None)
    occurred: tuple[int | None, int | None] = (None, None)


class Matches(NamedTuple):
    """Indexes, and the cursor to go on from; None where there is nothing more."""

    indexes: list[int]
    next: int | None


class SearchRows:
    """A transaction on the rows that entries are found by."""

    def __init__(self, connection: Connection, log_size: Callable[[], int]) -> None:
        self._connection = connection
        self._log_size = log_size

    def size(self) -> int:
        """Read how many entries can be found."""
        return int(self._connection.execute(_SIZE).scalar_one())

    def backlog(self) -> tuple[int, int]:
        """Read how many entries can be found, and how many there are."""
        # In this order: the log is never behind who follows it.
        return self.size(), self._log_size()

    def add(self, rows: Sequence[SearchRow], *, old_size: int, new_size: int) -> bool:
        """Write the rows of the entries between two sizes.

        Says False, nothing changed, where somebody else has written them meanwhile.
        """
        moved = self._connection.execute(_ADVANCE, {"old_size": old_size, "new_size": new_size})
        if moved.rowcount != 1:
            return False
        # In the index's own order: neighbours lie on one page.
        pairs = sorted((term, row.entry_index) for row in rows for term in row.terms)
        insert_rows(self._connection, search_term, pairs)
        times = [(row.entry_index, row.received_at, row.occurred_at) for row in rows]
        insert_rows(self._connection, search_time, times)
        return True

    def forget(self) -> None:
        """Delete every row: they are made from the entries again."""
        self._connection.execute(delete(search_term))
        self._connection.execute(delete(search_time))
        self._connection.execute(update(searchable).values(size=0))

    def find(
        self, search: Search, *, cursor: int | None, newest_first: bool, limit: int
    ) -> Matches:
        """Find up to `limit` entries.

        A cursor is the first index that may be found; with `newest_first`, one beyond it.
        """
        size = self.size()
        span = range(size)
        if cursor is not None:
            span = range(min(cursor, size)) if newest_first else range(min(cursor, size), size)
        span = self._within_times(search, span)
        if not span:
            return Matches([], None)
        driver, is_rare = self._driver(search, span)
        entries = _listed(
            driver, span, _RARE if is_rare else MAX_SCANNED, newest_first=newest_first
        )
        scanned = entries.subquery()
        index = scanned.c.entry_index
        order = index.desc() if newest_first else index
        found = self._connection.scalars(
            select(index)
            .where(*_conditions(search, driver, index))
            .order_by(order)
            .limit(limit + 1)
        ).all()
        indexes = list(found[:limit])
        if len(found) > limit:
            return Matches(indexes, indexes[-1] if newest_first else indexes[-1] + 1)
        if is_rare:
            return Matches(indexes, None)
        last = func.min(index) if newest_first else func.max(index)
        count, end = self._connection.execute(select(func.count(), last).select_from(scanned)).one()
        if count < MAX_SCANNED:
            return Matches(indexes, None)
        return Matches(indexes, end if newest_first else end + 1)

    def _within_times(self, search: Search, span: range) -> range:
        """Narrow a span to the first and last entry of the times that are asked for."""
        for condition in _times(search):
            first, last = self._connection.execute(
                select(func.min(_OF_TIME), func.max(_OF_TIME)).where(condition)
            ).one()
            if first is None:
                return range(0)
            span = range(max(span.start, first), min(span.stop, last + 1))
        return span

    def _driver(self, search: Search, span: range) -> tuple[frozenset[bytes] | None, bool]:
        """Choose whose entries are gone through: the rarest, or else those of the scope."""
        candidates = [*([] if search.scope is None else [search.scope]), *search.wanted]
        counted = [(self._count(terms, span), terms) for terms in candidates]
        count, rarest = min(counted, key=lambda one: one[0], default=(_RARE, None))
        if count < _RARE:
            return rarest, True
        return (search.scope if search.scope is not None else rarest), False

    def _count(self, terms: frozenset[bytes], span: range) -> int:
        """Count entries, as far as they are rare."""
        listed = _listed(terms, span, _RARE, newest_first=False).subquery()
        return self._connection.scalar(select(func.count()).select_from(listed)) or 0


def _listed(
    terms: frozenset[bytes] | None, span: range, limit: int, *, newest_first: bool
) -> Select[Any]:
    """List the first entries of a span that have one of these terms; all have None."""
    within = (span.start, span.stop - 1)
    if terms is None:
        order = _OF_TIME.desc() if newest_first else _OF_TIME
        return select(_OF_TIME).where(_OF_TIME.between(*within)).order_by(order).limit(limit)
    order = _OF_TERM.desc() if newest_first else _OF_TERM
    # Each from its own place in the index; a union of whole lists would be sorted first.
    parts = [
        select(_OF_TERM)
        .where(search_term.c.term == term, _OF_TERM.between(*within))
        .order_by(order)
        .limit(limit)
        for term in sorted(terms)
    ]
    if len(parts) == 1:
        return parts[0]
    index = union(*(select(part.subquery()) for part in parts)).subquery().c.entry_index
    return select(index).order_by(index.desc() if newest_first else index).limit(limit)


def _conditions(
    search: Search, driver: frozenset[bytes] | None, index: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """Say what is asked of each entry that the driver gives."""
    needed = [*([] if search.scope is None else [search.scope]), *search.wanted]
    conditions: list[ColumnElement[bool]] = [
        exists().where(search_term.c.term.in_(sorted(terms)), index == _OF_TERM)
        for terms in needed
        if terms is not driver
    ]
    times = _times(search)
    if times:
        conditions.append(exists().where(index == _OF_TIME, *times))
    return conditions


def _times(search: Search) -> list[ColumnElement[bool]]:
    """Say what is asked of times; an entry without one is in no span."""
    conditions: list[ColumnElement[bool]] = []
    for column, (since, until) in (
        (search_time.c.received_at, search.received),
        (search_time.c.occurred_at, search.occurred),
    ):
        both = [column >= since] if since is not None else []
        both += [column < until] if until is not None else []
        if len(both) == 1:
            conditions += both
        elif both:
            conditions.append(both[0] & both[1])
    return conditions
