"""Decoding: large batches read by processes of their own, one for each core.

Reading a statement costs more than writing it, and Python reads with one core only. So the body of
a large batch is cut into portions (see `ledger.portion`), which go to whichever process is free,
while this one writes what was read before. The processes hold nothing: where one dies, as by want
of memory, the batches that were being read are asked for again (503), and new ones are started.

    read(body, kinds) → the lines' Readings, or none: too small, or no process is ready yet
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

import structlog

from api.workers import busy
from ledger import portion
from ledger.portion import PORTION_SIZE, Reading
from ledger.settings import Settings

__all__ = ["Decoding"]

# A portion is copied on its way: no more of them are on it than keep the processes busy.
_PORTIONS_EACH = 2

_logger = structlog.get_logger(__name__)


class Decoding:
    """The processes that read. Used from one event loop."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._room = asyncio.Semaphore(_PORTIONS_EACH * processes or 1)
        self._pool: ProcessPoolExecutor | None = None
        self._starting: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make as many as are configured, or as there are cores for this server, if several."""
        if settings.decoding_processes is not None:
            return cls(settings.decoding_processes)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        share = (cores or 1) // settings.workers
        return cls(share if share > 1 else 0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        self._processes = 0
        if self._starting is not None:
            await self._starting
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
            self._pool = None

    def start(self) -> None:
        """Begin to start the processes; until they are there, `read` leaves all to its caller."""
        if self._processes and self._pool is None and self._starting is None:
            self._starting = asyncio.create_task(self._start(self._processes))

    async def read(self, body: bytes, kinds: Collection[str]) -> Sequence[Reading | None]:
        """Read a batch of these kinds: a reading for each portion of it (see `portion.join`).

        None at all where its caller is to read it. Raises RequestError (503) where a process died.
        """
        if len(body) < PORTION_SIZE:
            return ()
        pool = self._pool
        if pool is None:
            self.start()
            return ()
        reading = asyncio.gather(
            *[self._read(pool, part, kinds) for part in portion.cut(body)], return_exceptions=True
        )
        # All are waited for: what has been sent is read, whoever leaves meanwhile.
        outcomes = await asyncio.shield(reading)
        for outcome in outcomes:
            if isinstance(outcome, BrokenProcessPool):
                self._begin_anew(pool)
                raise busy() from outcome
            if isinstance(outcome, BaseException):
                raise outcome
        return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]

    async def _read(
        self, pool: ProcessPoolExecutor, part: bytes, kinds: Collection[str]
    ) -> Reading | None:
        async with self._room:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(pool, portion.read, part, kinds)

    async def _start(self, processes: int) -> None:
        # Spawned: a fork would take the store's connections along, and locks of whichever thread.
        pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin)
        loop = asyncio.get_running_loop()
        barrier = [
            loop.run_in_executor(pool, portion.read, b"", ()) for _ in range(self._processes)
        ]
        try:
            await asyncio.gather(*barrier)
        except (BrokenProcessPool, OSError) as error:
            _logger.warning("batches are read without processes", reason=str(error))
            pool.shutdown(wait=False)
        else:
            self._pool = pool
        finally:
            self._starting = None

    def _begin_anew(self, pool: ProcessPoolExecutor) -> None:
        if self._pool is pool:
            _logger.warning("a process that reads batches has died; starting others")
            self._pool = None
            pool.shutdown(wait=False)
            self.start()


def _begin() -> None:
    """Prepare a process: an interrupt is the server's to answer, and without it there is no use."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    """End with the server, however that ends: a killed one tells nobody."""
    server = parent_process()
    if server is not None:
        server.join()
        os._exit(1)
