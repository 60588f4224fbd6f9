"""Figures: repeated rounds in, median, spread and ratios out."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

__all__ = [
    "OURS",
    "TABLE_HEAD",
    "Figure",
    "Options",
    "Rates",
    "compared",
    "load",
    "machine",
    "once",
    "percentile",
    "rate",
]

_PACKAGES = ("fastapi", "msgspec", "psycopg", "sqlalchemy", "uvicorn", "web3")
OURS = "ours"
TABLE_HEAD = "| what | who | median | spread | ours to it |\n|---|---|---|---|---|"
# From here on digits behind the point say nothing.
_WHOLE = 100

# A second, by what was measured and who did it.
Rates = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured: so many rounds of each part, and whether of large logs."""

    runs: int = 5
    long: bool = False
    records: int | None = None
    """How large the logs are that are read or audited, or grow; each part has its own default."""
    processes: int = os.cpu_count() or 1

    def size(self, default: int, long: int) -> int:
        """Say how large a log is to be."""
        return self.records or (long if self.long else default)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity: all rounds, of which the median is quoted."""

    what: str
    who: str
    unit: str
    runs: tuple[float, ...]
    ours: float | None = None
    """How many times as fast as this ours was, the median of the same rounds."""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.runs)

    def row(self) -> str:
        """Write a line of a Markdown table."""
        low, high = _number(min(self.runs)), _number(max(self.runs))
        spread = "one run" if len(self.runs) == 1 else f"{low} to {high}"
        ratio = "" if self.ours is None else _number(self.ours)
        median = f"{_number(self.median)} {self.unit}"
        return f"| {self.what} | {self.who} | {median} | {spread} | {ratio} |"


def compared(rounds: Sequence[Rates], *, unit: str = "/s", by: str = OURS) -> list[Figure]:
    """Make figures of rounds in which all took their turns, each beside `by` in the same rounds."""
    names = list(dict.fromkeys(name for rates in rounds for name in rates))
    order = {what: place for place, (what, _) in reversed([*enumerate(names)])}
    made = []
    for what, who in sorted(names, key=lambda name: (order[name[0]], name[1] != by)):
        both = [rates for rates in rounds if (what, who) in rates and (what, by) in rates]
        ratios = [rates[what, by] / rates[what, who] for rates in both if who != by]
        runs = tuple(rates[what, who] for rates in rounds if (what, who) in rates)
        made.append(Figure(what, who, unit, runs, statistics.median(ratios) if ratios else None))
    return made


def once(work: Callable[[], int]) -> float:
    """Measure how many things a second `work` does; it returns how many it did."""
    started = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - started)


def rate(what: str, work: Callable[[], int], *, runs: int) -> Figure:
    """Measure how many a second `work` of ours does, several times over."""
    return Figure(what, OURS, "/s", tuple(once(work) for _ in range(runs)))


def percentile(times: Sequence[float], share: float = 0.99) -> float:
    """Give what that share of them does not exceed."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def load() -> str:
    """Tell how many processes wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def machine() -> dict[str, str]:
    """Name the machine and the versions, so that a figure can be judged."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": f"{os.cpu_count()} x {model}",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "load": load(),
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.3g}"
