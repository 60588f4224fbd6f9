"""Foundry as the contracts' tests start it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Forge = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tool_environment(repository: Path) -> dict[str, str]:
    """The npm tools are Node scripts: they need the environment's own Node on the PATH."""
    node = repository / ".venv" / "bin"
    return {**os.environ, "NO_COLOR": "1", "PATH": f"{node}:{os.environ.get('PATH', '')}"}


@pytest.fixture(scope="session")
def forge(repository: Path, tool_environment: dict[str, str]) -> Forge:
    """Run forge in the repository; it must succeed."""
    program = repository / "contracts/node_modules/.bin/forge"
    if not program.exists():
        # npm leaves out silently what it could not install: where there is a forge, that is no
        # reason to skip.
        if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
            pytest.fail("forge is not installed: run scripts/setup")
        pytest.skip("the locked packages have no forge for this platform")

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        finished = subprocess.run(
            [program, *arguments],
            cwd=repository,
            env={**tool_environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    return run


@pytest.fixture(scope="session")
def foundry_output(repository: Path, forge: Forge) -> Path:
    """Where Foundry keeps what it has built from the sources as they are."""
    forge("build")
    return repository / "contracts" / "out"
