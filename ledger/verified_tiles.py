"""Hash tiles of an untrusted source, each held against one root before it is used.

The partial tile at the right edge of each level is what the root is computed from (RFC 9162,
2.1.1), so the root vouches for it; a full tile hashes to one hash in a tile of the level above,
which is vouched for in turn. A tile that does not is named by its path.
"""

from __future__ import annotations

from ledger.errors import VerificationError
from ledger.merkle import HASH_SIZE, root
from ledger.tile import HEIGHT, WIDTH, Tile, cut_hashes
from ledger.tree import TileReader, Tree

__all__ = ["VerifiedTiles", "split_hashes"]


class VerifiedTiles:
    """A reader of hash tiles (a `TileReader`) that raises VerificationError for a wrong one.

    Of each level it remembers one tile, so that reading in order verifies each tile once.
    """

    def __init__(self, size: int, root: bytes, read: TileReader) -> None:
        tree = Tree(size, read)
        found = tree.root()
        if found != root:
            raise VerificationError(
                "tile.root",
                "the tiles at the right edge do not lead to the root",
                expected=root.hex(),
                found=found.hex(),
            )
        self.size = size
        self._read = read
        self._edge = tree.edge()
        self._last: dict[int, tuple[int, bytes]] = {}

    def __call__(self, tile: Tile) -> bytes:
        """Read a hash tile; NotFoundError and UnavailableError are the source's."""
        return cut_hashes(self._tile(tile.level, tile.number), tile.width)

    def _tile(self, level: int, number: int) -> bytes:
        if number == (self.size >> (HEIGHT * level)) // WIDTH:
            return self._edge[level]
        last = self._last.get(level)
        if last is not None and last[0] == number:
            return last[1]
        tile = Tile(level, number)
        hashes = cut_hashes(self._read(tile), WIDTH)
        above = self._tile(level + 1, number // WIDTH)
        place = number % WIDTH * HASH_SIZE
        expected = above[place : place + HASH_SIZE]
        found = root(split_hashes(hashes))
        if found != expected:
            raise VerificationError(
                "tile.hashes",
                f"{tile.path()} is not the tile that the tree has there",
                expected=expected.hex(),
                found=found.hex(),
            )
        self._last[level] = (number, hashes)
        return hashes


def split_hashes(hashes: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]
