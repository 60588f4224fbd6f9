"""The statement: JSON from a submitter in, the log's entry out (docs/statement.md).

An entry is one JSON object in RFC 8785 form of at most MAX_ENTRY_SIZE bytes, with ASCII member
names and no floats. It has `kind`, `v`, `record_id` (a UUIDv7), `salt` (128 random bits that make
its leaf unguessable) and what `ledger.kinds` says of its kind, nothing else.

`Statement.parse` takes any JSON formatting, `Statement.from_entry` only the canonical one: what is
in a log is never rewritten (see `entry` for how both decide).

    >>> Statement.parse(b'{"kind": "transfer", "v": 1}')
    Traceback (most recent call last):
    ledger.errors.MalformedError: a member is missing: record_id
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.entry import (
    check_names_and_numbers,
    decode,
    decode_canonical,
    decode_members,
    wrong_record_id,
)
from ledger.errors import MalformedError
from ledger.kinds import Kind
from ledger.kinds.concealment import check_concealable
from ledger.kinds.formats import check_record_id
from ledger.merkle import leaf_hash
from ledger.tile import MAX_ENTRY_SIZE

__all__ = [
    "MAX_CLOCK_LEAD_MS",
    "MAX_ENTRY_SIZE",
    "RECORD_ID_SIZE",
    "SALT_SIZE",
    "LineError",
    "Statement",
    "check_record_time",
    "check_record_times",
    "new_record_id",
    "new_salt",
    "parse_record_id",
    "record_id_text",
]

RECORD_ID_SIZE = 16
SALT_SIZE = 16
MAX_CLOCK_LEAD_MS = 10 * 60 * 1000

_TIME_SIZE = 6


class LineError(MalformedError):
    """A line of a batch that is not a statement; `code` says what is wrong with the statement."""

    def __init__(self, line: int, error: MalformedError) -> None:
        super().__init__(
            error.code,
            f"line {line}: {error.message}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        )
        self.line = line


@dataclass(frozen=True, slots=True)
class Statement:
    """A well-formed statement: the bytes that are logged, and what they say."""

    entry: bytes
    members: Kind

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """Read a statement in any JSON formatting; raise MalformedError for anything else."""
        members = decode_canonical(data)
        return cls(data, members) if members is not None else cls(*decode(data))

    @classmethod
    def from_entry(cls, entry: bytes) -> Statement:
        """Read a statement that must already be canonical; raise MalformedError otherwise."""
        members = decode_canonical(entry)
        if members is None:
            canonical, _ = decode(entry)
            raise MalformedError(
                "statement.not-canonical",
                "the entry is not in its canonical form",
                expected=f"{len(canonical)} bytes as RFC 8785 has them",
                found=f"{len(entry)} other bytes",
            )
        return cls(entry, members)

    @classmethod
    def build(cls, members: Mapping[str, Any]) -> Statement:
        """Make a statement, filling in `v`, `record_id` and `salt` where absent."""
        identity = {"v": 1, "record_id": new_record_id(), "salt": new_salt()}
        canonical = canonicalize({**identity, **members})
        check_names_and_numbers(dict(members))
        return cls.parse(canonical)

    @property
    def kind(self) -> str:
        """Name the kind: `transfer`, `plan`."""
        return str(self.members.__struct_config__.tag)

    @property
    def v(self) -> int:
        """Give the version of the kind's format."""
        return self.members.v

    @property
    def record_id(self) -> bytes:
        """Give the 16 bytes of the UUIDv7 that the submitter made."""
        return self.members.record_id.bytes

    @property
    def leaf_hash(self) -> bytes:
        """Hash the entry into its leaf."""
        return leaf_hash(self.entry)

    @property
    def value(self) -> dict[str, Any]:
        """Decode the entry into a fresh JSON object."""
        value: dict[str, Any] = msgspec.json.decode(self.entry)
        return value

    def check_revealed(self, revealed: Mapping[str, Any]) -> None:
        """Check what `disclosure.reveal` made of `value`: of the kind, and nothing hidden wrongly.

        Raises MalformedError for a disclosed member of a wrong format, VerificationError for one
        that the kind does not let anybody conceal.
        """
        check_concealable(self.members, decode_members(dict(revealed), type(self.members)))


def new_record_id() -> str:
    """Make a UUIDv7 of now (RFC 9562, 5.7), all 74 other bits random: neighbours share none."""
    return record_id_text(_uuid7(time.time_ns() // 1_000_000, os.urandom(10)))


def new_salt() -> str:
    """Make 128 random bits in base64url."""
    return base64url.encode(os.urandom(SALT_SIZE))


def record_id_text(record_id: bytes) -> str:
    """Write 16 bytes as lower-case UUID text (RFC 9562, 4)."""
    if len(record_id) != RECORD_ID_SIZE:
        raise ValueError(len(record_id))
    digits = record_id.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def parse_record_id(text: str) -> bytes:
    """Read the lower-case text of a UUIDv7 into its 16 bytes; raise MalformedError."""
    try:
        record_id = UUID(text)
    except ValueError:
        record_id = None
    # UUID() takes capitals, braces and prefixes too; what it gives back has none of them.
    if record_id is None or str(record_id) != text:
        raise wrong_record_id(text)
    check_record_id(record_id)
    return record_id.bytes


def check_record_time(record_id: bytes, now: datetime, *, line: int | None = None) -> None:
    """Refuse a record_id from more than 10 minutes ahead of `now`, naming the line if given.

    For submission only: a verifier cannot know what time it was.
    """
    lead = _lead(record_id, now)
    if lead > MAX_CLOCK_LEAD_MS:
        error = MalformedError(
            "statement.record-id-future",
            "record_id is from the future",
            expected=f"at most {MAX_CLOCK_LEAD_MS // 60_000} minutes ahead",
            found=f"{lead // 60_000} minutes ahead",
            hint="Set the submitter's clock, and make a new record_id.",
        )
        raise error if line is None else LineError(line, error)


def check_record_times(record_ids: Sequence[bytes], now: datetime) -> None:
    """Refuse a batch of record_ids of which one is from the future; raise LineError for it."""
    if not record_ids or _lead(max(record_ids), now) <= MAX_CLOCK_LEAD_MS:
        # A UUIDv7 begins with its time: the largest is the latest.
        return
    for line, record_id in enumerate(record_ids, start=1):
        check_record_time(record_id, now, line=line)


def _lead(record_id: bytes, now: datetime) -> int:
    return int.from_bytes(record_id[:_TIME_SIZE]) - int(now.timestamp() * 1000)


def _uuid7(milliseconds: int, random: bytes) -> bytes:
    bits = int.from_bytes(random)
    return (
        milliseconds << 80 | 7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0b10 << 62 | bits & 2**62 - 1
    ).to_bytes(RECORD_ID_SIZE)
