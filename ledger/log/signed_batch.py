"""Signed batches: which manifest signs an entry, and the entry's path in its batch.

A batch whose last line is a manifest is written down when it is logged, in one row. It is a tree of
its own: the tiles are made when the first of its records is proved, and kept for the others.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from ledger.errors import MalformedError
from ledger.kinds import Manifest as ManifestEntry
from ledger.log.deduplication import Placement
from ledger.log.tile_cache import TileCache
from ledger.manifest import Manifest, ManifestClaims, Place
from ledger.merkle import root
from ledger.statement import Statement
from ledger.store import Reading, Sequencing, SignedBatch
from ledger.submission import Batch
from ledger.tile import WIDTH, Tile, decode_entries
from ledger.tree import TileReader, Tree, grow
from ledger.verified_tiles import split_hashes

__all__ = ["SignedBatches", "SignedPlace", "find_signed", "keep_signed"]

# Of leaves, in all the batches whose tiles are kept: 64 bytes each and a little, 26 MiB.
_CAPACITY = 400_000
# What a text says has its quotation marks escaped: this is the member.
_MANIFEST = b'"kind":"manifest"'


class SignedPlace(NamedTuple):
    """The index of the manifest that signs an entry, and the entry's place in its batch."""

    manifest_index: int
    place: Place


class SignedBatches:
    """Finds entries' places in the batches they came in. For any thread."""

    def __init__(self, hashes: TileCache) -> None:
        self._hashes = hashes
        self._lock = Lock()
        # By first index, least recently used first: the size, and the tiles. Owned by `_lock`.
        self._batches: OrderedDict[int, tuple[int, TileCache]] = OrderedDict()

    def find(
        self, reading: Reading, batch: SignedBatch | None, index: int, leaf_hash: bytes
    ) -> SignedPlace | None:
        """Find the manifest that signs the entry at `index`, None where it came unsigned.

        `batch` is what the store knows of the signed batch that the entry came in.
        """
        if batch is None or index == batch.manifest_index:
            return None
        position = index - batch.first_index
        if batch.leaf_hashes is not None:
            position = split_hashes(batch.leaf_hashes).index(leaf_hash)
        size, tiles = self._tiles(reading, batch)
        path = tuple(Tree(size, tiles).inclusion_proof(position))
        return SignedPlace(batch.manifest_index, Place(position, path))

    def _tiles(self, reading: Reading, batch: SignedBatch) -> tuple[int, TileCache]:
        with self._lock:
            known = self._batches.get(batch.first_index)
            if known is not None:
                self._batches.move_to_end(batch.first_index)
                return known
        if batch.leaf_hashes is None:
            read = self._hashes.through(reading.tile)
            leaves = _leaves(
                lambda tile: read(tile).hashes, batch.first_index, batch.manifest_index
            )
        else:
            leaves = split_hashes(batch.leaf_hashes)
        growth = grow(0, (), leaves)
        made = growth.size, TileCache(lambda tile: growth.tiles[tile.level, tile.number])
        with self._lock:
            self._batches[batch.first_index] = made
            while len(self._batches) > 1 and self._kept() > _CAPACITY:
                self._batches.popitem(last=False)
        return made

    def _kept(self) -> int:
        return sum(size for size, _ in self._batches.values())


def keep_signed(sequencing: Sequencing, batch: Batch, placement: Placement, *, size: int) -> None:
    """Write down that a batch, logged behind `size` entries, is signed.

    What was logged before keeps the manifest that it came with, or none.
    """
    sent = batch.lines
    if not sent.signed or not placement.new:
        return
    is_as_sent = len(placement.new) == len(sent.entries)
    lines = None if is_as_sent else b"".join(sent.leaf_hashes[:-1])
    manifest_index = placement.indexes[-1]
    sequencing.add_signed_batch(SignedBatch(size, len(placement.new), manifest_index, lines))


def find_signed(sequencing: Sequencing, start: int) -> None:
    """Write down which entries from `start` on, brought back from elsewhere, were signed batches.

    Leaf hashes are public, so a stranger's manifest may be of what stands before it: only one that
    came in one submission with all that it signs is taken. A batch with repeats is not found again.
    """
    size = sequencing.head().size
    for number in range(start // WIDTH, -(-size // WIDTH)):
        bundle = sequencing.bundle(number)
        if _MANIFEST not in bundle:
            continue
        for index, entry in enumerate(decode_entries(bundle), number * WIDTH):
            claims = _claims(entry) if index >= start and _MANIFEST in entry else None
            if claims is None:
                continue
            first, length, submitter, _ = sequencing.submission_of(index)
            if submitter is None or (first, length) != (index - claims.count, claims.count + 1):
                continue
            if claims.root == root(_leaves(sequencing.tile, first, index)).hex():
                sequencing.add_signed_batch(SignedBatch(first, length, index, None))


def _claims(entry: bytes) -> ManifestClaims | None:
    try:
        members = Statement.from_entry(entry).members
        return Manifest.parse(members.jws).claims if isinstance(members, ManifestEntry) else None
    except MalformedError:
        # It was logged before it could be refused.
        return None


def _leaves(read: TileReader, start: int, end: int) -> list[bytes]:
    """Read the leaf hashes from `start` until before `end`."""
    leaves: list[bytes] = []
    for first in range(start - start % WIDTH, end, WIDTH):
        tile = Tile.holding(0, first, end)
        leaves += split_hashes(read(tile))[max(start - first, 0) : tile.width]
    return leaves
