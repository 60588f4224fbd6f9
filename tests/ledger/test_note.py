"""Signed notes: the specification's vectors, keys nobody may use, and bytes that are no note."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import MalformedError, VerificationError
from ledger.note import (
    MAX_NOTE_SIZE,
    MAX_SIGNATURES,
    Note,
    Signature,
    Signer,
    Verifier,
    add_signatures,
    open_note,
    parse_note,
    sign,
)
from ledger.note_key import key_id

_SIGNER = Signer.from_seed("example.com/log", b"\x01" * 32)
_OTHER = Signer.from_seed("witness.example", b"\x02" * 32)
_LINE = "\u2014 example.org/unknown AAAAAAECAwQ=\n"

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

_characters = st.characters(exclude_categories=["Cs", "Cc"])
_names = st.text(_characters, min_size=1, max_size=20).filter(
    lambda name: "+" not in name and not any(c.isspace() for c in name)
)
_texts = st.text(st.one_of(_characters, st.just("\n")), max_size=200).map(lambda t: t + "\n")
# Near a note: what a mangled one is made of.
_pieces = st.sampled_from(
    ["\n", "\n\n", "\u2014 ", " ", "=", "a", "example.com/log", "AAAAAAECAwQ=", _LINE, "\x00",
     "\ud800", "\x85", "\u2028", "+"]
)  # fmt: skip
_junk = st.one_of(
    st.text(st.characters()), st.lists(_pieces).map("".join), st.binary().map(bytes.hex)
)


@pytest.fixture(scope="session")
def shared(shared_vectors: Path) -> dict[str, Any]:
    text = (shared_vectors / "signed-note/vectors.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


# The vectors


def test_sign_shared_vector_is_reproduced_byte_for_byte(shared: dict[str, Any]) -> None:
    case = shared["sign"]
    assert sign(case["text"], Signer.from_string(case["skey"])) == case["want"]


def test_open_shared_notes_that_hold(shared: dict[str, Any]) -> None:
    for case in shared["open_ok"]:
        opened = open_note(case["note"], *map(Verifier.from_string, case["keys"]))
        assert [signature.name for signature in opened.verified] == case["verified"]
        assert [signature.name for signature in opened.unverified] == case["unverified"]
        assert case["note"].startswith(f"{opened.text}\n\u2014 ")


def test_open_shared_notes_that_do_not_hold(shared: dict[str, Any]) -> None:
    codes = {
        "no verifiable signatures": "note.unsigned",
        "ambiguous key": "note.ambiguous-key",
        "invalid signature for known key": "note.signature",
    }
    for case in shared["open_err"]:
        with pytest.raises(VerificationError) as caught:
            open_note(case["note"], *map(Verifier.from_string, case["keys"]))
        assert caught.value.code == codes[case["error"]]


def test_parse_shared_malformed_notes_are_malformed(shared: dict[str, Any]) -> None:
    for text in shared["malformed_hex"]:
        data = bytes.fromhex(text)
        # Bytes that are not UTF-8 never become a note's text; the lenient spelling is refused too.
        with pytest.raises(MalformedError):
            parse_note(data.decode(errors="surrogateescape"))


def test_sign_shared_refusals(shared: dict[str, Any]) -> None:
    for case in shared["sign_err"]:
        with pytest.raises(MalformedError):
            sign(case.get("text", "text\n"), Signer.from_seed(case.get("name", "name"), bytes(32)))


def test_own_vectors_match(vectors: Path) -> None:
    case = json.loads((vectors / "note.json").read_text("utf-8"))
    signer = Signer.from_string(case["skey"])
    assert str(signer.verifier) == case["vkey"]
    for checkpoint in case["checkpoints"]:
        note = checkpoint["note"]
        assert note.startswith(sign(checkpoint["text"], signer))
        opened = open_note(note, *map(Verifier.from_string, (case["witness_vkey"], case["vkey"])))
        assert [signature.name for signature in opened.verified] == [
            case["origin"],
            "witness.example",
        ]


@given(_texts, st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True))
def test_note_signed_is_opened_by_each_signer_alone(text: str, seeds: list[bytes]) -> None:
    signers = [Signer.from_seed(f"key{i}", seed) for i, seed in enumerate(seeds)]
    note = sign(text, *signers)
    assert str(parse_note(note)) == note
    for signer in signers:
        opened = open_note(note, signer.verifier)
        assert opened.text == text
        assert [signature.name for signature in opened.verified] == [signer.name]
        assert len(opened.unverified) == len(signers) - 1


@given(_texts, st.data())
def test_note_with_one_character_changed_never_opens_as_the_same(
    text: str, data: st.DataObject
) -> None:
    note = sign(text, _SIGNER)
    at = data.draw(st.integers(0, len(note) - 1))
    changed = note[:at] + data.draw(st.characters()) + note[at + 1 :]
    if changed != note:
        with pytest.raises((MalformedError, VerificationError)):
            open_note(changed, _SIGNER.verifier)


@given(_texts, st.lists(st.tuples(_names, st.binary(min_size=5, max_size=200)), max_size=5))
def test_add_signatures_keeps_unknown_ones_byte_for_byte(
    text: str, unknown: list[tuple[str, bytes]]
) -> None:
    lines = "".join(f"\u2014 {name} {b64encode(value).decode()}\n" for name, value in unknown)
    note = sign(text, _SIGNER) + lines
    grown = add_signatures(note, _OTHER)
    assert grown.startswith(note)
    assert grown.count("\n") == note.count("\n") + 1
    opened = open_note(grown, _SIGNER.verifier, _OTHER.verifier)
    assert [signature.name for signature in opened.verified] == [_SIGNER.name, _OTHER.name]


def test_add_signatures_beyond_the_limit_is_refused() -> None:
    note = sign("text\n", _SIGNER) + _LINE * (MAX_SIGNATURES - 1)
    assert len(parse_note(note).signatures) == MAX_SIGNATURES
    with pytest.raises(MalformedError):
        add_signatures(note, _OTHER)
    with pytest.raises(MalformedError):
        parse_note(note + _LINE)


def test_note_of_at_least_16_large_signatures_is_read() -> None:
    """The specification's least: 16, of post-quantum size."""
    large = str(Signature("witness.example", b"\x01" * 4, bytes(5_000)).line())
    assert len(parse_note(f"text\n\n{large * 16}").signatures) == 16


def test_sign_makes_nothing_that_cannot_be_read() -> None:
    for text, signers in (
        ("text", [_SIGNER]),
        ("", [_SIGNER]),
        ("a\x00\n", [_SIGNER]),
        ("a\r\n", [_SIGNER]),
        ("a\ud800\n", [_SIGNER]),
        ("text\n", []),
        ("a" * MAX_NOTE_SIZE + "\n", [_SIGNER]),
    ):
        with pytest.raises(MalformedError):
            sign(text, *signers)


def test_open_two_keys_of_one_name_and_id_are_ambiguous_only_where_used() -> None:
    """Four bytes collide by birthday: which of the two keys was meant must not be guessed."""
    twin = Verifier(_SIGNER.name, _SIGNER.key_id, _OTHER.verifier.public_key)
    with pytest.raises(VerificationError) as caught:
        open_note(sign("text\n", _SIGNER), _SIGNER.verifier, twin)
    assert caught.value.code == "note.ambiguous-key"
    assert open_note(sign("text\n", _OTHER), _SIGNER.verifier, twin, _OTHER.verifier).verified


def test_open_same_name_with_another_id_is_unknown_and_no_failure() -> None:
    rotated = Signer.from_seed(_SIGNER.name, b"\x03" * 32)
    opened = open_note(sign("text\n", _SIGNER, rotated), rotated.verifier)
    assert [signature.key_id for signature in opened.verified] == [rotated.key_id]
    assert [signature.key_id for signature in opened.unverified] == [_SIGNER.key_id]


@given(_junk)
@example("\n\n")
@example("text\n\n\n")
@example(f"\n\n{_LINE}")
@example(f"text\n\n{_LINE}\n")
def test_parse_note_any_string_gives_a_note_or_malformed(text: str) -> None:
    try:
        note = parse_note(text)
    except MalformedError:
        return
    assert str(note) == text


@given(_junk)
def test_open_note_any_string_says_only_malformed_or_false(text: str) -> None:
    with pytest.raises((MalformedError, VerificationError)):
        open_note(text, _SIGNER.verifier)


@given(st.lists(_pieces, max_size=6).map("".join))
def test_parse_note_any_signature_block_is_kept_or_malformed(block: str) -> None:
    text = f"text\n\n{_LINE}{block}"
    try:
        note = parse_note(text)
    except MalformedError:
        return
    assert str(note) == text


def test_note_str_is_the_specification_example() -> None:
    note = Note("This is an example message.\n", (Signature("a", b"\0" * 4, b"\x01"),))
    assert str(note) == "This is an example message.\n\n\u2014 a AAAAAAE=\n"
    assert key_id("a", b"\x01b") == sha256(b"a\n\x01b").digest()[:4]


def test_limits_are_those_of_other_implementations() -> None:
    """A note that one reads and another refuses would split the witnesses."""
    assert (MAX_SIGNATURES, MAX_NOTE_SIZE) == (100, 1_000_000)


def test_open_second_signature_by_a_known_key_must_hold_too() -> None:
    """Whoever adds a false line under the log's own name makes a note that nobody signed."""
    note = sign("text\n", _SIGNER)
    other = sign("another text\n", _SIGNER).splitlines()[-1]
    with pytest.raises(VerificationError) as caught:
        open_note(f"{note}{other}\n", _SIGNER.verifier)
    assert caught.value.code == "note.signature"
    line = note.splitlines()[-1]
    assert len(open_note(f"{note}{line}\n", _SIGNER.verifier).verified) == 1
