"""Reading a log: its heads, tiles, proofs, entries, and how far each of them has come.

A record is found as soon as it is committed; what is shown to the public is cut to `published`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

from ledger.anchor import ChainIdentity
from ledger.errors import NotFoundError
from ledger.head import Head
from ledger.log.signed_batch import SignedBatches, SignedPlace
from ledger.log.snapshot import Snapshot, check_within
from ledger.log.tile_cache import TileCache
from ledger.store import AnchorState, Store, Submitted
from ledger.tile import ENTRIES, WIDTH, Tile, cut_hashes, decode_entries, encode_entries
from ledger.tree import Tree

__all__ = ["LogReader", "State"]

_PAGE = 1_000


class State(StrEnum):
    """How far an entry has come."""

    LOGGED = "logged"
    PUBLISHED = "published"
    ANCHORED = "anchored"
    FINAL = "final"


class LogReader:
    """A log to read. Methods may be called from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # The chain, and the log's id there, whose anchors count; all do while nobody knows it.
        self.anchored_on: tuple[ChainIdentity, bytes] | None = None
        self._hashes = TileCache(self._read_hashes)
        self.signed_batches = SignedBatches(self._hashes)

    def head(self) -> Head:
        """Read the newest head, perhaps not yet published."""
        with self.store.reading() as reading:
            return reading.head()

    def published(self) -> Head | None:
        """Read the newest published checkpoint."""
        with self.store.reading() as reading:
            return reading.newest_checkpoint()

    def checkpoint_at(self, size: int) -> Head | None:
        """Read the checkpoint published at `size`."""
        with self.store.reading() as reading:
            return reading.checkpoint(size)

    def tree(self, size: int) -> Tree:
        """Open the tree as it was at `size`."""
        check_within(size, self.head().size + 1)
        return Tree(size, self._hashes)

    def read_tile(self, tile: Tile) -> bytes:
        """Read a hash tile or an entry bundle, exactly as wide as asked."""
        with self.store.reading() as reading:
            widest = Tile.holding(tile.level, tile.number * WIDTH, reading.head().size)
            if not 0 < tile.width <= widest.width:
                raise NotFoundError("tile.unknown", "the log has no such tile", found=tile.path())
            if tile.level == ENTRIES:
                bundle = reading.bundle(tile.number)
                return encode_entries(decode_entries(bundle, tile.width))
            return cut_hashes(reading.tile(tile), tile.width)

    def entry(self, index: int) -> bytes:
        """Read the entry at `index`."""
        with self.store.reading() as reading:
            check_within(index, reading.head().size)
            return reading.entry(index)

    def entries(self, start: int, count: int) -> list[bytes]:
        """Read `count` entries from `start` on, fewer where the log ends before."""
        with self.store.reading() as reading:
            end = min(start + count, reading.head().size)
            found: list[bytes] = []
            for number in range(start // WIDTH, -(-end // WIDTH)):
                first = number * WIDTH
                width = min(WIDTH, end - first)
                bundle = decode_entries(reading.bundle(number), width)
                found += bundle[max(start - first, 0) :]
            return found

    def find(self, record_id: bytes) -> int | None:
        """Find the index of a record."""
        with self.store.reading() as reading:
            return reading.locate([record_id]).get(record_id)

    def related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> dict[bytes, list[int]]:
        """Find up to `limit` entries that speak of these leaves, the newest first."""
        return self.store.related(leaf_hashes, limit=limit)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read many things of the log in one transaction."""
        with self.store.reading() as reading:
            yield Snapshot(reading, self._hashes, self.signed_batches)

    def signed_place(self, index: int, leaf_hash: bytes) -> SignedPlace | None:
        """Find the manifest that signs the entry at `index`, None where it came unsigned."""
        with self.store.reading() as reading:
            batch = reading.signed_batch(index)
            return self.signed_batches.find(reading, batch, index, leaf_hash)

    def submitter_of(self, index: int) -> str | None:
        """Say who submitted the entry at `index`, None where nobody knows any more."""
        return self._submitted(index).submitter

    def received_at(self, index: int) -> datetime | None:
        """Say when the entry at `index` came, None where nobody knows any more."""
        return self._submitted(index).received_at

    def received_between(self, since: datetime | None, until: datetime | None) -> range:
        """Find the indexes from the first to the last entry that came in a span of time.

        Entries of which nobody knows any more when they came are within every span.
        """
        first, end, start = None, 0, 0
        while True:
            with self.store.reading() as reading:
                page = reading.submissions(start, _PAGE)
            for submitted in page:
                time = submitted.received_at
                if time is None or ((since or time) <= time <= (until or time)):
                    first = submitted.first_index if first is None else first
                    end = submitted.first_index + submitted.length
            if not page:
                return range(first or 0, end)
            start = page[-1].first_index + 1

    def state_of(self, index: int) -> State:
        """Say how far the entry at `index` has come."""
        with self.store.reading() as reading:
            check_within(index, reading.head().size)
            if index < reading.anchored_size(AnchorState.FINAL, on=self.anchored_on):
                return State.FINAL
            if index < reading.anchored_size(AnchorState.INCLUDED, on=self.anchored_on):
                return State.ANCHORED
            return State.PUBLISHED if index < reading.published_size() else State.LOGGED

    def _read_hashes(self, tile: Tile) -> bytes:
        with self.store.reading() as reading:
            return reading.tile(tile)

    def _submitted(self, index: int) -> Submitted:
        with self.store.reading() as reading:
            check_within(index, reading.head().size)
            return reading.submission_of(index)
