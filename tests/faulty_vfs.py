"""SQLite on a disk that fails: a VFS over the real one whose n-th write, sync, … gives an error.

A SQLite VFS is a table of C functions (sqlite.org/vfs.html). The one here is the default one but
for `xOpen`, which gives every file a table in which the calls that change the disk are ours: they
count, and call the real function, or fail instead of it, or after it. It is registered, through
ctypes, with the very library that Python's `sqlite3` is linked to.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import ctypes.util
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import pytest

_OK = 0
_IOERR_WRITE = 10 | 3 << 8
_IOERR_FSYNC = 10 | 4 << 8
_IOERR_TRUNCATE = 10 | 6 << 8
_IOERR_DELETE = 10 | 10 << 8


class Call(StrEnum):
    """The calls that change what is on the disk."""

    WRITE = "xWrite"
    SYNC = "xSync"
    TRUNCATE = "xTruncate"
    DELETE = "xDelete"


_ERRORS = {
    Call.WRITE: _IOERR_WRITE,
    Call.SYNC: _IOERR_FSYNC,
    Call.TRUNCATE: _IOERR_TRUNCATE,
    Call.DELETE: _IOERR_DELETE,
}

_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)


class _Methods(Structure):
    """sqlite3_io_methods, of version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        *((name, c_void_p) for name in ("xFileSize", "xLock", "xUnlock", "xCheckReservedLock")),
        *((name, c_void_p) for name in ("xFileControl", "xSectorSize", "xDeviceCharacteristics")),
        *((name, c_void_p) for name in ("xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap")),
        *((name, c_void_p) for name in ("xFetch", "xUnfetch")),
    )


class _File(Structure):
    """sqlite3_file: what follows the pointer is the real VFS's own."""

    _fields_ = (("pMethods", POINTER(_Methods)),)


class _Vfs(Structure):
    """sqlite3_vfs, of version 3."""

    _fields_ = (
        *((name, c_int) for name in ("iVersion", "szOsFile", "mxPathname")),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        *((name, c_void_p) for name in ("xAccess", "xFullPathname", "xDlOpen", "xDlError")),
        *((name, c_void_p) for name in ("xDlSym", "xDlClose", "xRandomness", "xSleep")),
        *((name, c_void_p) for name in ("xCurrentTime", "xGetLastError", "xCurrentTimeInt64")),
        *((name, c_void_p) for name in ("xSetSystemCall", "xGetSystemCall", "xNextSystemCall")),
    )


class FaultyDisk:
    """Counts the calls of each kind, and lets one of them fail once it is `armed`."""

    def __init__(self, real: Any) -> None:
        self.counts = dict.fromkeys(Call, 0)
        # Told of every file whose content has just come to the disk.
        self.synced: Callable[[Path], None] = lambda _: None
        self._paths: dict[int, Path] = {}
        self._fault: tuple[Call, int, bool, bool] | None = None
        self._real = real.contents
        self._methods: dict[int, _Methods] = {}
        self.vfs = _Vfs.from_buffer_copy(self._real)
        self.vfs.zName = b"crossproof-faulty"
        self.vfs.xOpen = _Open(self._open)
        self.vfs.xDelete = _Delete(
            lambda vfs, *rest: self._do(Call.DELETE, partial(self._real.xDelete, vfs, *rest))
        )

    def arm(self, call: Call, nth: int, *, after: bool = False, lasting: bool = False) -> None:
        """Let the `nth` call from now on fail; after having worked, and all later ones, if so."""
        self.counts[call] = 0
        self._fault = (call, nth, after, lasting)

    def heal(self) -> None:
        """Let every call work."""
        self._fault = None

    def _do(self, call: Call, work: Callable[[], int]) -> int:
        self.counts[call] += 1
        failing = False
        if self._fault is not None:
            kind, nth, after, lasting = self._fault
            failing = kind is call and (
                self.counts[call] == nth or (lasting and self.counts[call] > nth)
            )
            if failing and not after:
                return _ERRORS[call]
        result = work()
        return _ERRORS[call] if failing else result

    def _open(self, vfs: int, name: int, file: int, flags: int, out: int) -> int:
        result = self._real.xOpen(vfs, name, file, flags, out)
        opened = ctypes.cast(file, POINTER(_File)).contents
        if name:
            self._paths[file] = Path(os.fsdecode(ctypes.string_at(name)))
        if result == _OK and opened.pMethods:
            address = ctypes.addressof(opened.pMethods.contents)
            if address not in self._methods:
                self._methods[address] = self._wrap(opened.pMethods.contents)
            opened.pMethods = ctypes.pointer(self._methods[address])
        return int(result)

    def _sync(self, real: _Methods, file: int, flags: int) -> int:
        result = real.xSync(file, flags)
        if result == _OK and file in self._paths:
            self.synced(self._paths[file])
        return int(result)

    def _wrap(self, real: _Methods) -> _Methods:
        ours = _Methods.from_buffer_copy(real)
        ours.xWrite = _Write(lambda *given: self._do(Call.WRITE, partial(real.xWrite, *given)))
        ours.xSync = _Sync(lambda *given: self._do(Call.SYNC, partial(self._sync, real, *given)))
        ours.xTruncate = _Truncate(
            lambda *given: self._do(Call.TRUNCATE, partial(real.xTruncate, *given))
        )
        # Mapped pages would be written without xWrite.
        ours.iVersion = min(real.iVersion, 2)
        return ours


@contextmanager
def faulty_disk() -> Iterator[FaultyDisk]:
    """Make a faulty disk SQLite's default one; skip the test where its library is out of reach."""
    library = sqlite_library()
    real = library.sqlite3_vfs_find(None)
    disk = FaultyDisk(real)
    library.sqlite3_vfs_register(ctypes.byref(disk.vfs), 1)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_register(real, 1)
        library.sqlite3_vfs_unregister(ctypes.byref(disk.vfs))


@contextmanager
def default_vfs(name: str) -> Iterator[None]:
    """Make another of SQLite's own VFSes the default one."""
    library = sqlite_library()
    real, other = library.sqlite3_vfs_find(None), library.sqlite3_vfs_find(name.encode())
    if not other:
        pytest.skip(f"this SQLite has no VFS of the name {name}")
    library.sqlite3_vfs_register(other, 1)
    try:
        yield
    finally:
        library.sqlite3_vfs_register(real, 1)


def sqlite_library() -> Any:
    """Find the SQLite library that Python's `sqlite3` is linked to."""
    module = getattr(_sqlite3, "__file__", None)
    for name in (module, ctypes.util.find_library("sqlite3")):
        if name is None:
            continue
        library: Any = ctypes.CDLL(name)
        try:
            library.sqlite3_libversion.restype = c_char_p
            version = library.sqlite3_libversion().decode()
        except AttributeError:
            continue
        if version == sqlite3.sqlite_version:
            library.sqlite3_vfs_find.restype = POINTER(_Vfs)
            library.sqlite3_vfs_find.argtypes = (c_char_p,)
            return library
    pytest.skip("Python's sqlite3 is linked to no SQLite library whose functions can be called")
