"""Single records by many clients at once: how many a second, acknowledged how soon.

The load is wrk's where it is installed; a client in Python otherwise, which takes a good part of
the two cores for itself. The table says which.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from scripts.benchmarks.connection import Connection
from scripts.benchmarks.databases import databases
from scripts.benchmarks.load import lines
from scripts.benchmarks.measure import OURS, Figure, Options, percentile
from scripts.benchmarks.server import Server, serving

__all__ = ["singles", "who"]

CLIENTS = (64, 200)
_SECONDS = 5
_THREADS = 2
# More than any server here takes in that time.
_MOST = 12_000 * _SECONDS
# Of the client in Python, which is as fast as it is.
_FEWER = 4_000
_CREATED = 201


class Took(NamedTuple):
    """So many a second, and milliseconds until 99 of 100 were acknowledged."""

    rate: float
    slowest: float


def who() -> str:
    """Say whose load it is."""
    return f"{OURS}, load by {'wrk' if shutil.which('wrk') else 'Python'}"


def singles(options: Options) -> list[Figure]:
    """Measure on each database, all in turns; the first round warms up and does not count."""
    found: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        given = stack.enter_context(databases())
        servers = {name: stack.enter_context(serving(make())) for name, make in given.items()}
        for number in range(options.runs + 1):
            for name, server in servers.items():
                for clients in CLIENTS:
                    before = sum(server.processor_time())
                    count, took = post_singly(server, clients)
                    used = (sum(server.processor_time()) - before) * 1e6 / count
                    if number == 0:
                        continue
                    what = f"{name}: single records, {clients} clients"
                    for one, unit, value in (
                        (what, "/s", took.rate),
                        (f"{what}: acknowledged, 99th percentile", "ms", took.slowest),
                        (f"{what}: processor time of the server, a record", "µs", used),
                    ):
                        found.setdefault((one, unit), []).append(value)
    by = who()
    return [Figure(what, by, unit, tuple(runs)) for (what, unit), runs in found.items()]


def post_singly(server: Server, clients: int) -> tuple[int, Took]:
    """Post records by so many clients for some seconds; give how many, and what it took."""
    program = shutil.which("wrk")
    if program is not None:
        return _by_wrk(program, server.port, clients)
    times: list[float] = []
    started = time.perf_counter()
    asyncio.run(_by_python(server.port, clients, times))
    rate = len(times) / (time.perf_counter() - started)
    return len(times), Took(rate, 1000 * percentile(times))


def _by_wrk(program: str, port: int, clients: int) -> tuple[int, Took]:
    with tempfile.NamedTemporaryFile(prefix="crossproof-bench-") as file:
        file.write(b"\n".join(lines(_MOST)))
        file.flush()
        command = [program, "-t", str(_THREADS), "-c", str(clients), "-d", f"{_SECONDS}s"]
        script = ["-s", str(Path(__file__).with_name("records.lua")), f"http://127.0.0.1:{port}"]
        words = [*command, *script, "--", file.name, str(_THREADS)]
        said = subprocess.run(words, capture_output=True, check=True).stdout
    told = json.loads(said.splitlines()[-1])
    if told["failed"]:
        raise RuntimeError(told)
    rate = told["count"] / told["microseconds"] * 1e6
    return told["count"], Took(rate, told["p99"] / 1000)


async def _by_python(port: int, clients: int, times: list[float]) -> None:
    left = lines(_FEWER)
    await asyncio.gather(*(_client(port, left, times) for _ in range(clients)))


async def _client(port: int, left: Iterator[bytes], times: list[float]) -> None:
    connection = await Connection.open(port)
    for entry in left:
        started = time.perf_counter()
        status, body = await connection.ask("POST", "/v1/records", entry)
        if status != _CREATED:
            raise RuntimeError(body.decode())
        times.append(time.perf_counter() - started)
    connection.close()
