"""Files that a person names: read whole within a limit, written whole or not at all.

`-` is stdin or stdout. What cannot be read or written is a usage error, and says which file.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from ledger.attachment import MAX_PDF_SIZE, read_pdf
from ledger.canonical import parse
from ledger.cli.console import problem, put
from ledger.errors import ConfigurationError, MalformedError
from ledger.fingerprint import Fingerprint
from ledger.trust import MAX_TRUST_SIZE, Trust

__all__ = [
    "PRIVATE",
    "check_writable",
    "fingerprint",
    "read_bundle",
    "read_file",
    "read_trust",
    "read_value",
    "refuse_both_on_stdout",
    "write_file",
]

_STREAM = "-"
_MODE = 0o666
# What only its holder may read.
PRIVATE = 0o600
_RANDOM_BYTES = 6


def refuse_both_on_stdout(output: Path, *, as_json: bool) -> None:
    """Refuse to write a file and a command's JSON answer onto one stdout."""
    if as_json and str(output) == _STREAM:
        raise problem(
            "usage.json",
            "--json and -o - exclude each other: both would write to stdout",
            hint="Name a file: -o FILE.",
        )


def read_file(path: Path, what: str, *, limit: int) -> bytes:
    """Read a file, no further than one byte beyond `limit`, by which its reader knows."""
    try:
        if str(path) == _STREAM:
            return _stdin().buffer.read(limit + 1)
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise _unreadable(f"{what} {path}", error) from error


def read_value(path: Path, what: str, *, limit: int) -> Any:
    """Read strict JSON; raise MalformedError that says in which file it is not."""
    try:
        return parse(read_file(path, what, limit=limit))
    except MalformedError as error:
        raise MalformedError(
            error.code,
            f"{what} {path}: {error.message}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        ) from error


def read_bundle(path: Path) -> bytes:
    """Read the bytes of what should be a bundle; the verifier says whether it is.

    A certificate has it inside; raises MalformedError for a PDF without one.
    """
    return read_pdf(read_file(path, "bundle", limit=MAX_PDF_SIZE))


def read_trust(path: Path) -> Trust:
    """Read the trust file; what is wrong with it is the user's own affair: a usage error."""
    if str(path) != _STREAM and not path.exists():
        raise problem(
            "trust.missing",
            f"trust file {path}: there is none",
            found=os.strerror(errno.ENOENT),
            hint="Fetch one, with the log's key that you were told: crossproof trust fetch "
            f"--trust {path} --key LOG_KEY --server URL; crossproof trust pin BUNDLE "
            f"--trust {path} then keeps a bundle's anchor in it.",
        )
    try:
        return Trust.from_json(read_file(path, "trust file", limit=MAX_TRUST_SIZE))
    except MalformedError as error:
        raise problem(
            "trust.unusable",
            f"trust file {path}: {error.message}",
            expected=error.expected,
            found=error.found,
            hint=error.hint or f"Nothing was verified ({error.code}).",
        ) from error


def fingerprint(path: Path, *, sm3: bool = False) -> Fingerprint:
    """Hash a file where it lies."""
    try:
        return Fingerprint.of_file(path, sm3=sm3)
    except OSError as error:
        raise _unreadable(f"file {path}", error) from error


def write_file(path: Path, data: str | bytes, *, mode: int = _MODE, flush: bool = True) -> None:
    """Write a file whole or not at all, making its directory; `-` is stdout.

    Whoever writes many may `flush` them all himself at the end.
    """
    if str(path) == _STREAM:
        put(data)
        return
    try:
        # A link keeps pointing where it does.
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            # A device or a pipe is written to, never replaced.
            path.write_bytes(_encoded(data))
        else:
            _replace(path, _encoded(data), mode, flush=flush)
    except OSError as error:
        raise _unwritable(path, error) from error


def check_writable(path: Path) -> None:
    """Find out whether a file could be written there, before there is anything to lose."""
    if str(path) == _STREAM:
        return
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(path, error) from error


def _encoded(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _stdin() -> TextIO:
    # Python has none where whoever started it has closed it.
    if sys.stdin is None:
        raise OSError(errno.EBADF, "stdin is closed")
    return sys.stdin


def _replace(path: Path, data: bytes, mode: int, *, flush: bool) -> None:
    draft = path.with_name(f".{path.name}.{os.urandom(_RANDOM_BYTES).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return problem(
        "file.unwritable",
        f"{path}: cannot be written",
        found=error.strerror or type(error).__name__,
    )


def _unreadable(what: str, error: OSError) -> ConfigurationError:
    return problem(
        "file.unreadable",
        f"{what}: cannot be read",
        expected="a file that can be read",
        found=error.strerror or type(error).__name__,
    )
