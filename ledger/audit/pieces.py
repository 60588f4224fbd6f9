"""A transfer cut into pieces: its bytes in, what may differ from one to the next out, by name.

    {"covered_by":{"persons":{"personal":70,…},"plan":{…},"sequence":7},"data_items":[…],"exporter":…
                                         ^^           ^^^             ^              ^^^

One pattern cuts all transfers, whatever members they have. It holds what stands between the pieces
against the canonical form (RFC 8785). Of most pieces, none of which is empty, it says no more than
where they end: that one is what belongs there, in canonical form itself, is found out for a column
of them (`columns`). An entry of which both hold is canonical, and a transfer. The opposite does not
hold: what the pattern does not cut may be a transfer too, an unusual one.

All transfers of a bundle are cut at once: for most, to begin anew costs as much as half of the
cutting.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET, inspect

from ledger.kinds import Transfer
from ledger.kinds.formats import FORMATS
from ledger.merkle import HASH_SIZE
from ledger.shape import COUNT, NUMBER
from ledger.tile import MAX_ENTRY_SIZE, WIDTH

__all__ = [
    "NAMES",
    "PATTERN",
    "RECORD_ID_LENGTH",
    "SALT_LENGTH",
    "WHOLE",
    "Cut",
    "are_references",
    "cut",
    "cut_bundle",
    "cut_each",
    "pieces_of",
    "references_of",
]

_HASH_LENGTH = 2 * HASH_SIZE
RECORD_ID_LENGTH = 36
SALT_LENGTH = 22


def _format(name: str) -> bytes:
    pattern: str = FORMATS[name]["pattern"]
    return pattern.removeprefix("^").removesuffix("$").encode()


def _list_of(element: bytes) -> bytes:
    return rb"\[%s(?:,%s)*\]" % (element, element)


def _raw(of: inspect.Type) -> bytes:
    """Write how far a value of a type goes, its strings taken to have no brackets in them."""
    match of:
        case inspect.Metadata(type=inner):
            return _raw(inner)
        case inspect.UnionType(types=(inner, _)):
            return _raw(inner)
        case inspect.ListType(item_type=inner):
            return _list_of(_raw(inner)) if _has_list(inner) else _LIST
    return _object(_depth(of))


def _object(depth: int) -> bytes:
    """Write an object that has others in it, so many levels."""
    if depth == 1:
        return rb"\{[^}]*+\}"
    return rb"\{[^{}]*+(?:%s[^{}]*+)*\}" % _object(depth - 1)


def _has_list(of: inspect.Type) -> bool:
    match of:
        case inspect.StructType(fields=fields):
            return any(_has_list(member.type) for member in fields)
        case inspect.Metadata(type=inner):
            return _has_list(inner)
        case inspect.UnionType(types=types):
            return any(map(_has_list, types))
    return isinstance(of, inspect.ListType)


def _depth(of: inspect.Type) -> int:
    match of:
        case inspect.StructType(fields=fields):
            return 1 + max(_depth(member.type) for member in fields)
        case inspect.ListType(item_type=inner) | inspect.Metadata(type=inner):
            return _depth(inner)
        case inspect.UnionType(types=types):
            return max(map(_depth, types))
    return 0


_REFERENCE_LENGTH = len('{"leaf_hash":"","record_id":""}') + _HASH_LENGTH + RECORD_ID_LENGTH
_TEXT = b'[^"]++'
_LIST = rb"\[[^]]*+\]"
_REFERENCE = rb'\{"leaf_hash":"%s","record_id":"%s"\}' % (_format("hash"), _format("record-id"))
_ONE_FILE = (
    rb'\[\{"digests":\{"sha-256":"(?P<digest>.{%d})"\},"(?:name":"(?P<file_name>%s)","|)size":%s\}\]'
    % (_HASH_LENGTH, _TEXT, COUNT)
)
_COVERAGE = (
    rb'\{"persons":\{"personal":(?P<personal>%s),"sensitive":(?P<sensitive>%s)\},'
    rb'"plan":(?P<plan>.{%d}),"sequence":(?P<sequence>%s)\}'
    % (COUNT, COUNT, _REFERENCE_LENGTH, NUMBER)
)
_HINTS = get_type_hints(Transfer, include_extras=True)
# The kind is the tag of its type, and no field.
_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Transfer)}
# Members that are more, or less, than one piece. All others are one, whatever it is.
_WRITTEN = {
    "_sd": _list_of(b'"%s"' % _format("sd-digest")),
    "_sd_alg": b'"sha-256"',
    "covered_by": _COVERAGE,
    "from": b'"%s"' % _format("jurisdiction"),
    "kind": b'"transfer"',
    "occurred_at": b'"(?P<occurred_at>%s)"' % _TEXT,
    "parents": b"(?P<parents>%s)" % _LIST,
    "purpose": b'"(?P<purpose>%s)"' % _TEXT,
    "record_id": b'"(?P<record_id>.{%d})"' % RECORD_ID_LENGTH,
    "salt": b'"(?P<salt>.{%d})"' % SALT_LENGTH,
    "scenario": b'"(?P<scenario>%s)"' % _TEXT,
    "supersedes": b"(?P<supersedes>%s)" % _REFERENCE,
    "to": b'"%s"' % _format("jurisdiction"),
    "v": b"1",
}


def _pattern() -> bytes:
    """Write all members, in the order of the canonical form; the last of them is never absent."""
    members = []
    for name in sorted({*_FIELDS, *_WRITTEN}):
        field = _FIELDS.get(name)
        written = _WRITTEN.get(name) or b"(?P<%s>%s)" % (
            name.encode(),
            _raw(inspect.type_info(_HINTS[name])),
        )
        if name == "files":
            written = b"(?:%s|%s)" % (_ONE_FILE, written)
        member = b'%s":%s' % (name.encode(), written)
        if field is None or field.required:
            members.append(member + b',"')
        else:
            # The quote before a name is behind the comma: the first letter tells them apart.
            members.append(b'(?:%s,"|)' % member)
    return rb'\{"%s\}' % b"".join(members).removesuffix(b',"')


PATTERN = _pattern()
_compiled = re.compile(PATTERN, re.DOTALL)

cut = _compiled.fullmatch
"""Cut an entry; None where it is no transfer, or not like most."""

NAMES = tuple(_compiled.groupindex)
"""The pieces by name, in the order of the groups that `cut` gives."""

WHOLE = tuple(name for name in NAMES if name in _FIELDS and name not in _WRITTEN)
"""Of the pieces those that are a member as it stands."""

# Of fewer bytes is no statement, so that damaged bundles are not cut into any number of pieces.
_LEAST = 64
# A length of this many bytes has no control character.
_TOO_LONG = 0x20 << 8
_in_bundle = re.compile(rb"(..)(%s|[^\x00-\x1f]{%d,}+)" % (PATTERN, _LEAST), re.DOTALL).findall


class Cut(NamedTuple):
    """Entries, and their pieces in columns, in the order of NAMES, empty where one is not cut."""

    entries: Sequence[bytes]
    columns: Sequence[Sequence[bytes]]


def cut_each(entries: Sequence[bytes]) -> Cut:
    """Cut entries one by one."""
    if not entries:
        return Cut(entries, [()] * len(NAMES))
    absent = (b"",) * len(NAMES)
    rows = (match.groups(b"") if match else absent for match in map(cut, entries))
    return Cut(entries, list(zip(*rows, strict=True)))


def cut_bundle(bundle: bytes, width: int) -> Cut | None:
    """Cut a bundle's first entries; None where they must be cut one by one, for whatever reason.

    An entry ends at a control character, the first byte of the next one's length: canonical text
    has none. That nothing else was found than the bundle's entries is then seen from the lengths.
    """
    found = _in_bundle(bundle) if len(bundle) < WIDTH * _TOO_LONG else ()
    if len(found) < width:
        return None
    lengths, entries, *columns = zip(*found, strict=True)
    sizes = list(map(len, entries))
    if (
        max(sizes) > MAX_ENTRY_SIZE
        or b"".join(lengths) != struct.pack(f">{len(sizes)}H", *sizes)
        or len(bundle) != sum(map(len, lengths)) + sum(sizes)
    ):
        return None
    if len(found) > width:
        return Cut(entries[:width], [column[:width] for column in columns])
    return Cut(entries, columns)


are_references = re.compile(_list_of(_REFERENCE)).fullmatch
"""Say whether a piece is a list of references in canonical form."""

references_of = re.compile(rb'"leaf_hash":"([^"]*)","record_id":"([^"]*)"').findall
"""Give leaf hash and record id of each reference in a piece."""

_encode = msgspec.json.Encoder(order="sorted").encode


def pieces_of(transfer: Transfer) -> tuple[bytes, ...]:
    """Cut a transfer that was read already: those pieces that tell it from others."""
    covered_by = transfer.covered_by
    pieces: dict[str, Any] = {
        "record_id": str(transfer.record_id),
        "supersedes": transfer.supersedes,
        "parents": transfer.parents,
    }
    if covered_by is not UNSET:
        pieces |= {
            "plan": covered_by.plan,
            "sequence": covered_by.sequence,
            "personal": covered_by.persons.personal,
            "sensitive": covered_by.persons.sensitive,
        }
    written = {
        name: _encode(value).strip(b'"') for name, value in pieces.items() if value is not UNSET
    }
    return tuple(written.get(name, b"") for name in NAMES)
