"""Waiting for a condition, never for a time: asked again and again, and failed at a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

_SECONDS = 60.0
_BETWEEN = 0.05


def eventually(ask: Callable[[], T], what: str) -> T:
    """Ask until the answer is true, and give it."""
    deadline = time.monotonic() + _SECONDS
    while not (answer := ask()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {_SECONDS:g} seconds: {what}")
        time.sleep(_BETWEEN)
    return answer
