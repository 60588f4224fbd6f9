"""A file that is replaced as a whole: after a crash it holds the old bytes or the new ones.

Write beside it, fsync, rename over it, fsync the directory. Only when all four have succeeded are
the new bytes durable; after a failure they may or may not be there, and writing them again is the
one way to be sure (an fsync that is merely repeated may succeed without having written).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

__all__ = ["replace"]

_MODE = 0o644


def replace(path: Path, pieces: Iterable[bytes], *, mode: int = _MODE) -> None:
    """Replace a file's bytes durably. Its directory must exist; writers must take turns."""
    # Always the same name: what a crash left is overwritten.
    beside = path.with_name(f"{path.name}.new")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        if stat.S_IMODE(os.fstat(file).st_mode) & ~mode:
            # What a crash left was open to more readers.
            os.fchmod(file, mode)
        for piece in pieces:
            _write(file, piece)
        os.fsync(file)
    finally:
        os.close(file)
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
