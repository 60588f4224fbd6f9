"""Who submitted what: every index once, and the submitter of each as an audit passes by."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.audit.report import Checked
from ledger.store import Reading, Submitted

__all__ = ["Submitters", "check_submissions"]

_PAGE = 1_000


def check_submissions(reading: Reading, indexes: range, size: int, checked: Checked) -> None:
    """Find the indexes of a part that nobody, or more than one, submitted, in a log of `size`."""
    before = reading.submission_before(indexes.start)
    index = 0 if before is None else before.first_index + before.length
    for submitted in _submissions(reading, indexes.start):
        if submitted.first_index >= indexes.stop:
            break
        if submitted.first_index != index:
            checked.add(
                "audit.submission",
                f"entry {min(submitted.first_index, index)}",
                expected=f"a submission from {index} on",
                found=f"a submission from {submitted.first_index} on",
            )
        index = submitted.first_index + submitted.length
    if indexes.stop == size and index < size:
        found = f"submissions up to {index}"
        checked.add("audit.submission", f"entry {index}", expected=f"up to {size}", found=found)


class Submitters:
    """Tells who submitted what."""

    def __init__(self, reading: Reading, start: int) -> None:
        before = reading.submission_before(start)
        self._rest = _submissions(reading, start)
        self._now = before or Submitted(0, 0, None, None)
        self._next = next(self._rest, None)

    def of(self, index: int) -> tuple[str | None, int]:
        """Say who submitted the entry at `index`, None where nobody knows, and up to which index.

        Indexes come in order.
        """
        while self._next is not None and self._next.first_index <= index:
            self._now, self._next = self._next, next(self._rest, None)
        end = self._now.first_index + self._now.length
        if index < end:
            return self._now.submitter, end
        return None, index + 1


def _submissions(reading: Reading, start: int) -> Iterator[Submitted]:
    while page := reading.submissions(start, _PAGE):
        yield from page
        start = page[-1].first_index + 1
