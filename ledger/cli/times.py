"""Times as people give them: RFC 3339, always with the offset from UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.cli.console import problem

__all__ = ["read_time"]


def read_time(option: str, text: str | None) -> datetime | None:
    """Read the value of an option; raise ConfigurationError for what is no time."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    # The year 1, far enough in the east, is before all time.
    except (ValueError, OverflowError):
        pass
    raise problem(
        "usage.time",
        option,
        expected="a time with its offset, such as 2026-01-31T12:00:00Z",
        found=text,
    )
