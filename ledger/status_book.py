"""A status book: an issuer's own file, of which places of his status list are taken and revoked.

    {"mediaType": "application/vnd.crossproof.status-book.v1+json",
     "address": "https://…",          where the list is fetched from
     "size": 131072,                  how many places it has
     "given": base64url,              places that are taken, a bit each, compressed by zlib
     "keys": ["0x…"],                 thumbprints of the keys that have signed the list
     "said": {"17": ["suspend"]},     what the issuer said of the attestation at a place, in order
     "heard": "1200",                 how far the log was listened to: a cursor of its records,
     "heard_beyond": 3,               and so many statuses beyond it
     "issued_at": 1790000000}         when the list was signed last

A place is taken once, at random among those that are free: neighbours in the list tell nothing of
each other, nor of when an attestation was issued. It is on the disk before it is given out, so that
no crash gives it out again. What was said is derived from the log, whose signed statuses are the
issuer's own word; so the list and the log agree.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ledger import base64url
from ledger.attestation.claims import StatusList
from ledger.canonical import MAX_INTEGER, parse
from ledger.durable_file import replace
from ledger.errors import ConfigurationError, ConflictError, MalformedError
from ledger.members import Members, read_text
from ledger.status import Action
from ledger.status_list import MAX_LIST_SIZE, Statuses, TokenStatus
from ledger.trust.statuses import is_list_address

__all__ = ["DEFAULT_PLACES", "MAX_PLACES", "MEDIA_TYPE", "StatusBook", "holding"]

MEDIA_TYPE = "application/vnd.crossproof.status-book.v1+json"
DEFAULT_PLACES = 131_072
_BYTE = 8
_BITS: Literal[2] = 2
MAX_PLACES = MAX_LIST_SIZE * _BYTE // _BITS
MAX_BOOK_SIZE = 64 * 1024 * 1024
MAX_KEYS = 1_000
MAX_SAID = 1_000
_MODE = 0o600
_PLACE = re.compile("0|[1-9][0-9]{0,8}")
_HASH_SIZE = 32
# Of each 20 places one stays free, so that finding one by chance takes no long time.
_FREE_SHARE = 20

_LISTED = {
    Action.REVOKE: TokenStatus.INVALID,
    Action.SUSPEND: TokenStatus.SUSPENDED,
    Action.STOP: TokenStatus.SUSPENDED,
    Action.REINSTATE: TokenStatus.VALID,
}


@dataclass(slots=True)
class StatusBook:
    """A book that is held: nobody else takes a place meanwhile (see `holding`)."""

    address: str
    size: int
    given: bytearray
    keys: list[bytes] = field(default_factory=list)
    said: dict[int, list[Action]] = field(default_factory=dict)
    heard: str | None = None
    heard_beyond: int = 0
    issued_at: int = 0

    @classmethod
    def new(cls, address: str, *, size: int = DEFAULT_PLACES) -> StatusBook:
        """Begin a list; raise ConfigurationError for an address that nobody could fetch from."""
        if not is_list_address(address) or address.endswith("/"):
            raise ConfigurationError(
                "status-book.address",
                "no list can be fetched from there",
                expected="https://HOST[:PORT]/PATH in lower case, nothing escaped",
                found=address,
            )
        if not 0 < size <= MAX_PLACES or size % _BYTE:
            raise ConfigurationError(
                "status-book.size",
                "places of a status list",
                expected=f"a multiple of {_BYTE}, up to {MAX_PLACES}",
                found=str(size),
            )
        return cls(address, size, bytearray(size // _BYTE))

    @classmethod
    def from_json(cls, data: bytes) -> StatusBook:
        """Read a book; raise MalformedError."""
        members = Members(parse(data), "status book")
        members.literal("mediaType", MEDIA_TYPE)
        address = members.text("address")
        size = members.integer("size", _BYTE, MAX_PLACES)
        given = _unpack(members.text("given", longest=MAX_BOOK_SIZE), size)
        keys = members.array("keys", _read_key, longest=MAX_KEYS)
        said = _read_said(members.take("said"), size)
        heard = members.text("heard") if members.has("heard") else None
        beyond = members.integer("heard_beyond", 0, MAX_INTEGER)
        issued_at = members.integer("issued_at", 0, MAX_INTEGER)
        members.end()
        return cls(address, size, given, list(keys), said, heard, beyond, issued_at)

    def to_json(self) -> str:
        """Write the book as `from_json` reads it."""
        heard = {} if self.heard is None else {"heard": self.heard}
        value = {
            "mediaType": MEDIA_TYPE,
            "address": self.address,
            "size": self.size,
            "given": base64url.encode(zlib.compress(bytes(self.given))),
            "keys": [f"0x{key.hex()}" for key in self.keys],
            "said": {
                str(place): [action.value for action in said]
                for place, said in sorted(self.said.items())
            },
            **heard,
            "heard_beyond": self.heard_beyond,
            "issued_at": self.issued_at,
        }
        return json.dumps(value, indent=2) + "\n"

    @property
    def taken(self) -> int:
        """Say how many places are taken."""
        return int.from_bytes(self.given).bit_count()

    def is_taken(self, place: int) -> bool:
        """Say whether a place was given out."""
        index, bit = divmod(place, _BYTE)
        return 0 <= place < self.size and bool(self.given[index] >> bit & 1)

    def take(self, count: int = 1) -> list[StatusList]:
        """Take places that were never given out, by chance; raise ConflictError where none is left.

        They may be used once the book is written.
        """
        left = self.size - self.size // _FREE_SHARE - self.taken
        if not 0 < count <= left:
            raise ConflictError(
                "status-book.full",
                "the status list has not so many places left",
                expected=f"up to {max(0, left)}",
                found=str(count),
                hint="Begin another list: crossproof status-list new.",
            )
        places: list[StatusList] = []
        while len(places) < count:
            place = secrets.randbelow(self.size)
            if not self.is_taken(place):
                self.given[place // _BYTE] |= 1 << place % _BYTE
                places.append(StatusList(idx=place, uri=self.address))
        return places

    def hear(self, place: int, action: Action) -> None:
        """Note what the issuer said of the attestation at a place, after all that is noted."""
        said = self.said.setdefault(place, [])
        # A revocation is final, whatever a log took after it.
        if Action.REVOKE not in said:
            said.append(action)
            del said[:-MAX_SAID]

    def statuses(self) -> Statuses:
        """Lay the list out: VALID wherever nothing was said."""
        told = {place: int(_LISTED[said[-1]]) for place, said in self.said.items() if said}
        return Statuses.of(told, size=self.size, bits=_BITS)


@contextmanager
def holding(path: Path, *, new: StatusBook | None = None) -> Iterator[StatusBook]:
    """Hold a book while it is read and changed; it is written, durably, where the block ends well.

    `new` begins one. Raises ConfigurationError where the file is not there, is there already or
    cannot be used.
    """
    if new is None and not path.exists():
        # A lock beside what is not there would only be left behind.
        raise _unusable(path, os.strerror(errno.ENOENT))
    try:
        lock = os.open(
            path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _MODE
        )
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if new is not None and path.exists():
            raise _unusable(path, "a file that is there already")
        book = _read(path) if new is None else new
        before = None if new is not None else book.to_json()
        yield book
        text = book.to_json()
        if text != before:
            replace(path, [text.encode()], mode=_MODE)
    finally:
        os.close(lock)


def _read(path: Path) -> StatusBook:
    try:
        with path.open("rb") as file:
            return StatusBook.from_json(file.read(MAX_BOOK_SIZE))
    except (OSError, MalformedError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, found: str) -> ConfigurationError:
    return ConfigurationError(
        "status-book.unusable", f"status book {path}: cannot be used", found=found
    )


def _unpack(text: str, size: int) -> bytearray:
    unpacker = zlib.decompressobj()
    try:
        given = unpacker.decompress(base64url.decode(text), size // _BYTE + 1)
    except (zlib.error, UnicodeEncodeError) as error:
        raise _malformed("given", "compressed bytes") from error
    if len(given) != size // _BYTE or size % _BYTE:
        raise _malformed("given", f"a bit for each of {size} places")
    return bytearray(given)


def _read_key(value: object, where: str) -> bytes:
    return Members({"key": value}, where).prefixed("key", _HASH_SIZE)


def _read_said(value: object, size: int) -> dict[int, list[Action]]:
    if not isinstance(value, Mapping):
        raise _malformed("said", "an object")
    said = {}
    for name in value:
        place = int(name) if _PLACE.fullmatch(name) else size
        if place >= size:
            raise _malformed("said", f"places below {size}")
        members = Members({"said": value[name]}, "status book")
        said[place] = list(members.array("said", _read_action, longest=MAX_SAID))
    return said


def _read_action(value: object, where: str) -> Action:
    text = read_text(value, where)
    if text not in set(Action):
        raise _malformed(where, " or ".join(Action))
    return Action(text)


def _malformed(where: str, expected: str) -> MalformedError:
    return MalformedError("status-book.malformed", f"status book: {where}", expected=expected)
