"""Bundles: read for ever, in one spelling, held against their published schema."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchor import MAX_BLOCK_TIME, Anchor, ChainIdentity
from ledger.bundle import MAX_BUNDLE_SIZE, MAX_DISCLOSURES, MEDIA_TYPE, Bundle, LoggedEntry
from ledger.canonical import MAX_INTEGER
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import MalformedError
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.note import Signer, sign
from ledger.tile import MAX_ENTRY_SIZE
from ledger.trust import Trust
from tests.mutations import anything, at, changed, places, replaced, schema, without

_hashes = st.binary(min_size=32, max_size=32)
_counters = st.integers(0, MAX_INTEGER)
_anchors = st.builds(
    Anchor,
    chain=st.builds(
        ChainIdentity,
        chain_id=st.integers(1, MAX_INTEGER),
        genesis_hash=_hashes,
        contract=st.binary(min_size=20, max_size=20),
    ),
    sandbox=st.booleans(),
    log_id=_hashes,
    size=st.integers(1, MAX_INTEGER),
    root=_hashes,
    transaction=_hashes,
    block_number=_counters,
    block_hash=_hashes,
    block_time=st.integers(0, MAX_BLOCK_TIME),
)
_entries = st.builds(
    LoggedEntry,
    index=st.integers(0, MAX_INTEGER - 1),
    body=st.binary(max_size=200),
    path=st.lists(_hashes, max_size=5).map(tuple),
    disclosures=st.lists(st.text(), max_size=3).map(tuple),
)
_SCHEMA = schema("bundle")
_SIGNER = Signer.from_seed("example.com/log", b"\x01" * 32)
_notes = st.builds(
    lambda size, root, lines: sign(
        Checkpoint("example.com/log", size, root, lines).text(), _SIGNER
    ),
    st.integers(1, MAX_INTEGER),
    _hashes,
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=2).map(
        tuple
    ),
)
_bundles = st.builds(
    Bundle,
    entry=_entries,
    checkpoint=_notes,
    anchor=st.one_of(st.none(), _anchors),
    plan=st.one_of(st.none(), _entries),
)


@pytest.fixture(scope="session")
def own(vectors: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((vectors / "bundle.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="session")
def full(own: dict[str, Any]) -> dict[str, Any]:
    """The vector with every member that there is."""
    bundle: dict[str, Any] = own["bundles"][-1]
    return bundle


def _accepts(value: Any) -> bool:
    try:
        Bundle.from_json(json.dumps(value))
    except MalformedError:
        return False
    return True


# Read for ever


def test_bundle_of_version_1_is_read_and_proves_its_entries(own: dict[str, Any]) -> None:
    """These bytes may never stop being read: a bundle made by 1.0 verifies for ever."""
    trust = Trust.from_json(json.dumps(own["trust"]))
    for value in own["bundles"]:
        bundle = Bundle.from_json(json.dumps(value))
        assert bundle.to_value() == value
        head, _ = open_checkpoint(bundle.checkpoint, *trust.logs[0].keys)
        for entry in (bundle.entry, bundle.plan):
            if entry is not None:
                verify_inclusion(
                    leaf_hash=leaf_hash(entry.body),
                    index=entry.index,
                    size=head.size,
                    proof=entry.path,
                    root=head.root,
                )
        if bundle.anchor is not None:
            assert (bundle.anchor.size, bundle.anchor.root) == (head.size, head.root)
            assert bundle.anchor in trust.anchors


@given(_bundles)
def test_bundle_written_is_read_again(bundle: Bundle) -> None:
    text = bundle.to_json()
    assert Bundle.from_json(text) == bundle
    assert Bundle.from_json(text.encode()) == bundle
    assert Bundle.from_json(text).to_json() == text
    _SCHEMA.validate(json.loads(text))


@given(_bundles, st.lists(st.text(), max_size=3))
def test_bundle_with_disclosures_changes_nothing_else(
    bundle: Bundle, disclosures: list[str]
) -> None:
    value = bundle.with_disclosures(disclosures).to_value()
    assert value["entry"].pop("disclosures", []) == disclosures
    was = bundle.to_value()
    was["entry"].pop("disclosures", None)
    assert value == was


# In one spelling


def test_every_single_bit_and_many_bytes_changed_are_malformed_or_another_bundle(
    full: dict[str, Any],
) -> None:
    """The same bundle never comes out of other bytes, white space between tokens aside."""
    bundle = Bundle.from_json(json.dumps(full))
    data = bundle.to_json().encode()
    space = b" \t\r\n"
    for place, byte in enumerate(data):
        for other in {byte ^ (1 << bit) for bit in range(8)} | set(b' "\\0fF=-.e'):
            if other == byte:
                continue
            with suppress(MalformedError):
                again = Bundle.from_json(data[:place] + bytes([other]) + data[place + 1 :])
                assert again != bundle or (byte in space and other in space)


def test_bundle_cut_off_anywhere_is_malformed(full: dict[str, Any]) -> None:
    data = Bundle.from_json(json.dumps(full)).to_json().encode().rstrip()
    for end in range(len(data)):
        with pytest.raises(MalformedError):
            Bundle.from_json(data[:end])


@pytest.mark.parametrize(
    ("place", "respell"),
    [
        (("entry", "path", 0), str.upper),
        (("entry", "path", 0), "0x{}".format),
        (("entry", "body"), lambda body: body.replace("=", "")),
        (("entry", "body"), lambda body: body[:-2] + chr(ord(body[-2]) + 1) + "="),
        (("entry", "body"), lambda body: body + "\n"),
        (("entry", "index"), float),
        (("entry", "index"), str),
        (("entry", "disclosures"), lambda _: None),
        (("anchor", "root"), str.upper),
        (("anchor", "root"), lambda root: root[2:]),
        (("anchor", "size"), float),
        (("anchor", "sandbox"), int),
        (("plan",), lambda _: None),
        (("checkpoint",), lambda note: note.replace("\n", "\r\n")),
        (("checkpoint",), lambda note: note + "\n"),
        (("mediaType",), str.upper),
        (("mediaType",), lambda media_type: media_type.replace("v1", "v2")),
    ],
)  # fmt: skip
def test_value_in_another_spelling_is_malformed(
    full: dict[str, Any], place: tuple[str | int, ...], respell: Any
) -> None:
    assert _accepts(full)
    assert not _accepts(replaced(full, place, respell(at(full, place))))


def test_member_named_twice_is_malformed_also_when_escaped(full: dict[str, Any]) -> None:
    text = json.dumps(full)
    for again in ('"mediaType"', '"media\\u0054ype"'):
        with pytest.raises(MalformedError) as caught:
            Bundle.from_json(text.replace("{", f'{{{again}: "{MEDIA_TYPE}", ', 1))
        assert caught.value.code == "json.duplicate-name"


def test_every_missing_null_or_unknown_member_is_refused_by_parser_and_schema(
    full: dict[str, Any],
) -> None:
    optional = {("plan",), ("anchor",), ("entry", "disclosures")}
    for place in places(full):
        broken = [replaced(full, place, None)]
        if isinstance(at(full, place), dict):
            broken.append(replaced(full, place, {**at(full, place), "unknown": 1}))
        if place and isinstance(place[-1], str) and place not in optional:
            broken.append(without(full, place))
        for value in broken:
            assert not _accepts(value)
            assert not _SCHEMA.is_valid(value)
    assert all(_accepts(without(full, place)) for place in optional)


# Whatever comes


@given(st.data())
def test_schema_is_never_stricter_than_the_parser(
    full: dict[str, Any], data: st.DataObject
) -> None:
    value = data.draw(changed(full))
    if _accepts(value):
        _SCHEMA.validate(value)


@given(st.one_of(st.binary(), st.text(st.characters()), anything.map(json.dumps)))
def test_anything_is_a_bundle_or_malformed(data: bytes | str) -> None:
    with pytest.raises(MalformedError):
        Bundle.from_json(data)


# Limits


def _entry_of(**members: Any) -> dict[str, Any]:
    return {"index": 0, "body": "", "path": [], **members}


def test_entry_at_and_beyond_the_limits(full: dict[str, Any]) -> None:
    longest = b64encode(bytes(MAX_ENTRY_SIZE)).decode()
    too_long = b64encode(bytes(MAX_ENTRY_SIZE + 1)).decode()
    for at_limit, beyond in (
        ({"body": longest}, {"body": too_long}),
        ({"path": ["00" * 32] * 63}, {"path": ["00" * 32] * 64}),
        ({"index": MAX_INTEGER - 1}, {"index": MAX_INTEGER}),
        ({"index": 0}, {"index": -1}),
        ({"disclosures": [""] * MAX_DISCLOSURES}, {"disclosures": [""] * (MAX_DISCLOSURES + 1)}),
    ):
        assert _accepts({**full, "entry": _entry_of(**at_limit)})
        assert not _accepts({**full, "entry": _entry_of(**beyond)})


def test_bundle_beyond_its_size_is_refused_unread() -> None:
    for data in (b" " * (MAX_BUNDLE_SIZE + 1), "\u00e9" * (MAX_BUNDLE_SIZE // 2 + 1)):
        with pytest.raises(MalformedError) as caught:
            Bundle.from_json(data)
        assert caught.value.code == "bundle.size"


def test_text_with_a_lone_surrogate_is_malformed(full: dict[str, Any]) -> None:
    assert not _accepts(replaced(full, ("entry", "disclosures", 0), "\ud800"))
    with pytest.raises(MalformedError):
        Bundle.from_json("\ud800")
