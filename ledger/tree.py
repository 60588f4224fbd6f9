"""A Merkle tree kept in tiles: grown at its right edge, proved from O(log n) reads.

The tree is RFC 9162's (see `merkle`); what is stored are the hashes at heights 0, 8, 16, …
(see `tile`). Hashes in between are recomputed from the 256 hashes of one tile, at most 255 node
hashes a tile (see `hash_tile`). Pure: where the tiles lie is the reader's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.hash_tile import HashTile, perfect_root
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, node_hash
from ledger.tile import HEIGHT, WIDTH, Tile, cut_hashes

__all__ = ["Growth", "HashReader", "TileReader", "Tree", "edge_root", "grow"]

# Gives the bytes of a hash tile, at least `tile.width` hashes of it; raises where it cannot.
TileReader = Callable[[Tile], bytes]
# Likewise, or the tile opened up, which whoever asks for it shares.
HashReader = Callable[[Tile], bytes | HashTile]


@dataclass(frozen=True, slots=True)
class Growth:
    """What an append adds: tiles to write, each level's new right edge, and the new root.

    `tiles` maps (level, number) to the tile's bytes, the last of a level perhaps partial.
    `edge[level]` holds the hashes of the level's partial tile, empty where the last is full.
    """

    size: int
    root: bytes
    edge: tuple[bytes, ...]
    tiles: Mapping[tuple[int, int], bytes]


def grow(size: int, edge: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> Growth:
    """Append leaf hashes to a tree of `size` whose right edge is `edge`.

    Raises MalformedError where the edge is not of that size: grown from it, a log would fork.
    """
    expected, found = _edge_lengths(size), [len(hashes) for hashes in edge]
    if found != expected:
        raise MalformedError(
            "tree.edge",
            f"the right edge is not that of a tree of {size}",
            expected=f"levels of {expected} bytes",
            found=f"levels of {found} bytes",
        )
    if set(map(len, leaf_hashes)) - {HASH_SIZE}:
        raise MalformedError("tree.leaf", "not a leaf hash", expected=f"{HASH_SIZE} bytes")
    tiles: dict[tuple[int, int], bytes] = {}
    new_edge: list[bytes] = []
    level, fresh = 0, b"".join(leaf_hashes)
    while fresh or level < len(edge):
        first = (size >> (HEIGHT * level)) // WIDTH
        row = (edge[level] if level < len(edge) else b"") + fresh
        full = len(row) // (WIDTH * HASH_SIZE)
        parents = []
        for i in range(full):
            data = row[i * WIDTH * HASH_SIZE : (i + 1) * WIDTH * HASH_SIZE]
            tiles[level, first + i] = data
            parents.append(perfect_root(data))
        rest = row[full * WIDTH * HASH_SIZE :]
        if rest and fresh:
            tiles[level, first + full] = rest
        new_edge.append(rest)
        level, fresh = level + 1, b"".join(parents)
    return Growth(size + len(leaf_hashes), edge_root(new_edge), tuple(new_edge), tiles)


def edge_root(edge: Sequence[bytes]) -> bytes:
    """Compute the root from the right edge: the perfect subtrees it ends in, folded leftwards."""
    root: bytes | None = None
    for hashes in edge:
        end = len(hashes)
        # The set bits of the number of hashes, lowest first, are the subtrees from the right.
        count = end // HASH_SIZE
        while count:
            width = (count & -count) * HASH_SIZE
            peak = perfect_root(hashes[end - width : end])
            root = peak if root is None else node_hash(peak, root)
            end -= width
            count &= count - 1
    return EMPTY_ROOT if root is None else root


def _edge_lengths(size: int) -> list[int]:
    """Compute how many bytes of hashes each level's partial tile has."""
    lengths = []
    while size:
        lengths.append(size % WIDTH * HASH_SIZE)
        size >>= HEIGHT
    return lengths


class Tree:
    """A tree of one exact size, read from tiles, each at most once.

    What it has read it keeps: for many proofs of far places make a new one now and then, whose
    reader gives opened tiles that are shared.
    """

    def __init__(self, size: int, read: HashReader) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], HashTile] = {}
        # Subtrees that end at the right edge, by where they begin: all proofs share a few.
        self._ending: dict[int, bytes] = {}

    def root(self) -> bytes:
        """Compute the root."""
        return self._range(0, self.size) if self.size else EMPTY_ROOT

    def edge(self) -> tuple[bytes, ...]:
        """Read the right edge that `grow` continues from."""
        edge = []
        level = 0
        while self.size >> (HEIGHT * level):
            width = (self.size >> (HEIGHT * level)) % WIDTH
            number = (self.size >> (HEIGHT * level)) // WIDTH
            edge.append(self._tile(level, number).hashes[: width * HASH_SIZE] if width else b"")
            level += 1
        return tuple(edge)

    def leaf_hash(self, index: int) -> bytes:
        """Read the leaf hash at `index`."""
        self._check(index, self.size - 1)
        return self._perfect(0, index)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Prove the leaf at `index` (RFC 9162, 2.1.3.1)."""
        self._check(index, self.size - 1)
        proof = []
        node, last, level = index, self.size - 1, 0
        # Row by row to the root; of each row `last` alone may be no perfect subtree.
        while last:
            tile: HashTile | None = None
            number, first = divmod(node, WIDTH)
            for above in range(HEIGHT):
                sibling = node ^ 1
                if sibling < last:
                    tile = tile or self._tile(level, number)
                    proof.append(tile.node(above, (first >> above) ^ 1))
                elif sibling == last:
                    proof.append(self._to_edge(last << (level * HEIGHT + above)))
                node >>= 1
                last >>= 1
            level += 1
        return proof

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Prove that the tree of `old_size` is a prefix of this one (RFC 9162, 2.1.4.1)."""
        self._check(old_size, self.size)
        if old_size in {0, self.size}:
            return []
        proof = []
        start, end = 0, self.size
        while old_size != end:
            split = start + _split(end - start)
            if old_size <= split:
                proof.append(self._range(split, end))
                end = split
            else:
                proof.append(self._range(start, split))
                start = split
        if start:
            proof.append(self._range(start, end))
        proof.reverse()
        return proof

    def _range(self, start: int, end: int) -> bytes:
        """Hash the leaves [start, end), a subtree of the RFC's recursion."""
        width = end - start
        if width & (width - 1) == 0:
            return self._perfect(width.bit_length() - 1, start // width)
        split = start + _split(width)
        return node_hash(self._range(start, split), self._range(split, end))

    def _perfect(self, height: int, index: int) -> bytes:
        """Hash the perfect subtree at `height`, the `index`th of its row."""
        level, above = divmod(height, HEIGHT)
        number = (index << above) // WIDTH
        return self._tile(level, number).node(above, index - (number * WIDTH >> above))

    def _to_edge(self, start: int) -> bytes:
        """Hash the leaves from `start` to the end, a subtree of the RFC's recursion."""
        if start not in self._ending:
            self._ending[start] = self._range(start, self.size)
        return self._ending[start]

    def _tile(self, level: int, number: int) -> HashTile:
        key = (level, number)
        found = self._tiles.get(key)
        if found is None:
            tile = Tile.holding(level, number * WIDTH, self.size)
            read = self._read(tile)
            hashes = read.hashes if isinstance(read, HashTile) else read
            cut = cut_hashes(hashes, tile.width)
            found = self._tiles[key] = read if isinstance(read, HashTile) else HashTile(cut)
        return found

    @staticmethod
    def _check(value: int, largest: int) -> None:
        if not 0 <= value <= largest:
            raise MalformedError(
                "merkle.index", "outside the tree", expected=f"0 to {largest}", found=str(value)
            )


def _split(width: int) -> int:
    """Find the largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)
