"""Lists of a trust file: how long they may be, and that nothing in one is named twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ledger.errors import MalformedError

__all__ = ["MAX_LISTED", "check_unique"]

MAX_LISTED = 100_000

_T = TypeVar("_T")


def check_unique(items: tuple[_T, ...], key: Callable[[_T], object], where: str) -> None:
    """Refuse two items of one key; raise MalformedError."""
    seen = set()
    for item in items:
        if key(item) in seen:
            raise MalformedError("trust.repeated", f"{where}: named twice", found=str(key(item)))
        seen.add(key(item))
