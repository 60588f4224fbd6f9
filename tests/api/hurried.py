"""Scenarios whose waiting takes no time: a loop that takes its clock to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


# What comes over a socket of this machine is there by then, or by the next time.
_MOMENT = 0.01
_LEAP = 2.0


class Hurry(selectors.DefaultSelector):
    """Waits a moment at most, and counts how much longer it should have waited."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Say what is ready; where nothing is, that the time has passed."""
        if timeout is None or timeout <= _MOMENT:
            return super().select(timeout)
        ready = super().select(_MOMENT)
        if not ready:
            self.skipped += min(timeout, _LEAP) - _MOMENT
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """A loop that takes its clock to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self.hurry = Hurry()
        super().__init__(self.hurry)

    def time(self) -> float:
        return super().time() + self.hurry.skipped


def run(scenario: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(scenario)
