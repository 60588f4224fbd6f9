"""A file's fingerprint: a file or bytes in, its size and algorithm-tagged digests out.

    {"name": "report.pdf", "size": 5, "digests": {"sha-256": hex, "sm3": hex}}

SHA-256 is always there; SM3 (GB/T 32905) beside it where the regime asks. The file is read where it
lies, CHUNK_SIZE bytes at a time, and never leaves.

    >>> Fingerprint.of_bytes(b"abc", sm3=True).digests["sm3"][:16]
    '66c7f0f462eeedd9'
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

from ledger.canonical import MAX_INTEGER
from ledger.errors import MalformedError, VerificationError

__all__ = ["ALGORITHMS", "CHUNK_SIZE", "SHA_256", "SM_3", "Fingerprint"]

SHA_256 = "sha-256"
SM_3 = "sm3"
ALGORITHMS = (SHA_256, SM_3)
CHUNK_SIZE = 2**20

_DIGEST_LENGTH = 64
_HEX = frozenset("0123456789abcdef")
# A record may conceal a file's name: the digest of the disclosure stands in its place.
_CONCEALED = "_sd"
_MEMBERS = frozenset({"name", "size", "digests", _CONCEALED})
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What identifies a file: its size and its digests in hexadecimal, by algorithm."""

    name: str | None
    size: int
    digests: Mapping[str, str]

    @classmethod
    def of_file(cls, path: str | os.PathLike[str], *, sm3: bool = False) -> Fingerprint:
        """Read a file and take its fingerprint."""
        path = Path(path)
        with path.open("rb", buffering=0) as file:
            return _of_chunks(path.name, iter(lambda: file.read(CHUNK_SIZE), b""), sm3=sm3)

    @classmethod
    def of_bytes(cls, data: bytes, *, name: str | None = None, sm3: bool = False) -> Fingerprint:
        """Take the fingerprint of bytes."""
        return _of_chunks(name, [data], sm3=sm3)

    @classmethod
    def from_value(cls, value: Any) -> Fingerprint:
        """Read the JSON value that a statement carries; raise MalformedError."""
        if not isinstance(value, dict) or not _MEMBERS.issuperset(value):
            raise _malformed("members", "name, size and digests", value)
        name = value.get("name")
        if name is not None and not isinstance(name, str):
            raise _malformed("name", "a string", name)
        size = value.get("size")
        if type(size) is not int or not 0 <= size <= MAX_INTEGER:
            raise _malformed("size", f"0 to {MAX_INTEGER}", size)
        digests = value.get("digests")
        if not isinstance(digests, dict) or not {SHA_256} <= digests.keys() <= {*ALGORITHMS}:
            raise _malformed("digests", "sha-256, and sm3 or nothing else", digests)
        for digest in digests.values():
            if (
                not isinstance(digest, str)
                or len(digest) != _DIGEST_LENGTH
                or not _HEX.issuperset(digest)
            ):
                raise _malformed("digests", "64 lower-case hexadecimal digits", digest)
        return cls(name, size, dict(digests))

    def to_value(self) -> dict[str, Any]:
        """Give the JSON value that a statement carries."""
        value: dict[str, Any] = {"size": self.size, "digests": dict(self.digests)}
        return value if self.name is None else {"name": self.name, **value}

    def matches(self, other: Fingerprint) -> bool:
        """Say whether both are of the same bytes; names are not compared."""
        try:
            self.verify(other)
        except VerificationError:
            return False
        return True

    def verify(self, other: Fingerprint) -> None:
        """Check that `other` is of the same bytes: size, SHA-256, and what else both have."""
        if self.size != other.size:
            raise VerificationError(
                "file.size",
                "the file has another size",
                expected=f"{self.size} bytes",
                found=f"{other.size} bytes",
            )
        for algorithm in ALGORITHMS:
            expected, found = self.digests.get(algorithm), other.digests.get(algorithm)
            # Only SM3 may be absent on one side: an empty intersection must not pass.
            optional = algorithm != SHA_256 and (expected is None or found is None)
            if not optional and (expected is None or expected != found):
                raise VerificationError(
                    "file.digest",
                    f"the file has another {algorithm} digest",
                    expected=expected,
                    found=found,
                )


def _of_chunks(name: str | None, chunks: Iterable[bytes], *, sm3: bool) -> Fingerprint:
    first, second = sha256(), Hash(SM3()) if sm3 else None
    size = 0
    for chunk in chunks:
        first.update(chunk)
        if second is not None:
            second.update(chunk)
        size += len(chunk)
    digests = {SHA_256: first.hexdigest()}
    if second is not None:
        digests[SM_3] = second.finalize().hex()
    return Fingerprint(name, size, digests)


def _malformed(member: str, expected: str, found: object) -> MalformedError:
    return MalformedError(
        "fingerprint.malformed",
        f"file fingerprint: {member}",
        expected=expected,
        found=ascii(found)[:_SHOWN],
    )
