"""Several processes that serve one socket, and a parent that looks after them.

The kernel gives each connection to one of them. The parent opens nothing else: it starts those that
have died again, and ends all of them when it is ended. Should it be killed, they end by themselves.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from ledger.cli.console import USAGE, say

__all__ = ["keep_running"]

# A process that dies at once must not be started again as fast as the machine can.
_PAUSE = 1.0
# What is being written is finished first.
_GRACE = 30.0
_DEFECT = 70
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def keep_running(count: int, work: Callable[[], int]) -> NoReturn:
    """Run `work` in so many processes until SIGTERM or SIGINT; it gives its exit code.

    A process that ends with code 2, for settings that cannot be used, ends all of them.
    """
    family = _Family(work)
    for _ in range(count):
        family.start()
    sys.exit(family.look_after())


class _Family:
    """The processes that run, by their ids, and when each was started."""

    def __init__(self, work: Callable[[], int]) -> None:
        self._work = work
        self._running: dict[int, float] = {}
        self._is_ending = threading.Event()
        # Each process reads from it, and comes to the end where the parent is no more.
        self._alive, self._parent_end = os.pipe()
        self._before = {name: signal.signal(name, self._end) for name in _SIGNALS}

    def start(self) -> None:
        """Start one process more."""
        process = os.fork()
        if process == 0:
            os.close(self._parent_end)
            for name, handler in self._before.items():
                signal.signal(name, handler)
            arguments = (self._alive,)
            threading.Thread(target=_end_with_the_parent, args=arguments, daemon=True).start()
            _exit_with(self._work)
        self._running[process] = time.monotonic()
        if self._is_ending.is_set():
            # The signal came between the two lines above.
            os.kill(process, signal.SIGTERM)

    def look_after(self) -> int:
        """Start again what has died, until all end in order; give the exit code."""
        code = 0
        while self._running:
            process, status = os.wait()
            lived = time.monotonic() - self._running.pop(process)
            ended_with = os.waitstatus_to_exitcode(status)
            if ended_with == USAGE:
                code = USAGE
                self._end()
            if self._is_ending.is_set():
                continue
            say(f"process {process} ended with {ended_with}; starting another")
            if not self._is_ending.wait(max(0.0, _PAUSE - lived)):
                self.start()
        return code

    def _end(self, *_: object) -> None:
        self._is_ending.set()
        for process in list(self._running):
            os.kill(process, signal.SIGTERM)


def _exit_with(work: Callable[[], int]) -> NoReturn:
    """End the forked process with the code of its work: nothing of the parent's runs in it."""
    code = _DEFECT
    try:
        code = work()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    except KeyboardInterrupt:
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with_the_parent(alive: int) -> None:
    # Nobody writes into it: it ends when the parent has.
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(_DEFECT)
