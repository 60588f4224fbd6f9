"""Portions: cut, read elsewhere and joined, a batch is what it is when it is read at once."""

from __future__ import annotations

import json
import pickle
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import portion
from ledger.batch import MAX_BATCH_LINES, decode_batch
from ledger.kinds import KINDS
from ledger.statement import LineError
from ledger.submission import Lines
from tests.samples import transfer
from tests.signed_batch import manifest, signed_lines
from tests.statement_load import coverage, logged, movement, plan

_NUMBERS = count()
_TRANSFER = transfer().entry


def covered() -> bytes:
    stated = {**movement("transfer"), "occurred_at": "2026-01-31T12:00:00Z"}
    return logged(next(_NUMBERS), {**stated, "covered_by": coverage(plan(0), 1)}).entry


def rewritten() -> bytes:
    """A statement with a space after it, which the log does not keep."""
    return json.dumps(json.loads(transfer().entry)).encode() + b" "


def through_portions(
    body: bytes, size: int, kinds: frozenset[str] = frozenset(KINDS)
) -> Lines | None:
    """Read a body as processes would, which are given and give back what pickle carries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portion, "PORTION_SIZE", size)
        readings = [portion.read(part, kinds) for part in portion.cut(body)]
    return portion.join(body, pickle.loads(pickle.dumps(readings)))  # noqa: S301 - our own


_LINES = [_TRANSFER, *(transfer().entry for _ in range(5)), *(covered() for _ in range(4)),
          *(rewritten() for _ in range(3))]  # fmt: skip


@given(
    lines=st.lists(st.sampled_from(_LINES), min_size=1, max_size=30),
    size=st.integers(1, 12_000),
    end=st.sampled_from([b"", b"\n"]),
)
def test_portions_of_any_size_are_the_batch_that_is_read_at_once(
    lines: list[bytes], size: int, end: bytes
) -> None:
    body = b"\n".join(lines) + end
    assert b"".join(portion.cut(body)) == body
    assert through_portions(body, size) == Lines.of(decode_batch(body))


@pytest.mark.parametrize("size", [1, 700, 100_000])
def test_portions_of_a_signed_batch_are_held_against_its_manifest(size: int) -> None:
    entries = [transfer().entry for _ in range(5)]
    lines = through_portions(signed_lines(entries), size)
    assert lines is not None
    assert lines.signed
    with pytest.raises(LineError, match="manifest"):
        through_portions(b"\n".join([*entries[:-1], manifest(entries).entry]), size)


@pytest.mark.parametrize("size", [1, 700, 100_000])
@pytest.mark.parametrize(
    "bad",
    [b"", b"{}", _TRANSFER[:-1], _TRANSFER.replace(b'"CN"', b'"cn"'), manifest([_TRANSFER]).entry],
)
def test_portions_with_a_line_that_may_not_stand_there_are_not_taken(bad: bytes, size: int) -> None:
    """A manifest may, but not in the middle: nor where it is the last line of a portion."""
    body = b"\n".join([_TRANSFER, bad, _TRANSFER, _TRANSFER])
    with pytest.raises(LineError):
        decode_batch(body)
    assert through_portions(body, size) is None


def test_portions_with_a_kind_that_is_not_permitted_are_not_taken() -> None:
    body = b"\n".join([_TRANSFER, plan(next(_NUMBERS)).entry])
    assert through_portions(body, 1, frozenset({"transfer", "plan"})) is not None
    assert through_portions(body, 1, frozenset({"transfer"})) is None


def test_portions_of_a_batch_that_is_too_long_are_none() -> None:
    assert list(portion.cut(b"\n" * (MAX_BATCH_LINES + 1))) == []
    assert portion.join(b"", []) is None


def test_portions_of_one_line_too_many_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A last line without its newline counts too."""
    monkeypatch.setattr(portion, "MAX_BATCH_LINES", 2)
    assert through_portions(b"\n".join([_TRANSFER] * 2), 1) is not None
    assert through_portions(b"\n".join([_TRANSFER] * 3), 1) is None
