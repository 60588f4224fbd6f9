"""Figures: repeated runs in, median and spread out."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

__all__ = ["Figure", "machine", "once", "rate"]

_PACKAGES = ("fastapi", "msgspec", "psycopg", "sqlalchemy", "uvicorn", "web3")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity: all runs, of which the median is quoted."""

    name: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    def row(self) -> str:
        """Write a line of a Markdown table."""
        low, high = min(self.runs), max(self.runs)
        return f"| {self.name} | {self.median:,.0f} {self.unit} | {low:,.0f} to {high:,.0f} |"


def once(work: Callable[[], int]) -> float:
    """Measure how many things a second `work` does; it returns how many it did."""
    started = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - started)


def rate(name: str, unit: str, work: Callable[[], int], *, runs: int) -> Figure:
    """Measure `work` several times over."""
    return Figure(name, unit, tuple(once(work) for _ in range(runs)))


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
    }
