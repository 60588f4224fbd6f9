"""Where peers run: environments of their own, made at the first measurement."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["PEERS", "node_peers", "python_peers", "tlog_peer"]

PEERS = Path(__file__).with_name("peers")
# aics-tlog takes nothing older.
_NEWER = ("python3.14", "python3.13", "python3.12")


@cache
def python_peers() -> str:
    """Give the Python that has the peers of `peers.lock`."""
    return _environment("bench-peers", str(PEERS / "peers.lock"))


@cache
def node_peers() -> str:
    """Give the Node that has the peers of `package.json`."""
    if not (PEERS / "node_modules").exists():
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        # What is printed is the figures.
        subprocess.run(command, cwd=PEERS, stdout=sys.stderr, check=True)
    return "node"


@cache
def tlog_peer() -> str | None:
    """Give the Python that has aics-tlog; None, and said, where no Python here is new enough."""
    for python in _newer():
        # A version manager's stand-in is there for versions that are not.
        if not subprocess.run([python, "-V"], capture_output=True).returncode:  # noqa: PLW1510 - it may fail
            return _environment("bench-tlog", str(PEERS / "tlog.lock"), python)
    print(
        f"aics-tlog is left out, it needs Python 3.12: none of {', '.join(_NEWER)} is here",
        file=sys.stderr,
    )
    return None


def _newer() -> Iterator[str]:
    """Find Pythons on PATH, then those that a version manager keeps apart."""
    for name in _NEWER:
        if python := shutil.which(name):
            yield python
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for name in _NEWER:
        yield from map(str, sorted(versions.glob(f"*/bin/{name}"), reverse=True))


def _environment(*arguments: str) -> str:
    made = subprocess.run(
        ["scripts/tool-environment", *arguments], stdout=subprocess.PIPE, check=True, text=True
    )
    return f"{made.stdout.strip()}/bin/python"
