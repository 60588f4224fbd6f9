"""The monitor: another party's log, looked at again and again, by someone who remembers.

    the head remembered + what is served now ──► the same, grown from it, or an alarm
    pinned anchors, the chain's newest head   ──► in what is served, or an alarm

A log that shows each of us another history is found out only by whoever remembers what he was
shown. So the last good head is kept, durably, and each new one must contain it: its root at the old
size, derived from tiles that the new root vouches for, must be the old root.

    monitor.fork       two heads, both signed, that cannot be of one log; kept as the proof
    monitor.vanished   a head that was shown is shown no longer
    monitor.anchor     an anchored head is not in what is served
    monitor.stale      nothing new for longer than is bearable
    monitor.tiles      the tiles are not those of the head

Who does not answer is undetermined, and never an alarm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger import durable_file
from ledger.anchor import Anchor
from ledger.archive.source import Source
from ledger.audit.published import read_head, read_tile
from ledger.canonical import parse
from ledger.checkpoint import open_checkpoint
from ledger.errors import ConfigurationError, MalformedError, NotFoundError, VerificationError
from ledger.head import Head
from ledger.log.head_record import AnchoredHead
from ledger.members import Members
from ledger.tile import WIDTH, Tile
from ledger.tree import Tree
from ledger.trust import TrustedLog
from ledger.verified_tiles import VerifiedTiles

__all__ = ["MEDIA_TYPE", "AlarmError", "Memory", "Seen", "look"]

MEDIA_TYPE = "application/vnd.crossproof.monitor.v1+json"

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MODE = 0o600
_MAX_SIZE = 2_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that was found good, and since when it has been the newest."""

    head: Head
    since: datetime


class AlarmError(VerificationError):
    """Something that the log's operator must answer for; `proof` are the signed heads, if two."""

    proof: tuple[Head, Head] | None = None

    def showing(self, first: Head, second: Head) -> AlarmError:
        """Add the two heads that tell."""
        self.proof = (first, second)
        return self


class Memory:
    """The file in which a monitor remembers; one monitor at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, log: TrustedLog) -> Seen | None:
        """Read what was seen of a log, None before the first time.

        Raises ConfigurationError for a file that is something else, or of another log: what is
        remembered wrongly would accuse the innocent.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            members = Members(parse(data[: _MAX_SIZE + 1]), "monitor")
            members.literal("mediaType", MEDIA_TYPE)
            note = members.text("checkpoint")
            since = datetime.strptime(members.text("since"), _TIME).replace(tzinfo=UTC)
            members.end()
            checkpoint, _ = open_checkpoint(note, *log.keys)
        except (MalformedError, VerificationError, ValueError) as error:
            raise ConfigurationError(
                "monitor.memory",
                f"{self._path} is not what a monitor remembers of this log",
                expected=f"a head signed by {log.origin}",
                found=str(error),
                hint="Another log? Name another file: --state.",
            ) from error
        return Seen(Head(checkpoint, note), since)

    def write(self, seen: Seen) -> None:
        """Remember, durably."""
        value = {
            "mediaType": MEDIA_TYPE,
            "checkpoint": seen.head.note,
            "since": seen.since.strftime(_TIME),
        }
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        durable_file.replace(self._path, [text.encode()], mode=_MODE)


def look(
    source: Source,
    log: TrustedLog,
    seen: Seen | None,
    *,
    anchors: Sequence[Anchor | AnchoredHead] = (),
    now: datetime,
    max_age: timedelta | None = None,
) -> Seen:
    """Look once; give what is to be remembered, or raise AlarmError.

    Raises UnavailableError where there is no answer, and VerificationError or MalformedError where
    what is served is signed by nobody known, which proves nothing against the log.
    """
    head = _served(source, log, seen)
    if seen is not None and head.size < seen.head.size:
        raise _vanished(seen, f"size {head.size}").showing(seen.head, head)
    if seen is not None and head.size == seen.head.size and head.root != seen.head.root:
        # No tiles are needed to see it, nor could they be of both.
        raise _fork(seen.head, head, head.root)
    try:
        tiles = VerifiedTiles(head.size, head.root, lambda tile: read_tile(source, tile))
        if seen is not None:
            _check_grown(tiles, seen.head, head)
        for anchor in anchors:
            _check_anchor(tiles, anchor, head)
    except AlarmError:
        raise
    except (VerificationError, NotFoundError, MalformedError) as error:
        raise AlarmError(
            "monitor.tiles",
            f"the tiles are not those of the head: {error.message}",
            expected=error.expected,
            found=error.found,
        ) from error
    if seen is None or head.size > seen.head.size:
        return Seen(head, now)
    if max_age is not None and now - seen.since > max_age:
        raise AlarmError(
            "monitor.stale",
            "the log has shown nothing new for too long",
            expected=f"a new head within {max_age}",
            found=f"the same since {seen.since.strftime(_TIME)}",
        )
    return seen


def _served(source: Source, log: TrustedLog, seen: Seen | None) -> Head:
    try:
        return read_head(source, log)
    except NotFoundError as error:
        if seen is None:
            raise
        raise _vanished(seen, error.message) from error


def _check_grown(tiles: VerifiedTiles, old: Head, new: Head) -> None:
    """Check that the old head's tree is a prefix of the new one's, and read all that was added."""
    root = Tree(old.size, tiles).root()
    if root != old.root:
        raise _fork(old, new, root)
    for number in range(old.size // WIDTH, -(-new.size // WIDTH)):
        tiles(Tile.holding(0, number * WIDTH, new.size))


def _check_anchor(tiles: VerifiedTiles, anchor: Anchor | AnchoredHead, head: Head) -> None:
    if anchor.size > head.size:
        found = f"a log of {head.size}"
    else:
        root = Tree(anchor.size, tiles).root()
        if root == anchor.root:
            return
        found = root.hex()
    raise AlarmError(
        "monitor.anchor",
        f"the head that {anchor.chain} holds is not in what is served",
        expected=f"root {anchor.root.hex()} at size {anchor.size}",
        found=found,
    )


def _fork(old: Head, new: Head, root: bytes) -> AlarmError:
    return AlarmError(
        "monitor.fork",
        f"the head of {new.size} entries is of another history than that of {old.size}",
        expected=f"root {old.root.hex()} at size {old.size}",
        found=root.hex(),
    ).showing(old, new)


def _vanished(seen: Seen, found: str) -> AlarmError:
    return AlarmError(
        "monitor.vanished",
        "a head that was shown is shown no longer",
        expected=f"{seen.head.size} entries, root {seen.head.root.hex()}, or more",
        found=found,
    )
