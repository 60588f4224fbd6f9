"""Reading a store in one transaction: head, tiles, entries, records, submissions, checkpoints.

What is missing where the head says that it must be raises VerificationError (`store.missing`): the
database has been damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from ledger.anchor import ChainIdentity
from ledger.errors import ConfigurationError, VerificationError
from ledger.head import Head
from ledger.store import anchors, plan_uses, record_index, relations, signed_batches, status_lists
from ledger.store.anchors import AnchorState, StoredAnchor
from ledger.store.plan_uses import UseRow
from ledger.store.signed_batches import SignedBatch
from ledger.store.tables import (
    anchor,
    checkpoint,
    entry_segment,
    hash_tile,
    log,
    record,
    submission,
)
from ledger.tile import WIDTH, Tile, nth_entry

__all__ = ["LogRow", "Published", "Reading", "Submitted"]


# Statements of every append and every proof, built once: that costs more than running them.
LOG = select(log.c.origin, log.c.verifier, log.c.size, log.c.root, log.c.note)
_TILE = select(hash_tile.c.hashes).where(
    hash_tile.c.level == bindparam("level"), hash_tile.c.number == bindparam("number")
)
_NEWEST_CHECKPOINT = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
# A segment is one entry at least, and a bundle of 16 MiB at most.
_SEGMENTS_AT_ONCE = 4
_ENTRY = (
    select(entry_segment)
    .where(entry_segment.c.first_index <= bindparam("index"))
    .order_by(entry_segment.c.first_index.desc())
    .limit(1)
)
_SUBMISSION = (
    select(submission)
    .where(submission.c.first_index <= bindparam("index"))
    .order_by(submission.c.first_index.desc())
    .limit(1)
)
_CHECKPOINT = select(checkpoint.c.note).where(checkpoint.c.size == bindparam("size"))
_PUBLISHED_SIZE = select(func.max(checkpoint.c.size))


class LogRow(NamedTuple):
    """The log as its database knows it."""

    origin: str
    verifier: str
    size: int
    root: bytes
    note: str


class Submitted(NamedTuple):
    """Who submitted the `length` entries from `first_index` on; None where nobody knows."""

    first_index: int
    length: int
    submitter: str | None
    received_at: datetime | None


class Published(NamedTuple):
    """A published checkpoint, and when it was published."""

    head: Head
    published_at: datetime


class Reading:
    """A transaction to read in."""

    def __init__(self, connection: Connection) -> None:
        self._opened = connection

    @property
    def _connection(self) -> Connection:
        """The connection, for the next question."""
        return self._opened

    def log(self) -> LogRow | None:
        """Read the log's row, None before there is one."""
        row = self._connection.execute(LOG).one_or_none()
        return None if row is None else LogRow(*row)

    def head(self) -> Head:
        """Read the newest head."""
        row = self.log()
        if row is None:
            raise ConfigurationError("store.empty", "the database holds no log")
        return Head.parse(row.note)

    def tile(self, tile: Tile) -> bytes:
        """Read a hash tile, of which there may be more than its width."""
        place = {"level": tile.level, "number": tile.number}
        hashes: bytes | None = self._connection.scalar(_TILE, place)
        if hashes is None:
            raise _missing(tile.path())
        return hashes

    def bundle(self, number: int) -> bytes:
        """Read an entry bundle as far as it goes."""
        first = number * WIDTH
        within = entry_segment.c.first_index.between(first, first + WIDTH - 1)
        segments = self._connection.scalars(
            select(entry_segment.c.entries).where(within).order_by(entry_segment.c.first_index)
        )
        return b"".join(segments.all())

    def tiles(self, level: int, numbers: Iterable[int]) -> dict[int, bytes]:
        """Read those hash tiles of a level that are there, each as wide as it is kept."""
        wanted = hash_tile.c.number.in_(list(numbers))
        rows = self._connection.execute(
            select(hash_tile.c.number, hash_tile.c.hashes).where(hash_tile.c.level == level, wanted)
        )
        return {row.number: row.hashes for row in rows}

    def bundles(self, numbers: range) -> Iterator[tuple[int, bytes]]:
        """Read consecutive entry bundles, each as far as it goes, empty where it is not there.

        In one pass, of which no more than a bundle and what the driver reads ahead is in memory.
        """
        within = entry_segment.c.first_index.between(
            numbers.start * WIDTH, numbers.stop * WIDTH - 1
        )
        segments = self._connection.execute(
            select(entry_segment).where(within).order_by(entry_segment.c.first_index),
            execution_options={"yield_per": _SEGMENTS_AT_ONCE},
        )
        next_number = numbers.start
        for number, group in groupby(segments, lambda row: int(row.first_index) // WIDTH):
            yield from ((missing, b"") for missing in range(next_number, number))
            yield number, b"".join(row.entries for row in group)
            next_number = number + 1
        yield from ((missing, b"") for missing in range(next_number, numbers.stop))

    def entry(self, index: int) -> bytes:
        """Read the entry at `index`."""
        row = self._connection.execute(_ENTRY, {"index": index}).one_or_none()
        if row is not None:
            found = nth_entry(row.entries, index - row.first_index)
            if found is not None:
                return found
        raise _missing(f"entry {index}")

    def locate(self, record_ids: Sequence[bytes]) -> dict[bytes, int]:
        """Find the indexes of those records that are there."""
        return record_index.locate(self._connection, record_ids)

    def plan_uses(self, plan_leaf: bytes) -> list[UseRow]:
        """Read what each submitter has used of a plan."""
        return plan_uses.read(self._connection, plan_leaf)

    def rows_close(self, record_ids: Sequence[bytes]) -> list[tuple[bytes, int]]:
        """Find those records that are there, and others among them; see `record_index`."""
        return record_index.rows_close(self._connection, record_ids)

    def signed_batch(self, index: int) -> SignedBatch | None:
        """Find the signed batch that an entry came in, None where it came unsigned."""
        return signed_batches.find(self._connection, index)

    def record_count(self, end: int) -> int:
        """Count the records whose index is below `end`."""
        below = select(func.count()).where(record.c.entry_index < end)
        return self._connection.scalar(below) or 0

    def submission_of(self, index: int) -> Submitted:
        """Read the submission that `index` came with."""
        row = self._connection.execute(_SUBMISSION, {"index": index}).one_or_none()
        if row is None or index >= row.first_index + row.length:
            raise _missing(f"the submission of entry {index}")
        return Submitted(*row)

    def submission_before(self, index: int) -> Submitted | None:
        """Read the last submission that begins before `index`."""
        row = self._connection.execute(
            select(submission)
            .where(submission.c.first_index < index)
            .order_by(submission.c.first_index.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else Submitted(*row)

    def submissions(self, start: int, limit: int) -> list[Submitted]:
        """Read up to `limit` submissions that begin at `start` or after it, in order."""
        rows = self._connection.execute(
            select(submission)
            .where(submission.c.first_index >= start)
            .order_by(submission.c.first_index)
            .limit(limit)
        )
        return [Submitted(*row) for row in rows]

    def submissions_by(self, submitter: str) -> list[Submitted]:
        """Read all submissions of one submitter, in order; looks at every submission there is."""
        rows = self._connection.execute(
            select(submission)
            .where(submission.c.submitter == submitter)
            .order_by(submission.c.first_index)
        )
        return [Submitted(*row) for row in rows]

    def checkpoint(self, size: int) -> Head | None:
        """Read the checkpoint published at `size`."""
        note = self._connection.scalar(_CHECKPOINT, {"size": size})
        return None if note is None else Head.parse(note)

    def newest_checkpoint(self) -> Head | None:
        """Read the checkpoint published last."""
        note = self._connection.scalar(_NEWEST_CHECKPOINT)
        return None if note is None else Head.parse(note)

    def published_size(self) -> int:
        """Read the size of the checkpoint published last, -1 before the first."""
        size = self._connection.scalar(_PUBLISHED_SIZE)
        return -1 if size is None else size

    def checkpoints(self, start: int, limit: int) -> list[Published]:
        """Read up to `limit` published checkpoints of size `start` and more, in order."""
        rows = self._connection.execute(
            select(checkpoint.c.note, checkpoint.c.published_at)
            .where(checkpoint.c.size >= start)
            .order_by(checkpoint.c.size)
            .limit(limit)
        )
        return [Published(Head.parse(note), published_at) for note, published_at in rows]

    def related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> dict[bytes, list[int]]:
        """Find up to `limit` entries that speak of these leaves, the newest first."""
        return relations.find(self._connection, leaf_hashes, limit=limit)

    def status_list_at(self, address: str) -> str | None:
        """Read the newest status list that is served at an address."""
        return status_lists.find_list_at(self._connection, address)

    def covering_anchor(
        self, chain: ChainIdentity, log_id: bytes, index: int
    ) -> StoredAnchor | None:
        """Find the smallest standing anchor of a log on a chain whose size is beyond `index`."""
        found = anchors.find_standing(
            self._connection, chain, log_id, beyond=index, limit=1, newest_first=False
        )
        return next(iter(found), None)

    def anchored_size(
        self, *states: AnchorState, on: tuple[ChainIdentity, bytes] | None = None
    ) -> int:
        """Read the largest size that has an anchor in one of `states`, 0 where none has.

        Only anchors `on` one chain, of the log's id there, count where that is given.
        """
        largest = select(anchor.c.size).where(anchor.c.state.in_(states))
        if on is not None:
            largest = largest.where(anchors.is_of(*on))
        return self._connection.scalar(largest.order_by(anchor.c.size.desc()).limit(1)) or 0


def _missing(what: str) -> VerificationError:
    return VerificationError(
        "store.missing",
        "the database lacks a part of the log",
        expected=what,
        hint="Run `crossproof audit` to see how much is lost.",
    )
