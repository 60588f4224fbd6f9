"""Strong deduplication: where each record of a batch stands, or why none of them may.

A log holds a record once, by its record id. A repeat by whoever submitted it first, with the same
leaf, is answered with the first one's index; another entry under a used id is a conflict; and so is
anyone else's repeat, which is told neither the index nor whether the entry was the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.errors import ConflictError, VerificationError
from ledger.head import Head
from ledger.store import Reading, Sequencing, Submitted
from ledger.submission import Submission
from ledger.tree import Tree

__all__ = ["Known", "Placement", "RecordConflictError", "deduplicate", "place"]


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


def deduplicate(
    sequencing: Sequencing,
    old: Head,
    submissions: Sequence[Submission],
    leaf_hashes: Sequence[bytes],
    submitter: str,
) -> Placement:
    """Give each line its index and enter the new records' ids; raise RecordConflictError."""
    record_ids = [submission.record_id for submission in submissions]
    # Repeats are rare, so the ids are first inserted and only looked up where that fails.
    if len(set(record_ids)) == len(record_ids) and sequencing.insert_records(record_ids, old.size):
        return Placement(range(old.size, old.size + len(record_ids)), range(len(record_ids)))
    known = _known(sequencing, old, record_ids, submitter)
    placement = place(submissions, leaf_hashes, size=old.size, known=known)
    new = [record_ids[position] for position in placement.new]
    if not sequencing.insert_records(new, old.size):
        raise VerificationError("store.damaged", "a record id is there and is not there")
    return placement


def _known(
    reading: Reading, head: Head, record_ids: Sequence[bytes], submitter: str
) -> dict[bytes, Known]:
    tree = Tree(head.size, reading.tile)
    submitted = Submitted(0, 0, None, None)
    known: dict[bytes, Known] = {}
    by_index = sorted(reading.locate(record_ids).items(), key=lambda item: item[1])
    for record_id, index in by_index:
        if index >= submitted.first_index + submitted.length:
            submitted = reading.submission_of(index)
        # Where nobody knows any more who it was, the entry itself, with its salt, is the proof.
        own = submitted.submitter in {None, submitter}
        known[record_id] = Known(index, tree.leaf_hash(index), own)
    return known


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
