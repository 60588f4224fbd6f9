"""The examples in docstrings, run: what the documentation shows is what happens."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
_MODULES = sorted(
    ".".join(path.relative_to(_REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
    for path in (_REPOSITORY / "ledger").rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", _MODULES)
def test_docstring_examples_hold(name: str) -> None:
    results = doctest.testmod(import_module(name), raise_on_error=True)
    assert results.attempted


def test_docstrings_of_the_core_have_examples() -> None:
    assert {"ledger.merkle", "ledger.checkpoint", "ledger.canonical"} <= set(_MODULES)
