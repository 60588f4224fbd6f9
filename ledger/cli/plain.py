"""Commands whose plain values are read as typer reads them, without what it imports for that.

Typer reads each value by pydantic, even one that is not given, and importing pydantic takes as long
as all that `crossproof verify` does. For words, paths, choices and lists of them nothing of it is
needed: what they become is decided here. Numbers and times, and whatever is to be refused, typer
reads itself, so that no refusal has two wordings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

__all__ = ["PlainCommand", "PlainGroup"]

_UNREAD = object()


class PlainCommand(TyperCommand):
    """A command that reads plain values itself."""

    def get_params(self, ctx: Any) -> Any:
        """List what may be given, the option for help too."""
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group that reads plain values itself; its commands are of classes of their own."""

    def get_params(self, ctx: Any) -> Any:
        """List what may be given, the option for help too."""
        return _plain(super().get_params(ctx))


class _Argument(TyperArgument):
    def process_value(self, ctx: Any, value: Any) -> Any:
        read = _read(self, value)
        if read is _UNREAD:
            return super().process_value(ctx, value)
        return read if self.callback is None else self.callback(ctx, self, read)


class _Option(TyperOption):
    def process_value(self, ctx: Any, value: Any) -> Any:
        read = _read(self, value)
        if read is _UNREAD:
            return super().process_value(ctx, value)
        return read if self.callback is None else self.callback(ctx, self, read)


def _plain(parameters: Sequence[Any]) -> Sequence[Any]:
    # Typer makes them of its own classes, takes no others, and knows them by identity.
    for parameter in parameters:
        for theirs, ours in ((TyperArgument, _Argument), (TyperOption, _Option)):
            if type(parameter) is theirs:
                parameter.__class__ = ours
    return parameters


def _read(parameter: TyperArgument | TyperOption, value: Any) -> Any:
    annotation: Any = parameter.type_descriptor.annotation
    asked = parameter.type_descriptor.parameter_info
    several = parameter.multiple or parameter.nargs == -1
    if asked.parser is not None or (parameter.required and not value):
        return _UNREAD
    if value is None:
        return () if several else None
    if not several:
        return _one(annotation, asked, value)
    origin: Any = get_origin(annotation)
    if origin is not list or not isinstance(value, (list, tuple)):
        return _UNREAD
    (kind,) = get_args(annotation)
    read = [_one(kind, asked, each) for each in value]
    return _UNREAD if _UNREAD in read else read


def _one(kind: Any, asked: Any, value: Any) -> Any:
    if kind is Path:
        return _path(asked, value)
    if not isinstance(value, str) or not asked.case_sensitive:
        return _UNREAD
    if kind is str:
        return value
    if get_origin(kind) is Literal:
        return value if value in get_args(kind) else _UNREAD
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((each for each in kind if str(each.value) == value), _UNREAD)
    return _UNREAD


def _path(asked: Any, value: Any) -> Any:
    checked = asked.exists or asked.writable or asked.resolve_path or asked.path_type
    if checked or not (asked.file_okay and asked.dir_okay and isinstance(value, str | Path)):
        return _UNREAD
    # What is there and cannot be read is refused before the command; what is not there, by it.
    path = Path(value)
    return path if os.access(path, os.R_OK) or not path.exists() else _UNREAD
