"""How the command line speaks: reports and errors as text, colour only on a terminal."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import (
    ConfigurationError,
    LedgerError,
    UnavailableError,
)
from ledger.report import Report, Status, catalogue

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["EXIT_CODES", "explain", "problem", "read_file", "say", "show_report", "write_file"]

USAGE = 2
EXIT_CODES = {
    Status.VERIFIED: 0,
    Status.FAILED: 1,
    Status.UNDETERMINED: 3,
    Status.SKIPPED: 0,
}
_MARKS = {
    Status.VERIFIED: ("✓", "green"),
    Status.FAILED: ("✗", "bold red"),
    Status.UNDETERMINED: ("?", "yellow"),
    Status.SKIPPED: ("-", "dim"),
}


@cache
def stderr() -> Console:
    """Give the console for people; NO_COLOR and a pipe make it plain."""
    from rich.console import Console  # noqa: PLC0415 - `--json` never needs it

    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def say(text: str = "", style: str | None = None) -> None:
    """Tell a person something."""
    stderr().print(text, style=style)


def explain(error: LedgerError) -> int:
    """Tell what went wrong, what was expected and found and what to do; give the exit code."""
    say(f"error: {error.message} [{error.code}]", "bold red")
    for label, value in (("expected", error.expected), ("found", error.found)):
        if value is not None:
            say(f"  {label}: {value}")
    if error.hint:
        say(f"  {error.hint}")
    if isinstance(error, ConfigurationError):
        return USAGE
    return 3 if isinstance(error, UnavailableError) else 1


def problem(code: str, message: str, **details: str) -> ConfigurationError:
    """Make the error for a command that cannot be carried out as it was given."""
    return ConfigurationError(code, message, **details)


def show_report(report: Report, name: str, language: str) -> None:
    """Print a report: each check, and at the end the one verdict."""
    texts = catalogue(language)
    labels = texts["labels"]
    say(name, "bold")
    for check in report.checks:
        mark, style = _MARKS[check.status]
        subject = f"  {check.subject}" if check.subject else ""
        say(f"  {mark} {check.title(language)}{subject}", style)
        if check.status in {Status.FAILED, Status.UNDETERMINED}:
            for label, value in (("expected", check.expected), ("found", check.found)):
                if value is not None:
                    say(f"      {labels[label]}: {value}")
            for line in (check.text(language), check.hint(language)):
                if line:
                    say(f"      {line}")
    mark, style = _MARKS[report.verdict]
    say(f"{mark} {texts['verdicts'][report.verdict.value]}", style)
    if report.sandbox:
        say(f"  {labels['sandbox']}", "yellow")


def read_file(path: Path, what: str) -> bytes:
    """Read a file whole; a missing or unreadable one is a usage error."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise problem(
            "file.unreadable", f"{what} {path}: cannot be read", found=error.strerror or str(error)
        ) from error


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all; `-` is stdout."""
    if str(path) == "-":
        sys.stdout.write(text)
        return
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise problem(
            "file.unwritable", f"{path}: cannot be written", found=error.strerror or str(error)
        ) from error
