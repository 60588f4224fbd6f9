"""A submission: records handed in together, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.errors import MalformedError
from ledger.kinds import Kind, Transfer
from ledger.kinds.transfer import Coverage
from ledger.manifest import ManifestClaims
from ledger.merkle import leaf_hash, root
from ledger.statement import RECORD_ID_SIZE, LineError, Statement
from ledger.tile import MAX_ENTRY_SIZE

__all__ = ["Appended", "Batch", "Lines", "PlanUse", "Range", "Submission", "ranges_of"]


class _Identity(msgspec.Struct):
    record_id: UUID
    covered_by: Coverage | UnsetType = UNSET


_identity = msgspec.json.Decoder(_Identity).decode


class PlanUse(NamedTuple):
    """What a transfer says of its place under a plan: which plan, its number, the totals by then.

    A plan is named by its record id and its leaf hash.
    """

    record_id: bytes
    leaf_hash: bytes
    sequence: int
    personal: int
    sensitive: int

    @classmethod
    def of(cls, members: Kind) -> PlanUse | None:
        """Take it from a decoded statement, None where it names no plan."""
        if not isinstance(members, Transfer):
            return None
        return cls.from_coverage(members.covered_by)

    @classmethod
    def from_coverage(cls, covered_by: Coverage | UnsetType) -> PlanUse | None:
        """Take it from the member that says it, None where that is absent."""
        if covered_by is UNSET:
            return None
        plan, persons = covered_by.plan, covered_by.persons
        return cls(
            plan.record_id.bytes,
            bytes.fromhex(plan.leaf_hash),
            covered_by.sequence,
            persons.personal,
            persons.sensitive,
        )


class Submission(NamedTuple):
    """One record to log: its id (16 bytes), its entry, already validated, and the plan it uses.

    `signs` is of a batch's last line alone: what the manifest there says of the lines before it.
    """

    record_id: bytes
    entry: bytes
    use: PlanUse | None = None
    signs: ManifestClaims | None = None

    @classmethod
    def of(cls, statement: Statement) -> Submission:
        """Hand in a statement."""
        return cls(statement.record_id, statement.entry, PlanUse.of(statement.members))

    @classmethod
    def from_entry(cls, entry: bytes) -> Submission:
        """Read the record id and the plan that an entry states; raise MalformedError."""
        try:
            found = _identity(entry)
        except msgspec.MsgspecError as error:
            raise MalformedError("record.id", "the entry states no record id") from error
        return cls(found.record_id.bytes, entry, PlanUse.from_coverage(found.covered_by))


@dataclass(frozen=True, slots=True)
class Lines:
    """Submissions with their leaf hashes, in columns: a line has the same position in each.

    `uses` has those that use a plan. `signed` says that the last line is a manifest of those
    before it.
    """

    record_ids: Sequence[bytes]
    entries: Sequence[bytes]
    leaf_hashes: Sequence[bytes]
    uses: Mapping[int, PlanUse]
    signed: bool = False

    @classmethod
    def of(cls, submissions: Sequence[Submission]) -> Lines:
        """Hash the entries; raise MalformedError for a record id or an entry of a wrong size.

        A manifest that is of other lines raises LineError.
        """
        for line, (record_id, entry, _, _) in enumerate(submissions, 1):
            if len(record_id) != RECORD_ID_SIZE or len(entry) > MAX_ENTRY_SIZE:
                raise MalformedError(
                    "record.size",
                    f"line {line}: a record id or an entry of a wrong size",
                    expected=f"{RECORD_ID_SIZE} bytes, and at most {MAX_ENTRY_SIZE}",
                    found=f"{len(record_id)} and {len(entry)}",
                )
        return cls.hashed(
            [submission.record_id for submission in submissions],
            [submission.entry for submission in submissions],
            [leaf_hash(submission.entry) for submission in submissions],
            uses={i: s.use for i, s in enumerate(submissions) if s.use is not None},
            signs=submissions[-1].signs if submissions else None,
        )

    @classmethod
    def hashed(
        cls,
        record_ids: Sequence[bytes],
        entries: Sequence[bytes],
        leaf_hashes: Sequence[bytes],
        *,
        uses: Mapping[int, PlanUse],
        signs: ManifestClaims | None,
    ) -> Lines:
        """Take lines that were hashed before; raise LineError for a manifest of other lines."""
        if signs is not None:
            _check_manifest(signs, leaf_hashes[:-1])
        return cls(record_ids, entries, leaf_hashes, uses, signs is not None)


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines by one submitter, at one time."""

    lines: Lines
    submitter: str
    received_at: datetime


def _check_manifest(claims: ManifestClaims, leaf_hashes: Sequence[bytes]) -> None:
    """Hold a manifest against the lines before it; raise LineError."""
    line = len(leaf_hashes) + 1
    if claims.count != len(leaf_hashes):
        wrong = MalformedError(
            "manifest.count",
            "the manifest is of another number of lines",
            expected=f"{len(leaf_hashes)}, the lines before it",
            found=str(claims.count),
        )
        raise LineError(line, wrong)
    found = root(leaf_hashes).hex()
    if claims.root != found:
        wrong = MalformedError(
            "manifest.root",
            "the manifest is of other lines, or of another order",
            expected=found,
            found=claims.root,
            hint="Sign the RFC 9162 root of the leaf hashes of all lines before it, as sent.",
        )
        raise LineError(line, wrong)


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
    if isinstance(indexes, range) and indexes.step == 1:
        return (Range(1, indexes.start, len(indexes)),) if indexes else ()
    ranges: list[Range] = []
    start = 0
    for position in range(1, len(indexes) + 1):
        if position == len(indexes) or indexes[position] != indexes[position - 1] + 1:
            ranges.append(Range(start + 1, indexes[start], position - start))
            start = position
    return tuple(ranges)
