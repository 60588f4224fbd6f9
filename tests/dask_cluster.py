"""A Dask cluster as others keep one: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crossproof import environment
from tests.deadline import eventually

_DASK = (sys.executable, "-m", "dask")


@dataclass
class Cluster:
    """A running cluster."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    output: Path
    """What the workers wrote."""


@contextmanager
def cluster(directory: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """Start a scheduler and some workers, one thread each; end them."""
    contact, output = directory / "scheduler.json", directory / "workers.log"
    common = ("--scheduler-file", str(contact), "--no-dashboard")
    with output.open("wb") as log:
        started = [_start(log.fileno(), "scheduler", "--host", "127.0.0.1", "--port", "0", *common)]
        try:
            address = eventually(lambda: _address(contact), "the scheduler listens")
            single = ("--no-nanny", "--nthreads", "1", "--local-directory", str(directory))
            started += [_start(log.fileno(), "worker", *single, *common) for _ in range(workers)]
            yield Cluster(address, started[1:], output)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()


def _start(output: int, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_DASK, *words], env=environment(), stdout=output, stderr=subprocess.STDOUT
    )


def _address(contact: Path) -> str:
    try:
        return str(json.loads(contact.read_text())["address"])
    except (FileNotFoundError, json.JSONDecodeError):
        return ""
