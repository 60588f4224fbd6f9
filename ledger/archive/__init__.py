"""An archive: a log's published files on disk, as C2SP tlog-tiles lays them out, and side files.

    checkpoint                     the newest published checkpoint, to which all the rest belongs
    tile/<L>/<N>[.p/<W>]           hash tiles
    tile/entries/<N>[.p/<W>]       entry bundles
    side/manifest-<size>           names the side files to that checkpoint (see `manifest`)
    side/*.ndjson                  what the log knows beside its tiles (see `sidecar`)

Writing again adds what is new, since full tiles never change, and side files are written under
names of their own. The checkpoint is replaced last, so that an archive whose writing was cut short
is still the one before it.

Entries name parties: directories and files that are made here are for their owner only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ledger import durable_file
from ledger.archive.manifest import SIDE_FILES, Manifest, SideFile, manifest_path
from ledger.archive.sidecar import anchor_line, checkpoint_line, submission_line
from ledger.archive.source import CHECKPOINT, Directory, SourceReader
from ledger.errors import ConflictError, NotFoundError
from ledger.head import Head
from ledger.log import Log
from ledger.note import Signer
from ledger.tile import ENTRIES, HEIGHT, WIDTH, Tile, tiles_between

__all__ = ["Archived", "write_archive"]

_PAGE = 1_000
_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600
_TILES, _SIDE = "tile", "side"


class Archived(NamedTuple):
    """The checkpoint that an archive holds now, and how many tiles and bundles were written."""

    head: Head
    tiles: int


def write_archive(log: Log, directory: Path, *, signer: Signer) -> Archived:
    """Write the log up to its newest published checkpoint, or add what an archive lacks.

    `signer` is the log's own, for the manifest. Raises NotFoundError where nothing is published,
    ConflictError where the directory holds another log, or another history of this one.
    """
    head = log.published()
    if head is None:
        raise NotFoundError("archive.unpublished", "the log has published no checkpoint yet")
    old_size = _archived_size(log, directory, head)
    written = 0
    _make_private(directory / _TILES)
    for tile in tiles_between(old_size, head.size):
        _replace(directory / tile.path(), iter((log.read_tile(tile),)))
        written += 1
    manifest = _write_side_files(log, directory, head)
    _replace(directory / manifest_path(head.size), iter((manifest.sign(signer).encode(),)))
    _replace(directory / CHECKPOINT, iter((head.note.encode(),)))
    _remove_side_files(directory, keep=manifest)
    kept = set(_partial_tiles(head.size))
    for tile in _partial_tiles(old_size):
        if tile not in kept:
            (directory / tile.path()).unlink(missing_ok=True)
    return Archived(head, written)


def _archived_size(log: Log, directory: Path, head: Head) -> int:
    try:
        old = SourceReader(Directory(directory), log.verifier).head
    except NotFoundError:
        return 0
    if old.size > head.size or log.tree(old.size).root() != old.root:
        raise ConflictError(
            "archive.other-history",
            "the directory holds another history than the log",
            expected=f"the root that the log had at size {old.size}",
            found=old.root.hex(),
            hint="Write to another directory.",
        )
    return old.size


def _write_side_files(log: Log, directory: Path, head: Head) -> Manifest:
    lines = (
        _submission_lines(log, head.size),
        _checkpoint_lines(log, head.size),
        (anchor_line(anchor) for anchor in log.store.anchors()),
    )
    files = zip(SIDE_FILES, lines, strict=True)
    return Manifest(
        head.checkpoint, tuple(_write_side_file(directory, name, pieces) for name, pieces in files)
    )


def _write_side_file(directory: Path, name: str, pieces: Iterable[bytes]) -> SideFile:
    """Write a side file under the name that its content gives it."""
    length, digest = 0, hashlib.sha256()

    def passing() -> Iterator[bytes]:
        nonlocal length
        for piece in pieces:
            length += len(piece)
            digest.update(piece)
            yield piece

    draft = directory / _SIDE / name
    _make_private(draft.parent)
    _replace(draft, passing())
    file = SideFile(name, length, digest.digest())
    # Durable with the manifest, which is written into the same directory next.
    draft.replace(directory / file.path)
    return file


def _remove_side_files(directory: Path, *, keep: Manifest) -> None:
    """Remove the side files of earlier checkpoints, and what a crash has left."""
    kept = {manifest_path(keep.checkpoint.size), *(file.path for file in keep.files)}
    for path in (directory / _SIDE).iterdir():
        if f"{_SIDE}/{path.name}" not in kept:
            path.unlink(missing_ok=True)


def _replace(path: Path, pieces: Iterator[bytes]) -> None:
    _make(path.parent)
    durable_file.replace(path, pieces, mode=_FILE_MODE)


def _make_private(directory: Path) -> None:
    """Make a directory of the archive's own, and close one that an older version left open."""
    _make(directory)
    directory.chmod(_DIRECTORY_MODE)


def _make(directory: Path) -> None:
    """Make a directory with those above it: mkdir itself would leave those open to everyone."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(_DIRECTORY_MODE, exist_ok=True)


def _submission_lines(log: Log, size: int) -> Iterator[bytes]:
    start = 0
    while True:
        with log.store.reading() as reading:
            page = reading.submissions(start, _PAGE)
        for submitted in page:
            if submitted.first_index < size:
                yield submission_line(submitted)
        if not page or page[-1].first_index >= size:
            return
        start = page[-1].first_index + 1


def _checkpoint_lines(log: Log, size: int) -> Iterator[bytes]:
    start = 0
    while True:
        with log.store.reading() as reading:
            page = reading.checkpoints(start, _PAGE)
        for published in page:
            if published.head.size <= size:
                yield checkpoint_line(published)
        if not page:
            return
        start = page[-1].head.size + 1


def _partial_tiles(size: int) -> Iterator[Tile]:
    for level in count(ENTRIES):
        hashes = size >> (HEIGHT * max(level, 0))
        if not hashes:
            return
        if hashes % WIDTH:
            yield Tile(level, hashes // WIDTH, hashes % WIDTH)
