"""A submission: records handed in together, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.errors import MalformedError
from ledger.merkle import leaf_hash
from ledger.statement import RECORD_ID_SIZE
from ledger.tile import MAX_ENTRY_SIZE

__all__ = ["Appended", "Batch", "Range", "Submission", "ranges_of"]


class _Identity(msgspec.Struct):
    record_id: UUID


_identity = msgspec.json.Decoder(_Identity).decode


class Submission(NamedTuple):
    """One record to log: its id (16 bytes) and its entry, already validated."""

    record_id: bytes
    entry: bytes

    @classmethod
    def from_entry(cls, entry: bytes) -> Submission:
        """Read the record id that an entry states, and nothing else; raise MalformedError."""
        try:
            return cls(_identity(entry).record_id.bytes, entry)
        except msgspec.MsgspecError as error:
            raise MalformedError("record.id", "the entry states no record id") from error


@dataclass(frozen=True, slots=True)
class Batch:
    """Submissions with their leaf hashes, by one submitter, at one time."""

    submissions: Sequence[Submission]
    leaf_hashes: Sequence[bytes]
    submitter: str
    received_at: datetime

    @classmethod
    def of(
        cls, submissions: Sequence[Submission], *, submitter: str, received_at: datetime
    ) -> Batch:
        """Hash the entries; raise MalformedError for a record id or an entry of a wrong size."""
        for line, (record_id, entry) in enumerate(submissions, 1):
            if len(record_id) != RECORD_ID_SIZE or len(entry) > MAX_ENTRY_SIZE:
                raise MalformedError(
                    "record.size",
                    f"line {line}: a record id or an entry of a wrong size",
                    expected=f"{RECORD_ID_SIZE} bytes, and at most {MAX_ENTRY_SIZE}",
                    found=f"{len(record_id)} and {len(entry)}",
                )
        leaf_hashes = [leaf_hash(submission.entry) for submission in submissions]
        return cls(submissions, leaf_hashes, submitter, received_at)


class Range(NamedTuple):
    """Lines from `line` (counted from 1) stand at consecutive indexes from `first_index` on."""

    line: int
    first_index: int
    length: int


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


def ranges_of(indexes: Sequence[int]) -> tuple[Range, ...]:
    """Write the indexes of lines 1, 2, 3, … as ranges."""
    ranges: list[Range] = []
    start = 0
    for position in range(1, len(indexes) + 1):
        if position == len(indexes) or indexes[position] != indexes[position - 1] + 1:
            ranges.append(Range(start + 1, indexes[start], position - start))
            start = position
    return tuple(ranges)
