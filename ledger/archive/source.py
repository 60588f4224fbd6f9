"""A source of a log's published files: an archive on disk, or whatever answers to their paths.

A source is believed in nothing. `SourceReader` holds its checkpoint against the log's key, every
hash tile against the checkpoint's root, every entry against its leaf, and every side file against
the manifest that the log's key has signed. A source without one has no side files: then nobody
knows who submitted what, and anchors are learnt from the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from ledger.archive.manifest import Manifest, manifest_path
from ledger.archive.sidecar import (
    ANCHORS,
    CHECKPOINTS,
    SUBMISSIONS,
    read_anchors,
    read_checkpoints,
    read_submissions,
)
from ledger.checkpoint import open_checkpoint
from ledger.errors import MalformedError, NotFoundError, UnavailableError, VerificationError
from ledger.head import Head
from ledger.merkle import leaf_hash
from ledger.note import MAX_NOTE_SIZE, NoteVerifier
from ledger.store import Published, StoredAnchor, Submitted
from ledger.tile import ENTRIES, WIDTH, Tile, decode_entries
from ledger.verified_tiles import VerifiedTiles, split_hashes

__all__ = ["CHECKPOINT", "Directory", "EntryRun", "Source", "SourceReader"]

CHECKPOINT = "checkpoint"

_T = TypeVar("_T")


class Source(Protocol):
    """Gives a log's files by their paths (C2SP tlog-tiles)."""

    def read(self, path: str) -> bytes:
        """Read a file; raise NotFoundError where there is none, UnavailableError if none can."""


class Directory:
    """A directory as a source."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, path: str) -> bytes:
        """Read a file."""
        try:
            return (self._path / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(
                "archive.missing", "the archive lacks a file", found=path
            ) from error
        except OSError as error:
            raise UnavailableError(
                "archive.unavailable", "the archive cannot be read", found=str(error)
            ) from error


class EntryRun(NamedTuple):
    """Verified entries from `first_index` on, with their leaf hashes."""

    first_index: int
    entries: list[bytes]
    leaf_hashes: list[bytes]


class SourceReader:
    """Reads a source as of its checkpoint, which must be signed by the log's key.

    Side files are read where `side_files` are asked for: then there must be a manifest of them.
    """

    def __init__(self, source: Source, verifier: NoteVerifier, *, side_files: bool = False) -> None:
        self._source = source
        note = _text(source.read(CHECKPOINT))
        checkpoint, _ = open_checkpoint(note, verifier)
        self.head = Head(checkpoint, note)
        self._manifest = self._read_manifest(verifier) if side_files else None
        # Reads hash tiles, and raises VerificationError for one that is not the tree's.
        self.tiles = VerifiedTiles(checkpoint.size, checkpoint.root, self._read_tile)

    def entries(self, start: int = 0) -> Iterator[EntryRun]:
        """Read the entries from `start` on, bundle by bundle, each held against its leaf."""
        size = self.head.size
        for number in range(start // WIDTH, -(-size // WIDTH)):
            first = number * WIDTH
            tile = Tile.holding(0, first, size)
            leaf_hashes = split_hashes(self.tiles(tile))
            bundle = self._read_tile(Tile(ENTRIES, number, tile.width))
            entries = decode_entries(bundle, tile.width)
            for index, (entry, leaf) in enumerate(zip(entries, leaf_hashes, strict=True), first):
                if leaf_hash(entry) != leaf:
                    raise VerificationError(
                        "archive.entry",
                        f"entry {index} is not the one that was logged",
                        expected=leaf.hex(),
                        found=leaf_hash(entry).hex(),
                    )
            skip = max(start - first, 0)
            yield EntryRun(first + skip, entries[skip:], leaf_hashes[skip:])

    def submissions(self) -> Iterator[Submitted]:
        """Read who submitted what; nothing without side files."""
        return self._side_file(SUBMISSIONS, read_submissions)

    def checkpoints(self) -> Iterator[Published]:
        """Read the published checkpoints; none without side files."""
        return self._side_file(CHECKPOINTS, read_checkpoints)

    def anchors(self) -> Iterator[StoredAnchor]:
        """Read the anchors; none without side files."""
        return self._side_file(ANCHORS, read_anchors)

    def _read_manifest(self, verifier: NoteVerifier) -> Manifest:
        try:
            note = self._source.read(manifest_path(self.head.size))
        except NotFoundError as error:
            raise NotFoundError(
                "archive.no-manifest",
                "nothing says which side files the log has signed",
                expected=manifest_path(self.head.size),
                hint="Without side files `crossproof recover` can do: --without-side-files.",
            ) from error
        return Manifest.open(_text(note), self.head.checkpoint, verifier)

    def _side_file(self, name: str, read: Callable[[bytes], Iterator[_T]]) -> Iterator[_T]:
        if self._manifest is None:
            return iter(())
        (file,) = (file for file in self._manifest.files if file.name == name)
        data = self._source.read(file.path)
        if len(data) != file.length or hashlib.sha256(data).digest() != file.sha256:
            raise VerificationError(
                "archive.side-file",
                f"{file.path} is not the file that the log has signed",
                expected=f"{file.length} bytes, SHA-256 {file.sha256.hex()}",
                found=f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}",
            )
        return read(data)

    def _read_tile(self, tile: Tile) -> bytes:
        try:
            return self._source.read(tile.path())
        except NotFoundError:
            # A partial tile may go once its full one is there (C2SP tlog-tiles, partial tiles).
            if tile.width == WIDTH:
                raise
            return self._source.read(Tile(tile.level, tile.number).path())


def _text(note: bytes) -> str:
    try:
        return note[: MAX_NOTE_SIZE + 1].decode()
    except UnicodeDecodeError as error:
        raise MalformedError("note.malformed", "not a signed note", found="not UTF-8") from error
