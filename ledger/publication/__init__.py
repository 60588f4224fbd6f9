"""The publication: tiles and checkpoint where anyone can read them without asking this server.

    publication = Publication(log, place, entries=False)
    publication.step()        → the size that is published there now

Paths are those of C2SP tlog-tiles. All tiles of a checkpoint are written before it, and tiles never
change, so whoever reads the checkpoint finds its tiles, wherever a writer was killed; the next step
goes on from the checkpoint that stands there. That one is held against the log's key and history
first: a place that holds another log, or more of this one, is left as it is.

Entries name parties, and are written only where the operator says so: a private place, from which
`crossproof recover` can bring the log back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Event

from ledger.checkpoint import open_checkpoint
from ledger.errors import ConflictError, LedgerError, UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.note import MAX_NOTE_SIZE
from ledger.publication.opening import open_place
from ledger.publication.place import CHECKPOINT, File, Place
from ledger.tile import ENTRIES, HEIGHT, MAX_LEVEL, WIDTH, Tile, tiles_between

__all__ = ["Publication", "PublicationState", "open_place"]

_logger = logging.getLogger(__name__)

# An object store takes a few hundredths of a second for each, whatever it is.
_AT_ONCE = 8
_CHUNK = 256
_FIRST_PAUSE = 0.5
_LAST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class PublicationState:
    """What the last step found: the published size, and why it could not go on, if so."""

    size: int = 0
    error: LedgerError | None = None


class Publication:
    """Publishes one log to one place. `leads` says whether this process is the one to do so."""

    def __init__(
        self,
        log: Log,
        place: Place,
        *,
        entries: bool = False,
        interval: float = 1.0,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self.state = PublicationState()
        self._log = log
        self._place = place
        self._lowest = ENTRIES if entries else 0
        self._interval = interval
        self._leads = leads
        self._stop = Event()

    def step(self) -> int:
        """Publish what is new; give the size that is published there now.

        Raises ConflictError where the place holds what is not of this log, or where another
        process publishes there, UnavailableError where the place does not answer.
        """
        newest = self._log.published()
        if newest is None:
            return 0
        standing = self._place.read(CHECKPOINT)
        old = None if standing is None else self._held(standing)
        old_size = 0 if old is None else old.size
        if old is not None and old.size > newest.size:
            # Another process may have published since we looked.
            raise _elsewhere(old, newest)
        self._write_tiles(old_size, newest.size)
        if old is None or old.note != newest.note:
            self._place.replace(CHECKPOINT, newest.note.encode(), old=standing)
        self._sweep(old_size, newest.size)
        return newest.size

    def run(self) -> None:
        """Take a step every interval until `stop`, or later where one fails."""
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            error = self._guarded_step() if self._leads() else None
            self._stop.wait(self._interval if error is None else max(pause, self._interval))
            pause = _FIRST_PAUSE if error is None else min(2 * pause, _LAST_PAUSE)

    def stop(self) -> None:
        """Let `run` return after the step that it is in."""
        self._stop.set()

    def _guarded_step(self) -> LedgerError | None:
        began, error = time.monotonic(), None
        size, before = self.state.size, self.state.error
        try:
            size = self.step()
        except LedgerError as found:
            error = found
        except Exception as found:
            # A worker that dies of a defect would leave readers behind, unnoticed.
            _logger.exception("publishing tiles failed; trying again")
            error = UnavailableError(
                "publication.failed", "publishing tiles failed", found=type(found).__name__
            )
        if error is not None and (before is None or before.code != error.code):
            _logger.warning("tiles: %s (%s)", error, error.code)
        elif error is None and size != self.state.size:
            _logger.debug("tiles up to %d in %.2f s", size, time.monotonic() - began)
        self.state = PublicationState(size, error)
        return error

    def _held(self, standing: File) -> Head:
        """Read the checkpoint that stands there; raise ConflictError where it is not of the log."""
        try:
            note = standing.data[: MAX_NOTE_SIZE + 1].decode()
            checkpoint, _ = open_checkpoint(note, self._log.verifier)
        except (UnicodeDecodeError, LedgerError) as error:
            raise _foreign(str(error)) from error
        head = Head(checkpoint, note)
        if head.size <= self._log.head().size and self._log.tree(head.size).root() != head.root:
            raise _foreign(f"root {head.root.hex()} at size {head.size}")
        return head

    def _write_tiles(self, old_size: int, size: int) -> None:
        if self._lowest == ENTRIES and old_size and not self._has_entries(old_size):
            # They were not wanted before.
            self._write(tile for tile in tiles_between(0, old_size) if tile.level == ENTRIES)
        self._write(tile for tile in tiles_between(old_size, size) if tile.level >= self._lowest)

    def _has_entries(self, size: int) -> bool:
        # The last one is written last.
        last = Tile.holding(ENTRIES, size - 1, size)
        paths = {last.path(), Tile(ENTRIES, last.number).path()}
        return any(self._place.read(path) is not None for path in paths)

    def _write(self, tiles: Iterator[Tile]) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tile") as pool:
            while chunk := list(islice(tiles, _CHUNK)):
                # All of a chunk before the next: what is written last is written after the others.
                list(pool.map(self._write_tile, chunk))

    def _write_tile(self, tile: Tile) -> None:
        self._place.write(tile.path(), self._log.read_tile(tile))

    def _sweep(self, old_size: int, size: int) -> None:
        """Remove partial tiles whose full ones are there (C2SP tlog-tiles, partial tiles)."""
        for level in range(self._lowest, MAX_LEVEL + 1):
            shift = HEIGHT * max(level, 0)
            number = (old_size >> shift) // WIDTH
            if size >> shift >= (number + 1) * WIDTH:
                self._place.remove_below(f"{Tile(level, number).path()}.p")


def _elsewhere(old: Head, newest: Head) -> ConflictError:
    return ConflictError(
        "publication.ahead",
        "more of the log is published there than this server knows of",
        expected=f"at most {newest.size} entries",
        found=f"{old.size} entries",
    )


def _foreign(found: str) -> ConflictError:
    return ConflictError(
        "publication.foreign",
        "the place holds something else than this log",
        expected="no checkpoint, or one that this log has signed and extends",
        found=found,
        hint="Publish to another place: nothing is written over.",
    )
