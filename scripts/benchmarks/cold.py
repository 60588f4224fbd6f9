"""`crossproof verify` from a cold start: a process of its own for one bundle and its file."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from ledger.node import Node
from ledger.settings import Settings
from ledger.statement import Statement
from ledger.submission import Submission
from scripts.benchmarks.load import lines
from scripts.benchmarks.measure import OURS, Figure, Options

__all__ = ["cold"]

_WHAT = "crossproof verify, one bundle and its file, from a cold start"
_NOTHING = "ceiling: Python, started to do nothing"
_CONTENT = b"order,amount\n1,2\n" * 1_000


def cold(options: Options) -> list[Figure]:
    """Measure both in turns; the first round warms up, writes bytecode, and does not count."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        command = _make(Path(directory))
        nothing = [sys.executable, "-c", "pass"]
        rounds = [(*_seconds(command), *_seconds(nothing)) for _ in range(3 * options.runs + 1)]
    ours, used, started, started_used = zip(*rounds[1:], strict=True)
    return [
        Figure(_WHAT, OURS, "s", ours),
        Figure(_WHAT, _NOTHING, "s", started),
        Figure(f"{_WHAT}: processor time", OURS, "s", used),
        Figure(f"{_WHAT}: processor time", _NOTHING, "s", started_used),
    ]


def _make(directory: Path) -> list[str]:
    """Log a record of a file and anchor it; give the command that verifies both."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as home:
        node = Node.open(Settings.load(data_dir=Path(home), chain_urls=()))
        try:
            value = json.loads(next(lines(1)))
            file = directory / "order.csv"
            file.write_bytes(_CONTENT)
            digests = {"sha-256": sha256(_CONTENT).hexdigest()}
            value["files"] = [{"name": file.name, "size": len(_CONTENT), "digests": digests}]
            statement = Statement.build(value)
            node.submit([Submission.of(statement)], submitter="bench")
            node.publish()
            while (anchored := node.newest_anchor()) is None:
                error = node.publisher.step().error
                if error is not None:
                    raise error
            bundle, trust = directory / "order.bundle.json", directory / "trust.json"
            bundle.write_text(node.bundle(statement.record_id).to_json(), "utf-8")
            trust.write_text(node.trust().pin(anchored.anchor).to_json(), "utf-8")
        finally:
            node.close()
    program = str(Path(sys.executable).with_name("crossproof"))
    return [program, "verify", str(bundle), str(file), "--trust", str(trust), "--offline"]


def _seconds(command: list[str]) -> tuple[float, float]:
    """Run a command; give the clock's seconds, and the processor's."""
    # What is installed has its bytecode beside it, whatever the shell says that this runs in.
    kept = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    before, started = _used(), time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, env=kept)
    return time.perf_counter() - started, _used() - before


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
