"""How far the log has come, read once for many records."""

from __future__ import annotations

from ledger.log import Log, State
from ledger.store import AnchorState

__all__ = ["Progress"]


class Progress:
    """The sizes up to which entries are published, anchored and final."""

    def __init__(self, log: Log) -> None:
        with log.store.reading() as reading:
            self._published = reading.published_size()
            on = log.anchored_on
            self._anchored = reading.anchored_size(AnchorState.INCLUDED, AnchorState.FINAL, on=on)
            self._final = reading.anchored_size(AnchorState.FINAL, on=on)

    def state_of(self, index: int) -> State:
        """Say how far an entry has come."""
        if index < self._final:
            return State.FINAL
        if index < self._anchored:
            return State.ANCHORED
        return State.PUBLISHED if index < self._published else State.LOGGED
