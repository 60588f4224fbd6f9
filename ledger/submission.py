"""A submission: records handed in together; and where each of them stands, or why none may.

A log holds a record once (strong deduplication by record id). A repeat by whoever submitted it
first, with the same leaf, is answered with the first one's index; another entry under a used id is
a conflict; and so is anyone else's repeat, which is told neither the index nor whether the entry
was the same one. Pure: what is known comes from the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.errors import ConflictError

__all__ = [
    "Appended",
    "Known",
    "Placement",
    "Range",
    "RecordConflictError",
    "Submission",
    "place",
    "ranges_of",
]


class Submission(NamedTuple):
    """One record to log: its id (16 bytes) and its entry, already validated."""

    record_id: bytes
    entry: bytes


class Range(NamedTuple):
    """Lines from `line` (counted from 1) stand at consecutive indexes from `first_index` on."""

    line: int
    first_index: int
    length: int


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is in the log, and whether it is the submitter's own."""

    index: int
    leaf_hash: bytes
    own: bool


class Placement(NamedTuple):
    """The index of each line, and the positions (from 0) of those that are new."""

    indexes: Sequence[int]
    new: Sequence[int]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch. `batch_root` covers every line as sent, repeats included."""

    count: int
    added: int
    duplicates: int
    ranges: tuple[Range, ...]
    batch_root: bytes

    @property
    def indexes(self) -> list[int]:
        """The index of each line."""
        return [r.first_index + offset for r in self.ranges for offset in range(r.length)]


class RecordConflictError(ConflictError):
    """A record id that is taken; `line` (counted from 1) says where in the batch."""

    def __init__(self, code: str, line: int, record_id: bytes) -> None:
        super().__init__(
            code,
            f"line {line}: the record id is in use",
            expected="an id that nobody has used, or the very record that you logged under it",
            found=record_id.hex(),
            hint="Make a new record id; to correct a record, log one that supersedes it.",
        )
        self.line = line


def place(
    submissions: Sequence[Submission],
    leaf_hashes: Sequence[bytes],
    *,
    size: int,
    known: Mapping[bytes, Known],
) -> Placement:
    """Give each line its index in a log of `size`; raise RecordConflictError for the first bad."""
    indexes: list[int] = []
    new: list[int] = []
    seen = dict(known)
    for position, (submission, leaf) in enumerate(zip(submissions, leaf_hashes, strict=True)):
        found = seen.get(submission.record_id)
        if found is None:
            found = Known(size + len(new), leaf, own=True)
            seen[submission.record_id] = found
            new.append(position)
        elif not found.own:
            raise RecordConflictError("record.foreign", position + 1, submission.record_id)
        elif found.leaf_hash != leaf:
            raise RecordConflictError("record.conflict", position + 1, submission.record_id)
        indexes.append(found.index)
    return Placement(indexes, new)


def ranges_of(indexes: Sequence[int]) -> tuple[Range, ...]:
    """Write the indexes of lines 1, 2, 3, … as ranges."""
    ranges: list[Range] = []
    start = 0
    for position in range(1, len(indexes) + 1):
        if position == len(indexes) or indexes[position] != indexes[position - 1] + 1:
            ranges.append(Range(start + 1, indexes[start], position - start))
            start = position
    return tuple(ranges)
