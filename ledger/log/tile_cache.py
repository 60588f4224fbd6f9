"""The hash tiles read last, kept in memory.

A tile only ever grows at its end, so what was once read of it, and committed, stays right: a cached
tile serves every tree that needs no more of it. Proofs of one checkpoint share all but one or two,
and what was hashed above them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

from ledger.hash_tile import HashTile
from ledger.merkle import HASH_SIZE
from ledger.tile import Tile
from ledger.tree import TileReader

__all__ = ["TileCache"]

# Full tiles have 8 KiB, and as much above them: 16 MiB in all.
_CAPACITY = 1_024


class TileCache:
    """Reads hash tiles through a reader, and opens them. For any thread."""

    def __init__(self, read: TileReader) -> None:
        self._read = read
        self._lock = Lock()
        # Least recently used first; owned by `_lock`.
        self._tiles: OrderedDict[tuple[int, int], HashTile] = OrderedDict()

    def __call__(self, tile: Tile) -> HashTile:
        """Read a tile, of which there may be more than its width."""
        return self.find(tile) or self._keep((tile.level, tile.number), self._read(tile))

    def through(self, read: TileReader) -> Callable[[Tile], HashTile]:
        """Give a reader that has what is not here from another source of the same tiles."""

        def find(tile: Tile) -> HashTile:
            return self.find(tile) or self._keep((tile.level, tile.number), read(tile))

        return find

    def find(self, tile: Tile) -> HashTile | None:
        """Give a tile that is here, as wide at least as asked."""
        place = (tile.level, tile.number)
        with self._lock:
            found = self._tiles.get(place)
            if found is None or len(found.hashes) < tile.width * HASH_SIZE:
                return None
            self._tiles.move_to_end(place)
            return found

    def keep(self, level: int, tiles: Mapping[int, bytes]) -> None:
        """Take tiles of one level that were read elsewhere, committed, by their numbers."""
        for number, hashes in tiles.items():
            self._keep((level, number), hashes)

    def _keep(self, place: tuple[int, int], hashes: bytes) -> HashTile:
        with self._lock:
            found = self._tiles.get(place)
            if found is None or len(found.hashes) < len(hashes):
                found = self._tiles[place] = HashTile(hashes)
            self._tiles.move_to_end(place)
            if len(self._tiles) > _CAPACITY:
                self._tiles.popitem(last=False)
            return found
