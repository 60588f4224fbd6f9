"""From sending a record to the proof that it is in a published checkpoint, as its sender waits.

A client sends a record, asks for its proof and waits for it (`Prefer: wait`): then the clock stops,
and it sends the next one.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack

from scripts.benchmarks.connection import Connection
from scripts.benchmarks.databases import databases
from scripts.benchmarks.load import batches, lines
from scripts.benchmarks.measure import OURS, Figure, Options, percentile
from scripts.benchmarks.server import Server, serving

__all__ = ["publishing"]

CLIENTS, ROUND_SECONDS = 64, 4.0
BATCH, BATCH_PAUSE = 1_000, 0.1
_OK, _CREATED = 200, 201
# By name: how many clients, and whether batches come in beside them.
_SITUATIONS = {
    "one client": (1, False),
    f"{CLIENTS} clients": (CLIENTS, False),
    f"{CLIENTS} clients and batches of {BATCH:,}": (CLIENTS, True),
}


def publishing(options: Options) -> list[Figure]:
    """Measure each situation on each database, in turns; the first round warms up."""
    found: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        given = stack.enter_context(databases())
        servers = {name: stack.enter_context(serving(make())) for name, make in given.items()}
        for number in range(options.runs + 1):
            for name, server in servers.items():
                for situation, (clients, with_batches) in _SITUATIONS.items():
                    load = _Load(server, clients, with_batches=with_batches)
                    times = asyncio.run(load.run())
                    if number == 0:
                        continue
                    what = f"{name}: from sending to a published proof, {situation}"
                    for one, unit, value in (
                        (f"{what}: median", "ms", 1000 * percentile(times, 0.5)),
                        (f"{what}: 99th percentile", "ms", 1000 * percentile(times)),
                        (f"{what}: proofs", "/s", len(times) / ROUND_SECONDS),
                    ):
                        found.setdefault((one, unit), []).append(value)
    return [Figure(what, OURS, unit, tuple(runs)) for (what, unit), runs in found.items()]


class _Load:
    """One round: clients, and batches beside them."""

    def __init__(self, server: Server, clients: int, *, with_batches: bool) -> None:
        self._port = server.port
        self._clients = clients
        self._with_batches = with_batches
        self._times: list[float] = []
        self._ends_at = 0.0

    async def run(self) -> list[float]:
        """Give the seconds that each record took."""
        self._ends_at = time.monotonic() + ROUND_SECONDS
        others = [self._send_batches()] if self._with_batches else []
        await asyncio.gather(*others, *(self._client() for _ in range(self._clients)))
        return self._times

    async def _client(self) -> None:
        connection = await Connection.open(self._port)
        while time.monotonic() < self._ends_at:
            (entry,) = lines(1)
            started = time.perf_counter()
            status, answer = await connection.ask("POST", "/v1/records", entry)
            if status != _CREATED:
                raise RuntimeError(answer.decode())
            name = json.loads(answer)["record_id"]
            path = f"/v1/records/{name}/bundle?format=tlog-proof"
            status, answer = await connection.ask("GET", path, prefer="wait=5")
            if status != _OK:
                raise RuntimeError(answer.decode())
            self._times.append(time.perf_counter() - started)
        connection.close()

    async def _send_batches(self) -> None:
        connection = await Connection.open(self._port)
        while time.monotonic() < self._ends_at:
            (body,) = batches(1, BATCH)
            media_type = "application/x-ndjson"
            status, answer = await connection.ask("POST", "/v1/batches", body, media_type)
            if status != _CREATED:
                raise RuntimeError(answer.decode())
            await asyncio.sleep(BATCH_PAUSE)
        connection.close()
