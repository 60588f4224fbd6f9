"""What a command reads itself it reads as typer would."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.core import TyperCommand
from typer.main import get_command

from ledger.cli.plain import PlainCommand


class _Colour(StrEnum):
    RED = "red"
    DARK_RED = "dark-red"


def _seen(
    word: Annotated[str, typer.Argument(envvar="T_WORD")],
    paths: Annotated[list[Path] | None, typer.Argument(envvar="T_PATHS")] = None,
    *,
    path: Annotated[Path | None, typer.Option(envvar="T_PATH")] = None,
    here: Annotated[Path, typer.Option()] = Path("here"),
    language: Annotated[Literal["en", "zh"], typer.Option(envvar="T_LANGUAGE")] = "en",
    colour: Annotated[_Colour, typer.Option()] = _Colour.RED,
    colours: Annotated[list[_Colour] | None, typer.Option(envvar="T_COLOURS")] = None,
    words: Annotated[list[str] | None, typer.Option(envvar="T_WORDS")] = None,
    flag: Annotated[bool, typer.Option("--flag", envvar="T_FLAG")] = False,
    number: Annotated[int, typer.Option(min=0, envvar="T_NUMBER")] = 7,
) -> dict[str, Any]:
    return dict(locals())


def _answer(cls: type[TyperCommand], words: list[str]) -> Any:
    program = typer.Typer(add_completion=False, rich_markup_mode=None)
    program.command("seen", cls=cls)(_seen)
    try:
        values = get_command(program).main(words, standalone_mode=False)
    except typer.TyperException as error:
        return type(error), error.format_message()
    if not isinstance(values, dict):
        return values
    return {name: (type(value), value) for name, value in values.items()}


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        ["a"],
        ["--help"],
        ["a", "--nothing"],
        ["中文", "一", "二", "-", ""],
        ["\udcff", "\udcfe", "--path", "\udcfd", "--words", "\udcfc"],
        ["a", "--path", "no/such", "--here", "/", "--words", "", "--words", " b "],
        ["a", "--path"],
        ["a", "unreadable"],
        ["a", "--path", "unreadable"],
        ["a", "--language", "zh", "--colour", "dark-red"],
        ["a", "--language", "ZH"],
        ["a", "--language", ""],
        ["a", "--colour", "RED"],
        ["a", "--colour", "DARK_RED"],
        ["a", "--colours", "red", "--colours", "dark-red"],
        ["a", "--colours", "red", "--colours", "blue"],
        ["a", "--flag", "--number", "8"],
        ["a", "--number", "-1"],
        ["a", "--number", "x"],
        ["a", "--flag=1"],
    ],
)
def test_values_are_what_typer_reads(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unreadable").touch()
    monkeypatch.chdir(tmp_path)
    # Root may read what it likes: what the kernel says to others is said here.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "unreadable")
    assert _answer(PlainCommand, words) == _answer(TyperCommand, words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("T_WORD", "a b"),
        ("T_PATHS", f"a{os.pathsep}b c"),
        ("T_PATH", "x"),
        ("T_LANGUAGE", "zh"),
        ("T_LANGUAGE", "fr"),
        ("T_COLOURS", "red dark-red"),
        ("T_COLOURS", "red blue"),
        ("T_WORDS", "a  b"),
        ("T_WORDS", " "),
        ("T_FLAG", "1"),
        ("T_FLAG", "perhaps"),
        ("T_FLAG", " "),
        ("T_NUMBER", "9"),
        ("T_NUMBER", "-9"),
    ],
)
def test_values_of_the_environment_are_what_typer_reads(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for words in ([], ["a"]):
        assert _answer(PlainCommand, words) == _answer(TyperCommand, words)
