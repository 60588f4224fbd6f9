"""Parts of an audit in several processes: jobs in, parts out, in the order of the jobs.

This process works too: while others begin (a second, much of it imports) it has begun already, and
it takes the next job whenever the part that comes next is still with somebody else. Each process
has its own connection to the store. A bounded number of parts waits, however large the log.
"""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from ledger.audit.part import Job, Memory, Part, examine
from ledger.errors import UnavailableError
from ledger.store import Store

__all__ = ["examine_all", "examine_quickly"]

# Jobs that a process has before it, and parts that may be ahead of the one that comes next.
_AHEAD = 2
_WAITING = 8

# Of a worker's process: its store, and what it remembers from part to part.
_stores: list[Store] = []
_memory = Memory()


def examine_all(store: Store, jobs: Iterable[Job], *, processes: int = 1) -> Iterator[Part]:
    """Examine parts, here and in `processes` - 1 others.

    Raises UnavailableError where a process dies, as by want of memory.
    """
    memory = Memory()
    if processes <= 1:
        yield from (examine_quickly(store, job, memory) for job in jobs)
        return
    # Spawned: a fork would share the store's connections, and the locks of whichever thread.
    pool = ProcessPoolExecutor(processes - 1, get_context("spawn"), _begin, (store.url,))
    waiting: deque[Future[Part]] = deque()
    try:
        for job in jobs:
            if sum(not part.done() for part in waiting) < _AHEAD * (processes - 1):
                waiting.append(pool.submit(_examine, job))
            else:
                waiting.append(_done(examine_quickly(store, job, memory)))
            while waiting and (waiting[0].done() or len(waiting) > _WAITING * processes):
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


def _done(part: Part) -> Future[Part]:
    future: Future[Part] = Future()
    future.set_result(part)
    return future


def examine_quickly(store: Store, job: Job, memory: Memory) -> Part:
    """Examine a part without looking for cycles, of which it makes none: a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return examine(store, job, memory)
    finally:
        if was_enabled:
            gc.enable()


def _begin(url: str) -> None:
    # An interrupt is the parent's to answer, who shuts this process down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stores.append(Store.open(url, create=False))


def _examine(job: Job) -> Part:
    return examine_quickly(_stores[0], job, _memory)
