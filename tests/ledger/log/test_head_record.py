from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.errors import ConflictError, MalformedError, UnavailableError
from ledger.head import Head
from ledger.log.head_record import AnchoredHead, HeadRecord, Recorded, newest_anchored
from ledger.merkle import EMPTY_ROOT
from ledger.note import sign
from tests.log_home import CHAIN, SIGNER


def recorded(size: int, anchored: AnchoredHead | None = None, *, root: bytes = b"") -> Recorded:
    checkpoint = Checkpoint("example.com/log", size, root or size.to_bytes(32, "big"))
    return Recorded(Head(checkpoint, sign(checkpoint.text(), SIGNER)), anchored)


def anchored(size: int, chain_id: int = 1) -> AnchoredHead:
    chain = type(CHAIN)(chain_id, CHAIN.genesis_hash, CHAIN.contract)
    return AnchoredHead(chain, bytes(32), size, bytes(32))


@pytest.fixture
def record(tmp_path: Path) -> HeadRecord:
    return HeadRecord(tmp_path / "head")


def test_read_missing_record_gives_none(record: HeadRecord) -> None:
    assert record.read() is None


def test_advance_is_read_by_another(record: HeadRecord) -> None:
    record.advance(None, recorded(1))
    record.advance(recorded(1), recorded(5, anchored(3)))
    assert HeadRecord(record.path).read() == recorded(5, anchored(3))


@pytest.mark.parametrize("old", [None, recorded(1), recorded(3), recorded(2, anchored(1))])
def test_advance_from_what_does_not_stand_there_is_refused(
    record: HeadRecord, old: Recorded | None
) -> None:
    record.advance(None, recorded(2))
    with pytest.raises(ConflictError) as caught:
        record.advance(old, recorded(4))
    assert caught.value.code == "head-record.moved"
    assert record.read() == recorded(2)


@pytest.mark.parametrize("new", [recorded(1), recorded(2, root=b"\x01" * 32)])
def test_advance_backwards_or_aside_is_refused(record: HeadRecord, new: Recorded) -> None:
    record.advance(None, recorded(2))
    with pytest.raises(ConflictError) as caught:
        record.advance(recorded(2), new)
    assert caught.value.code == "head-record.backwards"
    assert record.read() == recorded(2)


def test_advance_from_many_threads_loses_no_step(record: HeadRecord) -> None:
    record.advance(None, recorded(1))

    def step(_: int) -> None:
        mine = HeadRecord(record.path)
        while True:
            standing = mine.read()
            assert standing is not None
            try:
                mine.advance(standing, recorded(standing.head.size + 1))
            except ConflictError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(step, range(40)))
    assert record.read() == recorded(41)


def test_newest_anchored_is_the_larger_of_one_chain_and_the_known_of_another() -> None:
    assert newest_anchored(anchored(3), anchored(2)) == anchored(3)
    assert newest_anchored(anchored(2), anchored(3)) == anchored(3)
    assert newest_anchored(anchored(3), anchored(2, 7)) == anchored(2, 7)
    assert newest_anchored(None, anchored(2)) == newest_anchored(anchored(2), None) == anchored(2)


@given(st.integers(0, 2**53 - 1), st.none() | st.integers(1, 2**53 - 1).map(anchored))
def test_recorded_survives_its_json(size: int, beside: AnchoredHead | None) -> None:
    value = recorded(size, beside, root=EMPTY_ROOT)
    assert Recorded.from_json(value.to_json()) == value


@given(st.binary(max_size=300))
def test_recorded_from_any_bytes_gives_a_value_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Recorded.from_json(data)


@given(st.data())
def test_recorded_from_changed_bytes_gives_a_value_or_malformed(data: st.DataObject) -> None:
    original = recorded(7, anchored(3)).to_json()
    at = data.draw(st.integers(0, len(original) - 1))
    changed = original[:at] + data.draw(st.binary(max_size=3)) + original[at + 1 :]
    try:
        value = Recorded.from_json(changed)
    except MalformedError:
        return
    assert isinstance(value, Recorded)


# Every write, fsync and rename failing


class Failing:
    """Lets one operating system call fail: its `nth` call, before or after having worked."""

    def __init__(self, call: Callable[..., Any], nth: int, *, after: bool) -> None:
        self._call = call
        self._left = nth
        self._after = after

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise OSError(errno.EIO, "Input/output error")
        result = self._call(*arguments, **keywords)
        if self._left == 0:
            raise OSError(errno.EIO, "Input/output error")
        return result


# The call, which of its calls, and whether the new record is in place by then.
FAULTS = [
    ("write", 1, False),
    ("fsync", 1, False),
    ("replace", 1, False),
    ("fsync", 2, True),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("call", "nth", "in_place"), FAULTS)
def test_advance_failing_leaves_the_old_record_or_the_new_and_can_be_repeated(
    record: HeadRecord,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    nth: int,
    *,
    in_place: bool,
    after: bool,
) -> None:
    record.advance(None, recorded(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, Failing(getattr(os, call), nth, after=after))
        with pytest.raises(UnavailableError):
            record.advance(recorded(1), recorded(2))
    standing = record.read()
    assert standing == (recorded(2) if in_place or (call == "replace" and after) else recorded(1))
    record.advance(standing, recorded(2))
    assert record.read() == recorded(2)


def counted_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []

    def count(name: str) -> None:
        real = getattr(os, name)

        def call(*given: Any) -> Any:
            calls.append(name)
            return real(*given)

        monkeypatch.setattr(os, name, call)

    count("fsync")
    count("replace")
    return calls


def test_advance_to_the_same_after_a_failed_directory_fsync_writes_it_again(
    record: HeadRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands there may be in the page cache only, and an fsync repeated proves nothing."""
    record.advance(None, recorded(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", Failing(os.fsync, 2, after=False))
        with pytest.raises(UnavailableError):
            record.advance(recorded(1), recorded(2))
    calls = counted_calls(monkeypatch)
    record.advance(recorded(2), recorded(2))
    assert calls == ["fsync", "replace", "fsync"]
    record.advance(recorded(2), recorded(2))
    assert len(calls) == 3


def test_advance_to_the_same_read_from_another_process_writes_it_again(
    record: HeadRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    HeadRecord(record.path).advance(None, recorded(1))
    calls = counted_calls(monkeypatch)
    record.advance(recorded(1), recorded(1))
    assert calls == ["fsync", "replace", "fsync"]


def test_advance_where_the_directory_is_missing_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        HeadRecord(tmp_path / "nowhere" / "head").advance(None, recorded(1))


def test_read_record_that_is_a_directory_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "head").mkdir()
    with pytest.raises(UnavailableError):
        HeadRecord(tmp_path / "head").read()


# Several writers


def test_seats_each_write_a_file_of_their_own_and_read_the_others(tmp_path: Path) -> None:
    seats = [HeadRecord(tmp_path / "head", seat=seat) for seat in (0, 2, 10)]
    for size, seat in enumerate(seats, start=1):
        seat.advance(None, recorded(size))
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == [
        "head",
        "head.10",
        "head.2",
    ]
    assert [seat.read() for seat in seats] == [recorded(1), recorded(2), recorded(3)]
    assert seats[0].others() == (recorded(2), recorded(3))
    assert seats[1].others() == (recorded(1), recorded(3))
    assert [seat.newest() for seat in seats] == [recorded(3)] * 3


def test_others_are_no_files_of_other_names(tmp_path: Path) -> None:
    record = HeadRecord(tmp_path / "head")
    record.advance(None, recorded(1))
    for name in ("head.new", "head.1.lock", "ahead.1", "header", "head.", "head.x1"):
        (tmp_path / name).write_bytes(b"?")
    assert record.others() == ()
    (tmp_path / "head.1").write_bytes(b"?")
    with pytest.raises(MalformedError):
        record.others()


def test_newest_where_the_first_seat_has_recorded_nothing(tmp_path: Path) -> None:
    assert HeadRecord(tmp_path / "head").newest() is None
    HeadRecord(tmp_path / "head", seat=1).advance(None, recorded(4))
    assert HeadRecord(tmp_path / "head").read() is None
    assert HeadRecord(tmp_path / "head").newest() == recorded(4)
