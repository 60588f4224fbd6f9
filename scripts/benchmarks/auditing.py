"""Audits of a large log: hash tiles alone, leaf hashes from entries, and everything.

Each figure is a program of its own, so that its memory is its own: by the clock, beginning and
importing included; without that, from when its processes are there; and in processor time of all of
them, which a busy machine disturbs less.
The log is that of `tests.statement_load`: 845 bytes an entry, plans, attestations, corrections.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

from ledger.audit import audit
from ledger.audit.hashing import Hashing, StandardHashing, hashing_for
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.merkle import HASH_SIZE
from ledger.store import Store
from ledger.tile import WIDTH, decode_entries
from scripts.benchmarks.measure import OURS, Figure, Options
from tests.log_home import SIGNER
from tests.statement_load import main as fill

__all__ = ["WORK", "Line", "Run", "auditing", "measure"]

_RECORDS, _LONG = 200_000, 1_000_000
# Tiles that are hashed at once.
_PART = 64


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one program took."""

    entries: int
    seconds: float
    begun_seconds: float
    """Of the work alone; of an audit in several processes, their beginning is part of it."""
    processor_seconds: float
    peak_bytes: int
    """Of all processes together, each at its own worst moment."""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure: all its runs."""

    name: str
    runs: tuple[Run, ...]

    def figures(self, who: str) -> list[Figure]:
        """Give rate, rate once begun, processor time and memory."""
        runs = self.runs
        what = f"audited: {self.name}"
        return [
            Figure(what, who, "/s", tuple(run.entries / run.seconds for run in runs)),
            Figure(
                f"{what}, once begun", who, "/s", tuple(x.entries / x.begun_seconds for x in runs)
            ),
            Figure(
                f"{what}, processor time an entry",
                who,
                "µs",
                tuple(1e6 * run.processor_seconds / run.entries for run in runs),
            ),
            Figure(f"{what}, memory", who, "MB", tuple(run.peak_bytes / 1e6 for run in runs)),
        ]


def _open(place: Path) -> Log:
    store = Store.open(f"sqlite:///{place / 'ledger.sqlite3'}")
    return Log.open(store, SIGNER, HeadRecord(place / "head"))


class Done(NamedTuple):
    """So many entries, in so many seconds of work."""

    entries: int
    seconds: float


def _audited(place: Path, *, entries: bool, processes: int) -> Done:
    log = _open(place)
    started = time.perf_counter()
    try:
        report = audit(log, entries=entries, processes=processes)
    finally:
        log.close()
    seconds = time.perf_counter() - started
    if not report.clean or report.entries != (report.size if entries else 0):
        raise RuntimeError(report)
    return Done(report.size, seconds)


def _hashed(place: Path, processes: int, *, standard: bool) -> Done:
    """Hash every entry and every node of the full leaf tiles, and compare with those above."""
    log = _open(place)
    size = log.head().size
    log.close()
    tiles = range(size // WIDTH)
    parts = [tiles[start : start + _PART] for start in tiles[::_PART]]
    ready = get_context("spawn").Barrier(processes + 1)
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(place, size, ready)
    ) as pool:
        jobs = [pool.submit(_hash, place, part, size, standard=standard) for part in parts]
        ready.wait()
        started = time.perf_counter()
        entries = sum(job.result() for job in jobs)
    return Done(entries, time.perf_counter() - started)


def _begin(place: Path, size: int, ready: Barrier) -> None:
    """Open the store and compile, before the clock runs."""
    _store(place)
    hashing_for(size)
    ready.wait()


@cache
def _store(place: Path) -> Store:
    """Open the store once in each process."""
    return Store.open(f"sqlite:///{place / 'ledger.sqlite3'}", create=False)


def _hash(place: Path, tiles: range, size: int, *, standard: bool) -> int:
    by: Hashing = StandardHashing() if standard else hashing_for(size)
    with _store(place).reading() as reading:
        kept = reading.tiles(1, {number // WIDTH for number in tiles})
        for number, bundle in reading.bundles(tiles):
            root = by.perfect_root(by.leaf_row(bundle, decode_entries(bundle, WIDTH)))
            start = number % WIDTH * HASH_SIZE
            if kept[number // WIDTH][start : start + HASH_SIZE] != root:
                raise RuntimeError(number)
    return len(tiles) * WIDTH


# By name: what is done with a log, and in how many processes of those that are given.
WORK: dict[str, Callable[[Path, int], Done]] = {
    "structure: hash tiles alone, one process": lambda place, _: _audited(
        place, entries=False, processes=1
    ),
    "hashing: entries to leaves and tiles, by hashlib": lambda place, processes: _hashed(
        place, processes, standard=True
    ),
    "hashing: entries to leaves and tiles": lambda place, processes: _hashed(
        place, processes, standard=False
    ),
    "everything, one process": lambda place, _: _audited(place, entries=True, processes=1),
    "everything": lambda place, processes: _audited(place, entries=True, processes=processes),
}


def measure(place: Path, *, runs: int, processes: int) -> list[Line]:
    """Measure each in turn, and that several times over."""
    found: dict[str, list[Run]] = {name: [] for name in WORK}
    for _ in range(runs):
        for name, lines in found.items():
            words = [sys.executable, "-m", "scripts.benchmarks.auditing", name]
            words += [str(place), str(processes)]
            started = time.perf_counter()
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
            seconds = time.perf_counter() - started
            lines.append(Run(seconds=seconds, **json.loads(done.stdout)))
    return [Line(name, tuple(lines)) for name, lines in found.items()]


def _tell(name: str, place: Path, processes: int) -> None:
    """Do one thing, and tell what it took."""
    done = WORK[name](place, processes)
    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The largest child counts for each: what hashes has one more than what audits.
    children = processes if name.startswith("hashing") else processes - 1
    used = sum(usage.ru_utime + usage.ru_stime for usage in (own, others))
    peak = (own.ru_maxrss + others.ru_maxrss * children) * 1024
    told = {"entries": done.entries, "begun_seconds": done.seconds}
    print(json.dumps({**told, "processor_seconds": used, "peak_bytes": peak}))


def auditing(options: Options) -> list[Figure]:
    """Make the log and measure each on it."""
    size = options.size(_RECORDS, _LONG)
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as made:
        fill(made, str(size))
        lines = measure(Path(made), runs=options.runs, processes=options.processes)
    who = f"{OURS}, {size:,} entries, {options.processes} processes"
    return [figure for line in lines for figure in line.figures(who)]


if __name__ == "__main__":
    _tell(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
