"""The certificate's fonts, and which characters they have.

Noto Sans SC and Noto Serif SC (SIL Open Font License 1.1, embedding allowed) come as a locked
Python package, the monospaced font with the typesetter: what a machine has installed changes
nothing. Coverage is read from the font's `cmap` table (OpenType 1.9, format 12), since a character
without a glyph would be an empty box that nobody can tell from another.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

from pylopdf_fonts_zh_cn import sans_path

from ledger.errors import ConfigurationError

__all__ = ["font_directory", "has_glyph"]

_TABLE = struct.Struct(">4sLLL")
_SUBTABLE = struct.Struct(">HHL")
_GROUP = struct.Struct(">LLL")
_HEADER_SIZE = 12
_WINDOWS, _FULL_REPERTOIRE = 3, 10
_FORMAT_12 = 12
# Other, separators but the plain space, and marks that join what stands before them.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Mc", "Me"})


def font_directory() -> Path:
    """Give the directory of the fonts; raise ConfigurationError where they are not installed."""
    path = sans_path()
    if not path.is_file():
        raise ConfigurationError(
            "certificate.font",
            "the certificate's font is not installed",
            expected="the Python package pylopdf-fonts-zh-cn, whole",
            found="no font in it",
            hint="Install crossproof again, with its dependencies.",
        )
    return path.parent


def has_glyph(character: str) -> bool:
    """Say whether a character can be printed by itself, so that it is seen."""
    if unicodedata.category(character) in _UNPRINTABLE:
        return False
    starts, ends = _coverage()
    place = bisect_right(starts, ord(character)) - 1
    return place >= 0 and ord(character) <= ends[place]


@cache
def _coverage() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read the ranges of characters that the font has: first and last of each, ascending."""
    data = (font_directory() / sans_path().name).read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    directory = (_TABLE.unpack_from(data, _HEADER_SIZE + _TABLE.size * n) for n in range(tables))
    cmap = next(offset for tag, _, offset, _ in directory if tag == b"cmap")
    (subtables,) = struct.unpack_from(">H", data, cmap + 2)
    for n in range(subtables):
        platform, encoding, offset = _SUBTABLE.unpack_from(data, cmap + 4 + _SUBTABLE.size * n)
        start = cmap + offset
        (form,) = struct.unpack_from(">H", data, start)
        if (platform, encoding, form) == (_WINDOWS, _FULL_REPERTOIRE, _FORMAT_12):
            (count,) = struct.unpack_from(">L", data, start + 12)
            groups = [
                _GROUP.unpack_from(data, start + 16 + _GROUP.size * group) for group in range(count)
            ]
            return tuple(first for first, _, _ in groups), tuple(last for _, last, _ in groups)
    raise ConfigurationError(
        "certificate.font",
        "the certificate's font has no list of its characters",
        expected="a cmap table of format 12",
        found="none",
    )
