"""A command that is known by name and summary, and imported when somebody calls it.

`crossproof --help` and completion need no more than that, and `crossproof verify` starts without
what the other commands import.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from ledger.cli.plain import PlainCommand, PlainGroup

__all__ = ["DeferredCommand"]


class DeferredCommand(TyperCommand):
    """Stands for a command, or a group, until it is called.

    `place` is its module in this package, and the function or the Typer there.
    """

    def __init__(self, name: str, place: str, summary: str) -> None:
        super().__init__(name, help=summary, rich_markup_mode=None)
        self._module, _, self._attribute = place.partition(":")

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Make a context of the command itself: from here on nobody asks for this one."""
        return self.load().make_context(info_name, args, parent=parent, **extra)

    def load(self) -> Any:
        """Import the command."""
        found = getattr(import_module(f"{__package__}.{self._module}"), self._attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(self.name)(found)
            found = alone
        found.info.cls = PlainGroup
        for registered in found.registered_commands:
            registered.cls = PlainCommand
        command = get_command(found)
        command.name = self.name
        return command
