"""The contracts' own tests in Solidity, their gas, their format and their lint."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.contracts.conftest import Forge

_SUMMARY = re.compile(r"(\d+) tests passed, (\d+) failed, (\d+) skipped")


def _passed(output: str) -> int:
    """Count the tests that passed, none having failed or been skipped."""
    summary = _SUMMARY.search(output)
    assert summary is not None, output
    passed, failed, skipped = map(int, summary.groups())
    assert (failed, skipped) == (0, 0)
    return passed


def test_forge_test_default_profile_passes(repository: Path, forge: Forge) -> None:
    """Gas included: foundry.toml has every figure compared with contracts/snapshots."""
    written = sum(
        len(re.findall(r"function (?:test|invariant)_", path.read_text()))
        for path in (repository / "contracts/test").rglob("*.t.sol")
    )
    assert _passed(forge("test").stdout) == written


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_forge_test_ci_profile_passes(forge: Forge) -> None:
    assert _passed(forge("test", FOUNDRY_PROFILE="ci").stdout)


def test_forge_snapshot_of_another_gas_figure_fails(
    repository: Path, forge: Forge, tmp_path: Path
) -> None:
    """The comparison is worth something: the same run fails against figures one off."""
    snapshot = json.loads((repository / "contracts/snapshots/AnchorRegistry.json").read_text())
    moved = {name: str(int(gas) + 1) for name, gas in snapshot.items()}
    (tmp_path / "AnchorRegistry.json").write_text(json.dumps(moved))
    with pytest.raises(AssertionError, match=r"(?i)snapshot"):
        forge("test", "--match-contract", "Gas", FOUNDRY_SNAPSHOTS=str(tmp_path))


def test_forge_fmt_sources_are_formatted(forge: Forge) -> None:
    forge("fmt", "--check")


def test_solhint_sources_are_clean(repository: Path, tool_environment: dict[str, str]) -> None:
    finished = subprocess.run(
        ["node_modules/.bin/solhint", "--disc", "--noPoster", "-w", "0", "src/**/*.sol"],
        cwd=repository / "contracts",
        env=tool_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
