"""Threads for work that blocks, with a bound on how much of it waits.

Each kind of work has its own: a burst of batches must not keep reads from being answered, and a
chain that does not answer must not keep records from being logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from api.problems import RETRY_AFTER_SECONDS, RequestError

__all__ = ["Workers", "busy"]

_T = TypeVar("_T")


class Workers:
    """A few threads, and at most `waiting` requests in line for them."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        # Changed only between two awaits of one event loop, hence without a lock.
        self._taken = 0

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run `work` in a thread; raise RequestError (503) where too much waits already."""
        if self._taken >= self._most:
            raise busy()
        self._taken += 1
        # Counted until the work is done, not until someone stops waiting for it.
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        # A caller who leaves must not cancel what is being written.
        return await asyncio.shield(future)

    def close(self) -> None:
        """Finish what runs, and take nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, _: asyncio.Future[_T]) -> None:
        self._taken -= 1


def busy() -> RequestError:
    """Make the error that asks a caller to come back: there is too much to do."""
    return RequestError(
        "server.busy",
        "The ledger has as much to do as it can hold.",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        hint="Nothing of this request was recorded. Send it again in a moment.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
