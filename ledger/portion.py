"""A portion of a batch: some of its lines in, what the log needs of them out, as few plain bytes.

A large batch is cut at its line breaks, its portions are read in other processes, and what they
found is put together again beside the lines themselves, which need not come back:

    cut(body) ──portion──► read(portion, kinds) ──Reading──► join(body, readings) ──► Lines

A portion that cannot be taken has no reading. Why it cannot, `batch.decode_batch` says, which
reads the whole again: that is rare, and so there is one place that refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.batch import MAX_BATCH_BYTES, MAX_BATCH_LINES, decode_batch
from ledger.errors import LedgerError, MalformedError
from ledger.kinds import Kind
from ledger.manifest import ManifestClaims
from ledger.merkle import HASH_SIZE, leaf_hash
from ledger.signed import check_signed
from ledger.statement import RECORD_ID_SIZE
from ledger.submission import Lines, PlanUse

__all__ = ["PORTION_SIZE", "Reading", "cut", "join", "read"]

# Large enough to be worth its way, small enough that a few thousand lines keep all cores busy.
PORTION_SIZE = 512 * 1024


class Reading(NamedTuple):
    """What a portion holds: ids and leaf hashes one after the other, and by position what is rare.

    `rewritten` has the entries of those lines that are not in canonical form as they came.
    """

    record_ids: bytes
    leaf_hashes: bytes
    rewritten: Mapping[int, bytes]
    uses: Mapping[int, PlanUse]
    signs: ManifestClaims | None


def cut(body: bytes) -> Iterator[bytes]:
    """Cut a batch at line breaks into portions of about PORTION_SIZE; none of one too large."""
    if len(body) > MAX_BATCH_BYTES or body.count(b"\n") > MAX_BATCH_LINES:
        return
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + PORTION_SIZE) + 1 or len(body)
        yield body[start:end]
        start = end


def read(portion: bytes, kinds: Collection[str]) -> Reading | None:
    """Read a portion; None where a line of it is no statement, or not of one of these kinds."""

    def check(members: Kind) -> None:
        if members.__struct_config__.tag not in kinds:
            raise MalformedError("statement.kind", "unknown kind of statement")
        check_signed(members)

    try:
        submissions = decode_batch(portion, check=check)
    except LedgerError:
        return None
    record_ids, entries, _, _ = zip(*submissions, strict=True)
    lines = portion.split(b"\n", len(entries))
    return Reading(
        b"".join(record_ids),
        b"".join(map(leaf_hash, entries)),
        {}
        if lines[: len(entries)] == list(entries)
        else {i: entry for i, entry in enumerate(entries) if entry != lines[i]},
        {i: s.use for i, s in enumerate(submissions) if s.use is not None},
        submissions[-1].signs,
    )


def join(body: bytes, readings: Sequence[Reading | None]) -> Lines | None:
    """Put a batch together from the readings of all its portions, in order.

    None where it cannot be taken. Raises LineError for a manifest that is of other lines.
    """
    found = [reading for reading in readings if reading is not None]
    # A manifest is the last line of the whole.
    if len(found) < len(readings) or not found or any(r.signs is not None for r in found[:-1]):
        return None
    record_ids: list[bytes] = []
    leaf_hashes: list[bytes] = []
    uses: dict[int, PlanUse] = {}
    rewritten: dict[int, bytes] = {}
    for reading in found:
        first = len(record_ids)
        uses |= {first + position: use for position, use in reading.uses.items()}
        rewritten |= {first + position: entry for position, entry in reading.rewritten.items()}
        record_ids += _split(reading.record_ids, RECORD_ID_SIZE)
        leaf_hashes += _split(reading.leaf_hashes, HASH_SIZE)
    entries = body.split(b"\n", len(record_ids))[: len(record_ids)]
    if len(record_ids) > MAX_BATCH_LINES or len(entries) != len(record_ids):
        return None
    for position, entry in rewritten.items():
        entries[position] = entry
    return Lines.hashed(record_ids, entries, leaf_hashes, uses=uses, signs=found[-1].signs)


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
