"""Entries read by the tile: never anything accepted that the strict way would refuse."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import kinds
from ledger.audit import columns
from ledger.audit.columns import Columns, Rows, Transfer
from ledger.canonical import canonicalize
from ledger.entry import decode_canonical
from ledger.errors import MalformedError
from ledger.tile import WIDTH
from tests.mutations import changed
from tests.statement_load import coverage, plan, reference, statements, transfer

_VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors/statement.json").read_text(encoding="utf-8")
)
_VALID = [case["entry"].encode() for case in _VECTORS["valid"]]
_PLAN = plan(0)
_SOUND = transfer(1, covered_by=coverage(_PLAN, 1), parents=[reference(_PLAN)]).entry
# Every member, beside an entry that has most of those that a tile checks at once.
_CHANGED = [entry for entry in [*_VALID, _SOUND] if b'"kind":"transfer"' in entry]


def transfers_of(rows: Rows) -> dict[int, Transfer]:
    """Put the columns together again."""
    return {
        place: Transfer(**{name: values[i] for name, values in rows.column.items()})
        for i, place in enumerate(rows.places)
    }


def check_agreement(entries: list[bytes], *, by: Columns | None = None) -> Rows:
    """Read entries as a tile, and hold each against the strict way."""
    rows = (by or Columns()).read(entries)
    transfers = transfers_of(rows)
    assert sorted([*transfers, *rows.others]) == list(range(len(entries)))
    for place, entry in enumerate(entries):
        strict = decode_canonical(entry)
        if isinstance(strict, kinds.Transfer):
            assert msgspec.json.encode(transfers[place]) == entry
        else:
            assert rows.others[place] == strict
    return rows


def struct_of(hint: Any) -> type[msgspec.Struct] | None:
    """Find the struct in a member's type."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next(filter(None, map(struct_of, getattr(hint, "__args__", ()))), None)


def check_members(lean: type[msgspec.Struct], strict: type[msgspec.Struct]) -> None:
    """Hold a struct of ours against that of `kinds`, and those inside likewise."""
    config = strict.__struct_config__
    tag = {config.tag_field: True} if config.tag else {}
    wanted = {f.encode_name: f.required for f in msgspec.structs.fields(strict)} | tag
    fields = {f.encode_name: f.required for f in msgspec.structs.fields(lean)}
    assert fields == wanted
    assert list(fields) == sorted(fields)
    assert lean.__struct_config__.forbid_unknown_fields
    hints = get_type_hints(strict, include_extras=True)
    for name, hint in get_type_hints(lean, include_extras=True).items():
        inner = struct_of(hint)
        if inner is not None:
            of_strict = struct_of(hints[name])
            assert of_strict is not None
            check_members(inner, of_strict)
        elif msgspec.Raw not in {hint, *getattr(hint, "__args__", ())} and name != "kind":
            # A format says nothing to the decoder, and stands in an annotation alone.
            decoders = [msgspec.json.Decoder(kind) for kind in (hint, hints[name])]
            for value in (b'""', b'"x"', b"-1", b"0", b"2", b"9007199254740992", b"[]", b"null"):
                answers = [outcome(decoder, value) for decoder in decoders]
                if "UUID" not in str(hints[name]):
                    assert answers[0] == answers[1]


def outcome(decoder: msgspec.json.Decoder[Any], value: bytes) -> Any:
    try:
        return decoder.decode(value)
    except msgspec.ValidationError:
        return "refused"


def test_transfer_has_the_members_of_its_kind_in_canonical_order() -> None:
    check_members(Transfer, kinds.Transfer)


def test_a_tile_of_every_kind_is_read_as_the_strict_way_reads_it() -> None:
    entries = [made.entry for made in islice(statements(), WIDTH)] + _VALID
    rows = check_agreement(entries)
    assert None not in rows.others.values()
    assert len(rows.places) > WIDTH - 4


@given(st.data(), st.sampled_from(_CHANGED))
def test_an_entry_with_anything_changed_is_read_as_the_strict_way_reads_it(
    data: st.DataObject, entry: bytes
) -> None:
    value = data.draw(changed(json.loads(entry)))
    try:
        mangled = canonicalize(value)
    except MalformedError:
        mangled = json.dumps(value, separators=(",", ":")).encode()
    rows = check_agreement([_SOUND, mangled, *_VALID])
    assert rows.places[0] == 0


@given(st.sampled_from(_CHANGED), st.data())
def test_an_entry_with_a_byte_changed_is_read_as_the_strict_way_reads_it(
    entry: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(entry) - 1))
    byte = data.draw(st.binary(max_size=2))
    check_agreement([_SOUND, entry[:place] + byte + entry[place + 1 :]])


@given(st.lists(st.one_of(st.sampled_from(_VALID), st.binary(max_size=40)), max_size=4))
def test_tiles_of_anything_are_read_as_the_strict_way_reads_them(entries: list[bytes]) -> None:
    check_agreement(entries)


WRONG = {
    "duplicate name": _SOUND.replace(b'"to":"HK"', b'"to":"HK","to":"HK"'),
    "duplicate name in a party": _SOUND.replace(
        b'"country":"HK"', b'"country":"HK","country":"HK"'
    ),
    "integer beyond 2^53": _SOUND.replace(b'"sequence":1', b'"sequence":9007199254740992'),
    "integer with a zero before it": _SOUND.replace(b'"sequence":1', b'"sequence":01'),
    "a float": _SOUND.replace(b'"sequence":1', b'"sequence":1.0'),
    "space": _SOUND.replace(b'"to":', b'"to": '),
    "space in a party": _SOUND.replace(b'"country":"HK"', b'"country": "HK"'),
    "end of line": _SOUND.replace(b'"to":', b'\n"to":'),
    "escape": _SOUND.replace(b'"HK"', b'"\\u0048K"'),
    "lone surrogate": _SOUND.replace(b"loan approval", b"\\ud800"),
    "lone surrogate in a party": _SOUND.replace(b'"Exporter"', b'"\\ud800"'),
    "not UTF-8": _SOUND.replace(b"loan approval", b"\xff"),
    "not UTF-8 in a party": _SOUND.replace(b'"Exporter"', b'"\xed\xa0\x80"'),
    "order": _SOUND.replace(b'"sensitive":false', b'"sensitive":false,"class":"core"'),
    "unknown member": _SOUND.replace(b'"v":1', b'"v":1,"w":1'),
    "unknown member of a party": _SOUND.replace(b'"country":"HK"', b'"city":"HK"'),
    "upper case in a hash": _SOUND.replace(b'"leaf_hash":"', b'"leaf_hash":"A'),
    "a space in a hash": _SOUND.replace(b'"sha-256":"', b'"sha-256":" '),
    "another hash's length": _SOUND.replace(b'"sha-256":"', b'"sha-256":"00'),
    "another id": _SOUND.replace(b"-7", b"-4"),
    "a comma in a salt": _SOUND.replace(b'"salt":"', b'"salt":"A,'),
    "no such day": _SOUND.replace(b"01-31T", b"02-31T"),
    "a jurisdiction in small letters": _SOUND.replace(b'"to":"HK"', b'"to":"hk"'),
    "null": _SOUND.replace(b'"purpose":"loan approval"', b'"purpose":null'),
    "null for a party": _SOUND[: _SOUND.index(b'"exporter":')] + b'"exporter":null'
    + _SOUND[_SOUND.index(b',"files"') :],
    "too deep": _SOUND.replace(b'"loan approval"', b"[" * 5_000 + b"]" * 5_000),
    "too deep in a party": _SOUND.replace(b'"Exporter"', b"[" * 1_000 + b"]" * 1_000),
    "nothing": b"",
    "two lines": _SOUND + b"\n" + _SOUND,
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_tile_tells_the_one_entry_that_is_wrong(wrong: str) -> None:
    assert WRONG[wrong] != _SOUND
    reader = Columns()
    for entries, place in (
        ([_SOUND, WRONG[wrong], _SOUND], 1),
        ([WRONG[wrong]], 0),
        ([_SOUND, _SOUND, WRONG[wrong]], 2),
    ):
        rows = check_agreement(entries, by=reader)
        assert rows.others == {place: None}


def test_lines_that_make_up_for_each_other_are_no_entries() -> None:
    """Two entries in one, and none in the next: as many lines as there should be."""
    rows = check_agreement([_SOUND + b"\n" + _SOUND, b"", _SOUND])
    assert rows.places == [2]
    half = _SOUND.index(b",")
    assert check_agreement([_SOUND[:half], _SOUND[half:]]).places == []


def test_entries_that_are_skipped_are_not_read() -> None:
    rows = Columns().read([_SOUND, WRONG["space"], _PLAN.entry, _SOUND], {0, 1, 2})
    assert (rows.places, rows.others) == ([3], {})


def test_a_covering_plan_is_known_by_its_text() -> None:
    reader = Columns()
    for entries in ([_SOUND], [_SOUND, WRONG["space"]], [_SOUND, WRONG["no such day"]]):
        (found,) = transfers_of(reader.read(entries)).values()
        assert found.covered_by is not msgspec.UNSET
        named = reader.plans[bytes(found.covered_by.plan)]
        assert str(named.record_id) == reference(_PLAN)["record_id"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_MAX_REMEMBERED", 10)
    reader = Columns()
    for number in range(50):
        party = {"id": f"hkbr:{number}"}
        planned = plan(number)
        check_agreement(
            [transfer(1, recipient=party, covered_by=coverage(planned, 1)).entry], by=reader
        )
        assert sum(map(len, reader._seen.values())) + len(reader.plans) <= 10 + 4
