"""A disk that fails: every write, fsync, truncation, deletion and rename in turn.

Whatever fails, and whether it fails before or after having worked: what was acknowledged is there,
the audit is clean, the same log object goes on once the disk does, and so does a new one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.audit import audit
from ledger.errors import UnavailableError
from ledger.log import Log, Submission
from tests.faulty_vfs import Call, FaultyDisk, faulty_disk
from tests.log_home import NOW, Home, append, entry, record, records, sqlite_home

# How many calls of each kind are tried; all of them with the slow tests.
SAMPLES = [5, pytest.param(100_000, marks=pytest.mark.slow)]


class Work(NamedTuple):
    """Something a log does while its disk fails."""

    name: str
    batch: list[Submission]
    do: Callable[[Home, Log, list[Submission]], Log]


def _append(_: Home, log: Log, batch: list[Submission]) -> Log:
    append(log, batch)
    return log


def _publish(_: Home, log: Log, batch: list[Submission]) -> Log:
    append(log, batch)
    log.publish(now=NOW)
    return log


def _close(home: Home, log: Log, batch: list[Submission]) -> Log:
    """Close the last connection, which brings the write-ahead log into the database."""
    append(log, batch)
    home.close()
    return home.open()


def _large(number: int) -> Submission:
    made = record(number)
    return Submission(made.record_id, entry(made.record_id, "x" * 60_000))


WORKS = [
    Work("append one", records([100]), _append),
    Work("append across tiles", records(range(100, 400)), _append),
    # More pages than the write-ahead log takes before it is brought into the database.
    Work("append through a checkpoint", [_large(n) for n in range(100, 420)], _append),
    Work("publish", records(range(100, 103)), _publish),
    Work("close", records(range(100, 103)), _close),
]


class Trial:
    """One run: a log with acknowledged entries, work on a failing disk, and what must hold then."""

    def __init__(self, directory: Path, work: Work) -> None:
        self.home = sqlite_home(directory)
        self.work = work
        self.acknowledged = records(range(20))
        self.log = self.home.open()
        append(self.log, self.acknowledged)

    def run(self) -> None:
        try:
            self.log = self.work.do(self.home, self.log, self.work.batch)
        except UnavailableError:
            return
        self.acknowledged += self.work.batch

    def check(self) -> None:
        # A client that was told nothing sends its batch again, and the same object goes on.
        appended = append(self.log, self.work.batch)
        assert appended.indexes == list(range(20, 20 + len(self.work.batch)))
        more = records([5_000, 5_001])
        append(self.log, more)
        self.log.publish(now=NOW)
        self._check_whole(self.log, [*records(range(20)), *self.work.batch, *more])
        self.home.close()
        again = self.home.open()
        self._check_whole(again, [*records(range(20)), *self.work.batch, *more])
        self.home.close()

    def check_acknowledged(self) -> None:
        """Look from another process's place, before anything is repeated."""
        other = Log.open(self.home.store(), self.home.signer, self.home.record)
        for index, submission in enumerate(self.acknowledged):
            assert other.find(submission.record_id) == index
        assert audit(other, entries=False).findings == []

    @staticmethod
    def _check_whole(log: Log, expected: list[Submission]) -> None:
        assert log.read_only_reason is None
        assert log.entries(0, len(expected) + 1) == [submission.entry for submission in expected]
        assert audit(log, entries=False).findings == []


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    with faulty_disk() as disk:
        yield disk


def _places(count: int, samples: int) -> list[int]:
    """Choose the calls to fail: each one, or where they are too many some from first to last."""
    if count <= samples:
        return list(range(1, count + 1))
    return sorted({1 + i * (count - 1) // (samples - 1) for i in range(samples)})


def _directories(parent: Path) -> Iterator[Path]:
    number = 0
    while True:
        number += 1
        directory = parent / str(number)
        directory.mkdir()
        yield directory


@pytest.mark.parametrize("samples", SAMPLES)
@pytest.mark.parametrize("call", list(Call))
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_log_survives_each_failing_call_of_its_database(
    tmp_path: Path, disk: FaultyDisk, work: Work, call: Call, samples: int
) -> None:
    directories = _directories(tmp_path)
    trial = Trial(next(directories), work)
    disk.counts[call] = 0
    trial.run()
    count = disk.counts[call]
    trial.check()
    for nth in _places(count, samples):
        for after, lasting in ((False, False), (True, False), (False, True)):
            trial = Trial(next(directories), work)
            disk.arm(call, nth, after=after, lasting=lasting)
            trial.run()
            disk.heal()
            trial.check_acknowledged()
            trial.check()


@pytest.mark.parametrize("samples", SAMPLES)
@pytest.mark.parametrize("call", list(Call))
def test_open_that_fails_can_be_repeated(
    tmp_path: Path, disk: FaultyDisk, call: Call, samples: int
) -> None:
    """From nothing: the file, the schema, the log's first head and its head record."""
    directories = _directories(tmp_path)
    disk.counts[call] = 0
    sqlite_home(next(directories)).open().close()
    for nth in _places(disk.counts[call], samples):
        for after in (False, True):
            home = sqlite_home(next(directories))
            disk.arm(call, nth, after=after)
            try:
                home.open()
            except UnavailableError:
                disk.heal()
                home.close()
            disk.heal()
            log = home.open()
            append(log, records(range(3)))
            assert audit(log, entries=False).findings == []
            home.close()


class FaultySystem:
    """Lets the n-th call of one of the operating system's functions fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def arm(self, name: str, nth: int, *, after: bool) -> None:
        real = getattr(os, name)
        left = nth

        def call(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            result = real(*given, **named)
            if left == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return result

        self._patch.setattr(os, name, call)


# What the head record asks of the operating system in one append.
HEAD_RECORD_CALLS = [("write", 1), ("fsync", 1), ("replace", 1), ("fsync", 2)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("name", "nth"), HEAD_RECORD_CALLS)
@pytest.mark.parametrize("work", [WORKS[0], WORKS[3]], ids=lambda work: work.name)
def test_log_survives_each_failing_call_of_its_head_record(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Work,
    name: str,
    nth: int,
    *,
    after: bool,
) -> None:
    trial = Trial(tmp_path, work)
    with monkeypatch.context() as patch:
        FaultySystem(patch).arm(name, nth, after=after)
        trial.run()
    assert trial.acknowledged == records(range(20))
    trial.check_acknowledged()
    trial.check()


@pytest.mark.parametrize(("name", "nth"), HEAD_RECORD_CALLS)
def test_unacknowledged_head_is_never_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, nth: int
) -> None:
    """While the head record cannot be written nothing goes out that it does not cover."""
    home = sqlite_home(tmp_path)
    log = home.open()
    log.publish(now=NOW)
    for number in range(3):
        with monkeypatch.context() as patch:
            FaultySystem(patch).arm(name, nth, after=False)
            with pytest.raises(UnavailableError):
                append(log, records([number]))
        with monkeypatch.context() as patch:
            FaultySystem(patch).arm(name, nth, after=False)
            with pytest.raises(UnavailableError):
                log.publish(now=NOW)
        published = log.published()
        assert published is not None
        assert published.size == 0
    assert log.head().size == 3
    published = log.publish(now=NOW)
    assert published is not None
    assert published.size == 3
    home.close()


def test_faults_were_felt(tmp_path: Path, disk: FaultyDisk) -> None:
    """The tests above would pass on a disk that never fails; this one fails on such a disk."""
    home = sqlite_home(tmp_path)
    log = home.open()
    disk.arm(Call.SYNC, 1)
    with pytest.raises(UnavailableError) as caught:
        append(log, records([0]))
    assert caught.value.code == "log.unavailable"
    assert "disk I/O error" in str(caught.value)
    disk.heal()
    assert log.head().size == 0
    home.close()


# A power cut: only what was fsynced is there afterwards


class Platter:
    """What is on the disk if the power goes now: each file as it was when it was last fsynced."""

    def __init__(self, directory: Path, snapshots: Path) -> None:
        self._directory = directory
        self._snapshots = snapshots
        self._files: dict[str, bytes] = {}
        self._unnamed = b""
        self.acknowledged = 0
        self.cuts: list[tuple[Path, int]] = []

    def database_synced(self, path: Path) -> None:
        if path.parent == self._directory:
            self._keep(path.name, path.read_bytes())

    def fsync(self, file: int) -> None:
        """Take the place of `os.fsync` in the head record: a rename counts with its directory."""
        os.fdatasync(file)
        if stat.S_ISDIR(os.fstat(file).st_mode):
            named = (self._directory / "head").read_bytes()
            self._keep("head", named if named == self._unnamed else b"")
        else:
            self._unnamed = (self._directory / "head.new").read_bytes()

    def _keep(self, name: str, data: bytes) -> None:
        if name == "head" or name not in self._files:
            # The directory comes to the disk too: by our own fsync, by SQLite's for a new file.
            there = {path.name for path in self._directory.iterdir()}
            self._files = {kept: self._files[kept] for kept in self._files if kept in there}
        self._files[name] = data
        cut = self._snapshots / str(len(self.cuts))
        cut.mkdir(parents=True)
        for kept, content in self._files.items():
            (cut / kept).write_bytes(content)
        self.cuts.append((cut, self.acknowledged))


BATCHES = [
    records([0]),
    records(range(1, 300)),
    [_large(number) for number in range(300, 620)],
    records([620]),
    records([621, 622]),
]


def test_acknowledged_entries_survive_a_power_cut_after_any_fsync(
    tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tmp_path / "live"
    live.mkdir()
    platter = Platter(live, tmp_path / "cuts")
    disk.synced = platter.database_synced
    home = sqlite_home(live)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", platter.fsync)
        log = home.open()
        sent: list[Submission] = []
        for batch in BATCHES:
            append(log, batch)
            sent += batch
            platter.acknowledged = len(sent)
            log.publish(now=NOW)
    home.close()
    assert len(platter.cuts) > 20
    for cut, acknowledged in platter.cuts:
        again = sqlite_home(cut)
        log = again.open()
        assert log.read_only_reason is None
        assert log.head().size >= acknowledged
        assert log.entries(0, acknowledged) == [s.entry for s in sent[:acknowledged]]
        assert audit(log, entries=False).findings == []
        again.close()
