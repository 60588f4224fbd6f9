"""Members of a JSON object, taken one by one and checked, so that none goes unread.

The formats of this project (bundle, trust file, anchor, report) have no unknown members: a
verifier that skips what it does not know would call "verified" what it did not look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ledger.errors import MalformedError
from ledger.merkle import HASH_SIZE
from ledger.note_key import decode_base64

__all__ = ["Members"]

_T = TypeVar("_T")
_HEX = frozenset("0123456789abcdef")
_SHOWN = 80


class Members:
    """A JSON object being read; every reader raises MalformedError with the member's place."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise _malformed(where, "an object", value)
        self._where = where
        self._left: dict[str, Any] = dict(value)

    def end(self) -> None:
        """Refuse members that nobody has taken."""
        if self._left:
            raise _malformed(self._where, "no further members", ", ".join(sorted(self._left)))

    def has(self, name: str) -> bool:
        """Say whether the member is there and not yet taken."""
        return name in self._left

    def take(self, name: str) -> Any:
        """Take a member as it is."""
        if name not in self._left:
            raise _malformed(self._place(name), "this member", "nothing")
        return self._left.pop(name)

    def text(self, name: str, *, longest: int = 1_000_000) -> str:
        """Take a string of at most `longest` characters."""
        value = self.take(name)
        if not isinstance(value, str) or len(value) > longest:
            raise _malformed(self._place(name), f"a string of at most {longest} characters", value)
        return value

    def literal(self, name: str, *allowed: str) -> str:
        """Take a string that is one of those allowed."""
        value = self.take(name)
        if value not in allowed:
            raise _malformed(self._place(name), " or ".join(allowed), value)
        return str(value)

    def integer(self, name: str, smallest: int, largest: int) -> int:
        """Take an integer within bounds."""
        value = self.take(name)
        if type(value) is not int or not smallest <= value <= largest:
            raise _malformed(self._place(name), f"an integer {smallest} to {largest}", value)
        return value

    def boolean(self, name: str) -> bool:
        """Take true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            raise _malformed(self._place(name), "true or false", value)
        return value

    def prefixed(self, name: str, size: int) -> bytes:
        """Take `size` bytes as 0x and lower-case hexadecimal digits."""
        value = self.take(name)
        if not isinstance(value, str) or not value.startswith("0x"):
            raise _malformed(self._place(name), f"0x and {2 * size} hexadecimal digits", value)
        return _hexadecimal(value[2:], size, self._place(name))

    def hash(self, name: str) -> bytes:
        """Take 32 bytes as 0x and lower-case hexadecimal digits."""
        return self.prefixed(name, HASH_SIZE)

    def base64(self, name: str) -> bytes:
        """Take bytes as standard base64 in its canonical spelling."""
        return decode_base64(self.text(name), "members.malformed", self._place(name))

    def array(
        self, name: str, read: Callable[[object, str], _T], *, longest: int
    ) -> tuple[_T, ...]:
        """Take an array of at most `longest` elements, each through `read(value, place)`."""
        value = self.take(name)
        place = self._place(name)
        if not isinstance(value, list) or len(value) > longest:
            raise _malformed(place, f"an array of at most {longest}", value)
        return tuple(read(element, f"{place}[{i}]") for i, element in enumerate(value))

    def listed(
        self, name: str, read: Callable[[object, str], _T], *, longest: int
    ) -> tuple[_T, ...]:
        """Take an array that may be absent, which is the same as empty."""
        return self.array(name, read, longest=longest) if name in self._left else ()

    def optional(self, name: str, read: Callable[[object, str], _T]) -> _T | None:
        """Take a member that may be absent, through `read(value, place)`."""
        return read(self.take(name), self._place(name)) if name in self._left else None

    def hashes(self, name: str, *, longest: int) -> tuple[bytes, ...]:
        """Take an array of hashes, each 64 lower-case hexadecimal digits."""
        return self.array(name, read_hash, longest=longest)

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}"


def read_hash(value: object, where: str) -> bytes:
    """Read 32 bytes as 64 lower-case hexadecimal digits; raise MalformedError."""
    if not isinstance(value, str):
        raise _malformed(where, "64 hexadecimal digits", value)
    return _hexadecimal(value, HASH_SIZE, where)


def read_text(value: object, where: str) -> str:
    """Read a string; raise MalformedError."""
    if not isinstance(value, str):
        raise _malformed(where, "a string", value)
    return value


def _hexadecimal(value: str, size: int, where: str) -> bytes:
    # One spelling only: a changed case must not pass for the same bytes.
    if len(value) != 2 * size or not _HEX.issuperset(value):
        raise _malformed(where, f"{2 * size} lower-case hexadecimal digits", value)
    return bytes.fromhex(value)


def _malformed(where: str, expected: str, found: object) -> MalformedError:
    shown = found if isinstance(found, str) else repr(found)
    return MalformedError(
        "members.malformed", where, expected=expected, found=shown[:_SHOWN] or "nothing"
    )
