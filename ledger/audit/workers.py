"""Parts of an audit in several processes: jobs in, parts out, in the order of the jobs.

This process works too: while others begin (a second, much of it imports) it has begun already, and
it takes the next job whenever the part that comes next is still with somebody else. Each process
has its own connection to the store. A bounded number of parts waits, however large the log.
"""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from ledger.audit.part import Job, Memory, Part, examine
from ledger.errors import UnavailableError
from ledger.store import Store

__all__ = ["examine_all", "examine_quickly", "share"]

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")

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
    here = partial(examine_quickly, store, memory=memory)
    yield from share(jobs, here, _examine, processes=processes, begin=partial(_open, store.url))


def share(
    jobs: Iterable[_Work],
    here: Callable[[_Work], _Result],
    there: Callable[[_Work], _Result],
    *,
    processes: int,
    begin: Callable[[], None] | None = None,
) -> Iterator[_Result]:
    """Do jobs by `here` in this process and by `there` in others, which `begin`; raises as above.

    Gives what comes of them in the order of the jobs.
    """
    if processes <= 1:
        yield from map(here, jobs)
        return
    # Spawned: a fork would share the store's connections, and the locks of whichever thread.
    pool = ProcessPoolExecutor(processes - 1, get_context("spawn"), _begin, (begin,))
    waiting: deque[Future[_Result]] = deque()
    try:
        for job in jobs:
            if sum(not part.done() for part in waiting) < _AHEAD * (processes - 1):
                waiting.append(pool.submit(there, job))
            else:
                waiting.append(_done(here(job)))
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


def _done(result: _Result) -> Future[_Result]:
    future: Future[_Result] = Future()
    future.set_result(result)
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


def _begin(begin: Callable[[], None] | None) -> None:
    # An interrupt is the parent's to answer, who shuts this process down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was loaded is there until the end, and the parent waits for that: a tenth of a second is
    # what looking for cycles in it takes.
    gc.freeze()
    if begin is not None:
        begin()


def _open(url: str) -> None:
    _stores.append(Store.open(url, create=False))


def _examine(job: Job) -> Part:
    return examine_quickly(_stores[0], job, _memory)
