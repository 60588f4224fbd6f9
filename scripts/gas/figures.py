"""What was measured: operations, and ways to keep records, each with the price of a whole batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["BATCHES", "Figures", "Operation", "Way", "in_chunks", "once"]

BATCHES = (1, 100, 10_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Operation:
    """One transaction, and of how many records or leaves it speaks."""

    whose: str
    name: str
    gas: int
    of: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """A way to keep a batch of records on the chain; `total` is the gas of a batch."""

    whose: str
    name: str
    total: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one project."""

    operations: list[Operation]
    ways: list[Way]


def in_chunks(first: int, chunk: int, size: int) -> Callable[[int], int]:
    """Price a batch of which one transaction takes `size` records for `chunk` gas.

    What is over is priced like a part of a chunk, but not below what one record costs alone.
    """

    def total(records: int) -> int:
        whole, rest = divmod(records, size)
        return whole * chunk + (max(first, chunk * rest // size) if rest else 0)

    return total


def once(gas: int) -> Callable[[int], int]:
    """Price a batch by its root alone."""
    return lambda _records: gas
