"""The entries of a tile read together: transfers in columns, whatever else one by one.

    entries ──► cut into pieces by one pattern, what stands between them compared      each
    ids, hashes, salts, texts ──► a column of each held against its format             a tile
    parties, data items, plans, … ──► decoded strictly where they have not been seen   once

Nearly every entry is a transfer, and to decode one by itself, write it again and compare costs a
dozen calls. So what `pieces` cuts is checked by the column. Nothing is refused here: an entry that
is not cut, or of which a piece is not plainly right, is handed to `entry.decode_canonical`, which
rules, and which accepts all that is accepted here (a test holds the two against each other).
"""

from __future__ import annotations

from binascii import a2b_hex, b2a_hex
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import compress
from operator import ne
from typing import NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import UNSET

from ledger import kinds
from ledger.audit.pieces import (
    NAMES,
    RECORD_ID_LENGTH,
    SALT_LENGTH,
    WHOLE,
    are_references,
    cut_each,
    pieces_of,
)
from ledger.canonical import check_depth
from ledger.entry import decode_canonical
from ledger.errors import MalformedError
from ledger.kinds import Kind
from ledger.kinds.formats import check_time
from ledger.kinds.members import MAX_IDENTIFIER, MAX_TEXT, Reference
from ledger.statement import RECORD_ID_SIZE

__all__ = ["Columns", "Rows", "raw_ids"]

# Objects that are remembered, of a few hundred bytes each.
_MAX_REMEMBERED = 32_768
_REFUSALS = (
    MalformedError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError
)  # fmt: skip

_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# The last letter of a salt carries two bits.
_LAST_LETTERS = b"AQgw"
# What no canonical text has as it is (RFC 8785, 3.2.2.2).
_ESCAPED = bytes(range(0x20)) + b"\\"
# Where a record id has what is no digit of its own (RFC 9562, 4 and 5.7).
_HYPHENS = (8, 13, 18, 23)
_VERSION, _VARIANT, _VARIANTS = 14, 19, b"89ab"
_PLAN, _RECORD_ID = NAMES.index("plan"), NAMES.index("record_id")

_T = TypeVar("_T")
_Column = Sequence[bytes]
_Columns = Mapping[str, _Column]

_HINTS = get_type_hints(kinds.Transfer, include_extras=True)
# Of the members that are one piece, and that many transfers share, their strict decoders.
_SHARED: dict[str, Callable[[bytes], object]] = {
    name: msgspec.json.Decoder(_HINTS[name]).decode for name in WHOLE
}
_decode_plan = msgspec.json.Decoder(Reference).decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Rows(NamedTuple):
    """A tile's entries: the pieces of its transfers in columns, and what else there is."""

    places: list[int]
    """Of the transfers, in the tile."""
    column: _Columns
    """By the pieces' names, empty where one is absent; see `pieces_of` for those not cut."""
    others: dict[int, Kind | None]
    """By their places: entries of other kinds, and None for whatever is no canonical entry."""


class Columns:
    """Reads tiles, and remembers from one to the next what many transfers share."""

    def __init__(self) -> None:
        self.plans: dict[bytes, Reference] = {}
        """What each plan of the tile that was read last says, and some others."""
        self._seen: dict[str, set[bytes]] = {name: set() for name in _SHARED}
        self._remembered = 0
        self._are_right: dict[str, Callable[[_Column], bool]] = {
            "digest": _are_hashes,
            "file_name": partial(_are_texts, MAX_TEXT),
            "occurred_at": _are_times,
            "parents": _are_references,
            "plan": self._are_plans,
            "purpose": partial(_are_texts, MAX_TEXT),
            "record_id": _are_record_ids,
            "salt": _are_salts,
            "scenario": partial(_are_texts, MAX_IDENTIFIER),
            **{name: partial(self._are_shared, name) for name in _SHARED},
        }

    def read(
        self,
        entries: Sequence[bytes],
        skipped: Collection[int] = (),
        columns: Sequence[_Column] | None = None,
    ) -> Rows:
        """Read the entries of a tile, but for those at the places in `skipped`.

        `columns` are their pieces, as `pieces.Cut` has them, where they were cut already.
        """
        self._forget()
        if columns is None:
            columns = cut_each(entries).columns
        places, column = _take(columns, skipped)
        wrong = self._find_wrong(column)
        if not wrong and len(places) + len(skipped) == len(entries):
            return Rows(places, column, {})
        strictly: dict[int, _Column] = {}
        others: dict[int, Kind | None] = {}
        right = {place for i, place in enumerate(places) if i not in wrong}
        for place in set(range(len(entries))).difference(right, skipped):
            members = decode_canonical(entries[place])
            if isinstance(members, kinds.Transfer):
                strictly[place] = self._pieces_of(members)
            else:
                others[place] = members
        if not wrong and not strictly:
            return Rows(places, column, others)
        rows: dict[int, _Column] = dict(
            zip(places, zip(*column.values(), strict=True), strict=True)
        )
        rows = {place: rows[place] for place in right} | strictly
        places = sorted(rows)
        return Rows(places, _columns_of([rows[place] for place in places]), others)

    def _forget(self) -> None:
        if self._remembered > _MAX_REMEMBERED:
            self.plans.clear()
            for seen in self._seen.values():
                seen.clear()
            self._remembered = 0

    def _find_wrong(self, column: _Columns) -> set[int]:
        """Find the rows of which a piece is not plainly right."""
        wrong: set[int] = set()
        for name, are_right in self._are_right.items():
            pieces = column[name]
            if any(pieces) and not are_right(pieces):
                rows = enumerate(pieces)
                wrong.update(i for i, piece in rows if piece and not are_right([piece]))
        return wrong

    def _pieces_of(self, transfer: kinds.Transfer) -> tuple[bytes, ...]:
        """Cut a transfer that was read already."""
        pieces = pieces_of(transfer)
        if transfer.covered_by is not UNSET:
            self.plans[pieces[_PLAN]] = transfer.covered_by.plan
        return pieces

    def _are_shared(self, name: str, column: _Column) -> bool:
        new = _distinct(column) - self._seen[name]
        if not all(_read(_SHARED[name], piece) for piece in new):
            return False
        self._seen[name] |= new
        self._remembered += len(new)
        return True

    def _are_plans(self, column: _Column) -> bool:
        for piece in _distinct(column) - self.plans.keys():
            plan = _read(_decode_plan, piece)
            if plan is None:
                return False
            self.plans[piece] = plan
            self._remembered += 1
        return True


def _take(columns: Sequence[_Column], skipped: Collection[int]) -> tuple[list[int], _Columns]:
    """Take the rows that were cut; say where they stand."""
    is_cut = list(map(bool, columns[_RECORD_ID]))
    for place in skipped:
        is_cut[place] = False
    places = list(compress(range(len(is_cut)), is_cut))
    if len(places) < len(is_cut):
        columns = [
            list(compress(column, is_cut)) if any(column) else column[: len(places)]
            for column in columns
        ]
    return places, dict(zip(NAMES, columns, strict=True))


def _columns_of(rows: Collection[_Column]) -> _Columns:
    if not rows:
        return dict.fromkeys(NAMES, ())
    return dict(zip(NAMES, zip(*rows, strict=True), strict=True))


def raw_ids(texts: _Column) -> list[bytes]:
    """Give the 16 bytes of each record id of the canonical form."""
    joined = a2b_hex(b"".join(texts).replace(b"-", b""))
    return [joined[i : i + RECORD_ID_SIZE] for i in range(0, len(joined), RECORD_ID_SIZE)]


def _distinct(column: _Column) -> set[bytes]:
    """Give what is there; to compare costs less than to hash, and often all are the same."""
    if column.count(column[0]) == len(column):
        return {column[0]}
    # Or as the one before.
    pieces = {column[0], *compress(column[1:], map(ne, column, column[1:]))}
    pieces.discard(b"")
    return pieces


def _read(decode: Callable[[bytes], _T], piece: bytes) -> _T | None:
    """Decode a piece strictly; None where it is not the canonical form of what it should be."""
    try:
        check_depth(piece)
        value = decode(piece)
    except _REFUSALS:
        return None
    return value if _encode(value) == piece else None


# What follows relies on the lengths of pieces, which the pattern sees to. Those of members that a
# transfer need not have are empty where one has not; some piece of a column is not.


def _are_digits(text: bytes) -> bool:
    """Say whether all are lower-case hexadecimal digits, in pairs."""
    try:
        return b2a_hex(a2b_hex(text)) == text
    except ValueError:
        return False


def _are_hashes(column: _Column) -> bool:
    return _are_digits(b"".join(column))


def _are_record_ids(column: _Column) -> bool:
    text, count = b"".join(column), len(column)
    digits = text.replace(b"-", b"")
    return (
        all(text[place::RECORD_ID_LENGTH].count(b"-") == count for place in _HYPHENS)
        and len(digits) == len(text) - count * len(_HYPHENS)
        and text[_VERSION::RECORD_ID_LENGTH].count(b"7") == count
        and not text[_VARIANT::RECORD_ID_LENGTH].translate(None, _VARIANTS)
        and _are_digits(digits)
    )


def _are_references(column: _Column) -> bool:
    return all(map(are_references, _distinct(column)))


def _are_salts(column: _Column) -> bool:
    text = b"".join(column)
    last = text[SALT_LENGTH - 1 :: SALT_LENGTH]
    return not text.translate(None, _BASE64URL) and not last.translate(None, _LAST_LETTERS)


def _are_times(column: _Column) -> bool:
    try:
        for piece in _distinct(column):
            check_time(piece.decode())
    except (MalformedError, UnicodeDecodeError):
        return False
    return True


def _are_texts(most: int, column: _Column) -> bool:
    """Say whether texts need no escape, and have no more bytes than they may have characters."""
    pieces = column[:1] if column.count(column[0]) == len(column) else column
    # With what is in no piece between them, no two broken ones make a whole one.
    text = b'"'.join(pieces)
    if max(map(len, pieces)) > most or text.translate(None, _ESCAPED) != text:
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
