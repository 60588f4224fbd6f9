"""Manifests: signed by the log for one checkpoint, and for no other purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.archive.manifest import SIDE_FILES, Manifest, SideFile, manifest_path
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.note import Signer, parse_note, sign
from tests.log_home import SIGNER

CHECKPOINT = Checkpoint(SIGNER.name, 1_000, b"\1" * 32)
FILES = tuple(SideFile(name, i, bytes([i]) * 32) for i, name in enumerate(SIDE_FILES))
NOTE = Manifest(CHECKPOINT, FILES).sign(SIGNER)
TEXT = parse_note(NOTE).text


def opened(note: str, checkpoint: Checkpoint = CHECKPOINT) -> Manifest:
    return Manifest.open(note, checkpoint, SIGNER.verifier)


def test_manifest_is_the_text_that_the_format_says() -> None:
    assert (
        "crossproof archive manifest v1\n"
        "example.com/log\n"
        f"1000 {'01' * 32}\n"
        f"submissions.ndjson 0 {'00' * 32}\n"
        f"checkpoints.ndjson 1 {'01' * 32}\n"
        f"anchors.ndjson 2 {'02' * 32}\n"
    ) == TEXT


def test_side_file_lies_under_a_name_of_its_contents_own() -> None:
    assert FILES[2].path == "side/anchors-0202020202020202.ndjson"
    assert manifest_path(1_000) == "side/manifest-1000"


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_manifest_is_read_back(length: int, digest: bytes) -> None:
    files = tuple(SideFile(name, length, digest) for name in SIDE_FILES)
    written = Manifest(CHECKPOINT, files)
    assert opened(written.sign(SIGNER)) == written


def test_manifest_passes_for_no_checkpoint_and_no_checkpoint_for_a_manifest() -> None:
    with pytest.raises(MalformedError):
        open_checkpoint(NOTE, SIGNER.verifier)
    with pytest.raises(VerificationError) as caught:
        opened(sign(CHECKPOINT.text(), SIGNER))
    assert caught.value.code == "archive.manifest"


@pytest.mark.parametrize(
    "other",
    [
        Checkpoint(SIGNER.name, 1_001, b"\1" * 32),
        Checkpoint(SIGNER.name, 1_000, b"\2" * 32),
        Checkpoint("example.com/other", 1_000, b"\1" * 32),
    ],
    ids=["size", "root", "origin"],
)
def test_manifest_of_another_checkpoint_is_refused(other: Checkpoint) -> None:
    with pytest.raises(VerificationError) as caught:
        opened(NOTE, other)
    assert caught.value.code == "archive.manifest"


def test_manifest_of_another_key_is_refused() -> None:
    with pytest.raises(VerificationError):
        opened(Manifest(CHECKPOINT, FILES).sign(Signer.generate(SIGNER.name)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("anchors.ndjson 2", "anchors.ndjson 02"),
        ("anchors.ndjson 2", "anchors.ndjson -2"),
        ("anchors.ndjson 2", "anchors.ndjson 99999999999999999"),
        ("anchors.ndjson 2", "../secrets.ndjson 2"),
        ("anchors.ndjson 2", "checkpoints.ndjson 2"),
        ("02" * 32, "02" * 31),
        ("02" * 32, "0Z" * 32),
        (f"anchors.ndjson 2 {'02' * 32}\n", ""),
        (f"anchors.ndjson 2 {'02' * 32}\n", f"anchors.ndjson 2 {'02' * 32}\nmore\n"),
    ],
)
def test_manifest_with_any_other_line_is_malformed_though_signed(old: str, new: str) -> None:
    with pytest.raises(MalformedError):
        opened(sign(TEXT.replace(old, new), SIGNER))


@given(st.text())
def test_manifest_of_any_text_is_read_or_refused(text: str) -> None:
    for note in (text, NOTE + text):
        try:
            found = opened(note)
        except LedgerError:
            continue
        assert found.files == FILES


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_manifest_with_any_signed_lines_is_read_or_refused(line: str) -> None:
    try:
        found = opened(sign(f"{TEXT}{line}\n", SIGNER))
    except (MalformedError, VerificationError):
        return
    assert found.files == FILES
