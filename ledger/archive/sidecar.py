"""The side files of an archive: what a log knows beside its tiles, as lines of JSON.

    submissions.ndjson   {"first_index":0,"length":2,"received_at":"2026-11-21T10:00:00Z",
                          "submitter":"acme"}
    checkpoints.ndjson   {"note":"…","published_at":"2026-11-21T10:00:00.200000Z"}
    anchors.ndjson       {"anchor":{…},"state":"final"}

Every line is canonical JSON (RFC 8785), times are RFC 3339 in UTC. Reading raises MalformedError
for anything else. Who may believe these lines, the `manifest` says, which names them by their hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from ledger.anchor import Anchor
from ledger.canonical import canonicalize, parse
from ledger.errors import MalformedError
from ledger.head import Head
from ledger.members import Members
from ledger.merkle import MAX_SIZE
from ledger.note import MAX_NOTE_SIZE
from ledger.store import AnchorState, Published, StoredAnchor, Submitted

__all__ = [
    "ANCHORS",
    "CHECKPOINTS",
    "SUBMISSIONS",
    "anchor_line",
    "checkpoint_line",
    "read_anchors",
    "read_checkpoints",
    "read_submissions",
    "submission_line",
]

ANCHORS = "anchors.ndjson"
CHECKPOINTS = "checkpoints.ndjson"
SUBMISSIONS = "submissions.ndjson"

_T = TypeVar("_T")
_MAX_SUBMITTER = 1_000
_MAX_TIME = len("2026-11-21T10:00:00.200000Z")


def submission_line(submitted: Submitted) -> bytes:
    """Write who submitted a range, and when; null where nobody knows."""
    received_at = submitted.received_at
    return _line(
        {
            "first_index": submitted.first_index,
            "length": submitted.length,
            "received_at": None if received_at is None else _time_text(received_at),
            "submitter": submitted.submitter,
        }
    )


def read_submissions(data: bytes) -> Iterator[Submitted]:
    """Read what `submission_line` writes."""
    return _read(data, SUBMISSIONS, _submitted)


def checkpoint_line(published: Published) -> bytes:
    """Write a published checkpoint, and when it was published."""
    return _line({"note": published.head.note, "published_at": _time_text(published.published_at)})


def read_checkpoints(data: bytes) -> Iterator[Published]:
    """Read what `checkpoint_line` writes, the notes not verified."""
    return _read(data, CHECKPOINTS, _published)


def anchor_line(stored: StoredAnchor) -> bytes:
    """Write an anchor and its state."""
    return _line({"anchor": stored.anchor.to_value(), "state": str(stored.state)})


def read_anchors(data: bytes) -> Iterator[StoredAnchor]:
    """Read what `anchor_line` writes."""
    return _read(data, ANCHORS, _stored_anchor)


def _submitted(members: Members) -> Submitted:
    first_index = members.integer("first_index", 0, MAX_SIZE)
    length = members.integer("length", 1, MAX_SIZE)
    received_at = members.take("received_at")
    submitter = members.take("submitter")
    if submitter is not None and not (
        isinstance(submitter, str) and len(submitter) <= _MAX_SUBMITTER
    ):
        raise _malformed(f"a submitter of at most {_MAX_SUBMITTER} characters", submitter)
    return Submitted(
        first_index, length, submitter, None if received_at is None else _time(received_at)
    )


def _published(members: Members) -> Published:
    note = members.text("note", longest=MAX_NOTE_SIZE)
    return Published(Head.parse(note), _time(members.take("published_at")))


def _stored_anchor(members: Members) -> StoredAnchor:
    anchor = Anchor.from_value(members.take("anchor"))
    return StoredAnchor(anchor, AnchorState(members.literal("state", *AnchorState)))


def _line(value: dict[str, Any]) -> bytes:
    return canonicalize(value) + b"\n"


def _read(data: bytes, name: str, read: Callable[[Members], _T]) -> Iterator[_T]:
    for number, line in enumerate(data.splitlines(), 1):
        members = Members(parse(line), f"{name}, line {number}")
        found = read(members)
        members.end()
        yield found


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(value: object) -> datetime:
    if not isinstance(value, str) or len(value) > _MAX_TIME or not value.endswith("Z"):
        raise _malformed("a time in UTC", value)
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise _malformed("a time in UTC", value) from error


def _malformed(expected: str, found: object) -> MalformedError:
    return MalformedError("archive.malformed", "side file", expected=expected, found=repr(found))
