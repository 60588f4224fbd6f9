"""Entries read by the tile: never anything accepted that the strict way would refuse."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ledger import kinds
from ledger.audit import columns, pieces
from ledger.audit.columns import Columns, Rows
from ledger.audit.pieces import NAMES, PATTERN, WHOLE, cut, cut_bundle, cut_each, pieces_of
from ledger.canonical import canonicalize
from ledger.entry import decode_canonical
from ledger.errors import MalformedError
from ledger.tile import WIDTH, decode_entries, encode_entries
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


def check_agreement(entries: list[bytes], *, by: Columns | None = None) -> Rows:
    """Read entries as a tile, and hold each against the strict way."""
    if entries:
        check_cutting(entries)
    reader = by or Columns()
    rows = reader.read(entries)
    assert sorted([*rows.places, *rows.others]) == list(range(len(entries)))
    assert set(rows.column) == set(NAMES)
    for place, entry in enumerate(entries):
        strict = decode_canonical(entry)
        if isinstance(strict, kinds.Transfer):
            row = rows.places.index(place)
            for name, piece in zip(NAMES, pieces_of(strict), strict=True):
                assert rows.column[name][row] == piece or not piece
            if strict.covered_by is not UNSET:
                assert reader.plans[rows.column["plan"][row]] == strict.covered_by.plan
        else:
            assert rows.others[place] == strict
    return rows


def check_cutting(entries: list[bytes]) -> None:
    """Hold entries that are cut as a bundle, if they are, against those cut one by one."""
    cut = cut_bundle(encode_entries(entries), len(entries))
    if cut is not None:
        assert list(cut.entries) == entries
        assert list(map(tuple, cut.columns)) == cut_each(entries).columns


def test_the_pattern_has_a_place_for_every_member() -> None:
    """And a member that a transfer does not have yet would find one."""
    members = {field.encode_name for field in msgspec.structs.fields(kinds.Transfer)}
    written = {name for name in members if f'{name}":'.encode() in PATTERN}
    assert written == members
    assert members > set(WHOLE)


@pytest.mark.parametrize("entry", _CHANGED)
def test_transfers_are_cut_whatever_members_they_have(entry: bytes) -> None:
    found = cut(entry)
    assert found
    members = decode_canonical(entry)
    assert isinstance(members, kinds.Transfer)
    cut_pieces = dict(zip(NAMES, found.groups(b""), strict=True))
    for name, piece in zip(NAMES, pieces_of(members), strict=True):
        assert cut_pieces[name] == piece or not piece
    for name in WHOLE:
        # A single file is cut finer.
        finer = name == "files" and cut_pieces["digest"]
        assert cut_pieces[name] == (b"" if finer else written(getattr(members, name)))


def written(value: Any) -> bytes:
    return b"" if value is UNSET else msgspec.json.encode(value, order="sorted")


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


@given(st.data())
def test_two_wrong_entries_never_make_up_for_each_other(data: st.DataObject) -> None:
    """A column is checked as one text: no row may look right for what stands in another."""
    place = data.draw(st.integers(0, len(_SOUND) - 1))
    mangled = [
        _SOUND[:place] + data.draw(st.binary(min_size=1, max_size=1)) + _SOUND[place + 1 :]
        for _ in range(2)
    ]
    check_agreement([mangled[0], _SOUND, mangled[1]])
    check_agreement(mangled)


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
    "a letter beyond hexadecimal in a hash": _SOUND.replace(b'"sha-256":"cd', b'"sha-256":"cg'),
    "a capital in a hash": _SOUND.replace(b'"sha-256":"cd', b'"sha-256":"cD'),
    "a capital in an id": _SOUND.replace(b'"record_id":"018bc', b'"record_id":"018Bc'),
    "a hyphen elsewhere in an id": _SOUND.replace(b"-0000-", b"0-000-"),
    "an id without its variant": _SOUND.replace(b"-8d26-", b"-cd26-"),
    "a bit too much in a salt": _SOUND.replace(b'zA","scenario"', b'zB","scenario"'),
    "a text of nothing": _SOUND.replace(b"loan approval", b""),
    "a text too long": _SOUND.replace(b"loan approval", b"x" * 4_097),
    "an identifier too long": _SOUND.replace(b'"credit-report"', b'"%s"' % (b"x" * 257)),
    "a control character": _SOUND.replace(b"loan approval", b"loan\x1fapproval"),
    "an escape that is not needed": _SOUND.replace(b"loan approval", b"loan\\/approval"),
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


def test_halves_of_a_character_in_two_entries_are_none() -> None:
    halves = [_SOUND.replace(b"loan approval", half) for half in (b"\xe6\x94", b"\xb6")]
    assert check_agreement([_SOUND, *halves]).others == {1: None, 2: None}


UNUSUAL = {
    "a quotation mark": _SOUND.replace(b"loan approval", b'a \\"loan\\"'),
    "a backslash in a file's name": _SOUND.replace(b'"1.csv"', b'"C:\\\\1.csv"'),
    "a brace in a party": _SOUND.replace(b'"Exporter"', b'"Exporter } Ltd"'),
    "a bracket in a data item": _SOUND.replace(b'"credit score"', b'"credit ] score"'),
    "a number of sixteen digits": _SOUND.replace(b'"size":1', b'"size":9007199254740991'),
    "many characters of many bytes": _SOUND.replace(b"loan approval", "借款".encode() * 2_000),
}


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_an_unusual_transfer_is_a_transfer(unusual: str) -> None:
    assert UNUSUAL[unusual] != _SOUND
    rows = check_agreement([_SOUND, UNUSUAL[unusual], _PLAN.entry, _SOUND])
    assert (rows.places, list(rows.others)) == ([0, 1, 3], [2])


def test_a_bundle_is_cut_at_once_whatever_is_in_it() -> None:
    entries = [made.entry for made in islice(statements(), WIDTH)]
    bundle = encode_entries(entries)
    for width in (WIDTH, WIDTH - 1, 3, 1):
        cut = cut_bundle(bundle, width)
        assert cut is not None
        assert list(cut.entries) == entries[:width]
        assert list(map(tuple, cut.columns)) == cut_each(entries[:width]).columns
        assert Columns().read(cut.entries, (), cut.columns) == Columns().read(entries[:width])


def test_what_stands_between_entries_is_not_passed_over() -> None:
    """Where entries end is for their lengths to say, and nothing may be left out."""
    first, second = encode_entries([_SOUND]), encode_entries([_PLAN.entry])
    wrong = {
        "a length too large": (len(_SOUND) + 1).to_bytes(2) + _SOUND + second,
        "a length too small": (len(_SOUND) - 1).to_bytes(2) + _SOUND + second,
        "something before": b"\x00\x00" + first + second,
        "something between": first + b"\x00" + second,
        "something behind": first + second + b"\x00\x00",
        "an end inside an entry": first + second[:-1],
        "an end inside a length": first + second + b"\x00",
        "two entries under one length": (2 * len(_SOUND) + 2).to_bytes(2) + _SOUND + first + second,
        "too few": first,
        "nothing": b"",
    }
    assert cut_bundle(first + second, 2) is not None
    for what, bundle in wrong.items():
        assert cut_bundle(bundle, 2) is None, what
    # By one byte more here, and one less there.
    sizes = (len(_SOUND) + 1, len(_SOUND) - 1)
    moved = sizes[0].to_bytes(2) + _SOUND + sizes[1].to_bytes(2) + _SOUND
    assert cut_bundle(moved, 2) is None


@given(st.binary(max_size=400), st.integers(0, 1_000), st.integers(1, 3))
def test_a_bundle_with_bytes_changed_is_never_cut_otherwise_than_it_is_decoded(
    changed_bytes: bytes, place: int, width: int
) -> None:
    bundle = bytearray(encode_entries([_SOUND, _PLAN.entry, _SOUND]))
    bundle[place : place + len(changed_bytes)] = changed_bytes
    cut = cut_bundle(bytes(bundle), width)
    if cut is not None:
        assert list(cut.entries) == decode_entries(bytes(bundle), width)


def test_bytes_that_are_no_bundle_are_not_cut_into_any_number_of_pieces() -> None:
    for garbage in (b"\x00" * 300_000, b'{"' * 150_000, b" " * 300_000):
        assert len(pieces._in_bundle(garbage)) <= 300_000 // 64
        assert cut_bundle(garbage, WIDTH) is None


def test_entries_that_are_skipped_are_not_read() -> None:
    rows = Columns().read([_SOUND, WRONG["space"], _PLAN.entry, _SOUND], {0, 1, 2})
    assert (rows.places, rows.others) == ([3], {})


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
