"""The search index: reads the log behind its head, and notes what each entry can be found by.

Never while sequencing: an append waits for no index. The rows are a convenience, made again from
the entries at any time (`rebuild`), and what they point to is read and checked by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.log import LogReader
from ledger.search_terms import terms
from ledger.store import SearchRow, Submitted, microseconds

__all__ = ["PAGE", "backlog", "index_log", "rebuild"]

# Entries read and written at once: 16 bundles.
PAGE = 4_096


def index_log(log: LogReader, *, pages: int | None = None) -> bool:
    """Look through what was logged since the last time; say whether nothing of it is left.

    At most so many pages of 4,096 entries, where a number is given. What is logged meanwhile is for
    the next time.
    """
    done, end = backlog(log)
    while done < end and (pages is None or pages > 0):
        rows = list(_rows(log, done, min(done + PAGE, end)))
        with log.store.search(write=True) as search:
            search.add(rows, old_size=done, new_size=done + len(rows))
        # Where somebody else was faster, go on where they are.
        done, _ = backlog(log)
        pages = None if pages is None else pages - 1
    return done >= end


def rebuild(log: LogReader) -> None:
    """Forget every row, and make all of them again."""
    with log.store.search(write=True) as search:
        search.forget()
    index_log(log)


def backlog(log: LogReader) -> tuple[int, int]:
    """Say how many entries can be found, and how many there are."""
    with log.store.search() as search:
        return search.backlog()


def _rows(log: LogReader, start: int, end: int) -> Iterator[SearchRow]:
    entries = log.entries(start, end - start)
    submissions = _submissions(log, start, end)
    came, received_at = None, None
    for index, entry in enumerate(entries, start=start):
        if came is None or index >= came.first_index + came.length:
            came = next(submissions)
            received_at = None if came.received_at is None else microseconds(came.received_at)
        found, occurred = terms(entry, came.submitter)
        yield SearchRow(index, found, received_at, occurred)


def _submissions(log: LogReader, start: int, end: int) -> Iterator[Submitted]:
    with log.store.reading() as reading:
        found = [reading.submission_of(start), *reading.submissions(start + 1, end - start)]
    yield from found
