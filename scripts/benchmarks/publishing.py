"""From sending a record to the proof that it is in a published checkpoint, as its sender waits.

A client sends a record, is told its index, waits until a published checkpoint covers it, and
fetches its proof: then the clock stops, and it sends the next one. One that asks for the checkpoint
every 10 ms tells all the others, as someone who watches a log would.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

from scripts.benchmarks.connection import Connection
from scripts.benchmarks.databases import databases
from scripts.benchmarks.load import batches, lines
from scripts.benchmarks.measure import OURS, Figure, Options, percentile
from scripts.benchmarks.server import Server, serving

__all__ = ["publishing"]

CLIENTS, ROUND_SECONDS = 64, 4.0
BATCH, BATCH_PAUSE = 1_000, 0.1
_LOOK_SECONDS = 0.01
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
    """One round: clients, whoever watches the checkpoint, and batches."""

    def __init__(self, server: Server, clients: int, *, with_batches: bool) -> None:
        self._server = server
        self._clients = clients
        self._with_batches = with_batches
        self._times: list[float] = []
        self._size = 0
        self._grown = asyncio.Condition()
        self._ends_at = 0.0

    async def run(self) -> list[float]:
        """Give the seconds that each record took."""
        self._ends_at = time.monotonic() + ROUND_SECONDS
        beside = [self._watch(), *([self._send_batches()] if self._with_batches else [])]
        try:
            # Whichever fails ends the round, instead of letting the clients wait for it.
            async with asyncio.TaskGroup() as group:
                others = [group.create_task(one) for one in beside]
                clients = [group.create_task(self._client()) for _ in range(self._clients)]
                await asyncio.gather(*clients)
                for other in others:
                    other.cancel()
        except* RuntimeError as failed:
            raise failed.exceptions[0] from failed
        return self._times

    async def _client(self) -> None:
        connection = await Connection.open(self._server.port)
        for entry in self._entries():
            started = time.perf_counter()
            status, answer = await connection.ask("POST", "/v1/records", entry)
            if status != _CREATED:
                raise RuntimeError(answer.decode())
            logged = json.loads(answer)
            async with self._grown:
                await self._grown.wait_for(lambda: self._size > logged["index"])  # noqa: B023 - now
            path = f"/v1/records/{logged['record_id']}/bundle?format=tlog-proof"
            status, answer = await connection.ask("GET", path)
            if status != _OK:
                raise RuntimeError(answer.decode())
            self._times.append(time.perf_counter() - started)
        connection.close()

    def _entries(self) -> Iterator[bytes]:
        while time.monotonic() < self._ends_at:
            yield from lines(1)

    async def _watch(self) -> None:
        connection = await Connection.open(self._server.port)
        while True:
            status, note = await connection.ask("GET", "/checkpoint")
            # C2SP tlog-checkpoint: the second line is the size.
            size = int(note.split(b"\n", 2)[1]) if status == _OK else 0
            if size > self._size:
                async with self._grown:
                    self._size = size
                    self._grown.notify_all()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _send_batches(self) -> None:
        connection = await Connection.open(self._server.port)
        while True:
            (body,) = batches(1, BATCH)
            media_type = "application/x-ndjson"
            status, answer = await connection.ask("POST", "/v1/batches", body, media_type)
            if status != _CREATED:
                raise RuntimeError(answer.decode())
            await asyncio.sleep(BATCH_PAUSE)
