from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.log import tile_cache
from ledger.log.tile_cache import TileCache
from ledger.merkle import leaf_hash
from ledger.tile import Tile
from ledger.tree import Tree, grow

LEAVES = [leaf_hash(i.to_bytes(2, "big")) for i in range(1_500)]


class GrowingTree:
    """Tiles of a tree that grows, as a store would give them, and how often it was asked."""

    def __init__(self) -> None:
        self.size = 0
        self.reads = 0
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._edge: tuple[bytes, ...] = ()

    def grow(self, size: int) -> None:
        growth = grow(self.size, self._edge, LEAVES[self.size : size])
        self.size, self._edge = growth.size, growth.edge
        self._tiles.update(growth.tiles)

    def __call__(self, tile: Tile) -> bytes:
        self.reads += 1
        return self._tiles[tile.level, tile.number]


@given(st.lists(st.integers(0, 1_500), min_size=1, max_size=12), st.data())
def test_cached_tiles_give_the_root_of_every_size_while_the_tree_grows(
    sizes: list[int], data: st.DataObject
) -> None:
    tree = GrowingTree()
    cache = TileCache(tree)
    for size in sizes:
        tree.grow(max(size, tree.size))
        asked = data.draw(st.integers(0, tree.size))
        assert Tree(asked, cache).root() == merkle.root(LEAVES[:asked])


def test_cached_tile_is_read_once_until_more_of_it_is_needed() -> None:
    tree = GrowingTree()
    cache = TileCache(tree)
    tree.grow(300)
    for _ in range(5):
        assert cache(Tile(0, 1, 44)).hashes[: 44 * 32] == b"".join(LEAVES[256:300])
        cache(Tile(0, 1, 3))
    assert tree.reads == 1
    tree.grow(400)
    assert cache(Tile(0, 1, 144)).hashes == b"".join(LEAVES[256:400])
    assert tree.reads == 2


def test_cache_forgets_what_was_not_used_for_longest() -> None:
    reads: list[int] = []

    def read(tile: Tile) -> bytes:
        reads.append(tile.number)
        return bytes(32 * 256)

    cache = TileCache(read)
    for number in range(tile_cache._CAPACITY):
        cache(Tile(0, number))
    cache(Tile(0, 0))
    cache(Tile(0, tile_cache._CAPACITY))
    cache(Tile(0, 0))
    assert len(reads) == tile_cache._CAPACITY + 1
    cache(Tile(0, 1))
    assert reads[-1] == 1
