"""Checkpoints: one text for each head, and a head only from a key of its own log."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, check_origin, open_checkpoint, parse_checkpoint
from ledger.errors import MalformedError, VerificationError
from ledger.merkle import EMPTY_ROOT, MAX_SIZE
from ledger.note import Signer, sign

_ROOT = sha256(b"a root").digest()
_ORIGIN = "example.com/log"
_SIGNER = Signer.from_seed(_ORIGIN, b"\x01" * 32)

_characters = st.characters(exclude_categories=["Cs", "Cc"])
_origins = st.text(_characters, min_size=1, max_size=30).filter(
    lambda origin: "+" not in origin and not any(c.isspace() for c in origin)
)
_checkpoints = st.builds(
    Checkpoint,
    origin=_origins,
    size=st.integers(1, MAX_SIZE),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(st.text(_characters, min_size=1, max_size=30), max_size=3).map(tuple),
)
_TEXT = Checkpoint(_ORIGIN, 12, _ROOT).text()
_lines = st.lists(
    st.one_of(st.text(), st.sampled_from([_ORIGIN, "12", "0", "012", b64encode(_ROOT).decode()])),
    max_size=6,
).map("\n".join)


@given(_checkpoints)
def test_checkpoint_written_is_read_again(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    note = sign(checkpoint.text(), Signer.from_seed(checkpoint.origin, bytes(32)))
    assert parse_checkpoint(note) == checkpoint


def test_own_vectors_match(vectors: Path) -> None:
    for case in json.loads((vectors / "note.json").read_text("utf-8"))["checkpoints"]:
        checkpoint = parse_checkpoint(case["note"])
        assert checkpoint.text() == case["text"]
        assert (checkpoint.size, checkpoint.root.hex()) == (case["size"], case["root"])
        assert list(checkpoint.extensions) == case.get("extensions", [])


def test_parse_specification_example() -> None:
    """The example of tlog-checkpoint."""
    checkpoint = Checkpoint.parse(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)


@given(st.one_of(st.text(st.characters()), _lines))
@example("")
@example("\n\n\n")
@example(_TEXT + "\n")
def test_parse_any_string_gives_a_checkpoint_or_malformed(text: str) -> None:
    try:
        checkpoint = Checkpoint.parse(text)
    except MalformedError:
        return
    assert checkpoint.text() == text


@pytest.mark.parametrize(
    "size",
    ["", "+1", "-1", "01", "00", "1.0", " 1", "1 ", "1_0", "0x1", "\u0661", "\u00b2",
     str(MAX_SIZE + 1), "9" * 5_000],
)  # fmt: skip
def test_parse_size_in_another_spelling_is_malformed(size: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(f"{_ORIGIN}\n{size}\n{b64encode(_ROOT).decode()}\n")


@pytest.mark.parametrize("root", [b"", _ROOT[:31], _ROOT + b"\0"])
def test_parse_root_of_another_length_is_malformed(root: bytes) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(f"{_ORIGIN}\n12\n{b64encode(root).decode()}\n")


def test_empty_log_has_the_empty_root_and_no_other() -> None:
    assert Checkpoint(_ORIGIN, 0, EMPTY_ROOT).size == 0
    with pytest.raises(MalformedError):
        Checkpoint(_ORIGIN, 0, _ROOT)


@pytest.mark.parametrize(
    "origin", ["", "a b", "a+b", "a\nb", "a\tb", "a\u2003b", "a\x01", "\ud800", " a"]
)
def test_origin_that_no_key_could_be_named_is_refused(origin: str) -> None:
    """Stricter than the specification, which only recommends it: here the key's name must match."""
    with pytest.raises(MalformedError):
        check_origin(origin)


@pytest.mark.parametrize("line", ["", "a\nb", "a\x00", "\ud800"])
def test_extension_line_that_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint(_ORIGIN, 12, _ROOT, (line,))


def test_open_gives_checkpoint_and_signatures() -> None:
    witness = Signer.from_seed("witness.example", b"\x02" * 32)
    checkpoint, opened = open_checkpoint(sign(_TEXT, _SIGNER, witness), _SIGNER.verifier)
    assert checkpoint == Checkpoint(_ORIGIN, 12, _ROOT)
    assert [signature.name for signature in opened.unverified] == ["witness.example"]


def test_open_by_a_key_of_another_log_is_refused() -> None:
    """A trusted log that signs a head in another log's name."""
    other = Signer.from_seed("example.com/other", b"\x02" * 32)
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(sign(_TEXT, other), _SIGNER.verifier, other.verifier)
    assert caught.value.code == "checkpoint.origin"


def test_open_by_a_foreign_key_of_the_same_name_is_refused() -> None:
    foreign = Signer.from_seed(_ORIGIN, b"\x02" * 32)
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(sign(_TEXT, foreign), _SIGNER.verifier)
    assert caught.value.code == "note.unsigned"


def test_open_a_signed_note_that_is_no_checkpoint_is_malformed() -> None:
    with pytest.raises(MalformedError):
        open_checkpoint(sign("some text\n", _SIGNER), _SIGNER.verifier)


def test_size_at_and_beyond_the_largest() -> None:
    largest = Checkpoint(_ORIGIN, MAX_SIZE, _ROOT)
    assert Checkpoint.parse(largest.text()) == largest
    for size in (MAX_SIZE + 1, -1):
        with pytest.raises(MalformedError):
            Checkpoint(_ORIGIN, size, _ROOT)


def test_line_with_a_lone_surrogate_is_refused_and_its_neighbours_are_not() -> None:
    for surrogate in ("\ud800", "\udfff"):
        with pytest.raises(MalformedError):
            Checkpoint(_ORIGIN, 12, _ROOT, (surrogate,))
    assert Checkpoint(_ORIGIN, 12, _ROOT, ("\ud7ff\ue000",)).extensions == ("\ud7ff\ue000",)
