"""`crossproof backup` and `restore`: beside a server that writes, and back into an empty place."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from ledger.node import Node
from ledger.settings import Settings
from tests.crossproof import CommandLine, Outcome, serving
from tests.ledger.cli.conftest import Home, fill
from tests.samples import transfer

DATABASE, RECORD, KEY = "ledger.sqlite3", "head", "log.key"


@pytest.fixture
def archive(crossproof: CommandLine, home: Home, tmp_path: Path) -> Path:
    directory = tmp_path / "archive"
    assert backup(crossproof, home.directory, directory).code == 0
    return directory


def backup(crossproof: CommandLine, data_dir: Path, archive: Path) -> Outcome:
    return crossproof("backup", archive, "--data-dir", data_dir)


def restore(crossproof: CommandLine, data_dir: Path, archive: Path) -> Outcome:
    return crossproof("restore", archive, "--data-dir", data_dir)


def size_of(archive: Path) -> int:
    checkpoint = archive / "checkpoint"
    return int(checkpoint.read_text().splitlines()[1]) if checkpoint.exists() else 0


def emptied(home: Home, *kept: str) -> Path:
    """Make another data directory, with some of the files of this one."""
    directory = home.directory.with_name("emptied")
    directory.mkdir()
    for name in kept:
        shutil.copy(home.directory / name, directory / name)
    return directory


# backup


def test_backup_writes_the_published_log_and_again_what_is_new(
    crossproof: CommandLine, home: Home, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    first = backup(crossproof, home.directory, archive)
    assert (first.code, first.stdout) == (0, "")
    assert "300 entries, 5 files new" in first.stderr
    kept = (archive / "tile/0/000").stat()
    home.log(30)
    second = backup(crossproof, home.directory, archive)
    assert (second.code, "330 entries, 2 files new" in second.stderr) == (0, True), second.stderr
    assert (archive / "tile/0/000").stat() == kept
    assert "330 entries, 0 files new" in backup(crossproof, home.directory, archive).stderr


def test_backup_holds_no_secret(home: Home, archive: Path) -> None:
    secrets = secrets_of(home.directory)
    for path in archive.rglob("*"):
        if path.is_file():
            assert not [s for s in secrets if s in path.read_text(errors="replace")], path


def secrets_of(directory: Path) -> list[str]:
    log, operator = (directory / name for name in (KEY, "operator.key"))
    return [log.read_text().splitlines()[1], operator.read_text().strip().removeprefix("0x")]


def test_backup_beside_a_server_that_writes_is_whole(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    """Each backup is of one published head, whatever is logged while it is written."""
    data_dir, archive = tmp_path / "home", tmp_path / "archive"
    fill(data_dir, 1, anchored=False)
    stop = threading.Event()
    statuses: list[int] = []

    with serving(data_dir) as served:

        def write() -> None:
            while not stop.is_set():
                statuses.append(served.post([transfer() for _ in range(200)]))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while size_of(archive) <= 1_000:
                assert backup(crossproof, data_dir, archive).code == 0
        finally:
            stop.set()
            writer.join()
    assert set(statuses) == {201}
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(data_dir / KEY, restored)
    assert restore(crossproof, restored, archive).code == 1
    recovered = crossproof("recover", "--from", archive, "--head-record-lost",
                           "--data-dir", restored)  # fmt: skip
    assert recovered.code == 0, recovered.stderr
    audited = crossproof("audit", "--without-chain", "--json", "--data-dir", restored)
    assert (audited.code, json.loads(audited.stdout)["log"]["size"]) == (0, size_of(archive))


def test_backup_of_what_is_not_published_is_told(crossproof: CommandLine, tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path / "home")
    Node.open(settings).close()
    outcome = backup(crossproof, tmp_path / "home", tmp_path / "archive")
    assert (outcome.code, "archive.unpublished" in outcome.stderr) == (1, True), outcome.stderr
    assert not (tmp_path / "archive").exists()


def test_backup_onto_another_logs_archive_is_refused_and_changes_nothing(
    crossproof: CommandLine, archive: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "other", 3, anchored=False)
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    outcome = backup(crossproof, tmp_path / "other", archive)
    assert outcome.code == 1, outcome.stderr
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_backup_onto_what_is_no_directory_exits_2(
    crossproof: CommandLine, home: Home, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    outcome = backup(crossproof, home.directory, tmp_path / place)
    assert (outcome.code, "file.unusable" in outcome.stderr) == (2, True), outcome.stderr
    assert (tmp_path / "file").read_bytes() == b"x"


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_backup_and_restore_without_a_ledger_exit_2_and_make_nothing(
    crossproof: CommandLine, tmp_path: Path, command: str
) -> None:
    for place in ("empty", "missing"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        outcome = crossproof(command, tmp_path / "archive", "--data-dir", tmp_path / place)
        assert outcome.code == 2, outcome.stderr
        assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


# restore


def test_restore_with_the_head_record_in_its_place_goes_on(
    crossproof: CommandLine, home: Home, archive: Path
) -> None:
    directory = emptied(home, KEY, "operator.key", RECORD)
    outcome = restore(crossproof, directory, archive)
    assert (outcome.code, "restored: 300 entries" in outcome.stderr) == (0, True), outcome.stderr
    fill(directory, 5)
    assert crossproof("audit", "--without-chain", "--data-dir", directory).code == 0


def test_restore_of_a_backup_older_than_the_head_record_is_for_reading_only(
    crossproof: CommandLine, home: Home, archive: Path
) -> None:
    home.log(1)
    directory = emptied(home, KEY, RECORD)
    outcome = restore(crossproof, directory, archive)
    assert "restored: 300 entries" in outcome.stderr
    assert (outcome.code, "log.behind-head-record" in outcome.stderr) == (1, True), outcome.stderr


def test_restore_over_a_log_is_refused_and_changes_nothing(
    crossproof: CommandLine, home: Home, archive: Path
) -> None:
    before = home.database.read_bytes()
    outcome = restore(crossproof, home.directory, archive)
    assert (outcome.code, "recovery.not-empty" in outcome.stderr) == (1, True)
    assert home.database.read_bytes() == before


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/44"]
)
def test_restore_of_a_damaged_archive_is_refused_and_restores_nothing(
    crossproof: CommandLine, home: Home, archive: Path, path: str
) -> None:
    data = bytearray((archive / path).read_bytes())
    # Of a checkpoint its root: below are lines of others, for which the log's key does not answer.
    place = data.index(b"\n\n") - 5 if path == "checkpoint" else -5
    data[place] ^= 4
    (archive / path).write_bytes(data)
    directory = emptied(home, KEY, RECORD)
    outcome = restore(crossproof, directory, archive)
    assert (outcome.code, "restored" in outcome.stderr) == (1, False), outcome.stderr
    assert crossproof("audit", "--data-dir", directory).code == 2
    # What was damaged may be put right, and the same place filled then.
    data[place] ^= 4
    (archive / path).write_bytes(data)
    assert restore(crossproof, directory, archive).code == 0


def test_restore_of_another_logs_archive_is_refused(
    crossproof: CommandLine, archive: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    fill(other, 1, anchored=False)
    (other / DATABASE).unlink()
    outcome = restore(crossproof, other, archive)
    assert (outcome.code, "restored" in outcome.stderr) == (1, False), outcome.stderr


def test_restore_from_nowhere_is_told(crossproof: CommandLine, home: Home) -> None:
    directory = emptied(home, KEY, RECORD)
    outcome = restore(crossproof, directory, directory / "none")
    assert (outcome.code, "archive.missing" in outcome.stderr) == (1, True), outcome.stderr


def test_restore_without_the_logs_key_exits_2(
    crossproof: CommandLine, home: Home, archive: Path
) -> None:
    directory = emptied(home, RECORD)
    outcome = restore(crossproof, directory, archive)
    assert (outcome.code, "key.missing" in outcome.stderr) == (2, True), outcome.stderr
    assert [path.name for path in directory.iterdir()] == [RECORD]
