"""Following apart: the process that follows the log (see `ledger.following`), and who watches it.

Of several processes that serve one log the one with the lease has it. It is started again when it
dies, and ended when the lease goes elsewhere or the server stops. Nothing waits for it: what it has
not come to yet is told by the figures, and by every answer that would hold it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from ledger.cli.logs import log_to_stderr
from ledger.following import follow
from ledger.node import Node
from ledger.trust import Trust

__all__ = ["Following", "followed_apart"]

# Between two looks at the lease, and before one that has died is started again.
PAUSE = 1.0

_logger = structlog.get_logger(__name__)


@contextmanager
def followed_apart(node: Node, trust: Trust) -> Iterator[Following | None]:
    """Have a node's log followed by a process of its own, where the node leaves that to others."""
    if not node.is_followed_apart:
        yield None
        return
    following = Following(node, trust)
    try:
        yield following
    finally:
        following.close()


class Following:
    """The process that follows a node's log, while this is open."""

    def __init__(self, node: Node, trust: Trust) -> None:
        self._node = node
        self._arguments = (node.log.store.url, trust.to_json())
        self._stop = threading.Event()
        # What `wait` sees besides the process' own end.
        self._stopped, self._stopping = os.pipe()
        self._process: BaseProcess | None = None
        self._watcher = threading.Thread(target=self._watch, name="following", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int | None:
        """Name the process; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def close(self) -> None:
        """End the process: its database undoes what it was about to write."""
        self._stop.set()
        os.write(self._stopping, b".")
        self._watcher.join()
        os.close(self._stopping)
        os.close(self._stopped)

    def _watch(self) -> None:
        while not self._stop.is_set():
            if self._node.lease.token is None:
                self._end()
                self._stop.wait(PAUSE)
                continue
            try:
                process = self._process or self._start()
            except OSError as error:
                _logger.warning("nobody follows the log; trying again", reason=str(error))
                self._stop.wait(PAUSE)
                continue
            wait([process.sentinel, self._stopped], timeout=PAUSE)
            if not self._stop.is_set() and not process.is_alive():
                _logger.warning("the process that follows the log ended", code=process.exitcode)
                self._end()
                self._stop.wait(PAUSE)
        self._end()

    def _start(self) -> BaseProcess:
        # Spawned: a fork would take the store's connections along, and locks of whichever thread.
        process = get_context("spawn").Process(
            target=_follow, args=self._arguments, name="following", daemon=True
        )
        process.start()
        self._process = process
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            process.close()


def _follow(url: str, trust: str) -> None:
    # Its lines stand among the server's, and look like them.
    log_to_stderr()
    follow(url, trust)
