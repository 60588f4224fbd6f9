"""Node, which runs the verifier of the page without a browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "api" / "static" / "verify"


def answers(script: str, questions: Iterable[Any]) -> list[Any]:
    """Run a script beside this file: a JSON value a line in, one out."""
    lines = "".join(f"{json.dumps(question)}\n" for question in questions)
    return [json.loads(line) for line in run(HERE / script, lines).splitlines()]


def run(script: Path, given: str = "") -> str:
    """Run a module; give what it prints."""
    done = subprocess.run(
        ["node", str(script)], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
