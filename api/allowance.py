"""An allowance: how many questions callers without a key may make this ledger ask of others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

__all__ = ["Allowance"]

_MINUTE = 60.0


class Allowance:
    """So many in a minute, earned evenly; None for any number. Any thread may take of it."""

    def __init__(self, per_minute: float | None, *, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        # The lock owns these.
        self._left = per_minute or 0.0
        self._counted_at = clock()

    def take(self) -> bool:
        """Take one off; say False where nothing is left."""
        if self._per_minute is None:
            return True
        with self._lock:
            now = self._clock()
            earned = (now - self._counted_at) * self._per_minute / _MINUTE
            self._left = min(self._per_minute, self._left + earned)
            self._counted_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
