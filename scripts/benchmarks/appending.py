"""Durable appends without HTTP, in batches: the disk alone, ours, and a peer's, in turns.

    the disk     a batch's bytes, and fdatasync
    ours         read strictly, canonicalised, hashed, de-duplicated, sequenced, committed (SQLite)
    aics-tlog    bytes as they are into tiles in a directory, synced; it looks for no duplicates

By the clock: all three wait for the disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ledger.batch import decode_batch
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.store import Store
from scripts.benchmarks.environments import PEERS, tlog_peer
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import Figure

__all__ = ["appending"]

BATCH, BATCHES = 1_000, 30


def appending(runs: int) -> list[Figure]:
    """Measure all, `runs` rounds of it; the first round warms up and does not count."""
    python = tlog_peer()
    who: dict[str, Callable[[int], float]] = {
        "raw bytes and fdatasync": _disk,
        "our log, SQLite": _ours,
        **({} if python is None else {"aics-tlog": lambda _round: _peer(python)}),
    }
    found = [{name: measure(number) for name, measure in who.items()} for number in range(runs + 1)]
    return [
        Figure(
            f"durable appends, batches of {BATCH:,}, without HTTP: {name}",
            "/s",
            tuple(rates[name] for rates in found[1:]),
        )
        for name in who
    ]


def _disk(number: int) -> float:
    bodies = batches(BATCHES, BATCH, first=number * BATCHES * BATCH)
    with tempfile.TemporaryFile(prefix="crossproof-bench-") as file:
        started = time.perf_counter()
        for body in bodies:
            file.write(body)
            file.flush()
            os.fdatasync(file.fileno())
        return _rate(started)


def _ours(number: int) -> float:
    bodies = batches(BATCHES, BATCH, first=number * BATCHES * BATCH)
    with _bare_log() as log:
        started = time.perf_counter()
        for body in bodies:
            log.append(decode_batch(body), submitter="bench", now=datetime.now(UTC))
        return _rate(started)


def _peer(python: str) -> float:
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        command = [python, str(PEERS / "tlog.py"), "append", directory, str(BATCHES), str(BATCH)]
        return float(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


@contextmanager
def _bare_log() -> Iterator[Log]:
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        path = Path(directory)
        store = Store.open(f"sqlite:///{path / 'ledger.sqlite3'}")
        log = Log.open(store, Signer.generate("bench.example/log"), HeadRecord(path / "head"))
        try:
            yield log
        finally:
            log.close()


def _rate(started: float) -> float:
    return BATCHES * BATCH / (time.perf_counter() - started)
