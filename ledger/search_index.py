"""The search index: reads the log behind its head, and notes what each entry can be found by.

Never while sequencing: an append waits for no index. The rows are a convenience, made again from
the entries at any time (`rebuild`), and what they point to is read and checked by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.log import Log
from ledger.search_terms import terms
from ledger.store import SearchRow, Submitted

__all__ = ["index_log", "rebuild"]

# Entries read and written at once: 16 bundles.
_PAGE = 4_096


def index_log(log: Log, *, pages: int | None = None) -> bool:
    """Look through what was logged since the last time; say whether nothing is left.

    At most so many pages of 4,096 entries, where a number is given.
    """
    done, end = _backlog(log)
    while done < end and (pages is None or pages > 0):
        rows = list(_rows(log, done, min(done + _PAGE, end)))
        with log.store.search(write=True) as search:
            search.add(rows, old_size=done, new_size=done + len(rows))
        # Where somebody else was faster, go on where they are.
        done, end = _backlog(log)
        pages = None if pages is None else pages - 1
    return done >= end


def rebuild(log: Log) -> None:
    """Forget every row, and make all of them again."""
    with log.store.search(write=True) as search:
        search.forget()
    index_log(log)


def _backlog(log: Log) -> tuple[int, int]:
    with log.store.search() as search:
        return search.backlog()


def _rows(log: Log, start: int, end: int) -> Iterator[SearchRow]:
    entries = log.entries(start, end - start)
    submissions = _submissions(log, start, end)
    came = next(submissions)
    for index, entry in enumerate(entries, start=start):
        if index >= came.first_index + came.length:
            came = next(submissions)
        found, occurred = terms(entry, came.submitter)
        yield SearchRow(index, frozenset(found), came.received_at, occurred)


def _submissions(log: Log, start: int, end: int) -> Iterator[Submitted]:
    with log.store.reading() as reading:
        found = [reading.submission_of(start), *reading.submissions(start + 1, end - start)]
    yield from found
