from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.archive import sidecar, write_archive
from ledger.archive.source import Directory, SourceReader
from ledger.errors import ConflictError, MalformedError, NotFoundError, VerificationError
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.note import Signer
from ledger.store import AnchorState, Submitted
from ledger.tile import Tile
from tests.log_home import NOW, SIGNER, Home, anchor_of, append, record, records, sqlite_home


def reader(directory: Path, *, side_files: bool = True) -> SourceReader:
    return SourceReader(Directory(directory), SIGNER.verifier, side_files=side_files)


def read_all(directory: Path) -> list[bytes]:
    return [e for run in reader(directory).entries() for e in run.entries]


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def side_file(directory: Path, name: str) -> str:
    """Find the one version of a side file that there is."""
    (path,) = (directory / "side").glob(f"{name}-*.ndjson")
    return str(path.relative_to(directory))


@pytest.fixture
def log(sqlite: Home) -> Log:
    log = sqlite.open()
    append(log, records(range(300)), "acme")
    append(log, records(range(300, 700)), "globex")
    log.publish(now=NOW)
    return log


def test_archive_is_the_log_as_tlog_tiles(log: Log, tmp_path: Path) -> None:
    archived = write_archive(log, tmp_path / "a", signer=SIGNER)
    assert archived.head == log.published()
    assert files(tmp_path / "a") == {
        "checkpoint",
        *(f"tile/0/{n}" for n in ("000", "001", "002.p/188")),
        *(f"tile/entries/{n}" for n in ("000", "001", "002.p/188")),
        "tile/1/000.p/2",
        "side/manifest-700",
        *(side_file(tmp_path / "a", name) for name in ("submissions", "checkpoints", "anchors")),
    }
    assert archived.tiles == 7
    for path in files(tmp_path / "a"):
        if path.startswith("tile/"):
            assert (tmp_path / "a" / path).read_bytes() == log.read_tile(Tile.parse(path))


def test_archive_is_read_back_verified(home: Home, tmp_path: Path) -> None:
    log = home.open()
    append(log, records(range(300)), "acme")
    log.publish(now=NOW)
    append(log, records(range(300, 700)), "globex")
    log.publish(now=NOW)
    log.record_anchor(anchor_of(log, 300), AnchorState.FINAL)
    write_archive(log, tmp_path / "a", signer=SIGNER)
    found = reader(tmp_path / "a")
    assert found.head == log.published()
    assert read_all(tmp_path / "a") == log.entries(0, 700)
    assert list(found.submissions()) == [
        Submitted(0, 300, "acme", NOW),
        Submitted(300, 400, "globex", NOW),
    ]
    assert [head for head, _ in found.checkpoints()] == [
        log.checkpoint_at(300),
        log.checkpoint_at(700),
    ]
    assert list(found.anchors()) == [(anchor_of(log, 300), AnchorState.FINAL)]
    run = next(found.entries(400))
    assert (run.first_index, run.entries[0]) == (400, record(400).entry)
    assert run.leaf_hashes == [leaf_hash(entry) for entry in run.entries]


def test_archive_holds_what_is_published_and_no_more(log: Log, tmp_path: Path) -> None:
    append(log, records(range(700, 900)))
    assert write_archive(log, tmp_path / "a", signer=SIGNER).head.size == 700
    assert len(read_all(tmp_path / "a")) == 700
    assert sum(s.length for s in reader(tmp_path / "a").submissions()) == 700


def test_archive_grows_by_what_is_new_and_drops_partial_tiles(log: Log, tmp_path: Path) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    untouched = (tmp_path / "a/tile/0/000").stat().st_mtime_ns
    append(log, records(range(700, 1_100)))
    log.publish(now=NOW)
    assert write_archive(log, tmp_path / "a", signer=SIGNER).tiles == 7
    assert (tmp_path / "a/tile/0/000").stat().st_mtime_ns == untouched
    assert "tile/0/002" in files(tmp_path / "a")
    assert not any("002.p" in path or path == "tile/1/000.p/2" for path in files(tmp_path / "a"))
    assert read_all(tmp_path / "a") == log.entries(0, 1_100)
    assert write_archive(log, tmp_path / "a", signer=SIGNER).tiles == 0


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The machine's administrator takes no care."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(directory: Path) -> dict[bool, set[int]]:
    """Collect the modes of directories (True) and of files (False) in a directory."""
    found: dict[bool, set[int]] = {True: set(), False: set()}
    for path in directory.rglob("*"):
        found[path.is_dir()].add(stat.S_IMODE(path.stat().st_mode))
    return found


@pytest.mark.usefixtures("open_umask")
def test_archive_is_its_owners_alone(log: Log, tmp_path: Path) -> None:
    write_archive(log, tmp_path / "made/for/it", signer=SIGNER)
    assert modes(tmp_path / "made") == {True: {0o700}, False: {0o600}}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700


@pytest.mark.usefixtures("open_umask")
def test_archive_that_was_open_to_all_is_closed_and_its_place_left_as_it_is(
    log: Log, tmp_path: Path
) -> None:
    """A tile that is there already keeps its mode, and nobody gets there."""
    place = tmp_path / "a"
    write_archive(log, place, signer=SIGNER)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755)
    (place / "checkpoint.new").write_bytes(b"left by a crash")
    append(log, records(range(700, 800)))
    log.publish(now=NOW)
    write_archive(log, place, signer=SIGNER)
    assert stat.S_IMODE((place / "tile").stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "side").stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "checkpoint").stat().st_mode) == 0o600
    # A directory that the operator has made is the operator's.
    assert stat.S_IMODE(place.stat().st_mode) == 0o755


def test_archive_of_an_unpublished_log_is_refused(sqlite: Home, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        write_archive(sqlite.open(), tmp_path / "a", signer=SIGNER)


def test_archive_of_the_empty_log_is_read_back(sqlite: Home, tmp_path: Path) -> None:
    log = sqlite.open()
    log.publish(now=NOW)
    write_archive(log, tmp_path / "a", signer=SIGNER)
    assert read_all(tmp_path / "a") == []


def test_archive_of_another_history_is_not_written_over(log: Log, tmp_path: Path) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    (tmp_path / "other").mkdir()
    other_home = sqlite_home(tmp_path / "other")
    other = other_home.open()
    append(other, records(range(1_000, 2_000)))
    other.publish(now=NOW)
    before = {path: (tmp_path / "a" / path).read_bytes() for path in files(tmp_path / "a")}
    with pytest.raises(ConflictError) as caught:
        write_archive(other, tmp_path / "a", signer=SIGNER)
    assert caught.value.code == "archive.other-history"
    assert {path: (tmp_path / "a" / path).read_bytes() for path in before} == before
    other_home.close()


def test_archive_cut_short_is_the_one_before_it(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    before, submitted = log.entries(0, 700), list(reader(tmp_path / "a").submissions())
    log.record_anchor(anchor_of(log, 700), AnchorState.FINAL)
    append(log, records(range(700, 1_100)))
    log.publish(now=NOW)
    replace = os.replace
    for allowed in range(15):
        left = allowed

        def cut_short(*paths: Path) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError
            replace(*paths)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", cut_short)
            with pytest.raises(OSError):  # noqa: PT011 - the one above
                write_archive(log, tmp_path / "a", signer=SIGNER)
        assert read_all(tmp_path / "a") == before
        assert list(reader(tmp_path / "a").submissions()) == submitted
    write_archive(log, tmp_path / "a", signer=SIGNER)
    assert read_all(tmp_path / "a") == log.entries(0, 1_100)
    assert len([path for path in files(tmp_path / "a") if path.startswith("side/")]) == 4


def test_archive_at_the_same_size_cut_short_is_the_one_before_it(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but an anchor is new, so all that is written has a place in the old archive."""
    write_archive(log, tmp_path / "a", signer=SIGNER)
    log.record_anchor(anchor_of(log, 700), AnchorState.FINAL)
    replace = os.replace
    for allowed in range(7):
        left = allowed

        def cut_short(*paths: Path) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError
            replace(*paths)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", cut_short)
            with pytest.raises(OSError):  # noqa: PT011 - the one above
                write_archive(log, tmp_path / "a", signer=SIGNER)
        assert list(reader(tmp_path / "a").anchors()) == []
    write_archive(log, tmp_path / "a", signer=SIGNER)
    assert list(reader(tmp_path / "a").anchors()) == [(anchor_of(log, 700), AnchorState.FINAL)]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/188",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/002.p/188",
        "checkpoint",
    ],
)
def test_reading_an_archive_with_one_flipped_bit_anywhere_is_refused(
    log: Log, tmp_path: Path, path: str
) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    file = tmp_path / "a" / path
    data = file.read_bytes()
    for place in {0, 1, 31, 32, len(data) // 2, len(data) - 1}:
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises((VerificationError, MalformedError)):
            read_all(tmp_path / "a")
    for cut in (b"", data[:-1], data[:32]):
        file.write_bytes(cut)
        with pytest.raises((VerificationError, MalformedError)):
            read_all(tmp_path / "a")
    file.unlink()
    with pytest.raises(NotFoundError):
        read_all(tmp_path / "a")


def test_reading_an_archive_of_another_key_is_refused(log: Log, tmp_path: Path) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    stranger = Signer.generate("example.com/log")
    with pytest.raises(VerificationError):
        SourceReader(Directory(tmp_path / "a"), stranger.verifier)


def test_reading_a_wider_tile_in_the_place_of_a_partial_one(log: Log, tmp_path: Path) -> None:
    """A server may drop partial tiles once the full ones are there."""
    write_archive(log, tmp_path / "a", signer=SIGNER)
    append(log, records(range(700, 800)))
    for level in ("0", "entries"):
        (tmp_path / f"a/tile/{level}/002.p/188").unlink()
        full = log.read_tile(Tile.parse(f"tile/{level}/002"))
        (tmp_path / f"a/tile/{level}/002").write_bytes(full)
    assert read_all(tmp_path / "a") == log.entries(0, 700)


# Side files


@given(
    st.integers(0, 2**53 - 1),
    st.integers(1, 2**53 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_submission_line_is_read_back(
    first: int, length: int, submitter: str | None, received_at: datetime | None
) -> None:
    submitted = Submitted(first, length, submitter, received_at)
    line = sidecar.submission_line(submitted)
    assert line.count(b"\n") == 1
    assert list(sidecar.read_submissions(line * 2)) == [submitted] * 2


@given(st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b"null", b'{"note":1}']))
def test_side_files_of_any_bytes_give_values_or_malformed(data: bytes) -> None:
    for read in (sidecar.read_submissions, sidecar.read_checkpoints, sidecar.read_anchors):
        try:
            values = list(read(data))
        except MalformedError:
            continue
        assert values == []
        assert data == b""


@given(st.data())
def test_side_file_with_changed_bytes_gives_values_or_malformed(data: st.DataObject) -> None:
    original = sidecar.submission_line(Submitted(3, 4, "acme", NOW))
    at = data.draw(st.integers(0, len(original) - 1))
    changed = original[:at] + data.draw(st.binary(max_size=2)) + original[at + 1 :]
    try:
        found = list(sidecar.read_submissions(changed))
    except MalformedError:
        return
    assert all(submitted.length > 0 for submitted in found)


def test_root_of_the_archive_is_the_root_of_its_entries(log: Log, tmp_path: Path) -> None:
    write_archive(log, tmp_path / "a", signer=SIGNER)
    leaves = [leaf_hash(entry) for entry in read_all(tmp_path / "a")]
    assert reader(tmp_path / "a").head.root == merkle.root(leaves)
