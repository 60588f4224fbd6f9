"""Statements: our vectors, limits, both ways of reading, the published schemas, record ids."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import fields

from ledger import disclosure, merkle
from ledger.canonical import canonicalize, parse
from ledger.disclosure import conceal, reveal
from ledger.entry import MAX_TEXT_SIZE, decode, decode_canonical
from ledger.errors import MalformedError, VerificationError
from ledger.kinds import KINDS, Transfer
from ledger.statement import (
    MAX_ENTRY_SIZE,
    LineError,
    Statement,
    check_record_time,
    new_record_id,
    new_salt,
    parse_record_id,
    record_id_text,
)

_ROOT = Path(__file__).resolve().parents[2]
_VECTORS = json.loads((_ROOT / "tests/vectors/statement.json").read_text(encoding="utf-8"))
_ENTRIES = {case["name"]: case["entry"].encode() for case in _VECTORS["valid"]}
_MINIMAL: dict[str, Any] = json.loads(_ENTRIES["minimal"])
_FULL: dict[str, Any] = json.loads(_ENTRIES["full"])
_SCHEMAS = {
    kind: json.loads((_ROOT / f"ledger/schemas/{kind}.v1.schema.json").read_text(encoding="utf-8"))
    for kind in KINDS
}
_entries = st.sampled_from(sorted(_ENTRIES.values()))


def _refusal(data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        Statement.parse(data)
    return caught.value.code


# Our vectors


@pytest.mark.parametrize("case", _VECTORS["valid"], ids=lambda case: case["name"])
def test_statement_valid_vector_is_read(case: dict[str, Any]) -> None:
    entry = case["entry"].encode()
    statement = Statement.from_entry(entry)
    assert statement.entry == entry
    assert statement.kind == case["kind"]
    assert statement.v == 1
    assert statement.record_id.hex() == case["record_id"]
    assert statement.leaf_hash.hex() == case["leaf_hash"]
    assert statement.value == json.loads(entry)


@pytest.mark.parametrize("case", _VECTORS["valid"], ids=lambda case: case["name"])
def test_parse_other_formatting_gives_the_same_entry(case: dict[str, Any]) -> None:
    entry = case["entry"].encode()
    backwards = dict(reversed(json.loads(entry).items()))
    for text in (json.dumps(backwards, indent=2), json.dumps(backwards, ensure_ascii=False)):
        assert Statement.parse(text.encode()) == Statement.from_entry(entry)


@pytest.mark.parametrize("case", _VECTORS["malformed"], ids=lambda case: case["name"])
def test_statement_malformed_vector_is_refused_with_code(case: dict[str, Any]) -> None:
    data = case["input"].encode()
    assert _refusal(data) == case["code"]
    with pytest.raises(MalformedError) as caught:
        Statement.from_entry(data)
    assert caught.value.code == case["code"]


def test_generated_vectors_are_those_committed() -> None:
    script = _ROOT / "tests/vectors/generate_statements.py"
    subprocess.run([sys.executable, script, "--check"], check=True)


# Both ways of reading


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(_MINIMAL).encode(),
        json.dumps(dict(reversed(_MINIMAL.items())), separators=(",", ":")).encode(),
        _ENTRIES["minimal"] + b"\n",
        _ENTRIES["minimal"].replace(b"HK", b"\\u0048K"),
        _ENTRIES["full"].replace("报".encode(), b"\\u62a5"),
    ],
    ids=["spaces", "order", "newline", "escape", "escaped Chinese"],
)
def test_from_entry_not_canonical_is_refused(data: bytes) -> None:
    assert Statement.parse(data).entry in _ENTRIES.values()
    with pytest.raises(MalformedError) as caught:
        Statement.from_entry(data)
    assert caught.value.code == "statement.not-canonical"


def _outcome(data: bytes) -> bytes | None:
    """Read in both ways; they must agree, and what they give must be canonical."""
    short = decode_canonical(data)
    try:
        entry, members = decode(data)
    except MalformedError:
        assert short is None
        return None
    assert entry == canonicalize(parse(data))
    assert (short is not None) == (entry == data)
    assert short is None or short == members
    assert Statement.parse(data) == Statement.from_entry(entry)
    return entry


@given(st.binary())
def test_statement_any_bytes_are_refused_as_malformed(data: bytes) -> None:
    assert _outcome(data) is None


@given(_entries, st.data())
def test_statement_damaged_entry_is_read_alike_in_both_ways(entry: bytes, data: Any) -> None:
    start = data.draw(st.integers(0, len(entry)))
    end = data.draw(st.integers(start, min(len(entry), start + 8)))
    letters = st.sampled_from([*sorted(set(entry)), 0x00, 0x7F, 0x80, 0xED, 0xFF])
    piece = bytes(data.draw(st.lists(letters, max_size=8)))
    damaged = entry[:start] + piece + entry[end:]
    outcome = _outcome(damaged)
    assert outcome != entry or damaged == entry or parse(damaged) == parse(entry)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_statement_any_text_is_canonical_as_rfc8785_has_it(text: str) -> None:
    """The short way writes strings by another library than the strict one."""
    entry = canonicalize({**_MINIMAL, "purpose": text})
    assert decode_canonical(entry) is not None
    assert _outcome(entry) == entry


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        (b"1e2", "json.float"),
        (b"1E0", "json.float"),
        (b"1000e-2", "json.float"),
        (b"0.0", "json.float"),
        (b"-0.0", "json.float"),
        (b"01", "json.invalid"),
        (b"true", "statement.type"),
        (b"9007199254740992", "json.integer-range"),
        (b"9" * 5_000, "json.integer-range"),
    ],
)
def test_statement_number_in_another_spelling_is_refused(literal: bytes, code: str) -> None:
    data = _ENTRIES["full"].replace(b'"size":0', b'"size":' + literal)
    assert data != _ENTRIES["full"]
    assert _refusal(data) == code


def test_parse_negative_zero_is_zero() -> None:
    """As RFC 8785 writes it (3.2.2.3)."""
    data = _ENTRIES["full"].replace(b'"size":0', b'"size":-0')
    assert Statement.parse(data).entry == _ENTRIES["full"]


# Limits


def _of_size(size: int) -> bytes:
    evidence = [{"sha-256": f"{i:064x}"} for i in range(790)]
    members = {**_MINIMAL, "legal_basis": {"route": "x", "evidence": evidence}, "purpose": ""}
    members["purpose"] = "p" * (size - len(canonicalize(members)))
    return canonicalize(members)


def test_statement_of_largest_size_is_read() -> None:
    entry = _of_size(MAX_ENTRY_SIZE)
    assert len(entry) == 65_535
    assert Statement.from_entry(entry).entry == entry
    assert Statement.parse(b" " * 1000 + entry).entry == entry


def test_statement_one_byte_too_long_is_refused() -> None:
    assert _refusal(_of_size(MAX_ENTRY_SIZE + 1)) == "statement.too-long"


def test_parse_text_too_long_is_refused_before_it_is_read() -> None:
    padded = _ENTRIES["minimal"].ljust(MAX_TEXT_SIZE)
    assert Statement.parse(padded).entry == _ENTRIES["minimal"]
    assert _refusal(padded + b" ") == "statement.too-long"


def test_statement_refusal_names_the_place() -> None:
    with pytest.raises(MalformedError, match=r"files\[1\]\.digests") as caught:
        Statement.parse(_ENTRIES["full"].replace(b'"sm3":"', b'"sm3":"x'))
    assert caught.value.code == "statement.hash"
    with pytest.raises(MalformedError, match=r"recipient\.id"):
        Statement.parse(canonicalize({**_MINIMAL, "recipient": {}}))


def test_statement_salt_refusal_does_not_repeat_the_salt() -> None:
    salt = "secretsecretsecret"
    with pytest.raises(MalformedError) as caught:
        Statement.parse(canonicalize({**_MINIMAL, "salt": salt}))
    assert salt not in str(caught.value)


# The published schemas


def test_schemas_written_again_are_those_committed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, _ROOT / "scripts/schemas", "-o", tmp_path], check=True)
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written.keys() > {f"{kind}.v1.schema.json" for kind in KINDS}
    for name, text in written.items():
        assert (_ROOT / "ledger/schemas" / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_schema_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(_SCHEMAS[kind])


def _fits_schema(value: Any) -> bool:
    kind = value.get("kind") if isinstance(value, dict) else None
    schema = _SCHEMAS.get(kind) if isinstance(kind, str) else None
    return schema is not None and Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("entry", _ENTRIES.values(), ids=_ENTRIES)
def test_schema_valid_vector_fits(entry: bytes) -> None:
    assert _fits_schema(json.loads(entry))


# A pattern knows no calendar, no order of dates, and JSON Schema takes 1.0 for an integer.
_BEYOND_SCHEMA = {
    "json.float",
    "statement.date",
    "statement.period",
    "statement.time",
    "statement.too-long",
}
_replacements = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "x", "x" * 300, "core", "HK", "hk", "2026-11-21", "A" * 22, "A" * 43])
    | st.sampled_from([[], {}, ["x"], {"id": "x"}, [{}], {"sha-256": "a" * 64}])
    | st.text(st.characters(exclude_categories=["C"]), max_size=5)
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """List every (container, key) inside a value."""
    if not isinstance(value, dict | list):
        return []
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    inside = [place for _, member in pairs for place in _places(member)]
    return [(value, key) for key, _ in pairs] + inside


@given(_entries, st.data())
def test_schema_and_parser_agree_on_changed_statements(entry: bytes, data: Any) -> None:
    value = json.loads(entry)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(_places(value)))
        match data.draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                container[key] = data.draw(_replacements)
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[data.draw(st.sampled_from(["name", "_sd", "id", "note"]))] = data.draw(
                    _replacements
                )
    refusal = None
    try:
        Statement.parse(canonicalize(value))
    except MalformedError as error:
        refusal = error.code
    if refusal not in _BEYOND_SCHEMA:
        assert _fits_schema(value) == (refusal is None), refusal


# Kinds


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_is_registered_under_its_tag(kind: str) -> None:
    assert KINDS[kind].__struct_config__.tag_field == "kind"
    assert KINDS[kind].__struct_config__.tag == kind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_conceals_only_members_that_may_be_absent(kind: str) -> None:
    """A required member in CONCEALABLE could never be concealed."""
    optional = {field.encode_name for field in fields(KINDS[kind]) if not field.required}
    assert optional >= KINDS[kind].CONCEALABLE


def test_statement_imports_no_server_database_or_chain() -> None:
    heavy = "{'cryptography', 'fastapi', 'pydantic', 'sqlalchemy', 'web3'}"
    program = f"import sys, ledger.statement; sys.exit(str({heavy} & sys.modules.keys() or ''))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""


# Concealment


def test_check_revealed_concealable_members_pass() -> None:
    value, disclosures = conceal(
        _FULL, ["purpose", "persons", ("recipient", "name"), ("files", 0, "name")]
    )
    statement = Statement.parse(canonicalize(value))
    statement.check_revealed(reveal(statement.value, []))
    shown = reveal(statement.value, disclosures)
    statement.check_revealed(shown)
    assert shown == _FULL


@pytest.mark.parametrize(
    "path", ["covered_by", "files", "supersedes", ("exporter", "country")], ids=str
)
def test_check_revealed_member_that_rules_read_is_refused(path: disclosure.Path) -> None:
    value, disclosures = conceal(_FULL, [path])
    statement = Statement.parse(canonicalize(value))
    with pytest.raises(VerificationError) as caught:
        statement.check_revealed(reveal(statement.value, disclosures))
    assert caught.value.code == "disclosure.not-concealable"


def test_statement_digest_where_nothing_may_be_concealed_is_refused() -> None:
    value, _ = conceal(_FULL, [("files", 1, "digests", "sm3")])
    assert _refusal(canonicalize(value)) == "statement.unknown-member"


@pytest.mark.parametrize("members", [{"purpose": 5}, {"persons": {"personal": -1}}, {"note": "x"}])
def test_check_revealed_member_of_wrong_format_is_refused(members: dict[str, Any]) -> None:
    value, disclosures = conceal({**_MINIMAL, **members}, members)
    statement = Statement.parse(canonicalize(value))
    with pytest.raises(MalformedError):
        statement.check_revealed(reveal(statement.value, disclosures))


# Building


def _without_identity() -> dict[str, Any]:
    return {n: m for n, m in _MINIMAL.items() if n not in {"v", "record_id", "salt"}}


def test_build_absent_identity_is_made_anew() -> None:
    members = _without_identity()
    one, other = Statement.build(members), Statement.build(members)
    assert one.record_id != other.record_id
    assert one.value["salt"] != other.value["salt"]
    assert one.leaf_hash == merkle.leaf_hash(one.entry)
    assert members == _without_identity()


def test_build_given_identity_is_kept() -> None:
    assert Statement.build(_MINIMAL).entry == _ENTRIES["minimal"]


@pytest.mark.parametrize(
    "wrong", [{"kind": "x"}, {"to": "\ud800"}, {"to": 1.5}, {"salt": None}, {"v": 1.0}]
)
def test_build_wrong_member_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        Statement.build({**_without_identity(), **wrong})


def test_statement_value_changed_leaves_the_statement_alone() -> None:
    statement = Statement.parse(_ENTRIES["full"])
    statement.value["files"].clear()
    assert statement.value == _FULL
    assert isinstance(statement.members, Transfer)


# Record ids and salts


def test_new_record_id_is_a_uuid7_of_now() -> None:
    before = datetime.now(UTC)
    text = new_record_id()
    record_id = parse_record_id(text)
    made = datetime.fromtimestamp(int.from_bytes(record_id[:6]) / 1000, UTC)
    assert before - timedelta(milliseconds=1) <= made <= datetime.now(UTC)
    assert UUID(text).version == 7
    assert record_id_text(record_id) == text


def test_new_record_id_neighbours_share_no_bits() -> None:
    """All 74 bits that are neither time, version nor variant change from one id to the next."""
    ids = [UUID(new_record_id()).int for _ in range(200)]
    changed = 0
    for one, other in pairwise(ids):
        changed |= one ^ other
    random = 0xFFF << 64 | (1 << 62) - 1
    assert changed & random == random
    assert len(set(ids)) == len(ids)


def test_new_salt_is_taken_and_never_repeats() -> None:
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    for salt in salts:
        Statement.parse(canonicalize({**_MINIMAL, "salt": salt}))


@given(
    st.text()
    | st.uuids().map(str)
    | st.from_regex(r"\A[{(]?[0-9a-fA-F_-]{30,38}[)}]?\Z")
    | st.sampled_from(["urn:uuid:" + _MINIMAL["record_id"], _MINIMAL["record_id"].upper()])
)
def test_parse_record_id_any_text_gives_its_bytes_or_malformed(text: str) -> None:
    try:
        record_id = parse_record_id(text)
    except MalformedError:
        return
    assert record_id_text(record_id) == text
    assert UUID(text).version == 7


def test_check_record_time_ten_minutes_ahead_is_the_limit() -> None:
    record_id = parse_record_id(_MINIMAL["record_id"])
    made = datetime.fromtimestamp(int.from_bytes(record_id[:6]) / 1000, UTC)
    check_record_time(record_id, made - timedelta(minutes=10))
    check_record_time(record_id, made + timedelta(days=36_500))
    late = made - timedelta(minutes=10, milliseconds=1)
    with pytest.raises(MalformedError) as caught:
        check_record_time(record_id, late)
    assert caught.value.code == "statement.record-id-future"
    with pytest.raises(LineError, match="line 7") as named:
        check_record_time(record_id, late, line=7)
    assert named.value.line == 7


# The page that lists all this


def _member_names(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    inside = {name for member in schema.values() for name in _member_names(member)}
    return inside | set(schema.get("properties", {}))


def test_documentation_names_every_member_and_code(repository: Path) -> None:
    page = (repository / "docs/statement.md").read_text(encoding="utf-8")
    members = {name for schema in _SCHEMAS.values() for name in _member_names(deepcopy(schema))}
    codes = {case["code"] for case in _VECTORS["malformed"]}
    assert {name for name in members | codes if f"`{name}`" not in page} == set()
