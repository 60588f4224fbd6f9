"""A log as one transaction sees it, for proving many records: each thing is read once.

Of a few hundred records of one checkpoint nearly everything is the same: head, anchor, who
submitted them, and all but two of the tiles of a path. What they do not share is read together
(`load`, `load_related`), a statement for all of them and not one for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

from ledger.anchor import ChainIdentity
from ledger.errors import NotFoundError
from ledger.head import Head
from ledger.log.signed_batch import SignedBatches, SignedPlace
from ledger.log.tile_cache import TileCache
from ledger.store import Reading, SignedBatch, StoredAnchor, Submitted
from ledger.tile import ENTRIES, WIDTH, Tile, decode_entries
from ledger.tree import Tree

__all__ = ["LogView", "Snapshot", "check_within"]

# Submissions between the first and the last record are read in one go, if not many more.
_CLOSE = 4


class LogView(Protocol):
    """What a proof is made from: a log, or a snapshot of it."""

    def find(self, record_id: bytes) -> int | None:
        """Find the index of a record."""

    def entry(self, index: int) -> bytes:
        """Read the entry at `index`."""

    def submitter_of(self, index: int) -> str | None:
        """Say who submitted the entry at `index`, None where nobody knows any more."""

    def related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> dict[bytes, list[int]]:
        """Find up to `limit` entries that speak of these leaves, the newest first."""

    def signed_place(self, index: int, leaf_hash: bytes) -> SignedPlace | None:
        """Find the manifest that signs the entry at `index`, None where it came unsigned."""

    def published(self) -> Head | None:
        """Read the newest published checkpoint."""

    def checkpoint_at(self, size: int) -> Head | None:
        """Read the checkpoint published at `size`."""

    def tree(self, size: int) -> Tree:
        """Open the tree as it was at `size`."""


class Snapshot:
    """A `LogView` of one transaction, which remembers. For one thread, while it is open."""

    def __init__(self, reading: Reading, tiles: TileCache, signed: SignedBatches) -> None:
        self._reading = reading
        self._cache = tiles
        self._tiles = tiles.through(reading.tile)
        self._size = reading.head().size
        self._places: dict[bytes, int | None] = {}
        self._entries: dict[int, bytes] = {}
        self._submitted: list[Submitted] = []
        self._signed_batches = signed
        # By the first index of the submission: a signed batch is one.
        self._signed: dict[int, SignedBatch | None] = {}
        self._related: dict[bytes, list[int]] = {}
        self._checkpoints: dict[int, Head | None] = {}
        self._trees: dict[int, Tree] = {}
        self._lists: dict[str, str | None] = {}
        self._published: list[Head | None] = []
        # (chain, log id): the first index asked for, and the anchor that was found.
        self._anchors: dict[tuple[ChainIdentity, bytes], list[tuple[int, StoredAnchor | None]]] = {}

    def load(self, record_ids: Sequence[bytes]) -> None:
        """Read what the bundles of these records are made of, as far as they are there."""
        found = self._reading.locate(list(dict.fromkeys(record_ids)))
        self._places |= dict.fromkeys(record_ids) | found
        indexes = sorted(found.values())
        if not indexes:
            return
        if len(indexes) == 1:
            # Nothing is to be shared: each is read where it is wanted.
            return
        self._load_entries(indexes)
        first, last = indexes[0], indexes[-1]
        self._submitted.append(self._reading.submission_of(first))
        if last - first < _CLOSE * len(indexes):
            self._submitted += self._reading.submissions(first + 1, last - first)
        self._submitted.reverse()
        published = self.published()
        size = 0 if published is None else published.size
        self._load_tiles([index for index in indexes if index < size])

    def load_related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> None:
        """Find what speaks of these leaves, where all of it is less than `limit`."""
        found = self._reading.related(leaf_hashes, limit=limit)
        # Where it is not, nobody knows of which leaves some is missing: each is asked for.
        if sum(map(len, found.values())) < limit:
            self._related |= found

    def find(self, record_id: bytes) -> int | None:
        """Find the index of a record."""
        if record_id not in self._places:
            self._places[record_id] = self._reading.locate([record_id]).get(record_id)
        return self._places[record_id]

    def entry(self, index: int) -> bytes:
        """Read the entry at `index`."""
        check_within(index, self._size)
        if index not in self._entries:
            self._entries[index] = self._reading.entry(index)
        return self._entries[index]

    def submitter_of(self, index: int) -> str | None:
        """Say who submitted the entry at `index`, None where nobody knows any more."""
        return self._submission_of(index).submitter

    def signed_place(self, index: int, leaf_hash: bytes) -> SignedPlace | None:
        """Find the manifest that signs the entry at `index`, None where it came unsigned."""
        first = self._submission_of(index).first_index
        if first not in self._signed:
            self._signed[first] = self._reading.signed_batch(index)
        return self._signed_batches.find(self._reading, self._signed[first], index, leaf_hash)

    def status_list_at(self, address: str) -> str | None:
        """Read the newest status list that is served at an address."""
        if address not in self._lists:
            self._lists[address] = self._reading.status_list_at(address)
        return self._lists[address]

    def related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> dict[bytes, list[int]]:
        """Find up to `limit` entries that speak of these leaves, the newest first."""
        if all(leaf in self._related for leaf in leaf_hashes):
            return {leaf: self._related[leaf] for leaf in leaf_hashes}
        return self._reading.related(leaf_hashes, limit=limit)

    def published(self) -> Head | None:
        """Read the newest published checkpoint."""
        if not self._published:
            self._published.append(self._reading.newest_checkpoint())
        return self._published[0]

    def checkpoint_at(self, size: int) -> Head | None:
        """Read the checkpoint published at `size`."""
        if size not in self._checkpoints:
            self._checkpoints[size] = self._reading.checkpoint(size)
        return self._checkpoints[size]

    def tree(self, size: int) -> Tree:
        """Open the tree as it was at `size`."""
        check_within(size, self._size + 1)
        if size not in self._trees:
            self._trees[size] = Tree(size, self._tiles)
        return self._trees[size]

    def covering(self, chain: ChainIdentity, log_id: bytes) -> Callable[[int], StoredAnchor | None]:
        """Give what finds the smallest standing anchor on a chain whose size is beyond an index."""
        known = self._anchors.setdefault((chain, log_id), [])

        def find(index: int) -> StoredAnchor | None:
            for first, anchor in known:
                if first <= index and (anchor is None or index < anchor.anchor.size):
                    return anchor
            found = self._reading.covering_anchor(chain, log_id, index)
            known.insert(0, (index, found))
            return found

        return find

    def _submission_of(self, index: int) -> Submitted:
        check_within(index, self._size)
        for submitted in self._submitted:
            if submitted.first_index <= index < submitted.first_index + submitted.length:
                return submitted
        submitted = self._reading.submission_of(index)
        self._submitted.insert(0, submitted)
        return submitted

    def _load_entries(self, indexes: Sequence[int]) -> None:
        """Read entries; of the bundles that they are in no more than one is in memory."""
        for first, last in _runs(sorted({index // WIDTH for index in indexes})):
            wanted = (index for index in indexes if first <= index // WIDTH <= last)
            by_bundle = {n: list(group) for n, group in groupby(wanted, lambda i: i // WIDTH)}
            for number, data in self._reading.bundles(range(first, last + 1)):
                width = Tile.holding(ENTRIES, number * WIDTH, self._size).width
                entries = decode_entries(data, width)
                for index in by_bundle[number]:
                    self._entries[index] = entries[index % WIDTH]

    def _load_tiles(self, indexes: Sequence[int]) -> None:
        wanted = (Tile.holding(0, index, self._size) for index in indexes)
        absent = [tile.number for tile in set(wanted) if self._cache.find(tile) is None]
        if absent:
            self._cache.keep(0, self._reading.tiles(0, absent))


def check_within(index: int, end: int) -> None:
    """Raise NotFoundError unless `index` is one of a log that ends before `end`."""
    if not 0 <= index < end:
        raise NotFoundError(
            "log.index", "outside the log", expected=f"0 to {end - 1}", found=str(index)
        )


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut ascending numbers into runs without a gap: the first and the last of each."""
    for _, group in groupby(enumerate(numbers), lambda place: place[1] - place[0]):
        run = [number for _, number in group]
        yield run[0], run[-1]
