"""The data directory: made at the first start, and held by each ledger that runs there.

A directory has seats, each with a lock and a name that nobody else has. On SQLite there is one:
two ledgers would write one file, and on embedded chains each would call the other's anchors gone.
On PostgreSQL there are as many as processes may write one log; which of them publishes, anchors and
pays is another matter (see `lease`). Commands that only read the store, or fill it up in one
transaction, need no seat. The locks are the kernel's: they end with the process, however.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from ledger.errors import ConfigurationError

__all__ = ["MAX_SEATS", "DataDirectory"]

# Each costs a small file to be read at every append, and every process a worker's connections.
MAX_SEATS = 64

_DIRECTORY_MODE = 0o700
_LOCK = "lock"
_STARTING = "starting"
_LOCK_MODE = 0o600
_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


class DataDirectory:
    """A directory in which one seat is held until `close`, or as a context manager.

    `seat` is its number, `holder` its name, the same whenever the seat is taken again.
    """

    def __init__(self, path: Path, *, seats: int = 1) -> None:
        """Make the directory where there is none, and hold a seat; raise ConfigurationError."""
        self._path = path
        try:
            path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            for self.seat in range(seats):
                name = _LOCK if self.seat == 0 else f"{_LOCK}.{self.seat}"
                self._lock = os.open(path / name, _OPEN, _LOCK_MODE)
                try:
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self.close()
                    continue
                self.holder = _name(self._lock)
                return
        except OSError as error:
            raise ConfigurationError(
                "settings.data-dir",
                f"data directory {path}: cannot be used",
                expected="a directory, or a place where one can be made",
                found=error.strerror or type(error).__name__,
            ) from error
        raise ConfigurationError(
            "settings.data-dir-in-use",
            f"data directory {path}: another ledger is running there",
            expected="a directory that no other process serves"
            if seats == 1
            else f"at most {seats} processes",
            hint="Stop the other one, or name another directory: CROSSPROOF_DATA_DIR. Several may "
            "serve one on PostgreSQL, with a chain that is not embedded.",
        )

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Let nobody else start here meanwhile: the first one makes the keys for all."""
        lock = os.open(self._path / _STARTING, _OPEN, _LOCK_MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._lock)


def _name(lock: int) -> str:
    """Read the name in a lock's file, which must be held; give it one where it has none."""
    text = os.pread(lock, 64, 0).decode("ascii", errors="replace")
    try:
        return str(UUID(text))
    except ValueError:
        name = str(uuid4())
        os.ftruncate(lock, 0)
        os.pwrite(lock, name.encode(), 0)
        return name
