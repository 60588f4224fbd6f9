"""Audits of a large log: hash tiles alone, leaf hashes from entries, and everything.

Each figure is a program of its own, so that its memory is its own: by the clock, beginning and
importing included; without that; and in processor time of all its processes, which a busy machine
disturbs less.
The log is that of `tests.statement_load`: 845 bytes an entry, plans, attestations, corrections.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.audit_run import WORK
from scripts.benchmarks.measure import OURS, Figure, Options
from tests.statement_load import main as fill

__all__ = ["WORK", "Line", "Run", "auditing", "measure"]

_RECORDS, _LONG = 200_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one program took."""

    entries: int
    seconds: float
    begun_seconds: float
    """Of the work alone; where others help, their beginning is part of it."""
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


def measure(place: Path, *, runs: int, processes: int) -> list[Line]:
    """Measure each in turn, and that several times over."""
    found: dict[str, list[Run]] = {name: [] for name in WORK}
    for _ in range(runs):
        for name, lines in found.items():
            words = [sys.executable, "-m", "scripts.benchmarks.audit_run", name]
            words += [str(place), str(processes)]
            started = time.perf_counter()
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
            seconds = time.perf_counter() - started
            lines.append(Run(seconds=seconds, **json.loads(done.stdout)))
    return [Line(name, tuple(lines)) for name, lines in found.items()]


def auditing(options: Options) -> list[Figure]:
    """Make the log and measure each on it."""
    size = options.size(_RECORDS, _LONG)
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as made:
        fill(made, str(size))
        lines = measure(Path(made), runs=options.runs, processes=options.processes)
    who = f"{OURS}, {size:,} entries, {options.processes} processes"
    return [figure for line in lines for figure in line.figures(who)]
