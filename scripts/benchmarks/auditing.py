"""Audits of a large log: hash tiles alone, leaf hashes from entries, and everything.

Each figure is a program of its own, so that its memory is its own: by the clock, beginning and
importing included; without that, from when its processes are there; and in processor time of all of
them, which a busy machine disturbs less.
The log is that of `tests.statement_load`: 845 bytes an entry, plans, attestations, corrections.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ledger.audit import audit
from ledger.audit.hashing import Hashing, StandardHashing, hashing_for
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.merkle import HASH_SIZE
from ledger.store import Store
from ledger.tile import WIDTH, decode_entries
from scripts.benchmarks.measure import machine
from tests.log_home import SIGNER
from tests.statement_load import main as fill

__all__ = ["WORK", "Line", "Run", "measure"]

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

    @property
    def rate(self) -> float:
        """Entries a second of the clock, the median."""
        return median(run.entries / run.seconds for run in self.runs)

    @property
    def cost(self) -> float:
        """Microseconds of processor time an entry, the median."""
        return median(run.processor_seconds / run.entries * 1e6 for run in self.runs)

    def row(self) -> str:
        """Write a line of a Markdown table."""
        rates = [run.entries / run.seconds for run in self.runs]
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        begun = median(run.entries / run.begun_seconds for run in self.runs)
        peak = max(run.peak_bytes for run in self.runs) / 1e6
        figures = f"{self.rate:,.0f} | {spread} | {begun:,.0f} | {self.cost:.2f} | {peak:,.0f}"
        return f"| {self.name} | {figures} |"


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
            words = [sys.executable, "-m", "scripts.benchmarks.auditing", "--only", name]
            words += ["--directory", str(place), "--processes", str(processes)]
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


def main() -> None:
    """Make the log, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--records", type=int, default=_RECORDS, help="how large the log is")
    parser.add_argument("--long", action="store_true", help=f"{_LONG:,} records")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--directory", type=Path, help="of a log that there is already")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", choices=sorted(WORK), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        _tell(options.only, options.directory, options.processes)
        return
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as made:
        if options.directory is None:
            fill(made, str(_LONG if options.long else options.records))
        place = options.directory or Path(made)
        lines = measure(place, runs=options.runs, processes=options.processes)
    named = {**machine(), "load": f"{os.getloadavg()[0]:.1f}"}
    print(", ".join(f"{name} {value}" for name, value in named.items()))
    what = f"{lines[0].runs[0].entries:,} entries, {options.processes} processes"
    print(f"\n| {what} | entries/s | spread | once begun | µs of processor time | MB |")
    print("|---|---|---|---|---|---|")
    for line in lines:
        print(line.row())
    if options.json:
        value = {"machine": named, "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(value, indent=2))


if __name__ == "__main__":
    main()
