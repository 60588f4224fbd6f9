"""The data directory: made at the first start, and held by one running ledger at a time.

Two ledgers of one directory would pay from one account and use each other's nonces; on embedded
chains each would call the other's anchors gone. Commands that only read the store, or fill it up
in one transaction, need no hold. The lock is the kernel's: it ends with the process, however.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.errors import ConfigurationError

__all__ = ["DataDirectory"]

_DIRECTORY_MODE = 0o700
_LOCK = "lock"
_LOCK_MODE = 0o600


class DataDirectory:
    """A directory, held until `close`, or as a context manager."""

    def __init__(self, path: Path) -> None:
        """Make the directory where there is none, and hold it; raise ConfigurationError."""
        try:
            path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            self._lock = os.open(path / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _LOCK_MODE)
        except OSError as error:
            raise ConfigurationError(
                "settings.data-dir",
                f"data directory {path}: cannot be used",
                expected="a directory, or a place where one can be made",
                found=error.strerror or type(error).__name__,
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise ConfigurationError(
                "settings.data-dir-in-use",
                f"data directory {path}: another ledger is running there",
                expected="a directory that no other process serves",
                found=error.strerror or type(error).__name__,
                hint="Stop the other one, or name another directory: CROSSPROOF_DATA_DIR.",
            ) from error

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
