"""A shape: what transfers that look alike have in common, as one pattern over their bytes.

    Shape.of(b'{…,"from":"CN",…,"size":7,…}', members)  →  {…,"from":"[A-Z]{2}",…,"size":[0-9]+,…}
    shape.read(another line of that form)                →  a Submission, or None

Systems write the same members again and again, and only values differ. Decoding, encoding again and
comparing (see `entry`) costs several times what it costs to hold a line against a pattern that has
the members' names as they are and for each value its format. A line that matches is canonical and
valid: names, their order and every delimiter are those of an entry that was; a value is of its
type's format, or the very value that was there (what a pattern cannot say stays as it is). The
opposite does not hold: a line that matches nothing is read in the usual way, and judged there.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_hex
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from ledger.canonical import MAX_INTEGER
from ledger.errors import LedgerError, MalformedError
from ledger.kinds import Kind, Transfer
from ledger.kinds.formats import FORMATS, check_time
from ledger.submission import PlanUse, Submission
from ledger.tile import MAX_ENTRY_SIZE

__all__ = ["COUNT", "NUMBER", "Shape", "Shapes"]

# Shapes that are tried: of several submitters, or several systems of one.
_KEPT = 4
# A pattern takes as long to make as a hundred lines take to read: a shape is made of one line in so
# many that matched nothing, whoever sends lines of which no two are alike.
_MISSES = 256
# Longer entries are mostly text, which a pattern reads no faster.
_LONGEST = 4 * 1024

_TYPE = inspect.type_info(Transfer)
# What is told of a line, by where it stands in a transfer; the plan's in the order of a PlanUse.
_CAPTURED = {
    ("record_id",): "id",
    ("covered_by", "plan", "record_id"): "plan",
    ("covered_by", "plan", "leaf_hash"): "leaf",
    ("covered_by", "sequence"): "sequence",
    ("covered_by", "persons", "personal"): "personal",
    ("covered_by", "persons", "sensitive"): "sensitive",
}
# Records that come together happened together.
_TIMES = 1_024
# What needs no escape, in ASCII and in UTF-8 (RFC 3629, 4).
_PLAIN = rb"[\x20\x21\x23-\x5b\x5d-\x7e]"
_UNICODE = (
    rb"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})"
)
# Up to 15 digits, which are below 2^53 whatever they are.
NUMBER = rb"[1-9][0-9]{0,14}+"
COUNT = rb"(?:0|[1-9][0-9]{0,14}+)"


class Shape:
    """The pattern of one transfer, and the transfer itself."""

    def __init__(self, members: Transfer, pattern: re.Pattern[bytes]) -> None:
        self.members = members
        self._match = pattern.fullmatch
        places = {name: number - 1 for name, number in pattern.groupindex.items()}
        self._record_id = places[_CAPTURED["record_id",]]
        self._use = [places[name] for name in _CAPTURED.values() if name in places][1:]
        # All other groups are times: a pattern knows no calendar.
        self._times = [place for place in range(pattern.groups) if place not in places.values()]

    @classmethod
    def of(cls, entry: bytes, members: Kind) -> Shape | None:
        """Make the shape of an entry; None where it has none."""
        if not isinstance(members, Transfer) or len(entry) > _LONGEST:
            return None
        pattern = re.compile(_pattern(json.loads(entry), _TYPE, ()))
        return cls(members, pattern) if pattern.fullmatch(entry) else None

    def read(self, line: bytes) -> Submission | None:
        """Read a line of this shape; None for any other."""
        found = self._match(line)
        if found is None or len(line) > MAX_ENTRY_SIZE:
            return None
        values = found.groups()
        for place in self._times:
            if not _is_time(values[place]):
                return None
        use = None
        if self._use:
            plan, leaf, *counts = [values[place] for place in self._use]
            use = PlanUse(_bytes_of(plan), a2b_hex(leaf), *map(int, counts))
        return Submission(_bytes_of(values[self._record_id]), line, use)


class Shapes:
    """The shapes seen last. For any thread: the tuple is replaced, never changed."""

    def __init__(self) -> None:
        self._shapes: tuple[Shape, ...] = ()
        self._misses = 0

    def passing(self, check: Callable[[Kind], None]) -> list[Shape]:
        """Give those that are worth trying: of a kind that passes a check."""
        return [shape for shape in self._shapes if _passes(shape, check)]

    def miss(self, entry: bytes, members: Kind) -> bool:
        """Hear of an entry that matched none of them; say whether they are others now."""
        self._misses += 1
        made = Shape.of(entry, members) if self._misses % _MISSES == 1 else None
        if made is None:
            return False
        self._shapes = (made, *self._shapes)[:_KEPT]
        return True


def _passes(shape: Shape, check: Callable[[Kind], None]) -> bool:
    try:
        check(shape.members)
    except LedgerError:
        return False
    return True


def _pattern(value: Any, of: inspect.Type, path: tuple[str, ...]) -> bytes:
    """Write the pattern of a value that is of a type: its own form, and the type's formats."""
    if isinstance(of, inspect.StructType):
        types = {field.encode_name: field.type for field in of.fields}
        members = []
        for name in sorted(value):
            # The kind is the tag of its type, and no field.
            written = re.escape(_text(value[name]))
            if name in types:
                written = _pattern(value[name], types[name], (*path, name))
            members.append(re.escape(_text(name)) + b":" + written)
        return rb"\{" + b",".join(members) + rb"\}"
    if isinstance(of, inspect.ListType):
        # What is captured is in no list.
        elements = [_pattern(element, of.item_type, ("",)) for element in value]
        return rb"\[" + b",".join(elements) + rb"\]"
    text = _text(value)
    told = _format(text, of)
    if told is None or not re.fullmatch(told, text):
        told = re.escape(text)
    name = _CAPTURED.get(path)
    if name is None:
        return told
    quote = b'"' * told.startswith(b'"')
    return b"%s(?P<%s>%s)%s" % (quote, name.encode(), told.strip(b'"'), quote)


def _bytes_of(record_id: bytes) -> bytes:
    return a2b_hex(record_id.replace(b"-", b""))


def _format(text: bytes, of: inspect.Type) -> bytes | None:
    """Write what a type says of a text, None where a pattern could not say it."""
    told = None
    match of:
        case inspect.Metadata(extra_json_schema={"pattern": str(pattern)}) if pattern in _FORMATS:
            # No dates: they come in pairs, of which one is not before the other.
            told = b'"%s"' % _FORMATS[pattern]
        case inspect.StrType(pattern=str(pattern)):
            told = b'"%s"' % _inner(pattern)
        case inspect.StrType(min_length=int(least), max_length=int(most)):
            told = b'"%s{%d,%d}+"' % (_PLAIN if text.isascii() else _UNICODE, least, most)
        case inspect.LiteralType(values=values):
            told = b"(?:%s)" % b"|".join(re.escape(_text(value)) for value in values)
        case inspect.BoolType():
            told = b"(?:true|false)"
        case inspect.IntType(ge=0 | 1 as least, le=most) if most == MAX_INTEGER:
            told = COUNT if least == 0 else NUMBER
    return told


def _text(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _inner(pattern: str) -> bytes:
    """Take a pattern as JSON Schema has it: without its ends, and no group of it captured."""
    return re.sub(r"\((?!\?)", "(?:", pattern.removeprefix("^").removesuffix("$")).encode()


@lru_cache(maxsize=_TIMES)
def _is_time(text: bytes) -> bool:
    try:
        check_time(text.decode())
    except MalformedError:
        return False
    return True


_FORMATS = {
    FORMATS[name]["pattern"]: _inner(FORMATS[name]["pattern"])
    for name in ("hash", "jurisdiction", "record-id", "salt")
} | {FORMATS["time"]["pattern"]: b"(" + _inner(FORMATS["time"]["pattern"]) + b")"}
