"""Waiting: callers who would rather wait for the next checkpoint than ask again (RFC 7240, `wait`).

A record is published a fraction of a second after it was logged, and `Retry-After` counts in whole
ones. Who waits holds no thread, and asks again when a checkpoint covers the record, not before.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from starlette.concurrency import run_in_threadpool

from api.sharing import MAX_WAITING, Sharing
from ledger.errors import UnavailableError
from ledger.head import Head
from ledger.log.snapshot import Snapshot
from ledger.node import Node
from ledger.prover import UnpublishedError

__all__ = ["MAX_WAIT_SECONDS", "Waiting", "wait_of"]

# Longer than a checkpoint takes where all is well; and a server that is to end waits as long.
MAX_WAIT_SECONDS = 5
_WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)', re.ASCII | re.IGNORECASE)

_T = TypeVar("_T")


class Waiting:
    """Those who wait for a checkpoint of a node: a context manager, used from one event loop."""

    def __init__(self, node: Node) -> None:
        self._loop = asyncio.get_running_loop()
        self._node = node
        self._proofs = Sharing(node)
        self._size = 0
        self._grown = asyncio.Event()
        self._count = 0
        self._watching: asyncio.Task[None] | None = None
        node.on_published = self._tell

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._node.on_published = lambda _: None
        await run_in_threadpool(self._proofs.close)

    async def until_published(
        self, record_id: bytes, make: Callable[[Snapshot], _T], *, seconds: float
    ) -> _T:
        """Make a record's proof, now or once a checkpoint covers it; raise what making it raises.

        UnpublishedError only after so many seconds, or where many wait already; RequestError (503)
        where more ask than can be answered.
        """
        end = self._loop.time() + min(seconds, MAX_WAIT_SECONDS)
        while True:
            try:
                return await self._proofs.ask(record_id, make)
            except UnpublishedError as error:
                if not await self._covered(error.index, end):
                    raise

    async def _covered(self, index: int, end: float) -> bool:
        """Wait until a checkpoint covers an index; False where none does in time."""
        if self._loop.time() >= end or self._count >= MAX_WAITING:
            return False
        self._count += 1
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            while self._size <= index:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._grown.wait(), end - self._loop.time())
                if self._loop.time() >= end:
                    return False
        finally:
            self._count -= 1
        return True

    async def _watch(self) -> None:
        """Look, while anyone waits, for what another process has published."""
        try:
            while self._count:
                with suppress(UnavailableError):
                    head = await run_in_threadpool(self._node.log.published)
                    self._grow(0 if head is None else head.size)
                await asyncio.sleep(self._node.settings.publish_interval)
        finally:
            self._watching = None

    def _tell(self, head: Head) -> None:
        # Called by the thread that publishes, perhaps after the loop's end.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._grow, head.size)

    def _grow(self, size: int) -> None:
        if size > self._size:
            self._size = size
            self._grown.set()
            self._grown = asyncio.Event()


def wait_of(prefer: str | None) -> int:
    """Read how many seconds a request's `Prefer` would wait; 0 where it says nothing of it."""
    found = _WAIT.search(prefer or "")
    return 0 if found is None else int(found[1])
