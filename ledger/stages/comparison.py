"""What rules compare: two values, two places in the log, two clocks."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.errors import VerificationError
from ledger.stages.dossier import Entry

__all__ = ["CLOCK_SKEW", "after", "broken", "not_later", "same", "seconds", "time_text"]

# How far clocks of different parties may differ, in seconds.
CLOCK_SKEW = 600


def broken(what: str, expected: str, found: str) -> VerificationError:
    """Say that a rule is broken."""
    return VerificationError("stage.broken", what, expected=expected, found=found)


def same(what: str, expected: str, found: str) -> None:
    """Check that two records say the same."""
    if expected != found:
        raise broken(f"{what} is another one", expected, found)


def after(later: Entry[object], earlier: Entry[object], what: str) -> None:
    """Check the order of two records in the log."""
    if later.index <= earlier.index:
        raise broken(what, f"an index above {earlier.index}", str(later.index))


def not_later(what: str, time: int, limit: int) -> None:
    """Check that a time is not after another, as far as clocks agree."""
    if time > limit + CLOCK_SKEW:
        raise broken(what, f"a time up to {time_text(limit)}", time_text(time))


def seconds(time: str) -> int:
    """Read a statement's time in whole seconds since 1970."""
    # Up to nine digits of a fraction, of which datetime takes six.
    whole = time[: len("2026-11-21T08:15:00")]
    return int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())


def time_text(time: int) -> str:
    """Write seconds since 1970 as a time, or as the number where no calendar goes so far."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(time)
