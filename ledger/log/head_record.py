r"""The head record: what a log has acknowledged, kept outside its database and its backups.

    {"anchored": {"chain_id": 1, "genesis_hash": "0x…", "contract": "0x…", "log_id": "0x…",
                  "size": 1000, "root": "0x…"},
     "head": "example.com/log\n1000\n…"}

A database brought back from an older copy does not know what it has forgotten; this file does. It
moves by compare-and-swap and only forward.

Where several processes write one log, each has a seat, and a file of its own beside the others'
(`head`, `head.1`, `head.2`), that nobody else writes: a process that is stopped in the middle holds
nobody up. Each reads the others' files after it has written its own and before it acknowledges.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger import durable_file
from ledger.anchor import Anchor, ChainIdentity
from ledger.canonical import canonicalize, parse
from ledger.errors import ConflictError, UnavailableError
from ledger.head import Head
from ledger.members import Members
from ledger.merkle import MAX_SIZE
from ledger.note import MAX_NOTE_SIZE

__all__ = ["AnchoredHead", "HeadRecord", "Recorded", "newest_anchored"]

_MODE = 0o644
_LOCK = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """A head that a chain holds."""

    chain: ChainIdentity
    log_id: bytes
    size: int
    root: bytes

    @classmethod
    def of(cls, anchor: Anchor) -> AnchoredHead:
        """Take the head out of an anchor."""
        return cls(anchor.chain, anchor.log_id, anchor.size, anchor.root)

    @classmethod
    def from_value(cls, value: object, where: str = "anchored") -> AnchoredHead:
        """Read the JSON object; raise MalformedError."""
        members = Members(value, where)
        head = cls(
            chain=ChainIdentity.from_members(members),
            log_id=members.hash("log_id"),
            size=members.integer("size", 1, MAX_SIZE),
            root=members.hash("root"),
        )
        members.end()
        return head

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            **self.chain.to_members(),
            "log_id": f"0x{self.log_id.hex()}",
            "size": self.size,
            "root": f"0x{self.root.hex()}",
        }


def newest_anchored(
    recorded: AnchoredHead | None, known: AnchoredHead | None
) -> AnchoredHead | None:
    """Choose what to keep: the larger head of one chain, and the known one of another chain."""
    if known is None or recorded is None:
        return known or recorded
    same_chain = (known.chain, known.log_id) == (recorded.chain, recorded.log_id)
    return recorded if same_chain and recorded.size > known.size else known


@dataclass(frozen=True, slots=True)
class Recorded:
    """What stands in a head record: the last acknowledged head, the last anchored one beside it."""

    head: Head
    anchored: AnchoredHead | None = None

    @classmethod
    def from_json(cls, data: bytes) -> Recorded:
        """Read a record; raise MalformedError."""
        members = Members(parse(data), "head record")
        note = members.text("head", longest=MAX_NOTE_SIZE)
        anchored = members.take("anchored")
        members.end()
        return cls(
            Head.parse(note), None if anchored is None else AnchoredHead.from_value(anchored)
        )

    def to_json(self) -> bytes:
        """Write what `from_json` reads."""
        anchored = None if self.anchored is None else self.anchored.to_value()
        return canonicalize({"anchored": anchored, "head": self.head.note}) + b"\n"


class HeadRecord:
    """A head record in a file, whose directory must be there; `seat` says whose of several."""

    def __init__(self, path: Path, *, seat: int = 0) -> None:
        self.path = path if seat == 0 else path.with_name(f"{path.name}.{seat}")
        self._first = path
        # What this process has brought to the disk itself. Bytes that are only read may be
        # in the page cache alone: whoever wrote them may have failed after the rename.
        self._durable: bytes | None = None
        self._parsed: dict[Path, tuple[bytes, Recorded]] = {}

    def read(self) -> Recorded | None:
        """Read the record, None where there is none; raise MalformedError, UnavailableError."""
        return self._parse(self.path, self._load(self.path))

    def others(self) -> tuple[Recorded, ...]:
        """Read what the other seats' files say, in the order of their seats."""
        with _as_unavailable(), os.scandir(self._first.parent) as found:
            names = [file.name for file in found if self._is_seat(file.name)]
        names.sort(key=lambda name: (len(name), name))
        paths = [self._first.with_name(name) for name in names if name != self.path.name]
        records = (self._parse(path, self._load(path)) for path in paths)
        return tuple(recorded for recorded in records if recorded is not None)

    def newest(self) -> Recorded | None:
        """Read the record of the largest head, whoever's it is."""
        own = self.read()
        known = self.others() if own is None else (own, *self.others())
        return max(known, key=lambda recorded: recorded.head.size, default=None)

    def advance(self, old: Recorded | None, new: Recorded) -> None:
        """Put `new` in the place of `old`, and return once it is durable.

        `old` and `new` may be equal, which makes durable what stands there. Raises ConflictError
        where something else stands there than `old`, or where `new` would go back.
        """
        if old is not None:
            _check_forward(old, new)
        with self._locked():
            standing = self._load(self.path)
            if self._parse(self.path, standing) != old:
                raise ConflictError(
                    "head-record.moved",
                    "the head record is not what it was taken for",
                    expected=_describe(old),
                    found="another one",
                )
            data = new.to_json()
            if data != self._durable or data != standing:
                self._replace(data)
                self._parsed[self.path] = (data, new)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # A file of its own: the record itself is another file after each rename.
        with _as_unavailable():
            lock = os.open(self.path.with_name(f"{self.path.name}.lock"), _LOCK, _MODE)
        try:
            with _as_unavailable():
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _is_seat(self, name: str) -> bool:
        first = self._first.name
        if not name.startswith(first):
            return False
        return name == first or (name[len(first)] == "." and name[len(first) + 1 :].isdigit())

    def _parse(self, path: Path, data: bytes | None) -> Recorded | None:
        if data is None:
            return None
        parsed = self._parsed.get(path)
        if parsed is None or parsed[0] != data:
            parsed = self._parsed[path] = (data, Recorded.from_json(data))
        return parsed[1]

    @staticmethod
    def _load(path: Path) -> bytes | None:
        with _as_unavailable():
            try:
                with path.open("rb", buffering=0) as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def _replace(self, data: bytes) -> None:
        self._durable = None
        with _as_unavailable():
            durable_file.replace(self.path, [data])
        self._durable = data


def _check_forward(old: Recorded, new: Recorded) -> None:
    same_size = new.head.size == old.head.size
    if new.head.size < old.head.size or (same_size and new.head.root != old.head.root):
        raise ConflictError(
            "head-record.backwards",
            "the head record only moves forward",
            expected=f"a head that contains {_describe(old)}",
            found=_describe(new),
        )


def _describe(recorded: Recorded | None) -> str:
    if recorded is None:
        return "none"
    return f"size {recorded.head.size}, root {recorded.head.root.hex()}"


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            "head-record.unavailable",
            "the head record could not be read or written",
            found=error.strerror or str(error),
        ) from error
