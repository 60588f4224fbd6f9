"""Strong deduplication: where each record of a batch stands, or why none of them may.

A log holds a record once, by its record id. A repeat by whoever submitted it first, with the same
leaf, is answered with the first one's index; another entry under a used id is a conflict; and so is
anyone else's repeat, which is told neither the index nor whether the entry was the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ledger.errors import ConflictError, VerificationError
from ledger.store import Reading, Sequencing, Submitted
from ledger.submission import Batch
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
            found=str(UUID(bytes=record_id)),
            hint="Make a new record id; to correct a record, log one that supersedes it.",
        )
        self.line = line


def deduplicate(sequencing: Sequencing, batch: Batch, *, size: int) -> Placement:
    """Give each line its index in a log of `size`, and enter the ids of the new records.

    Raises RecordConflictError for the first line that may not be logged.
    """
    record_ids = batch.lines.record_ids
    # Repeats are rare, so the ids are first inserted and only looked up where that fails.
    if len(set(record_ids)) == len(record_ids) and sequencing.insert_records(record_ids, size):
        return Placement(range(size, size + len(record_ids)), range(len(record_ids)))
    placement = place(batch, size=size, known=_known(sequencing, record_ids, batch.submitter, size))
    if not sequencing.insert_records([record_ids[i] for i in placement.new], size):
        raise VerificationError("store.damaged", "a record id is there and is not there")
    return placement


def place(batch: Batch, *, size: int, known: Mapping[bytes, Known]) -> Placement:
    """Give each line its index; raise RecordConflictError for the first that may not be logged."""
    indexes: list[int] = []
    new: list[int] = []
    seen = dict(known)
    lines = zip(batch.lines.record_ids, batch.lines.leaf_hashes, strict=True)
    for position, (record_id, leaf) in enumerate(lines):
        found = seen.get(record_id)
        if found is None:
            found = Known(size + len(new), leaf, own=True)
            seen[record_id] = found
            new.append(position)
        elif not found.own:
            raise RecordConflictError("record.foreign", position + 1, record_id)
        elif found.leaf_hash != leaf:
            raise RecordConflictError("record.conflict", position + 1, record_id)
        indexes.append(found.index)
    return Placement(indexes, new)


def _known(
    reading: Reading, record_ids: Sequence[bytes], submitter: str, size: int
) -> dict[bytes, Known]:
    tree = Tree(size, reading.tile)
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
