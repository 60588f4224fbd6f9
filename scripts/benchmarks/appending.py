"""Durable appends without HTTP, in batches: the disk alone, ours, and a peer's, in turns.

    the disk     a batch's bytes, and fdatasync
    ours         read strictly, canonicalised, hashed, de-duplicated, sequenced, committed (SQLite)
    aics-tlog    bytes as they are into tiles in a directory, synced; it looks for no duplicates

By the clock: all three wait for the disk.
"""

from __future__ import annotations

import json
import subprocess
import tempfile

from scripts.benchmarks.disk import DISK, sync_each
from scripts.benchmarks.environments import PEERS, tlog_peer
from scripts.benchmarks.load import batches
from scripts.benchmarks.logs import append, bare_log
from scripts.benchmarks.measure import OURS, Figure, Options, Rates, compared, once

__all__ = ["appending"]

BATCH, BATCHES = 1_000, 30
_WHAT = f"durable appends without HTTP, batches of {BATCH:,}"


def appending(options: Options) -> list[Figure]:
    """Measure all; the first round warms up and does not count."""
    python = tlog_peer()
    return compared([_round(number, python) for number in range(options.runs + 1)][1:])


def _round(number: int, python: str | None) -> Rates:
    bodies = batches(BATCHES, BATCH, first=number * BATCHES * BATCH)
    with bare_log() as log:
        rates = {
            (_WHAT, OURS): once(lambda: append(log, bodies)),
            (_WHAT, DISK): once(lambda: sync_each(bodies)),
        }
    if python is not None:
        rates[_WHAT, "aics-tlog"] = _peer(python)
    return rates


def _peer(python: str) -> float:
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        command = [python, str(PEERS / "tlog.py"), "append", directory, str(BATCHES), str(BATCH)]
        return float(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
