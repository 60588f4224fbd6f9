"""A listing: the records of the log that one may see, in the log's order or against it.

The log keeps no index by organisation, so a listing looks at one entry after another, and at no
more than MAX_SCANNED for one page: a page may come out short, with a cursor to go on from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.access import may_read
from api.auth import Principal
from ledger.log import Log
from ledger.statement import Statement
from ledger.store import Submitted

__all__ = ["Filter", "Found", "Order", "Page", "list_records"]

# About 50 ms of work where nothing matches.
MAX_SCANNED = 10_000
_BLOCK = 256


class Order(StrEnum):
    """Which end of the log comes first."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; None asks for nothing. Times are those of receipt, `until` excluded."""

    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes_time(self, received_at: datetime | None) -> bool:
        """Say whether a record of this time is asked for."""
        if self.since is None and self.until is None:
            return True
        # Nobody knows when a recovered record came: no period is known to hold it.
        return (
            received_at is not None
            and (self.since is None or received_at >= self.since)
            and (self.until is None or received_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A record that one may see."""

    index: int
    statement: Statement
    submitted: Submitted


@dataclass(frozen=True, slots=True)
class Page:
    """Records, and the index to go on from; None at the log's end."""

    records: list[Found]
    next: int | None


def list_records(
    log: Log, principal: Principal, wanted: Filter, *, order: Order, cursor: int | None, limit: int
) -> Page:
    """List up to `limit` records.

    A cursor is the first index that the page may hold; against the log's order, one beyond it.
    """
    size = log.head().size
    newest_first = order is Order.NEWEST
    start = cursor if cursor is not None else (size if newest_first else 0)
    if newest_first:
        start = min(start, size)
        stop = max(0, start - MAX_SCANNED)
        blocks = ((max(stop, end - _BLOCK), end) for end in range(start, stop, -_BLOCK))
    else:
        stop = min(size, start + MAX_SCANNED)
        blocks = ((first, min(stop, first + _BLOCK)) for first in range(start, stop, _BLOCK))
    records: list[Found] = []
    for first, end in blocks:
        found = list(_read(log, principal, wanted, first, end))
        for record in reversed(found) if newest_first else found:
            records.append(record)
            if len(records) == limit:
                last = record.index
                return Page(records, _going_on(last if newest_first else last + 1, order, size))
    return Page(records, _going_on(stop, order, size))


def _going_on(index: int, order: Order, size: int) -> int | None:
    at_end = index == 0 if order is Order.NEWEST else index >= size
    return None if at_end else index


def _read(log: Log, principal: Principal, wanted: Filter, first: int, end: int) -> Iterator[Found]:
    """Yield what is asked for and may be seen among the entries from `first` to before `end`."""
    with log.store.reading() as reading:
        submitted = [reading.submission_of(first)]
        submitted += reading.submissions(first + 1, end - first)
    entries = log.entries(first, end - first)
    current = iter(submitted)
    came = next(current)
    for index, entry in enumerate(entries, start=first):
        if index >= came.first_index + came.length:
            came = next(current)
        if not wanted.takes_time(came.received_at):
            continue
        if may_read(principal, entry, came.submitter):
            statement = Statement.from_entry(entry)
            if wanted.kind in {None, statement.kind}:
                yield Found(index, statement, came)
