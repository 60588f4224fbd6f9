"""Tiles and checkpoint in a directory and an object store: whole at every moment, never older."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import obstore
import pytest

from ledger.archive.recovery import recover
from ledger.archive.source import Directory, SourceReader
from ledger.errors import ConflictError, NotFoundError, UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.publication import Publication, PublicationState, open_place
from ledger.publication.object_store import ObjectPlace
from ledger.publication.place import CHECKPOINT, File, Place
from ledger.store import Store
from ledger.tile import ENTRIES, Tile, tiles_between
from tests.log_home import NOW, SIGNER, Home, append, records
from tests.s3_server import S3Server, s3_server

_BUCKET = "tiles"


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        server.create_bucket(_BUCKET)
        yield server


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
        monkeypatch.setenv(f"AWS_{name}", "us-east-1")


_prefixes = count()


@pytest.fixture(params=["directory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "directory":
        return f"file://{tmp_path / 'public' / 'log'}"
    request.getfixturevalue("_keys")
    return f"s3://{_BUCKET}/log/{next(_prefixes)}"


@pytest.fixture
def place(url: str, request: pytest.FixtureRequest) -> Place:
    endpoint = request.getfixturevalue("s3").url if url.startswith("s3:") else None
    return open_place(url, endpoint=endpoint)


@dataclass
class PlaceSource:
    """A place as whoever reads it sees it."""

    place: Place

    def read(self, path: str) -> bytes:
        file = self.place.read(path)
        if file is None:
            raise NotFoundError("archive.missing", "there is no such file", found=path)
        return file.data


def grow(log: Log, size: int) -> Head:
    """Append until the log has so many entries, and publish."""
    append(log, records(range(log.head().size, size)))
    head = log.publish(now=NOW)
    assert head is not None
    return head


def published(place: Place) -> int:
    """Check every hash tile of the checkpoint that stands there; give its size, -1 for none."""
    try:
        reader = SourceReader(PlaceSource(place), SIGNER.verifier)
    except NotFoundError:
        return -1
    for tile in tiles_between(0, reader.head.size):
        if tile.level != ENTRIES:
            reader.tiles(tile)
    return reader.head.size


# What is written


@pytest.mark.parametrize("sizes", [[1], [255, 256, 257], [100, 700, 701, 66_000]])
def test_step_publishes_what_was_added_since(sqlite: Home, place: Place, sizes: list[int]) -> None:
    log = sqlite.open()
    publication = Publication(log, place)
    assert publication.step() == 0
    assert published(place) == -1
    for size in sizes:
        grow(log, size)
        assert publication.step() == size == publication.step()
        assert published(place) == size


def test_step_writes_full_tiles_once_and_the_checkpoint_last(sqlite: Home, place: Place) -> None:
    log = sqlite.open()
    watched = Watched(place)
    publication = Publication(log, watched)
    grow(log, 600)
    publication.step()
    assert watched.written[-1] == CHECKPOINT
    grow(log, 700)
    publication.step()
    assert watched.written[-2:] == ["tile/0/002.p/188", CHECKPOINT]
    assert watched.written.count("tile/0/000") == watched.written.count("tile/0/001") == 1
    before = len(watched.written)
    publication.step()
    assert len(watched.written) == before


def test_partial_tiles_stay_until_their_full_one_is_there(sqlite: Home, place: Place) -> None:
    log = sqlite.open()
    publication = Publication(log, place)
    for size in (100, 200):
        grow(log, size)
        publication.step()
    assert place.read("tile/0/000.p/100") is not None
    grow(log, 300)
    publication.step()
    assert place.read("tile/0/000.p/100") is None
    assert place.read("tile/0/000.p/200") is None
    assert place.read("tile/0/000") is not None
    assert place.read("tile/0/001.p/44") is not None
    assert published(place) == 300


def test_checkpoint_that_gains_a_signature_is_published_again(sqlite: Home, place: Place) -> None:
    log = sqlite.open()
    publication = Publication(log, place)
    head = grow(log, 3)
    publication.step()
    witness = SIGNER.from_seed("example.com/witness", bytes(range(1, 33)))
    cosigned = log.cosign(head, witness)
    assert cosigned.note != head.note
    publication.step()
    standing = place.read(CHECKPOINT)
    assert standing is not None
    assert standing.data.decode() == cosigned.note


# Entries


def test_entries_are_written_only_where_that_is_asked_for(sqlite: Home, place: Place) -> None:
    log = sqlite.open()
    grow(log, 300)
    Publication(log, place).step()
    assert place.read(Tile(ENTRIES, 0).path()) is None
    # Asked for later: those of before too.
    Publication(log, place, entries=True).step()
    reader = SourceReader(PlaceSource(place), SIGNER.verifier)
    assert sum(len(run.entries) for run in reader.entries()) == 300


def test_recover_from_what_is_published_brings_the_log_back(
    sqlite: Home, place: Place, tmp_path: Path
) -> None:
    log = sqlite.open()
    grow(log, 700)
    Publication(log, place, entries=True).step()
    with Store.open(f"sqlite:///{tmp_path / 'again'}") as store:
        recovered = recover(
            store, PlaceSource(place), HeadRecord(tmp_path / "head"),
            verifier=SIGNER.verifier, side_files=False,
        )  # fmt: skip
        assert (recovered.size, recovered.missing) == (700, 0)
        again = Log.open(store, SIGNER, HeadRecord(tmp_path / "head"))
        assert again.head() == log.head()
        assert again.entries(0, 700) == log.entries(0, 700)


def test_directory_is_an_archive_without_side_files(sqlite: Home, tmp_path: Path) -> None:
    log = sqlite.open()
    grow(log, 300)
    Publication(log, open_place(f"file://{tmp_path / 'out'}"), entries=True).step()
    reader = SourceReader(Directory(tmp_path / "out"), SIGNER.verifier)
    assert sum(len(run.entries) for run in reader.entries()) == 300
    tile = tmp_path / "out" / "tile" / "0" / "000"
    assert tile.stat().st_mode & 0o777 == 0o644


# What must never happen


class KilledError(Exception):
    """The process ends here."""


class Watched:
    """A place that writes down what is written, and may end the process before or after a write."""

    def __init__(self, place: Place, *, writes: int = -1, after: bool = False) -> None:
        self._place = place
        self._left = writes
        self._after = after
        self.written: list[str] = []

    def read(self, path: str) -> File | None:
        return self._place.read(path)

    def write(self, path: str, data: bytes) -> None:
        self._end(after=False)
        self._place.write(path, data)
        self.written.append(path)
        self._end(after=True)

    def replace(self, path: str, data: bytes, *, old: File | None) -> None:
        self._end(after=False)
        self._place.replace(path, data, old=old)
        self.written.append(path)
        self._end(after=True)

    def remove_below(self, directory: str) -> None:
        self._end(after=False)
        self._place.remove_below(directory)
        self._end(after=True)

    def _end(self, *, after: bool) -> None:
        if after == self._after:
            self._left -= 1
            if self._left == -1:
                raise KilledError


@pytest.mark.parametrize("after", [False, True])
def test_killed_between_any_two_writes_readers_find_a_whole_log_and_it_goes_on(
    sqlite: Home, place: Place, *, after: bool
) -> None:
    log = sqlite.open()
    steps = 0
    for writes in count():
        size = log.head().size
        grow(log, size + 500)
        try:
            Publication(log, Watched(place, writes=writes, after=after)).step()
        except KilledError:
            steps += 1
            assert published(place) in {-1 if size == 0 else size, size + 500}
            # Some other process goes on.
            assert Publication(log, place).step() == size + 500
            assert published(place) == size + 500
        else:
            break
    assert steps > 4


def test_older_checkpoint_is_never_put_over_a_newer_one(sqlite: Home, place: Place) -> None:
    """A process is stopped before its last write, replaced, and goes on."""
    log = sqlite.open()
    grow(log, 100)
    slow = Publication(log, Slow(place, log))
    with pytest.raises(ConflictError) as caught:
        slow.step()
    assert caught.value.code == "publication.moved"
    assert published(place) == 300


class Slow(Watched):
    """A place where another process publishes more before the checkpoint is replaced."""

    def __init__(self, place: Place, log: Log) -> None:
        super().__init__(place)
        self._log = log

    def replace(self, path: str, data: bytes, *, old: File | None) -> None:
        grow(self._log, 300)
        Publication(self._log, self._place).step()
        super().replace(path, data, old=old)


def test_step_that_knows_of_less_than_is_published_leaves_it(sqlite: Home, place: Place) -> None:
    """A restored backup publishes nothing over what it has forgotten."""
    log = sqlite.open()
    grow(log, 10)
    older = sqlite.copy()
    log = sqlite.open()
    grow(log, 20)
    Publication(log, place).step()
    restored = Log.open(Store.open(older), SIGNER, HeadRecord(sqlite.directory / "head"))
    with pytest.raises(ConflictError) as caught:
        Publication(restored, place).step()
    assert caught.value.code == "publication.ahead"
    restored.close()
    assert published(place) == 20


@pytest.mark.parametrize("what", [b"", b"\xff", b"example.com/log\n1\nAAAA\n", None])
def test_place_that_holds_something_else_is_left_alone(
    sqlite: Home, place: Place, tmp_path: Path, what: bytes | None
) -> None:
    log = sqlite.open()
    grow(log, 10)
    if what is None:
        # Of the same key: a fork.
        with Store.open(f"sqlite:///{tmp_path / 'other'}") as store:
            other = Log.open(store, SIGNER, HeadRecord(tmp_path / "other-head"))
            append(other, records(range(50, 55)))
            head = other.publish(now=NOW)
            assert head is not None
            what = head.note.encode()
    place.replace(CHECKPOINT, what, old=None)
    with pytest.raises(ConflictError) as caught:
        Publication(log, place).step()
    assert caught.value.code == "publication.foreign"
    standing = place.read(CHECKPOINT)
    assert standing is not None
    assert standing.data == what
    assert place.read("tile/0/000.p/10") is None


# Object stores


@pytest.fixture
def bucket(s3: S3Server, _keys: None) -> Place:
    return open_place(f"s3://{_BUCKET}/f/{next(_prefixes)}", endpoint=s3.url, timeout=0.5)


def test_objects_say_how_long_they_may_be_kept(sqlite: Home, bucket: ObjectPlace) -> None:
    log = sqlite.open()
    grow(log, 300)
    Publication(log, bucket).step()

    def told(path: str) -> dict[str, str]:
        return dict(obstore.get(bucket._store, path).attributes)

    for path in ("tile/0/000", "tile/0/001.p/44"):
        assert told(path) == {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Type": "application/octet-stream",
        }
    assert told(CHECKPOINT) == {
        "Cache-Control": "public, no-cache",
        "Content-Type": "text/plain; charset=utf-8",
    }


@pytest.mark.parametrize("fault", ["busy", "lost reply", "silence"])
@pytest.mark.parametrize("request_number", range(8))
def test_requests_that_fail_for_a_moment_are_sent_again(
    sqlite: Home, s3: S3Server, bucket: Place, fault: str, request_number: int
) -> None:
    log = sqlite.open()
    publication = Publication(log, bucket)
    grow(log, 10)
    publication.step()
    grow(log, 300)
    s3.faults = [""] * request_number + [fault]
    try:
        publication.step()
    except UnavailableError:
        # A write that is not answered is not known to be harmless when sent again.
        assert fault == "silence"
        publication.step()
    s3.faults = []
    assert published(bucket) == 300


def test_store_that_is_away_is_unavailable_and_nothing_is_lost(
    sqlite: Home, s3: S3Server, bucket: Place
) -> None:
    log = sqlite.open()
    publication = Publication(log, bucket)
    grow(log, 10)
    s3.faults = ["busy"] * 1000
    error = publication._guarded_step()
    assert error is not None
    assert error.code == "publication.unavailable"
    assert publication.state.error is error
    s3.faults = []
    assert publication._guarded_step() is None
    assert publication.state == PublicationState(10)


@pytest.mark.parametrize(
    "url",
    [
        "", "tiles", "/srv/tiles", "file:tiles", "file://host/tiles", "http://example.com",
        "s3:", "s3://", "s3://key:secret@bucket/x", "s3://bucket/x?a=b", "s3://[bucket",
    ],
)  # fmt: skip
def test_open_place_refuses_what_names_none(url: str) -> None:
    with pytest.raises(Exception, match="cannot be used") as caught:
        open_place(url)
    assert getattr(caught.value, "code", None) == "publication.url"
    assert url == "" or url not in str(caught.value).replace(caught.value.expected, "")  # type: ignore[attr-defined]
