"""Tiles: one path for each, all of a log's hashes and entries in them, nothing twice."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.merkle import MAX_SIZE
from ledger.tile import (
    ENTRIES,
    MAX_ENTRY_SIZE,
    WIDTH,
    Tile,
    cut_hashes,
    decode_entries,
    encode_entries,
    nth_entry,
    tiles_between,
)

_tiles = st.integers(ENTRIES, 7).flatmap(
    lambda level: st.builds(
        Tile,
        level=st.just(level),
        number=st.integers(0, (MAX_SIZE - 1) >> 8 * (max(level, 0) + 1)),
        width=st.integers(1, WIDTH),
    )
)
_paths = st.lists(
    st.sampled_from(["tile", "/", "0", "1", "7", "8", "63", "x001", "x", "000", "067", "entries",
                     ".p/", "255", "256", "x999/", "\u0661\u0661\u0661", "\n", "..", "00"])
).map("".join)  # fmt: skip
_entries = st.lists(st.binary(max_size=50), max_size=WIDTH)


# Paths


@given(_tiles)
def test_path_written_is_read_again(tile: Tile) -> None:
    assert Tile.parse(tile.path()) == tile


def test_path_numbers_match_the_specification(shared_vectors: Path) -> None:
    vector = json.loads((shared_vectors / "merkle-extra/vectors.json").read_text())["tile_path"]
    assert Tile(0, 1234067).path() == f"tile/0/{vector['1234067']}"


def test_path_numbers_match_own_vectors(vectors: Path) -> None:
    for number, path in json.loads((vectors / "tile.json").read_text())["numbers"].items():
        assert Tile(3, int(number)).path() == f"tile/3/{path}"
        assert Tile(ENTRIES, int(number), 17).path() == f"tile/entries/{path}.p/17"


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
        "tile/01/000", "tile/-1/000", "tile/8/000", "tile/64/000", "tile/x/000", "tile/0/x000/000",
        "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/",
        "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/999", "/tile/0/000", "tile/0/000/",
        "tile/0/000\n", "tile/0/\u0660\u0660\u0660", "tile/0/x-01/000", "tile/entries/",
        "tile/0/+01", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/7/x128/000", "tile//000",
    ],
)  # fmt: skip
def test_path_in_another_spelling_or_beyond_any_log_is_malformed(path: str) -> None:
    with pytest.raises(MalformedError):
        Tile.parse(path)


@given(st.one_of(st.text(st.characters()), _paths, _paths.map("tile/0/".__add__)))
def test_path_any_string_gives_its_tile_or_malformed(path: str) -> None:
    with suppress(MalformedError):
        assert Tile.parse(path).path() == path


# Which tiles a log has


def _widths(tiles: list[Tile], level: int) -> list[int]:
    return [tile.width for tile in tiles if tile.level == level]


def test_tree_of_70000_has_the_tiles_of_the_specification(shared_vectors: Path) -> None:
    vector = json.loads((shared_vectors / "merkle-extra/vectors.json").read_text())["tile_path"]
    want = vector["tree_70000"]
    tiles = list(tiles_between(0, 70_000))
    assert _widths(tiles, 0) == [WIDTH] * want["full_L0"] + [want["partial_L0"]]
    assert _widths(tiles, 1) == [WIDTH] * want["full_L1"] + [want["partial_L1"]]
    assert _widths(tiles, 2) == [want["partial_L2"]]
    assert _widths(tiles, ENTRIES) == _widths(tiles, 0)
    assert len({tile.path() for tile in tiles}) == len(tiles)


def test_own_vectors_match(vectors: Path) -> None:
    for tree in json.loads((vectors / "tile.json").read_text())["trees"]:
        tiles = list(tiles_between(0, tree["size"]))
        assert {tile.level for tile in tiles} == {
            ENTRIES,
            *(level for level, _, _ in tree["levels"]),
        }
        for level, full, partial in tree["levels"]:
            assert _widths(tiles, level) == [WIDTH] * full + [partial] * (partial > 0)


def test_tiles_between_matches_the_counts_of_another_height(shared_vectors: Path) -> None:
    """The vectors are for tiles of height 10: their rule, by its definition, then ours at 8."""
    vector = json.loads((shared_vectors / "merkle-extra/vectors.json").read_text())
    for old, new, want in vector["newtiles_for_size"]["cases"]:
        assert len(_touched(old, new, vector["newtiles_for_size"]["height"])) == want
        found = [tile for tile in tiles_between(old, new) if tile.level != ENTRIES]
        assert {(tile.level, tile.number) for tile in found} == _touched(old, new, 8)


def _touched(old: int, new: int, height: int) -> set[tuple[int, int]]:
    """Collect the tiles in which a hash is completed by growth, one hash at a time."""
    touched, level = set(), 0
    while new >> height * level:
        first, last = old >> height * level, new >> height * level
        touched |= {(level, number >> height) for number in range(first, last)}
        level += 1
    return touched


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_tiles_between_are_those_touched_each_once_and_as_wide_as_they_are(
    old: int, growth: int
) -> None:
    new = old + growth
    found = list(tiles_between(old, new))
    hashes = [(tile.level, tile.number) for tile in found if tile.level != ENTRIES]
    entries = [(0, tile.number) for tile in found if tile.level == ENTRIES]
    assert len(set(hashes)) == len(hashes)
    assert set(hashes) == _touched(old, new, 8)
    assert entries == [place for place in hashes if place[0] == 0]
    for tile in found:
        assert tile == Tile.holding(tile.level, tile.number * WIDTH, new)
        assert Tile.parse(tile.path()) == tile


def test_tiles_between_reach_the_highest_level_that_there_is() -> None:
    """One leaf that completes a subtree of every height: 256^7 is the largest of them."""
    found = [(tile.level, tile.number, tile.width) for tile in tiles_between(2**56 - 1, 2**56)]
    assert found[0][0] == ENTRIES
    assert [level for level, _, _ in found[1:]] == list(range(8))
    assert found[-1] == (7, 0, 1)


# Entry bundles


@given(_entries)
def test_entries_written_are_read_again(entries: list[bytes]) -> None:
    assert decode_entries(encode_entries(entries)) == entries
    for width in {0, len(entries) // 2, len(entries)}:
        assert decode_entries(encode_entries(entries), width) == entries[:width]


def test_entries_own_vector_matches(vectors: Path) -> None:
    vector = json.loads((vectors / "tile.json").read_text())["bundle"]
    entries = [b"", b"\x00", b"entry", bytes(range(256)), b"x" * MAX_ENTRY_SIZE]
    assert [len(entry) for entry in entries] == vector["lengths"]
    assert sha256(encode_entries(entries)).hexdigest() == vector["sha256"]


@given(_entries, st.integers(0, 300))
def test_entries_cut_off_anywhere_are_malformed_or_fewer(entries: list[bytes], cut: int) -> None:
    data = encode_entries(entries)[:cut]
    try:
        decoded = decode_entries(data)
    except MalformedError:
        return
    assert decoded == entries[: len(decoded)]
    assert encode_entries(decoded) == data


@given(st.binary(max_size=2_000), st.one_of(st.none(), st.integers(-1, 300)))
def test_entries_any_bytes_give_entries_or_malformed(data: bytes, width: int | None) -> None:
    with suppress(MalformedError):
        decoded = decode_entries(data, width)
        assert data.startswith(encode_entries(decoded))
        assert len(decoded) == width if width is not None else encode_entries(decoded) == data


def test_entries_at_and_beyond_the_limits() -> None:
    longest = b"x" * MAX_ENTRY_SIZE
    assert decode_entries(encode_entries([longest])) == [longest]
    with pytest.raises(MalformedError):
        encode_entries([longest + b"x"])
    assert len(decode_entries(encode_entries([b""] * WIDTH))) == WIDTH
    with pytest.raises(MalformedError):
        decode_entries(encode_entries([b""] * (WIDTH + 1)))
    with pytest.raises(MalformedError):
        decode_entries(encode_entries([b"a"] * 3), 4)


# Hash tiles


@given(st.binary(max_size=200), st.integers(0, 8))
def test_cut_hashes_gives_exactly_the_width_or_malformed(data: bytes, width: int) -> None:
    if len(data) >= 32 * width:
        assert cut_hashes(data, width) == data[: 32 * width]
    else:
        with pytest.raises(MalformedError):
            cut_hashes(data, width)


@given(st.lists(st.binary(max_size=300), max_size=8), st.data())
def test_nth_entry_is_that_of_the_whole_bundle(entries: list[bytes], data: st.DataObject) -> None:
    bundle = encode_entries(entries)
    for index, entry in enumerate(entries):
        assert nth_entry(bundle, index) == entry
    assert nth_entry(bundle, len(entries)) is None
    if entries:
        cut = bundle[: -data.draw(st.integers(1, len(bundle)))]
        index = data.draw(st.integers(0, len(entries) - 1))
        try:
            assert nth_entry(cut, index) in {None, entries[index]}
        except MalformedError:
            assert index == next(
                i for i in range(len(entries)) if len(encode_entries(entries[: i + 1])) > len(cut)
            )
