"""The access trail: who asked for what, when, and with what outcome; a chain of hashes.

    hash of row 0    SHA-256 of "crossproof-trail-v1"
    hash of row n    SHA-256 of (hash of row n-1 ‖ row n)

A row is one JSON object in RFC 8785 form, and names its own number:

    {"credential": "key:3f9c…", "method": "GET", "number": 7, "organisation": "acme",
     "route": "/v1/records/{record_id}", "status": 200, "subject": "0193…", "time": "…Z"}

`subject` is the record or tile that was asked for. Query strings, bodies and secrets are never in
it. The log holds the trail's head once a day (entries of kind `trail`), so that whoever can change
the database, and knows how to chain, can change no row that came before the last head there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from ledger.canonical import parse
from ledger.errors import MalformedError, VerificationError
from ledger.kinds import Trail
from ledger.log.reader import LogReader
from ledger.members import Members
from ledger.statement import Statement
from ledger.store.trail_rows import ChainedRow, TrailHead

__all__ = [
    "GENESIS",
    "LEDGER",
    "LoggedHead",
    "Visit",
    "chain",
    "check",
    "logged_heads",
    "statement",
]

GENESIS = sha256(b"crossproof-trail-v1").digest()
# In whose name the ledger logs the trail's heads.
LEDGER = "crossproof:trail"
_MAX_TEXT = 2_000
_MAX_NUMBER = 2**53 - 1
_encode = msgspec.json.Encoder(order="sorted").encode
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by someone known."""

    time: datetime
    organisation: str
    credential: str
    method: str
    route: str
    status: int
    subject: str | None = None

    def to_row(self, number: int) -> bytes:
        """Write the canonical row."""
        value: dict[str, Any] = {
            "number": number,
            "time": _written(self.time),
            "organisation": self.organisation,
            "credential": self.credential,
            "method": self.method,
            "route": self.route,
            "status": self.status,
        }
        if self.subject is not None:
            value["subject"] = self.subject
        # Member names are ASCII, numbers integers: sorted like this it is RFC 8785 form.
        return _encode(value)

    @classmethod
    def from_row(cls, row: bytes) -> tuple[int, Visit]:
        """Read a row and its number; raise MalformedError."""
        members = Members(parse(row), "row")
        number = members.integer("number", 1, _MAX_NUMBER)
        found = cls(
            time=_time(members.text("time", longest=_MAX_TEXT)),
            organisation=members.text("organisation", longest=_MAX_TEXT),
            credential=members.text("credential", longest=_MAX_TEXT),
            method=members.text("method", longest=_MAX_TEXT),
            route=members.text("route", longest=_MAX_TEXT),
            status=members.integer("status", 100, 999),
            subject=members.text("subject", longest=_MAX_TEXT) if members.has("subject") else None,
        )
        members.end()
        return number, found


@dataclass(frozen=True, slots=True)
class LoggedHead:
    """A head of the trail that the log holds, at `index`."""

    index: int
    head: TrailHead
    until: datetime


def chain(head: TrailHead, visits: Iterable[Visit]) -> list[ChainedRow]:
    """Chain new rows to a head."""
    number, last = head
    rows = []
    for number, visit in enumerate(visits, start=number + 1):  # noqa: B020 - from here on
        row = visit.to_row(number)
        last = sha256(last + row).digest()
        rows.append(ChainedRow(number, row, last))
    return rows


def check(
    rows: Iterable[ChainedRow], head: TrailHead, logged: Sequence[LoggedHead]
) -> Iterator[VerificationError]:
    """Hold rows against their chain, the head, and the heads in the log; yield what is wrong.

    Where one row alone was changed, removed or put in, it is named; where all after it were
    chained anew, the first head in the log that they do not lead to.
    """
    count, last, gaps = 0, GENESIS, False
    expected = {entry.head.size: entry for entry in logged}
    for found in rows:
        if found.number != count + 1:
            gaps = True
            missing = f"row {count + 1}"
            if found.number > count + 2:
                missing = f"rows {count + 1} to {found.number - 1}"
            yield VerificationError("trail.removed", f"{missing} of the trail: not there")
        elif sha256(last + found.row).digest() != found.hash:
            yield VerificationError(
                "trail.changed",
                f"row {found.number} of the trail: changed, or put in before it was chained",
                expected=f"the hash {sha256(last + found.row).hexdigest()}",
                found=found.hash.hex(),
            )
        # What follows is held against what stands here, so that one change is told once.
        count, last = found.number, found.hash
        if _number(found.row) != found.number:
            yield VerificationError(
                "trail.inserted",
                f"row {found.number} of the trail: put in, or moved",
                expected=f"the number {found.number} inside",
                found=str(_number(found.row)),
            )
        entry = expected.pop(found.number, None)
        if entry is not None and entry.head.hash != found.hash:
            yield VerificationError(
                "trail.rewritten",
                f"rows up to {found.number} of the trail: not those whose head the log holds",
                expected=f"{entry.head.hash.hex()}, as entry {entry.index} of the log has it",
                found=found.hash.hex(),
            )
    if (count, last) != head and not gaps:
        yield VerificationError(
            "trail.cut-off",
            "the trail does not end with its head",
            expected=f"row {head.size} with the hash {head.hash.hex()}",
            found=f"row {count} with the hash {last.hex()}",
        )
    for entry in expected.values():
        if entry.head.size > count:
            yield VerificationError(
                "trail.cut-off",
                f"rows {count + 1} to {entry.head.size} of the trail: not there",
                expected=f"{entry.head.size} rows, as entry {entry.index} of the log has it",
                found=f"{count} rows",
            )


def logged_heads(log: LogReader) -> list[LoggedHead]:
    """Find the heads that the log holds, in order."""
    with log.store.reading() as reading:
        submissions = reading.submissions_by(LEDGER)
    found = []
    for submitted in submissions:
        for offset, entry in enumerate(log.entries(submitted.first_index, submitted.length)):
            members = Statement.from_entry(entry).members
            if isinstance(members, Trail):
                head = TrailHead(members.count, bytes.fromhex(members.head))
                until = datetime.fromisoformat(members.until)
                found.append(LoggedHead(submitted.first_index + offset, head, until))
    return found


def statement(head: TrailHead, *, since: datetime, until: datetime) -> Statement:
    """Make the entry that says how far the trail has come, and what it comes to."""
    return Statement.build(
        {
            "kind": "trail",
            "head": head.hash.hex(),
            "count": head.size,
            "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "until": until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def _number(row: bytes) -> int | None:
    try:
        return Visit.from_row(row)[0]
    except MalformedError:
        return None


def _written(time: datetime) -> str:
    """Write a time as `_time` reads it, in a third of what strftime takes."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedError("trail.time", "row.time", expected=_TIME, found=text[:60]) from None
