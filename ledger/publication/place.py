"""Where tiles and checkpoint are published: a directory that a web server shows, an object store.

A place keeps files by their paths. `write` is durable when it returns. `replace` is for the one
file that changes, the checkpoint, and is refused where something else stands there than was read: a
process that was stopped in between can never put an older checkpoint over a newer one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from ledger import durable_file
from ledger.errors import ConflictError, UnavailableError

__all__ = ["CHECKPOINT", "DirectoryPlace", "File", "Place", "moved", "unavailable"]

CHECKPOINT = "checkpoint"
_LOCK = ".checkpoint.lock"


class File(NamedTuple):
    """A file's bytes, and what `replace` knows them by."""

    data: bytes
    version: str


class Place(Protocol):
    """Keeps published files. Every method raises UnavailableError where that fails."""

    def read(self, path: str) -> File | None:
        """Read a file, None where there is none."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file that never changes."""

    def replace(self, path: str, data: bytes, *, old: File | None) -> None:
        """Write a file where `old` stands, or nothing; raise ConflictError where not so."""

    def remove_below(self, directory: str) -> None:
        """Remove all files of a directory, where there are any."""


class DirectoryPlace:
    """A directory. What is made here may be read by everyone: it is published."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, path: str) -> File | None:
        """Read a file."""
        with _as_unavailable():
            try:
                data = (self._path / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return File(data, "")

    def write(self, path: str, data: bytes) -> None:
        """Write a file."""
        with _as_unavailable():
            file = self._path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            durable_file.replace(file, [data])

    def replace(self, path: str, data: bytes, *, old: File | None) -> None:
        """Compare and replace, alone; raise UnavailableError where another process does so now."""
        with _as_unavailable():
            self._path.mkdir(parents=True, exist_ok=True)
            # Not waiting: a process that is stopped would keep everyone.
            lock = os.open(self._path / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                standing = self.read(path)
                if (standing and standing.data) != (old and old.data):
                    raise moved()
                self.write(path, data)
            finally:
                os.close(lock)

    def remove_below(self, directory: str) -> None:
        """Remove the files and their directory."""
        with _as_unavailable():
            try:
                for file in (self._path / directory).iterdir():
                    file.unlink()
                (self._path / directory).rmdir()
            except FileNotFoundError:
                return


def moved() -> ConflictError:
    """Say that the checkpoint is not the one that was read."""
    return ConflictError(
        "publication.moved", "another process has published to the same place meanwhile"
    )


def unavailable(found: str) -> UnavailableError:
    """Say that a place could not be read or written."""
    return UnavailableError(
        "publication.unavailable",
        "the place where the log is published could not be read or written",
        found=found,
    )


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(error.strerror or type(error).__name__) from error
