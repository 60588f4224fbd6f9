"""Growth: a log from nothing to millions of records, each part of it beside its ceilings.

Every part is so many records in batches over several connections, then, on the same machine in the
same minute, the same bytes to a file with fdatasync alone, and the same work (decode, canonicalise,
hash, write) in one process without HTTP. A machine that others use shows in all three; so does the
processor's time, which is the server's own and of the processes it started.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ledger.batch import decode_batch
from ledger.log import Log
from scripts.benchmarks.ingest import post_all
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import Figure
from scripts.benchmarks.server import Server

__all__ = ["growth"]

PART = 100_000
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
    load: float


def growth(name: str, server: Server, log: Log, count: int) -> list[Figure]:
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
            f"| {part.server_time:.1f} | {part.followers_time:.1f} | {part.load:.1f} |",
            flush=True,
        )

    def of(ask: Callable[[_Part], float]) -> tuple[float, ...]:
        return tuple(ask(part) for part in parts)

    served = of(lambda part: part.served)
    slowest = sorted(second for part in parts for second in part.seconds)
    what = f"{name}: records from 0 to {count:,}"
    return [
        Figure(f"{what}, each {PART:,}", "/s", served),
        Figure(f"{what}, all of them", "/s", (statistics.harmonic_mean(served),)),
        Figure(f"{what}: the last {PART:,} by the first", "%", (100 * served[-1] / served[0],)),
        Figure(f"{what}: their bytes to the raw disk", "/s", of(lambda part: part.disk)),
        Figure(f"{what}: one process without HTTP", "/s", of(lambda part: part.alone)),
        Figure(f"{what}: of that", "%", of(lambda part: 100 * part.served / part.alone)),
        Figure(f"{what}: processor time of the server", "µs", of(lambda part: part.server_time)),
        Figure(f"{what}: and of its followers", "µs", of(lambda part: part.followers_time)),
        Figure(f"{what}: a batch acknowledged, median", "ms", (1000 * _at(slowest, 0.5),)),
        Figure(f"{what}: 99th percentile", "ms", (1000 * _at(slowest, 0.99),)),
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
            disk=_rate(some, _sync_each),
            alone=_rate(some, lambda each: _append(log, each)),
            server_time=server_time,
            followers_time=followers_time,
            seconds=tuple(seconds),
            load=os.getloadavg()[0],
        )


def _rate(bodies: Sequence[bytes], work: Callable[[Sequence[bytes]], None]) -> float:
    started = time.perf_counter()
    work(bodies)
    return len(bodies) * _BATCH / (time.perf_counter() - started)


def _sync_each(bodies: Sequence[bytes]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory,
        Path(directory, "raw").open("wb", buffering=0) as file,
    ):
        for body in bodies:
            file.write(body)
            os.fdatasync(file.fileno())


def _append(log: Log, bodies: Sequence[bytes]) -> None:
    # A body has been logged by the server, not here: each log has its own.
    for body in bodies:
        log.append(decode_batch(body), submitter="bench", now=datetime.now(UTC))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]
