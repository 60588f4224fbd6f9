"""The page's modules: the vectors of Python and Solidity, one source, nothing from elsewhere."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from ledger.status_list import MAX_LIST_SIZE
from tests.browser.node import MODULES

_IMPORT = re.compile(r'^(?:import|export) .*?from "([^"]+)";$', re.MULTILINE)


def _script(repository: Path, name: str) -> ModuleType:
    path = repository / "scripts" / name
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_vectors_hold(repository: Path, vectors: Path) -> None:
    shared = repository.parent / "shared" / "vectors"
    done = subprocess.run(
        ["node", "tests/browser/vectors.mjs", str(vectors), str(shared)],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["inclusions"] >= 30
    assert counts["malformed statements"] >= 50
    assert {"consistencies", "checkpoints", "canonical", "revealed", "bundles"} <= counts.keys()
    if shared.is_dir():
        assert counts["jcs"] == 6
        assert {"known roots", "known paths", "known consistencies", "notes"} <= counts.keys()
        assert {"false notes", "malformed notes", "status lists"} <= counts.keys()


@pytest.mark.parametrize("name", ["tables", "texts"])
def test_rules_and_texts_are_those_of_the_verifier_in_python(repository: Path, name: str) -> None:
    """Where this fails: .venv/bin/python scripts/page-data."""
    written = (MODULES / f"{name}.js").read_text("utf-8")
    assert written == getattr(_script(repository, "page-data"), name)()


def test_vendored_files_are_those_of_their_packages(repository: Path) -> None:
    """Where this fails: .venv/bin/python scripts/vendor."""
    vendor = repository / "api" / "static" / "vendor"
    found = {
        str(path.relative_to(vendor)): path.read_text("utf-8")
        for path in vendor.rglob("*")
        if path.is_file()
    }
    assert found == _script(repository, "vendor").vendored()


def test_modules_import_nothing_from_elsewhere() -> None:
    static = MODULES.parent
    imported = 0
    for module in static.rglob("*.js"):
        text = module.read_text("utf-8")
        for name in _IMPORT.findall(text):
            assert (module.parent / name).resolve().is_relative_to(static), (module, name)
            assert (module.parent / name).is_file()
            imported += 1
    assert imported > 100


def test_a_compressed_list_cannot_fill_the_memory() -> None:
    """A list that would become a gigabyte stops at the limit."""
    script = f"""
        import {{ deflateSync }} from "node:zlib";
        import {{ inflate }} from "{MODULES / "inflate.js"}";
        const bomb = deflateSync(new Uint8Array(2 ** 26));
        const {{ bytes, isTooLong }} = inflate(bomb, {MAX_LIST_SIZE});
        process.stdout.write(JSON.stringify([bytes.length, isTooLong]));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [MAX_LIST_SIZE, True]
