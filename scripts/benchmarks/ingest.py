"""Batches as their callers see them, beside their ceilings: over several connections, durable.

The load comes from the same machine, which the server shares with it. A batch counts when it is
acknowledged. A server reads batches with all cores, so it may be faster than one process.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from scripts.benchmarks.databases import databases
from scripts.benchmarks.disk import DISK, sync_each
from scripts.benchmarks.load import batches
from scripts.benchmarks.logs import append, bare_log
from scripts.benchmarks.measure import OURS, Figure, Options, Rates, compared, once
from scripts.benchmarks.server import Server, serving

__all__ = ["ALONE", "CONNECTIONS", "ingest", "memory", "post_all"]

CONNECTIONS = 4
BATCH, BATCHES = 5_000, 20
MANY = 100_000
ALONE = "ceiling: one process, without HTTP"


def ingest(options: Options) -> list[Figure]:
    """Measure on each database; the first round warms up and does not count."""
    rounds: list[Rates] = []
    with ExitStack() as stack:
        given = stack.enter_context(databases())
        pairs = {
            name: (
                stack.enter_context(serving(create())),
                stack.enter_context(bare_log(create())),
            )
            for name, create in given.items()
        }
        for number in range(options.runs + 1):
            rates: Rates = {}
            for name, (server, log) in pairs.items():
                what = f"{name}: records in batches of {BATCH:,} over {CONNECTIONS} connections"
                bodies = batches(BATCHES, BATCH, first=number * BATCHES * BATCH)
                rates[what, OURS] = once(lambda: post_all(server, bodies))  # noqa: B023 - now
                rates[what, ALONE] = once(lambda: append(log, bodies))  # noqa: B023 - now
                rates[what, DISK] = once(lambda: sync_each(bodies))  # noqa: B023 - now
            rounds.append(rates)
    return compared(rounds[1:])


def post_all(server: Server, bodies: Sequence[bytes], *, seconds: list[float] | None = None) -> int:
    """Post batches over CONNECTIONS connections, each the next one that is left.

    How long each took is added to `seconds`.
    """
    times: list[float] = [] if seconds is None else seconds

    def post(body: bytes) -> None:
        started = time.perf_counter()
        server.post(body)
        times.append(time.perf_counter() - started)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(post, bodies):
            pass
    return sum(body.count(b"\n") for body in bodies)


def memory(options: Options) -> list[Figure]:
    """Measure what one batch of the largest number of lines needs in the server."""
    del options
    (body,) = batches(1, MANY)
    with serving() as server:
        before = server.peak_memory()
        server.post(body)
        after = server.peak_memory()
    what = "memory of the server"
    return [
        Figure(f"{what}, before any batch", OURS, "MB", (before / 1e6,)),
        Figure(f"{what}, a batch of {MANY:,}", OURS, "MB", (after / 1e6,)),
    ]
