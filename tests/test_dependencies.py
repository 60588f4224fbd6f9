"""What is imported is declared, and what is declared is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

# Used without being imported: the database's driver is named in its URL, eth-tester finds
# py-evm by itself.
_NOT_IMPORTED = {"psycopg"}


def imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in requirements}


@pytest.fixture(scope="module")
def declared(repository: Path) -> set[str]:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    return names(project["project"]["dependencies"])


def test_imports_of_the_product_are_its_dependencies(repository: Path, declared: set[str]) -> None:
    distributions = packages_distributions()
    used = {
        name
        for package in ("ledger", "api")
        for source in (repository / package).rglob("*.py")
        for name in imported(source)
        if name not in sys.stdlib_module_names and name not in {"ledger", "api"}
    }
    providers = {name: {d.lower().replace("_", "-") for d in distributions[name]} for name in used}
    undeclared = {name for name, provided in providers.items() if not provided & declared}
    assert undeclared == set()
    unused = declared - set().union(*providers.values())
    assert unused == _NOT_IMPORTED
