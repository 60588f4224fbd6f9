"""A key file: readable by its owner alone, made whole or not at all, never overwritten.

Text goes in and comes out; what it means, `keys` and `signing_key` say. A file has mode 0600 from
its first byte, and errors show nothing of what it holds.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from ledger.errors import ConfigurationError

__all__ = ["checked_passphrase", "named", "read_private", "unusable", "write_new"]

_MODE = 0o600
_MAX_FILE_SIZE = 65_536


def checked_passphrase(passphrase: str) -> str:
    """Refuse a passphrase that protects nothing, or that no keyboard could repeat."""
    if not passphrase or any("\ud800" <= c <= "\udfff" for c in passphrase):
        raise ConfigurationError(
            "key.passphrase",
            "the passphrase cannot be used",
            expected="at least one character, as UTF-8",
            found="something that is not UTF-8" if passphrase else "an empty one",
            hint="Leave it out to keep the keys in the clear.",
        )
    return passphrase


def read_private(path: Path) -> str:
    """Read a key file that its owner alone may read; raise ConfigurationError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_FILE_SIZE)
    except OSError as error:
        raise unusable(named(path), "a readable key file", type(error).__name__) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(
            "key.mode",
            f"key file {path}: others may read it",
            expected="mode 0600",
            found=oct(stat.S_IMODE(mode)),
            hint=f"If nobody has: chmod 600 {path}",
        )
    # Every format of a key file is ASCII but for the log's name. What is not UTF-8 is none of
    # them, and a decoding error would carry the file's bytes, a secret, along.
    return data.decode(errors="replace")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: whole, durable and private, or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _link_new(path, text)
    except OSError as error:
        raise ConfigurationError(
            "key.unwritable",
            f"key file {path}: cannot be written",
            expected="a directory in which files can be made and linked",
            found=error.strerror or type(error).__name__,
        ) from error


def _link_new(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, refuses to replace a key that someone else made meanwhile.
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise ConfigurationError(
                "key.exists",
                f"key file {path}: it is there already, and keys are never overwritten",
            ) from None
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def named(path: Path) -> str:
    """Name a key file in errors."""
    return f"key file {path}"


def unusable(where: str, expected: str, found: str) -> ConfigurationError:
    """Say that a key cannot be used; nothing of it is shown."""
    return ConfigurationError(
        "key.unusable", f"{where}: cannot be used", expected=expected, found=found
    )
