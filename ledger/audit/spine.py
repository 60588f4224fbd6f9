"""The spine of a derived tree: the roots of its full leaf tiles in, tiles above and roots out.

    tile roots ──► tiles of level 1, 2, …       each handed out once it is full
               ──► peaks                        the perfect subtrees of the tree so far
    peaks + root of a beginning of the next tile ──► the root at any size (RFC 9162, 2.1.1)

It keeps one growing tile of each level, and a peak for each bit of the size: all that a tree of any
size needs to go on.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.hash_tile import perfect_root
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, node_hash
from ledger.tile import WIDTH, Tile

__all__ = ["Spine"]


class Spine:
    """A tree without its leaves; it grows by a whole leaf tile at a time."""

    def __init__(self) -> None:
        self.tiles = 0
        self._peaks: list[tuple[int, bytes]] = []
        # Of each level from 1 on, the hashes of the tile that grows, and that tile's number.
        self._rows: list[tuple[int, bytearray]] = []

    def add(self, root: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Add the root of the next full leaf tile; give the tiles above that it completes."""
        self.tiles += 1
        height, peak = 0, root
        while self._peaks and self._peaks[-1][0] == height:
            peak = node_hash(self._peaks.pop()[1], peak)
            height += 1
        self._peaks.append((height, peak))
        level, hashes = 1, root
        while True:
            if level > len(self._rows):
                self._rows.append((0, bytearray()))
            number, row = self._rows[level - 1]
            row += hashes
            if len(row) < WIDTH * HASH_SIZE:
                return
            self._rows[level - 1] = (number + 1, bytearray())
            full = bytes(row)
            yield Tile(level, number), full
            level, hashes = level + 1, perfect_root(full)

    def edge(self) -> Iterator[tuple[Tile, bytes]]:
        """Give the partial tiles above the leaves."""
        for level, (number, row) in enumerate(self._rows, 1):
            if row:
                yield Tile(level, number, len(row) // HASH_SIZE), bytes(row)

    def root(self, prefix: bytes = b"") -> bytes:
        """Compute the root of the tree so far, `prefix` being that of leaves beyond its tiles."""
        root = prefix
        for _, peak in reversed(self._peaks):
            root = node_hash(peak, root) if root else peak
        return root or EMPTY_ROOT
