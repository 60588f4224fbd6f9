"""Batches: many statements in one body, one bad line named, nothing kept but what is logged."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import batch
from ledger.batch import MAX_BATCH_BYTES, MAX_BATCH_LINES, decode_batch
from ledger.errors import MalformedError
from ledger.signed import READERS
from ledger.statement import LineError, Statement
from ledger.submission import Lines, Submission
from tests.signed_batch import manifest

_ROOT = Path(__file__).resolve().parents[2]
_VECTORS = json.loads((_ROOT / "tests/vectors/statement.json").read_text(encoding="utf-8"))
# The vectors' signed entries are signed by nobody, and so refused here (see test_signed).
_ENTRIES = [case["entry"].encode() for case in _VECTORS["valid"] if case["name"] not in READERS]
_SUBMISSIONS = [Submission.of(Statement.from_entry(e)) for e in _ENTRIES]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_decode_batch_lines_are_read_in_order(end: bytes) -> None:
    assert decode_batch(b"\n".join(_ENTRIES) + end) == _SUBMISSIONS


def test_decode_batch_other_formatting_is_made_canonical() -> None:
    lines = [json.dumps(json.loads(entry)).encode() + b" \r" for entry in _ENTRIES]
    assert decode_batch(b"\n".join(lines)) == _SUBMISSIONS


def test_decode_batch_repeats_are_kept() -> None:
    """The log answers repeats with the first one's index; it needs to see them."""
    assert decode_batch(_ENTRIES[0] + b"\n" + _ENTRIES[0]) == [_SUBMISSIONS[0]] * 2


def test_decode_batch_tells_the_place_under_a_plan_that_each_line_claims() -> None:
    uses = [submission.use for submission in decode_batch(b"\n".join(_ENTRIES))]
    assert any(uses)
    assert not all(uses)
    for entry, use in zip(_ENTRIES, uses, strict=True):
        says = json.loads(entry).get("covered_by")
        assert (use is None) == (says is None)
        if use is not None:
            assert str(UUID(bytes=use.record_id)) == says["plan"]["record_id"]
            assert use.leaf_hash.hex() == says["plan"]["leaf_hash"]
            assert use[2:] == (says["sequence"], *says["persons"].values())
        assert Submission.from_entry(entry).use == use


@pytest.mark.parametrize("number", [1, 3, len(_ENTRIES) + 1])
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"", "json.invalid"),
        (b"{", "json.invalid"),
        (_ENTRIES[0] + _ENTRIES[1], "json.invalid"),
        (b'{"kind":"invoice"}', "statement.kind"),
        (_ENTRIES[0].replace(b'"to":"HK"', b'"to":"hk"'), "statement.jurisdiction"),
    ],
)
def test_decode_batch_bad_line_is_named(number: int, bad: bytes, code: str) -> None:
    lines = [*_ENTRIES[: number - 1], bad, *_ENTRIES[number - 1 :]]
    with pytest.raises(LineError, match=f"line {number}:") as caught:
        decode_batch(b"\n".join(lines) + b"\n")
    assert (caught.value.line, caught.value.code) == (number, code)


def test_decode_batch_first_of_two_bad_lines_is_named() -> None:
    with pytest.raises(LineError) as caught:
        decode_batch(_ENTRIES[0] + b"\n{\n[]\n")
    assert caught.value.line == 2


@pytest.mark.parametrize("lines", [0, MAX_BATCH_LINES + 1])
def test_decode_batch_of_so_many_lines_is_refused(lines: int) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_batch(b"{}\n" * lines)
    assert caught.value.code == "batch.lines"


def test_decode_batch_of_most_lines_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_BATCH_LINES", len(_ENTRIES))
    body = b"\n".join(_ENTRIES)
    assert decode_batch(body) == decode_batch(body + b"\n") == _SUBMISSIONS
    with pytest.raises(MalformedError) as caught:
        decode_batch(body + b"\n\n")
    assert caught.value.code == "batch.lines"


def test_decode_batch_too_long_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        decode_batch(bytes(MAX_BATCH_BYTES + 1))
    assert caught.value.code == "batch.too-long"


_MANIFEST = manifest(_ENTRIES[:2]).entry


@given(
    st.lists(
        st.sampled_from([*_ENTRIES, _MANIFEST, b"", b"{", b"\xff", b" "]) | st.binary(max_size=20)
    )
)
def test_decode_batch_any_bytes_give_submissions_or_malformed(lines: list[bytes]) -> None:
    body = b"\n".join(lines)
    try:
        submissions = decode_batch(body)
        Lines.of(submissions)
    except MalformedError:
        return
    assert [submission.entry for submission in submissions] == [
        Statement.parse(line).entry for line in body.removesuffix(b"\n").split(b"\n")
    ]


def test_decode_batch_keeps_little_more_than_the_entries() -> None:
    """A batch of 100,000 lines must leave room for the rest of the server."""
    entry = _ENTRIES[0]
    body = b"\n".join([entry] * 2_000)
    tracemalloc.start()
    try:
        submissions = decode_batch(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(submissions) == 2_000
    assert peak < 2 * len(body)
