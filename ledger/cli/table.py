"""Rows for people: a table on a terminal; in a pipe a line each, which other tools take apart."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from ledger.cli.console import printable, put

__all__ = ["put_table"]


def put_table(columns: Sequence[str], rows: Iterable[tuple[Sequence[str], str]]) -> None:
    """Write rows to stdout; each is its cells, for the table, and its line, for a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        for _, line in rows:
            put(f"{printable(line)}\n")
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, for terminals alone
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # rich takes NO_COLOR at its word and keeps bold; here nothing of that kind is left.
    style = "" if os.environ.get("NO_COLOR") else "bold"
    table = Table(*columns, header_style=style, box=None, pad_edge=False)
    for cells, _ in rows:
        # Text, never markup: what a row says comes from others.
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in cells))
    Console().print(table)
