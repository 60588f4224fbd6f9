"""Ingest as its callers see it: batches over several connections, and single records.

The load comes from the same machine, which the server shares with it. A batch or record counts
when it is acknowledged; it is published when its bundle is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from scripts.benchmarks.load import lines
from scripts.benchmarks.measure import Figure, once
from scripts.benchmarks.server import Server

__all__ = ["CONNECTIONS", "post_all", "published", "singles"]

CONNECTIONS = 4
CLIENTS = (64, 200)
_SINGLES = 3_000
_SAMPLES = 100
_PERCENTILE = 0.99
_POLL_SECONDS = 0.005


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


def singles(name: str, server: Server, runs: int) -> list[Figure]:
    """Post records one by one, by many clients at once; one run more warms up."""
    figures = []
    for clients in CLIENTS:
        rates, slowest = [], []
        for run in range(runs + 1):
            entries = list(lines(_SINGLES, first=run * _SINGLES))
            times: list[float] = []
            rate = once(partial(_post_singly, server.port, entries, clients=clients, times=times))
            if run:
                rates.append(rate)
                slowest.append(1000 * _percentile(times))
        what = f"{name}: single records, {clients} clients"
        figures += [
            Figure(what, "/s", tuple(rates)),
            Figure(f"{what}: acknowledged, 99th percentile", "ms", tuple(slowest)),
        ]
    return figures


def published(name: str, server: Server, runs: int) -> Figure:
    """Measure from sending a record until its bundle is there, one record at a time."""
    slowest = []
    for run in range(runs):
        times = []
        for entry in lines(_SAMPLES, first=run * _SAMPLES):
            started = time.perf_counter()
            record_id = server.record(entry)
            while not server.has_bundle(record_id):
                time.sleep(_POLL_SECONDS)
            times.append(time.perf_counter() - started)
        slowest.append(1000 * _percentile(times))
    return Figure(
        f"{name}: from sending to a published proof, 99th percentile", "ms", tuple(slowest)
    )


def _post_singly(port: int, entries: list[bytes], *, clients: int, times: list[float]) -> int:
    async def post() -> None:
        left = iter(entries)
        await asyncio.gather(*(_client(port, left, times) for _ in range(clients)))

    asyncio.run(post())
    return len(times)


async def _client(port: int, left: Iterator[bytes], times: list[float]) -> None:
    """Post what is left, one after the other; bare, so that the server has the machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for entry in left:
        started = time.perf_counter()
        head = (
            f"POST /v1/records HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(entry)}\r\n\r\n"
        )
        writer.write(head.encode() + entry)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if not answer.startswith("http/1.1 201"):
            raise RuntimeError(answer)
        await reader.readexactly(int(answer.partition("content-length: ")[2].partition("\r")[0]))
        times.append(time.perf_counter() - started)
    writer.close()


def _percentile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * _PERCENTILE)]
