"""The hash tiles read last, kept in memory.

A tile only ever grows at its end, so what was once read of it, and committed, stays right: a cached
tile serves every tree that needs no more of it. Proofs of one checkpoint share all but one or two.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from ledger.merkle import HASH_SIZE
from ledger.tile import Tile
from ledger.tree import TileReader

__all__ = ["TileCache"]

# Full tiles have 8 KiB: 8 MiB in all.
_CAPACITY = 1_024


class TileCache:
    """Reads hash tiles through a reader (it is a `TileReader` itself). For any thread."""

    def __init__(self, read: TileReader) -> None:
        self._read = read
        self._lock = Lock()
        # Least recently used first; owned by `_lock`.
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def __call__(self, tile: Tile) -> bytes:
        """Read a tile, of which there may be more than its width."""
        place = (tile.level, tile.number)
        with self._lock:
            hashes = self._tiles.get(place, b"")
            if len(hashes) >= tile.width * HASH_SIZE:
                self._tiles.move_to_end(place)
                return hashes
        hashes = self._read(tile)
        with self._lock:
            self._tiles[place] = max(hashes, self._tiles.get(place, b""), key=len)
            self._tiles.move_to_end(place)
            if len(self._tiles) > _CAPACITY:
                self._tiles.popitem(last=False)
        return hashes
