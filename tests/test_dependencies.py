"""What is imported is declared, and what is declared is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

# Used without being imported: the database's driver is named in its URL, eth-tester finds
# py-evm by itself.
_NOT_IMPORTED = {"httptools", "psycopg", "uvloop"}


def imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def undeclared(sources: Iterable[Path], declared: set[str], own: set[str]) -> set[str]:
    """Name the packages that are imported and provided by nothing that is declared."""
    distributions = packages_distributions()
    used = {name for source in sources for name in imported(source)}
    return {
        name
        for name in used - sys.stdlib_module_names - own
        if not {d.lower().replace("_", "-") for d in distributions.get(name, ())} & declared
    }


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in requirements}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


def test_imports_of_the_product_are_its_dependencies(
    repository: Path, project: dict[str, Any]
) -> None:
    extras = project["project"]["optional-dependencies"].values()
    declared = names(project["project"]["dependencies"] + [line for e in extras for line in e])
    sources = [*repository.glob("ledger/**/*.py"), *repository.glob("api/**/*.py")]
    # The archive's verifier runs beside its two modules, where nothing is installed.
    own = {"ledger", "api", "curves", "proofs"}
    assert undeclared(sources, declared, own) == set()
    distributions = packages_distributions()
    used = {
        d.lower().replace("_", "-")
        for source in sources
        for name in imported(source)
        for d in distributions.get(name, ())
    }
    assert declared - used == _NOT_IMPORTED


def test_imports_of_tests_and_scripts_are_declared(
    repository: Path, project: dict[str, Any]
) -> None:
    """What is only there because it was once installed is not there on a fresh machine."""
    declared = names(project["project"]["dependencies"] + project["dependency-groups"]["dev"])
    found = {*repository.glob("tests/**/*.py"), *repository.glob("scripts/**/*.py")}
    # Where the benchmarks were run, npm's packages have programs of their own.
    sources = {path for path in found if "node_modules" not in path.parts}
    # Runs in an environment of its own, which its lock file makes.
    for peer in ("peers.py", "tlog.py"):
        sources.remove(repository / "scripts/benchmarks/peers" / peer)
    assert undeclared([*sources], declared, {"ledger", "api", "tests", "scripts"}) == set()
