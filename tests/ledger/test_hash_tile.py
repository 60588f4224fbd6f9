from __future__ import annotations

import pytest

from ledger import merkle
from ledger.hash_tile import HashTile, perfect_root

LEAVES = [merkle.leaf_hash(i.to_bytes(2, "big")) for i in range(256)]


@pytest.mark.parametrize("width", [1, 2, 3, 100, 255, 256])
def test_every_perfect_subtree_of_a_tile_is_the_root_of_its_leaves(width: int) -> None:
    tile = HashTile(b"".join(LEAVES[:width]))
    for height in (8, 3, 0, 1, 2, 4, 5, 6, 7):
        for index in range(width >> height):
            leaves = LEAVES[index << height : (index + 1) << height]
            assert tile.node(height, index) == merkle.root(leaves)
            assert perfect_root(b"".join(leaves)) == merkle.root(leaves)


def test_what_a_narrow_tile_does_not_hold_is_empty() -> None:
    tile = HashTile(b"".join(LEAVES[:3]))
    assert tile.node(0, 3) == b""
    assert tile.node(1, 1) == b""
    assert tile.node(2, 0) == b""
