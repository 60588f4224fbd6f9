"""The growth of a log, drawn: published checkpoints over time, and the anchors among them.

A log of years has millions of checkpoints; some dozens, evenly spread over its entries, draw the
same line. Pure but for what it reads from the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.node import Node
from ledger.store import Published, StoredAnchor

__all__ = ["Growth", "Mark", "draw"]

WIDTH, HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 14, 34
_STEPS = 60
_MARKS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis, or a dot, and what it says."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Growth:
    """What a template needs to draw."""

    first: datetime
    last: datetime
    line: str
    area: str
    anchors: list[Mark]
    sizes: list[Mark]
    times: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT


def draw(node: Node) -> Growth | None:
    """Draw the log's growth; None where nothing has been published."""
    heads, anchors = _heads(node), _anchors(node)
    if not heads:
        return None
    first = heads[0].published_at
    last = max(heads[-1].published_at, *(anchor.anchor.time for anchor in anchors), first)
    # A log of one moment is a line all the same.
    seconds = max((last - first).total_seconds(), 1.0)
    largest = max(heads[-1].head.size, 1)

    def place(at: datetime, size: int) -> tuple[float, float]:
        along = min(max((at - first).total_seconds() / seconds, 0.0), 1.0)
        x = _LEFT + along * (WIDTH - _LEFT - _RIGHT)
        return round(x, 1), round(HEIGHT - _BOTTOM - size / largest * _inner_height(), 1)

    points = [place(published.published_at, published.head.size) for published in heads]
    line = f"{_steps(points)}H{WIDTH - _RIGHT}"
    base = HEIGHT - _BOTTOM
    area = f"{line}V{base}H{points[0][0]}Z"
    dots = [
        Mark(*place(anchor.anchor.time, anchor.anchor.size), str(anchor.anchor.size))
        for anchor in anchors
    ]
    sizes = [
        Mark(_LEFT, place(first, largest * n // _MARKS)[1], f"{largest * n // _MARKS:,}")
        for n in range(_MARKS + 1)
        if n in {0, _MARKS} or largest >= _MARKS
    ]
    format_ = "%Y-%m-%d" if seconds > 3 * 86_400 else "%H:%M:%S"
    times = [
        Mark(_LEFT, base, first.strftime(format_)),
        Mark(WIDTH - _RIGHT, base, last.strftime(format_)),
    ]
    return Growth(first, last, line, area, dots, sizes, times)


def _inner_height() -> int:
    return HEIGHT - _TOP - _BOTTOM


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """Draw a line that holds its height until the next checkpoint."""
    (x, y), *rest = points
    return f"M{x} {y}" + "".join(f"H{x}V{y}" for x, y in rest)


def _sizes(largest: int) -> list[int]:
    return sorted({largest * step // _STEPS for step in range(_STEPS + 1)})


def _heads(node: Node) -> list[Published]:
    newest = node.log.published()
    if newest is None:
        return []
    found: dict[int, Published] = {}
    with node.log.store.reading() as reading:
        for size in _sizes(newest.size):
            for published in reading.checkpoints(size, 1):
                found[published.head.size] = published
    return [found[size] for size in sorted(found)]


def _anchors(node: Node) -> list[StoredAnchor]:
    newest = node.newest_anchor()
    if newest is None:
        return []
    found: dict[int, StoredAnchor] = {}
    for size in _sizes(newest.anchor.size):
        for anchor in node.anchors(beyond=size - 1, limit=1):
            found[anchor.anchor.size] = anchor
    return [found[size] for size in sorted(found)]
