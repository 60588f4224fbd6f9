"""Growth: a log from nothing to millions of records, each part of it beside its ceilings.

Every part is so many records in batches over several connections, then, on the same machine in the
same minute, the same bytes to a file with fdatasync alone, and the same work (decode, canonicalise,
hash, write) in one process without HTTP. A machine that others use shows in all three; so does the
processor's time, which is the server's own and of the processes it started.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ledger.log import Log
from scripts.benchmarks.databases import databases
from scripts.benchmarks.disk import DISK, sync_each
from scripts.benchmarks.ingest import ALONE, post_all
from scripts.benchmarks.load import batches
from scripts.benchmarks.logs import append, bare_log
from scripts.benchmarks.measure import OURS, Figure, Options, load, once, percentile
from scripts.benchmarks.server import Server, serving

__all__ = ["growth"]

PART = 100_000
_RECORDS, _LONG = 200_000, 2_000_000
_BATCH = 5_000
# The ceilings are asked of so many batches: a rate needs no more.
_SHARE = 4


class _Part(NamedTuple):
    """Rates of one part, in records a second, and processor time in microseconds a record."""

    served: float
    disk: float
    alone: float
    server_time: float
    followers_time: float
    seconds: tuple[float, ...]
    load: str


def growth(options: Options) -> list[Figure]:
    """Grow a log on each database."""
    figures = []
    with databases() as given:
        for name, create in given.items():
            with serving(create()) as server, bare_log(create()) as log:
                figures += _grown(name, server, log, options.size(_RECORDS, _LONG))
    return figures


def _grown(name: str, server: Server, log: Log, count: int) -> list[Figure]:
    """Post `count` records in batches, print the curve, and give what is to be said of it."""
    print(
        f"\n{name}: records a second by part of {PART:,}; processor time in microseconds a record"
    )
    print("| records | served | raw disk | one process | server | followers | load |")
    print("|---|---|---|---|---|---|---|")
    parts = []
    for part in _parts(server, log, count):
        parts.append(part)
        print(
            f"| {len(parts) * PART:,} | {part.served:,.0f} | {part.disk:,.0f} | {part.alone:,.0f} "
            f"| {part.server_time:.1f} | {part.followers_time:.1f} | {part.load} |",
            flush=True,
        )

    def of(ask: Callable[[_Part], float]) -> tuple[float, ...]:
        return tuple(ask(part) for part in parts)

    served = of(lambda part: part.served)
    seconds = [second for part in parts for second in part.seconds]
    what = f"{name}: records from 0 to {count:,}"
    alone, disk = of(lambda part: part.alone), of(lambda part: part.disk)

    def beside(rates: tuple[float, ...]) -> float:
        return statistics.median(ours / other for ours, other in zip(served, rates, strict=True))

    return [
        Figure(f"{what}, each {PART:,}", OURS, "/s", served),
        Figure(f"{what}, each {PART:,}", ALONE, "/s", alone, beside(alone)),
        Figure(f"{what}, each {PART:,}", DISK, "/s", disk, beside(disk)),
        Figure(f"{what}, all of them", OURS, "/s", (statistics.harmonic_mean(served),)),
        Figure(f"{what}: the last {PART:,} beside the first", OURS, "times", _last(served)),
        Figure(f"{what}: the last {PART:,} beside the first", ALONE, "times", _last(alone)),
        Figure(
            f"{what}: processor time of the server",
            OURS,
            "µs a record",
            of(lambda part: part.server_time),
        ),
        Figure(
            f"{what}: and of its followers",
            OURS,
            "µs a record",
            of(lambda part: part.followers_time),
        ),
        Figure(f"{what}: a batch acknowledged, median", OURS, "ms", (_ms(seconds, 0.5),)),
        Figure(f"{what}: 99th percentile", OURS, "ms", (_ms(seconds, 0.99),)),
    ]


def _parts(server: Server, log: Log, count: int) -> Iterator[_Part]:
    # The first batch starts the processes that read.
    server.post(batches(1, _BATCH)[0])
    for first in range(0, count, PART):
        bodies = batches(PART // _BATCH, _BATCH, first=first)
        before = server.processor_time()
        seconds: list[float] = []
        started = time.perf_counter()
        post_all(server, bodies, seconds=seconds)
        took = time.perf_counter() - started
        after = server.processor_time()
        some = bodies[: len(bodies) // _SHARE]
        server_time, followers_time = (
            1e6 * (new - old) / PART for new, old in zip(after, before, strict=True)
        )
        yield _Part(
            served=PART / took,
            disk=once(partial(sync_each, some)),
            alone=once(partial(append, log, some)),
            server_time=server_time,
            followers_time=followers_time,
            seconds=tuple(seconds),
            load=load(),
        )


def _last(rates: tuple[float, ...]) -> tuple[float]:
    return (rates[-1] / rates[0],)


def _ms(seconds: list[float], share: float) -> float:
    return 1000 * percentile(seconds, share)
