"""The tree kept in tiles, held against the plain tree of `merkle` at every kind of size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import MalformedError
from ledger.tile import HEIGHT, WIDTH, Tile, tiles_between
from ledger.tree import Growth, Tree, grow

_LARGE = 65_536 * 2 + 700


@cache
def _leaf(index: int) -> bytes:
    return merkle.leaf_hash(index.to_bytes(4, "big"))


def _leaves(first: int, last: int) -> list[bytes]:
    return [_leaf(index) for index in range(first, last)]


class Disk:
    """Tiles as a log leaves them: each in its widest form so far, and who asked for which."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.reads: list[Tile] = []
        self.growth = Growth(0, merkle.EMPTY_ROOT, (), {})

    def grow_to(self, size: int) -> Growth:
        before = self.growth
        self.growth = grow(before.size, before.edge, _leaves(before.size, size))
        self.tiles.update(self.growth.tiles)
        return self.growth

    def read(self, tile: Tile) -> bytes:
        self.reads.append(tile)
        return self.tiles[tile.level, tile.number]


def _grown(sizes: Sequence[int]) -> Disk:
    disk = Disk()
    for size in sizes:
        disk.grow_to(size)
    return disk


@cache
def _grown_once(size: int) -> Disk:
    return _grown([size])


def _started(size: int) -> Disk:
    """Copy a log that was grown once: the leaves before a boundary take longest."""
    disk, made = Disk(), _grown_once(size)
    disk.tiles, disk.growth = dict(made.tiles), made.growth
    return disk


@pytest.fixture(scope="module")
def large() -> Disk:
    return _grown([_LARGE])


# Growth


def test_grow_one_by_one_to_600_has_every_root_edge_and_tile() -> None:
    disk = Disk()
    leaves = _leaves(0, 600)
    for size in range(1, 601):
        growth = disk.grow_to(size)
        assert growth.size == size
        assert growth.root == merkle.root(leaves[:size])
        written = {(tile.level, tile.number): tile for tile in tiles_between(size - 1, size)}
        assert set(growth.tiles) == {place for place in written if place[0] >= 0}
        for place, data in growth.tiles.items():
            assert len(data) == 32 * written[place].width
        assert Tree(size, disk.read).edge() == growth.edge


@given(st.lists(st.integers(0, 700), max_size=12))
def test_grow_in_any_steps_gives_the_same_tiles(steps: list[int]) -> None:
    sizes = sorted(steps)
    disk, whole = _grown(sizes), _grown(sizes[-1:])
    assert disk.tiles == whole.tiles
    assert disk.growth.edge == whole.growth.edge
    assert disk.growth.root == merkle.root(_leaves(0, sizes[-1] if sizes else 0))


@given(
    st.sampled_from([WIDTH, 2 * WIDTH, 65_536, 131_072]),
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.integers(1, 600),
)
def test_grow_over_tile_boundaries_matches_one_step(
    boundary: int, before: int, after: int, more: int
) -> None:
    first, second = sorted((boundary + before, boundary + after))
    jumps, whole = (_started(boundary - 4) for _ in range(2))
    for size in (first, second, second + more):
        jumps.grow_to(size)
    whole.grow_to(second + more)
    assert jumps.growth.root == whole.growth.root
    assert jumps.growth.edge == whole.growth.edge
    assert jumps.tiles == whole.tiles


def test_grow_to_65537_has_the_root_of_the_plain_tree() -> None:
    for size in (65_535, 65_536, 65_537):
        assert _grown([size]).growth.root == merkle.root(_leaves(0, size))


def test_tile_hashes_are_roots_of_full_subtrees(large: Disk) -> None:
    """The definition of tlog-tiles: MTH(D[(n*256+i)*256**l : (n*256+i+1)*256**l])."""
    for (level, number), data in large.tiles.items():
        if level:
            for i in range(0, len(data) // 32, 17):
                first = (number * WIDTH + i) << HEIGHT * level
                leaves = _leaves(first, first + (1 << HEIGHT * level))
                assert data[32 * i : 32 * i + 32] == merkle.root(leaves)


@pytest.mark.parametrize(
    ("size", "edge"),
    [
        (0, [b"\0" * 32]),
        (1, []),
        (2, [b"\0" * 32]),
        (256, [b"", b""]),
        (256, [b""]),
        (257, [b"\0" * 32]),
        (1, [b"\0" * 31]),
        (1, [b"\0" * 32, b""]),
    ],
)
def test_grow_from_an_edge_of_another_size_is_refused(size: int, edge: list[bytes]) -> None:
    with pytest.raises(MalformedError):
        grow(size, edge, [_leaf(0)])


@pytest.mark.parametrize("leaf", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 64])
def test_grow_by_what_is_no_leaf_hash_is_refused(leaf: bytes) -> None:
    with pytest.raises(MalformedError):
        grow(0, [], [leaf])


# Proofs


def test_tree_proves_every_leaf_and_older_size_up_to_600() -> None:
    disk = _grown([600])
    for size in [*range(1, 20), 255, 256, 257, 511, 512, 513, 600]:
        leaves = _leaves(0, size)
        tree = Tree(size, disk.read)
        assert tree.root() == merkle.root(leaves)
        for index in range(0, size, 1 + size // 40):
            assert tree.leaf_hash(index) == leaves[index]
            assert tree.inclusion_proof(index) == merkle.inclusion_proof(leaves, index)
        for old_size in range(0, size + 1, 1 + size // 40):
            assert tree.consistency_proof(old_size) == merkle.consistency_proof(leaves, old_size)


_near = st.sampled_from([0, 1, WIDTH, 3 * WIDTH, 65_536, 65_536 + WIDTH, 131_072]).flatmap(
    lambda boundary: st.integers(max(0, boundary - 3), boundary + 300)
)


@given(size=_near.filter(bool), data=st.data())
def test_tree_of_any_earlier_size_is_proved_from_the_tiles_of_a_later_one(
    large: Disk, size: int, data: st.DataObject
) -> None:
    """Partial tiles are prefixes, so the widest serve every size."""
    tree = Tree(size, large.read)
    root = tree.root()
    index = data.draw(st.integers(0, size - 1))
    merkle.verify_inclusion(
        leaf_hash=_leaf(index),
        index=index,
        size=size,
        proof=tree.inclusion_proof(index),
        root=root,
    )
    later = Tree(_LARGE, large.read)
    merkle.verify_consistency(
        old_size=size,
        old_root=root,
        new_size=_LARGE,
        new_root=later.root(),
        proof=later.consistency_proof(size),
    )


@given(st.integers(1, 700), st.data())
def test_tree_read_from_partial_tiles_alone_needs_no_wider(size: int, data: st.DataObject) -> None:
    """A log may serve a partial tile of exactly the width that was asked for."""
    disk = _grown([700])

    def exactly(tile: Tile) -> bytes:
        return disk.read(tile)[: 32 * tile.width]

    index = data.draw(st.integers(0, size - 1))
    assert Tree(size, exactly).inclusion_proof(index) == merkle.inclusion_proof(
        _leaves(0, size), index
    )


def test_tree_reads_each_tile_once_and_only_those_of_its_size(large: Disk) -> None:
    size = 65_536 + 300
    large.reads.clear()
    tree = Tree(size, large.read)
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        tree.inclusion_proof(index)
    tree.consistency_proof(65_000)
    assert len(large.reads) == len({(tile.level, tile.number) for tile in large.reads})
    allowed = {(tile.level, tile.number, tile.width) for tile in tiles_between(0, size)}
    assert {(tile.level, tile.number, tile.width) for tile in large.reads} <= allowed


def test_tree_proof_reads_a_handful_of_tiles(large: Disk) -> None:
    large.reads.clear()
    Tree(_LARGE, large.read).inclusion_proof(70_000)
    assert len(large.reads) <= 3 * 3


def test_tree_with_a_tile_cut_short_is_malformed() -> None:
    disk = _grown([300])
    disk.tiles[0, 1] = disk.tiles[0, 1][:-1]
    with pytest.raises(MalformedError):
        Tree(300, disk.read).root()


@pytest.mark.parametrize("size", [0, 1, 5, 256])
def test_tree_of_what_is_not_there_is_malformed(size: int) -> None:
    tree = Tree(size, _grown([size]).read)
    for call in (
        lambda: tree.leaf_hash(size),
        lambda: tree.leaf_hash(-1),
        lambda: tree.inclusion_proof(size),
        lambda: tree.inclusion_proof(-1),
        lambda: tree.consistency_proof(size + 1),
        lambda: tree.consistency_proof(-1),
    ):
        with pytest.raises(MalformedError):
            call()


def test_empty_tree_has_the_empty_root_and_reads_nothing() -> None:
    disk = Disk()
    tree = Tree(0, disk.read)
    assert tree.root() == sha256().digest()
    assert tree.edge() == ()
    assert tree.consistency_proof(0) == []
    assert disk.reads == []
