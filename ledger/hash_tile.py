"""A hash tile opened up: its hashes, and the perfect subtrees above them, hashed once when wanted.

    row 0    the tile's own hashes, up to 256
    row h    SHA-256(0x01 || left || right) of each whole pair of row h - 1 (RFC 9162, 2.1.1)

Eight of ten hashes of an inclusion path are of such rows, and all 256 leaves of a tile share them.
A perfect subtree never changes, so a tile that is wider than a tree needs serves that tree too.
"""

from __future__ import annotations

from hashlib import sha256

from ledger.merkle import HASH_SIZE

__all__ = ["HashTile", "perfect_root"]

_NODE = sha256(b"\x01")
_PAIR = 2 * HASH_SIZE


class HashTile:
    """The hashes of a tile, as `tile.cut_hashes` gives them. For any thread."""

    __slots__ = ("_rows",)

    def __init__(self, hashes: bytes) -> None:
        # Replaced and never changed: two threads at worst hash the same row twice.
        self._rows: tuple[bytes, ...] = (hashes,)

    @property
    def hashes(self) -> bytes:
        """Give the tile's own bytes."""
        return self._rows[0]

    def node(self, height: int, index: int) -> bytes:
        """Give the perfect subtree at `height` above the tile's hashes, the `index`th of its row.

        Empty where the tile is too narrow to hold it.
        """
        rows = self._rows
        if height >= len(rows):
            rows = self._up_to(height)
        start = index * HASH_SIZE
        return rows[height][start : start + HASH_SIZE]

    def _up_to(self, height: int) -> tuple[bytes, ...]:
        rows = self._rows
        while len(rows) <= height:
            rows = (*rows, _parents(rows[-1]))
        self._rows = rows
        return rows


def perfect_root(hashes: bytes) -> bytes:
    """Hash a perfect subtree given as its lowest row."""
    while len(hashes) > HASH_SIZE:
        hashes = _parents(hashes)
    return hashes


def _parents(row: bytes) -> bytes:
    """Hash each whole pair of a row."""
    # The copied prefix object and one update per node measured fastest in pure Python.
    prefix = _NODE.copy
    parents = []
    for start in range(0, len(row) - HASH_SIZE, _PAIR):
        node = prefix()
        node.update(row[start : start + _PAIR])
        parents.append(node.digest())
    return b"".join(parents)
