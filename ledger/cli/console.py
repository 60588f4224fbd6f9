"""How the command line speaks: verdicts and errors to stderr for people, data to stdout.

Colour only on a terminal and without NO_COLOR. What comes out of a bundle, a server or a file name
may hold escape sequences or newlines that would draw a verdict of their own: everything that
cannot be printed is shown as its escape.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import typer

from ledger.errors import ConfigurationError, LedgerError, UnavailableError
from ledger.report import Check, Report, Status, catalogue

__all__ = [
    "BROKEN_PIPE",
    "EXIT_CODES",
    "UNDETERMINED",
    "USAGE",
    "Style",
    "exit_code_of",
    "explain",
    "printable",
    "problem",
    "progress",
    "put",
    "put_json",
    "say",
    "show_report",
]

USAGE = 2
UNDETERMINED = 3
# What a shell reports of a program that a closed pipe has ended: never mistaken for a verdict.
BROKEN_PIPE = 141
EXIT_CODES = {
    Status.VERIFIED: 0,
    Status.FAILED: 1,
    Status.UNDETERMINED: UNDETERMINED,
    Status.SKIPPED: 0,
}


class Style(StrEnum):
    """How a line looks on a terminal, as SGR parameters (ECMA-48)."""

    BOLD = "1"
    DIM = "2"
    GREEN = "32"
    RED = "1;31"
    YELLOW = "33"


_MARKS = {
    Status.VERIFIED: ("✓", Style.GREEN),
    Status.FAILED: ("✗", Style.RED),
    Status.UNDETERMINED: ("?", Style.YELLOW),
    Status.SKIPPED: ("-", Style.DIM),
}
_TOLD = frozenset({Status.FAILED, Status.UNDETERMINED})
_IDEOGRAPHIC_SPACE = "\u3000"
_CLOCK_STEP = 1e-3


def say(text: str = "", style: Style | None = None) -> None:
    """Tell a person one line; nobody listening is no reason to stop."""
    if sys.stderr is None:  # closed by whoever started us
        return
    line = printable(text)
    if style is not None and _in_colour():
        line = f"\x1b[{style}m{line}\x1b[0m"
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        # The exit code still tells. What is left of the words, and Python's own flush at the
        # end, go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def put(data: str | bytes) -> None:
    """Write data to stdout, all of it; raise ConfigurationError where it cannot be written."""
    if sys.stdout is None:  # likewise
        raise problem("stdout.unwritable", "stdout cannot be written", found="it is closed")
    # Half a surrogate pair, of a file's name, becomes its JSON escape.
    raw = data.encode(errors="backslashreplace") if isinstance(data, str) else data
    try:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python flushes once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(BROKEN_PIPE) from error
        raise problem(
            "stdout.unwritable", "stdout cannot be written", found=error.strerror or str(error)
        ) from error


def put_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write a command's answer to stdout as JSON; its schema: schemas/command.v1.schema.json."""
    put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def explain(error: LedgerError) -> int:
    """Tell what went wrong, what was expected and found and what to do; give the exit code."""
    say(f"error: {error.message} [{error.code}]", Style.RED)
    for label, value in (("expected", error.expected), ("found", error.found)):
        if value is not None:
            say(f"  {label}: {value}")
    if error.hint:
        say(f"  {error.hint}")
    return exit_code_of(error)


def exit_code_of(error: LedgerError) -> int:
    """Give the exit code of an error: wrong usage, could not ask, or failed."""
    if isinstance(error, ConfigurationError):
        return USAGE
    return UNDETERMINED if isinstance(error, UnavailableError) else EXIT_CODES[Status.FAILED]


def problem(
    code: str,
    message: str,
    *,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
) -> ConfigurationError:
    """Make the error for a command that cannot be carried out as it was given."""
    return ConfigurationError(code, message, expected=expected, found=found, hint=hint)


def show_report(
    report: Report, name: str, *, language: str = "en", indent: str = "", brief: bool = False
) -> None:
    """Print a report: each check, or if `brief` those that were not passed, and the verdict."""
    texts = catalogue(language)
    labels = texts["labels"]
    say(f"{indent}{name}", Style.BOLD)
    for check in report.checks:
        if brief and check.status not in _TOLD:
            continue
        mark, style = _MARKS[check.status]
        noted = check.status is Status.VERIFIED and check.reason is not None
        style = Style.YELLOW if noted else style
        subject = _subject(check, report, language)
        say(f"{indent}  {mark} {check.title(language)}{subject and f'  {subject}'}", style)
        if noted or check.status in _TOLD:
            for label, value in (("expected", check.expected), ("found", check.found)):
                if value is not None:
                    say(f"{indent}      {labels[label]}: {value}")
            for line in (check.text(language), check.hint(language)):
                if line:
                    say(f"{indent}      {line}")
    mark, style = _MARKS[report.verdict]
    say(f"{indent}{mark} {texts['verdicts'][report.verdict.value]}", style)
    if report.sandbox:
        say(f"{indent}  {labels['sandbox']}", Style.YELLOW)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how much of how much is done, on a terminal only."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, for terminals alone
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}, {task.fields[rate]:,.0f}/s"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=0, rate=0)
        start = time.monotonic()

        def show(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - start, _CLOCK_STEP)
            bar.update(task, completed=done, total=total, rate=rate)

        yield show


def _subject(check: Check, report: Report, language: str) -> str:
    """Tell checks of one kind apart, briefly: JSON has the chain's whole identity."""
    if check.code == "anchor.chain" and report.anchor is not None and check.subject:
        anchor = report.anchor
        place = str(catalogue(language)["labels"]["place"])
        return place.format(chain=anchor.chain.chain_id, block=anchor.block_number)
    return check.subject or ""


def _in_colour() -> bool:
    return sys.stderr.isatty() and not (
        os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    )


def printable(text: str) -> str:
    """Show what would move a terminal's cursor or change its colours as its escape."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == _IDEOGRAPHIC_SPACE else c.encode("unicode_escape").decode()
        for c in text
    )
