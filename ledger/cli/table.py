"""Rows for people: a table on a terminal; in a pipe a line each, which other tools take apart.

Where the terminal is too narrow for the table a row is a few lines: what commands take (an id)
stands whole on the first one, to be copied.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ledger.cli.console import printable, put

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["put_table"]

# Columns of names that commands take.
_TAKEN = frozenset({"record", "id", "prefix"})
_GAP, _INDENT = 2, 2


def put_table(columns: Sequence[str], rows: Iterable[tuple[Sequence[str], str]]) -> None:
    """Write rows to stdout; each is its cells, for the table, and its line, for a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        for _, line in rows:
            put(f"{printable(line)}\n")
        return
    from rich.cells import cell_len  # noqa: PLC0415 - a tenth of a second, for terminals alone
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    shown = [[printable(cell) for cell in cells] for cells, _ in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *shown, strict=True)]
    # rich takes NO_COLOR at its word and keeps bold; here nothing of that kind is left.
    style = "" if os.environ.get("NO_COLOR") else "bold"
    if sum(widths) + _GAP * (len(widths) - 1) <= console.width:
        _put_wide(console, columns, shown, style)
    else:
        _put_narrow(console, columns, shown, style)


def _put_wide(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], style: str
) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, header_style=style, box=None, pad_edge=False)
    for cells in rows:
        # Text, never markup: what a row says comes from others.
        table.add_row(*map(Text, cells))
    console.print(table)


def _put_narrow(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], style: str
) -> None:
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    first = next((place for place, name in enumerate(columns) if name in _TAKEN), 0)
    for cells in rows:
        # A terminal folds what is longer than its line; a break would go along when it is copied.
        console.print(Text(cells[first], style=style), soft_wrap=True)
        others = [
            f"{name} {cell}"
            for place, (name, cell) in enumerate(zip(columns, cells, strict=True))
            if place != first
        ]
        told = Text((" " * _GAP).join(others), overflow="fold")
        console.print(Padding(told, (0, 0, 0, _INDENT)))
