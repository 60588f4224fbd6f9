"""Tiles (C2SP tlog-tiles): how a log's hashes and entries are cut into files of 256.

    tile/<L>/<N>[.p/<W>]       level L: 32-byte hashes of the perfect subtrees of 256^L leaves
    tile/entries/<N>[.p/<W>]   256 entries, each with its length as a big-endian uint16 before it

N is written in groups of three digits, all but the last with an x: 1234067 is x001/x234/067.
A partial tile of width W < 256 is a prefix of the full one, so whoever keeps the widest serves all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ledger.errors import MalformedError
from ledger.merkle import HASH_SIZE, MAX_SIZE

__all__ = [
    "ENTRIES",
    "HEIGHT",
    "MAX_ENTRY_SIZE",
    "MAX_LEVEL",
    "WIDTH",
    "Tile",
    "cut_hashes",
    "decode_entries",
    "encode_entries",
    "nth_entry",
    "tiles_between",
]

WIDTH = 256
HEIGHT = 8
# An entry's length is a uint16 in its bundle.
MAX_ENTRY_SIZE = 65_535
# The level of entry bundles, which stand below the leaves.
ENTRIES = -1

_LENGTH = 2
# How many lengths are remembered as they are written.
_LENGTHS = 1_024
MAX_LEVEL = (MAX_SIZE.bit_length() - 1) // HEIGHT
_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)"
    r"/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's place: its level (ENTRIES for entry bundles), number and width."""

    level: int
    number: int
    width: int = WIDTH

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Read a tile's path; raise MalformedError for any but its one spelling."""
        match = _PATH.fullmatch(path)
        if match is not None:
            level = ENTRIES if match["level"] == "entries" else int(match["level"])
            number = int(match["number"].replace("x", "").replace("/", ""))
            tile = cls(level, number, int(match["width"] or WIDTH))
            # No tile beyond the largest log: a store need not hold numbers that large.
            beyond = number * WIDTH >= MAX_SIZE >> (HEIGHT * max(level, 0))
            if not beyond and tile.path() == path:
                return tile
        raise MalformedError(
            "tile.path", "no tile has this path", expected="tile/<L>/<N>[.p/<W>]", found=path[:200]
        )

    def path(self) -> str:
        """Write the tile's path."""
        digits = str(self.number)
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{number}{partial}"

    @classmethod
    def holding(cls, level: int, index: int, size: int) -> Tile:
        """Name the tile that holds hash `index` of `level` in a log of `size`, as wide as it is."""
        number = index // WIDTH
        return cls(level, number, min(WIDTH, (size >> (HEIGHT * max(level, 0))) - number * WIDTH))


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """Yield the tiles, hashes and entries, that growth from `old_size` to `new_size` adds."""
    for level in range(ENTRIES, MAX_LEVEL + 1):
        shift = HEIGHT * max(level, 0)
        old, new = old_size >> shift, new_size >> shift
        if new == 0:
            break
        if old == new:
            continue
        for number in range(old // WIDTH, -(-new // WIDTH)):
            yield Tile(level, number, min(WIDTH, new - number * WIDTH))


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Write entries as a bundle, or as what follows the entries that are there already."""
    lengths = list(map(len, entries))
    longest = max(lengths, default=0)
    if longest > MAX_ENTRY_SIZE:
        raise MalformedError(
            "tile.entry-size",
            "an entry is too long for a bundle",
            expected=f"at most {MAX_ENTRY_SIZE} bytes",
            found=f"{longest} bytes",
        )
    prefixes = map(_written_length, lengths)
    return b"".join([part for pair in zip(prefixes, entries, strict=True) for part in pair])


# Entries of one system are of few lengths.
@lru_cache(maxsize=_LENGTHS)
def _written_length(length: int) -> bytes:
    return length.to_bytes(_LENGTH, "big")


def decode_entries(data: bytes, width: int | None = None) -> list[bytes]:
    """Read a bundle's entries, the first `width` where given; raise MalformedError."""
    entries: list[bytes] = []
    position = 0
    most = WIDTH if width is None else width
    size = len(data)
    for _ in range(most):
        if position >= size:
            break
        start = position + _LENGTH
        # A length that is cut off itself ends beyond the data, whatever it would have been.
        end = start + (data[position] << 8 | data[position + 1]) if start <= size else start
        if end > size:
            raise MalformedError(
                "tile.entries",
                "the entry bundle ends inside an entry",
                expected=f"{end} bytes",
                found=f"{len(data)} bytes",
            )
        entries.append(data[start:end])
        position = end
    if width is not None and len(entries) != width:
        raise MalformedError(
            "tile.entries",
            "the entry bundle is too short",
            expected=f"{width} entries",
            found=f"{len(entries)} entries",
        )
    if width is None and position < len(data):
        raise MalformedError(
            "tile.entries",
            "the entry bundle is too long",
            expected=f"at most {WIDTH} entries",
            found=f"{len(data) - position} further bytes",
        )
    return entries


def nth_entry(data: bytes, index: int) -> bytes | None:
    """Read one entry of a bundle, None where it has no such one; raise MalformedError."""
    position = 0
    for _ in range(index):
        position += _LENGTH + int.from_bytes(data[position : position + _LENGTH], "big")
    if position >= len(data):
        return None
    end = position + _LENGTH + int.from_bytes(data[position : position + _LENGTH], "big")
    return decode_entries(data[position:end], 1)[0]


def cut_hashes(data: bytes, width: int) -> bytes:
    """Cut a hash tile to its first `width` hashes; raise MalformedError where it has fewer."""
    if len(data) < width * HASH_SIZE:
        raise MalformedError(
            "tile.hashes",
            "the hash tile is too short",
            expected=f"{width * HASH_SIZE} bytes",
            found=f"{len(data)} bytes",
        )
    return data[: width * HASH_SIZE]
