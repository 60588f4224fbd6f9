"""Charts that a server draws: counts in, rectangles of an SVG out. Colours are the style's.

Every chart stands beside a table of the same figures: who does not see it misses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.docket import Tally

__all__ = ["Bar", "Columns", "draw_columns", "whole_span"]

WIDTH, HEIGHT = 720, 180
MOST_COLUMNS = 24
_TOP, _BOTTOM = 22, 24
_WIDEST = 44
_GAP = 0.28


@dataclass(frozen=True, slots=True)
class Bar:
    """A column: what is flagged stands below, what is in order above it."""

    tally: Tally
    x: float
    width: float
    flagged_y: float
    flagged_height: float
    rest_y: float
    rest_height: float
    has_label: bool

    @property
    def middle(self) -> float:
        """Give the place of its label."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of columns."""

    bars: tuple[Bar, ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM


def whole_span(months: Sequence[Tally]) -> list[Tally]:
    """Put in the months of which there is nothing; of a long time only the last MOST_COLUMNS."""
    if not months:
        return []
    known = {tally.value: tally for tally in months}
    year, month = map(int, months[-1].value.split("-"))
    first, filled = months[0].value, list[Tally]()
    while len(filled) < MOST_COLUMNS and (value := f"{year:04}-{month:02}") >= first:
        filled.append(known.get(value) or Tally(value, 0, {}, 0))
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return filled[::-1]


def draw_columns(tallies: Sequence[Tally]) -> Columns:
    """Draw counts in their order, the first at the left."""
    most = max((tally.dossiers for tally in tallies), default=0) or 1
    step = WIDTH / max(len(tallies), 1)
    width = min(step * (1 - _GAP), _WIDEST)
    base, room = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP
    # Labels are some 50 units wide.
    every = max(1, -(-56 // max(int(step), 1)))
    bars = []
    for place, tally in enumerate(tallies):
        flagged = room * tally.flagged / most
        rest = room * (tally.dossiers - tally.flagged) / most
        bars.append(
            Bar(
                tally,
                x=round(place * step + (step - width) / 2, 1),
                width=round(width, 1),
                flagged_y=round(base - flagged, 1),
                flagged_height=round(flagged, 1),
                rest_y=round(base - flagged - rest, 1),
                rest_height=round(rest, 1),
                has_label=(len(tallies) - 1 - place) % every == 0,
            )
        )
    return Columns(tuple(bars))
