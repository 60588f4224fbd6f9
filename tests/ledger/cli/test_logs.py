"""What a serving process logs: everything of ours, and of libraries each text now and then."""

from __future__ import annotations

import logging

import pytest

from ledger.cli import logs
from ledger.cli.logs import REPEAT_SECONDS, Sparing


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def said(sparing: Sparing, name: str, text: str, *arguments: object) -> str | None:
    """Log a line; give what passes of it."""
    record = logging.LogRecord(name, logging.WARNING, "file", 1, text, arguments, None)
    return record.getMessage() if sparing.filter(record) else None


def test_sparing_lets_a_librarys_text_pass_once_in_a_while_and_counts(clock: Clock) -> None:
    sparing = Sparing(clock)
    lines = [said(sparing, "asyncio", "no descriptors left") for _ in range(1000)]
    assert lines == ["no descriptors left", *[None] * 999]
    clock.now += REPEAT_SECONDS
    again = said(sparing, "asyncio", "no descriptors left")
    assert again == "no descriptors left (999 more since it was last told)"
    clock.now += REPEAT_SECONDS
    assert said(sparing, "asyncio", "no descriptors left") == "no descriptors left"


def test_sparing_tells_texts_apart_and_not_what_is_put_into_them(clock: Clock) -> None:
    sparing = Sparing(clock)
    assert said(sparing, "uvicorn.error", "from %s", "192.0.2.1") == "from 192.0.2.1"
    assert said(sparing, "uvicorn.error", "from %s", "192.0.2.2") is None
    assert said(sparing, "uvicorn.error", "another") == "another"
    assert said(sparing, "uvicorn", "from %s", "192.0.2.1") is not None


def test_sparing_keeps_back_nothing_of_ours(clock: Clock) -> None:
    sparing = Sparing(clock)
    for name in ("api.problems", "ledger.node"):
        assert [said(sparing, name, "incident") for _ in range(3)] == ["incident"] * 3


def test_sparing_remembers_a_bounded_number_of_texts(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_TEXTS", 10)
    sparing = Sparing(clock)
    for number in range(100):
        assert said(sparing, "asyncio", f"text {number}") is not None
    assert len(sparing._said) <= 10
