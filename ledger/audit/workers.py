"""Parts of an audit in several processes: jobs in, parts out, in the order of the jobs.

Each process opens the store for itself. No more than two jobs for each process are under way, so
that what waits is bounded, however large the log.
"""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from ledger.audit.part import Job, Part, examine
from ledger.errors import UnavailableError
from ledger.store import Store

__all__ = ["examine_all"]

_AHEAD = 2

# Of a worker's process: its store, and what it remembers from part to part.
_stores: list[Store] = []
_kinds: dict[int, str] = {}


def examine_all(store: Store, jobs: Iterable[Job], *, processes: int = 1) -> Iterator[Part]:
    """Examine parts, here or in `processes` of their own.

    Raises UnavailableError where a process dies, as by want of memory.
    """
    if processes <= 1:
        kinds: dict[int, str] = {}
        for job in jobs:
            yield examine(store, job, kinds=kinds)
        return
    # Spawned: a fork would share the store's connections, and the locks of whichever thread.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (store.url,))
    waiting: deque[Future[Part]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(_examine, job))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UnavailableError(
            "audit.process",
            "a process of the audit has ended before its time",
            hint="Is there memory enough? With fewer processes it takes longer: --processes 1.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(url: str) -> None:
    # An interrupt is the parent's to answer, who shuts this process down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is read here makes no cycles, and looking for them takes a tenth of the time.
    gc.disable()
    _stores.append(Store.open(url, create=False))


def _examine(job: Job) -> Part:
    return examine(_stores[0], job, kinds=_kinds)
