"""A listing: records that one may see and asks for, in the log's order or against it.

Scope is a condition of the search itself (`scope_of`), so that counts, cursors and time spent tell
nothing of others' records. What the search points to is read, and asked again whether it may be
seen: the index only says where to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.access import may_read
from api.auth import Principal, Scope
from ledger.log import Log
from ledger.search_index import PAGE, backlog, index_log
from ledger.search_terms import Asked, term
from ledger.statement import Statement
from ledger.store import Reading, Search, Submitted

__all__ = ["Filter", "Found", "Order", "Page", "list_records", "scope_of"]

# The index follows the log by itself; whoever asks in between makes it look at the newest so far,
# but where that is so much that he would only wait.
_INDEXED_PAGES = 4


class Order(StrEnum):
    """Which end of the log comes first."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for; None asks for nothing. Spans of time are half open.

    `since` and `until` are of receipt; `occurred` of what a transfer tells of, in whole seconds.
    """

    leaf: str | None = None
    digest: str | None = None
    organisation: str | None = None
    exporter: str | None = None
    recipient: str | None = None
    from_: str | None = None
    to: str | None = None
    scenario: str | None = None
    kind: str | None = None
    names: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    occurred_since: datetime | None = None
    occurred_until: datetime | None = None

    def search(self, scope: frozenset[bytes] | None) -> Search:
        """Say it as a search within a scope."""
        wanted = [
            frozenset([term(asked, value)])
            for asked, value in (
                (Asked.LEAF, self.leaf),
                (Asked.FILE, self.digest),
                (Asked.EXPORTER, self.exporter),
                (Asked.RECIPIENT, self.recipient),
                (Asked.FROM, self.from_),
                (Asked.TO, self.to),
                (Asked.SCENARIO, self.scenario),
                (Asked.KIND, self.kind),
                (Asked.NAMES, self.names),
            )
            if value is not None
        ]
        if self.organisation is not None:
            parts = (Asked.SUBMITTER, Asked.EXPORTER, Asked.RECIPIENT)
            wanted.append(frozenset(term(part, self.organisation) for part in parts))
        return Search(
            scope,
            tuple(wanted),
            (self.since, self.until),
            (_seconds(self.occurred_since), _seconds(self.occurred_until)),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A record that one may see."""

    index: int
    statement: Statement
    submitted: Submitted


@dataclass(frozen=True, slots=True)
class Page:
    """Records, and the index to go on from; None at the log's end.

    `lag` entries at the end of the log can be found by their record ids alone, so far.
    """

    records: list[Found]
    next: int | None
    lag: int = 0


def scope_of(principal: Principal) -> frozenset[bytes] | None:
    """Say as terms what `may_read` says of an entry; None where everything may be seen."""
    scopes = principal.scopes
    if Scope.AUDIT in scopes:
        return None
    terms = {term(Asked.SUBMITTER, principal.organisation)}
    if Scope.READ in scopes:
        terms.add(term(Asked.RECIPIENT, principal.organisation))
    if Scope.REGULATE in scopes:
        for place in principal.jurisdictions:
            terms |= {term(Asked.FROM, place), term(Asked.TO, place)}
    return frozenset(terms)


def list_records(
    log: Log, principal: Principal, wanted: Filter, *, order: Order, cursor: int | None, limit: int
) -> Page:
    """List up to `limit` records.

    A cursor is the first index that the page may hold; against the log's order, one beyond it.
    """
    done, end = backlog(log)
    is_whole = end - done <= _INDEXED_PAGES * PAGE and index_log(log, pages=_INDEXED_PAGES)
    search = wanted.search(scope_of(principal))
    newest_first = order is Order.NEWEST
    with log.store.search() as rows:
        found = rows.find(search, cursor=cursor, newest_first=newest_first, limit=limit)
        indexed, size = rows.backlog()
    with log.store.reading() as reading:
        records = list(_read(reading, principal, found.indexes))
    going_on = found.next
    if going_on is None and not is_whole and not newest_first:
        # There is more, that cannot be found yet: nobody shall take this for the log's end.
        going_on = max(indexed, cursor or 0)
    return Page(records, going_on, size - indexed)


def _read(reading: Reading, principal: Principal, indexes: list[int]) -> Iterator[Found]:
    for index in indexes:
        entry, submitted = reading.entry(index), reading.submission_of(index)
        if may_read(principal, entry, submitted.submitter):
            yield Found(index, Statement.from_entry(entry), submitted)


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
