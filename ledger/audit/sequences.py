"""Places of transfers under their plans: whether a submitter's numbers run from 1 without a gap.

A part of a log gives runs, most of them one a plan; all parts' runs, put together, must be one run
from 1 on, no number taken twice but by a correction, no running total falling. Numbers are looked
at by plan *and submitter*: anybody may log a transfer that names another's plan, and makes a gap
only in what is his own.

The log itself refuses such numbers today (`log.plan_use`); here is found what it took in before, or
in spite of that. What is kept is one run for each plan, more only where numbers are missing as yet.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from typing import Any, NamedTuple

from ledger.audit.report import MAX_FINDINGS, Checked

__all__ = ["Run", "Runs", "Sequences", "Series"]

# A plan's leaf hash in hexadecimal, and who submitted.
Series = tuple[str, str]
_Totals = tuple[int, int]
_LAST, _LAST_TOTALS = 1, 3


class Run(NamedTuple):
    """Consecutive numbers, the totals at both ends, and the entry in which the first stands."""

    first: int
    last: int
    first_totals: _Totals
    last_totals: _Totals
    entry: int


class Runs:
    """The runs of one part, in the order in which they were logged."""

    def __init__(self) -> None:
        self.corrected: set[tuple[Series, int]] = set()
        self.foreign: set[str] = set()
        """Leaf hashes of plans that this log does not hold."""
        self.falls: list[tuple[Series, int, int, str]] = []
        """A number whose totals are below those before: series, number, index, what was seen."""
        self._closed: list[tuple[Series, Run]] = []
        # The members of a `Run`, of which the last two grow.
        self._open: dict[Series, list[Any]] = {}

    def extend(
        self,
        series: Series,
        numbers: list[int],
        totals: tuple[list[int], list[int]],
        indexes: list[int],
    ) -> None:
        """Add transfers of one series, in the order in which they were logged."""
        first, second = totals
        self.add(series, numbers[0], (first[0], second[0]), indexes[0])
        one_run = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if one_run and first == sorted(first) and second == sorted(second):
            run = self._open[series]
            run[_LAST], run[_LAST_TOTALS] = numbers[-1], (first[-1], second[-1])
            return
        for i in range(1, len(numbers)):
            self.add(series, numbers[i], (first[i], second[i]), indexes[i])

    def add(self, series: Series, number: int, totals: _Totals, index: int) -> None:
        """Add a transfer's number."""
        run = self._open.get(series)
        if run is not None and number == run[_LAST] + 1:
            before = run[_LAST_TOTALS]
            if totals[0] < before[0] or totals[1] < before[1]:
                self._fell(series, number, index, before, totals)
            run[_LAST], run[_LAST_TOTALS] = number, totals
            return
        if run is not None:
            self._closed.append((series, Run(*run)))
        self._open[series] = [number, number, totals, totals, index]

    def finished(self) -> list[tuple[Series, Run]]:
        """Give all runs."""
        return [*self._closed, *((series, Run(*run)) for series, run in self._open.items())]

    def _fell(
        self, series: Series, number: int, index: int, before: _Totals, after: _Totals
    ) -> None:
        if len(self.falls) < MAX_FINDINGS:
            self.falls.append((series, number, index, f"{after} after {before}"))


class Sequences:
    """The runs of all parts, put together in the order of the log."""

    def __init__(self) -> None:
        self._runs: dict[Series, list[Run]] = {}
        self._corrected: set[tuple[Series, int]] = set()
        self._foreign: set[str] = set()
        self._falls: list[tuple[Series, int, int, str]] = []
        self._repeats: list[tuple[Series, int, int]] = []

    def include(self, part: Runs) -> None:
        """Take in a part's runs."""
        self._corrected |= part.corrected
        self._foreign |= part.foreign
        room = MAX_FINDINGS - len(self._falls)
        self._falls += part.falls[: max(room, 0)]
        for series, run in part.finished():
            self._insert(series, run)

    def finish(self, checked: Checked, *, whole: bool) -> None:
        """Tell what is wrong; where not the whole log was read, gaps are no more than untold."""
        for series, number, index, seen in self._falls:
            if not {(series, number), (series, number - 1)} & self._corrected:
                checked.add(
                    "audit.sequence",
                    _where(series, index),
                    expected="running totals that never fall",
                    found=f"at number {number}: {seen}",
                )
        for series, number, index in self._repeats:
            if (series, number) not in self._corrected:
                checked.add(
                    "audit.sequence",
                    _where(series, index),
                    expected="each number once",
                    found=f"number {number} again",
                )
        for series, missing, run in self._gaps():
            # What comes before the first number may stand in the log that holds the plan.
            if not whole or (missing == 1 and series[0] in self._foreign):
                checked.untold["sequence"] += 1
                continue
            checked.add(
                "audit.sequence",
                _where(series, run.entry),
                expected=f"a transfer of number {missing}",
                found=f"number {run.first} after it",
            )

    def _insert(self, series: Series, run: Run) -> None:
        runs = self._runs.setdefault(series, [])
        place = bisect(runs, run.first, key=lambda other: other.first)
        # What is there already is repeated: the rest, before and behind it, is new.
        if place and runs[place - 1].last >= run.first:
            self._repeat(series, run)
            return
        if place < len(runs) and runs[place].first <= run.last:
            self._repeat(series, run)
            return
        runs.insert(place, run)
        for at in (place, place - 1):
            if 0 <= at < len(runs) - 1 and runs[at].last + 1 == runs[at + 1].first:
                runs[at : at + 2] = [self._joined(series, runs[at], runs[at + 1])]

    def _repeat(self, series: Series, run: Run) -> None:
        """Tell which numbers of a run are there already, and take in the others."""
        runs = self._runs[series]
        end = bisect(runs, run.last, key=lambda other: other.first)
        start = max(bisect(runs, run.first, key=lambda other: other.first) - 1, 0)
        taken = [other for other in runs[start:end] if other.last >= run.first]
        number = run.first
        for other in taken:
            self._insert_piece(series, run, range(number, other.first))
            repeated = range(max(run.first, other.first), min(run.last, other.last) + 1)
            room = max(MAX_FINDINGS - len(self._repeats), 0)
            self._repeats += [(series, again, run.entry) for again in repeated[:room]]
            number = other.last + 1
        self._insert_piece(series, run, range(number, run.last + 1))

    def _insert_piece(self, series: Series, run: Run, numbers: range) -> None:
        """Take in a piece of a run; totals inside it, which nobody kept, are taken to be right."""
        if numbers:
            first = run.first_totals if numbers.start == run.first else run.last_totals
            last = run.last_totals if numbers.stop == run.last + 1 else run.first_totals
            self._insert(series, Run(numbers.start, numbers.stop - 1, first, last, run.entry))

    def _joined(self, series: Series, left: Run, right: Run) -> Run:
        before, after = left.last_totals, right.first_totals
        fell = after[0] < before[0] or after[1] < before[1]
        if fell and len(self._falls) < MAX_FINDINGS:
            self._falls.append((series, right.first, right.entry, f"{after} after {before}"))
        return Run(left.first, right.last, left.first_totals, right.last_totals, left.entry)

    def _gaps(self) -> Iterator[tuple[Series, int, Run]]:
        for series, runs in self._runs.items():
            expected = 1
            for run in runs:
                if run.first != expected:
                    yield series, expected, run
                expected = run.last + 1


def _where(series: Series, index: int) -> str:
    plan, submitter = series
    return f"entry {index}, under plan {plan} by {submitter or 'an unknown submitter'}"
