"""The documents say what is there: dependencies, files, commands and their options."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import app
from ledger.cli.deferred import DeferredCommand
from ledger.statement import Statement

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
_NAME = re.compile(r"^[A-Za-z0-9_.-]+")
_DOCUMENTS = ("*.md", "docs/*.md", "docs/users/*.md", "docs/decisions/*.md", "tests/*.md")


def documents(repository: Path) -> list[Path]:
    return [path for pattern in _DOCUMENTS for path in sorted(repository.glob(pattern))]


def test_decision_on_dependencies_lists_each_and_no_other(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {match[0] for line in declared if (match := _NAME.match(line))}
    text = (repository / "docs/decisions/0002-dependencies.md").read_text()
    listed = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    assert listed == names


def test_documents_link_only_to_what_is_there(repository: Path) -> None:
    missing = [
        f"{document.relative_to(repository)}: {target}"
        for document in documents(repository)
        for target in _LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert missing == []


def test_documents_name_no_place_that_only_one_machine_has(repository: Path) -> None:
    private = re.compile(r"/(root|home|tmp)/")
    assert [d.name for d in documents(repository) if private.search(d.read_text())] == []


def commands(repository: Path) -> list[str]:
    """Find every `crossproof …` line of the documents' console blocks."""
    found = []
    for document in documents(repository):
        for block in re.findall(r"```console\n(.*?)```", document.read_text(), re.DOTALL):
            joined = block.replace("\\\n", " ")
            found += [
                line.removeprefix("$ ")
                for line in joined.splitlines()
                if re.match(r"\$ (\.venv/bin/)?crossproof ", line)
            ]
    return found


def loaded(command: Any) -> Any:
    """Give the command itself where it is deferred until somebody calls it."""
    return command.load() if isinstance(command, DeferredCommand) else command


def test_documents_commands_have_the_options_they_show(repository: Path) -> None:
    shown = commands(repository)
    assert shown
    for line in shown:
        _, *words = shlex.split(line)
        command: Any = app
        # A group may do something of its own, as `crossproof audit --since …` does.
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = loaded(command.commands[words.pop(0)])
        options = {name for option in command.params for name in option.opts}
        used = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert used <= options, line


@pytest.mark.parametrize("name", ["setup", "demo", "test", "bench", "anchoring-storm"])
def test_scripts_are_executable_and_stop_at_the_first_error(repository: Path, name: str) -> None:
    script = repository / "scripts" / name
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()


def test_written_pages_say_what_the_code_says(repository: Path) -> None:
    """docs/codes.md and docs/cli.md follow from the code: scripts/reference writes them."""
    pages = runpy.run_path(str(repository / "scripts/reference"))["pages"]()
    assert pages.keys() == {"codes.md", "cli.md"}
    for name, text in pages.items():
        assert (repository / "docs" / name).read_text() == text, "run scripts/reference"


def test_codes_of_the_documents_are_in_the_reference(repository: Path) -> None:
    listed = set(
        re.findall(r"^\| `([^`]+)` \|", (repository / "docs/codes.md").read_text(), re.MULTILINE)
    )
    rows = re.findall(
        r"^\| \d{3} \| ([^|]+) \|", (repository / "docs/api.md").read_text(), re.MULTILINE
    )
    named = {code for row in rows for code in re.findall(r"`([a-z-]+\.[a-z-]+)`", row)}
    assert named
    assert named <= listed


def test_example_of_a_statement_is_one(repository: Path) -> None:
    (example,) = re.findall(
        r"```json\n(.*?)```", (repository / "docs/statement.md").read_text(), re.DOTALL
    )
    assert Statement.build(json.loads(example)).kind == "transfer"


def test_architecture_names_every_module(repository: Path) -> None:
    """A reader finds each file of ledger/ in the picture."""
    text = (repository / "docs/architecture.md").read_text()
    named = set(re.findall(r"`([a-z_0-9]+)/?`", text))
    modules = {path.stem for path in (repository / "ledger").glob("[a-z]*")}
    assert modules - named - {"schemas"} == set()
