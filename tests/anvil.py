"""A real node to test against: anvil, from the npm packages that the contracts are built with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

ANVIL = Path(__file__).parents[1] / "contracts/node_modules/.bin/anvil"
_NODE = Path(__file__).parents[1] / ".venv/bin"
# As in `tests.crossproof`.
_START_SECONDS = 200
# In ether: many tests have accounts of their own that each are given a thousand.
_BALANCE = "1000000"


@dataclass(frozen=True)
class Anvil:
    """A running anvil."""

    url: str
    process: subprocess.Popen[str]

    def rpc(self, method: str, *parameters: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        request = Request(  # noqa: S310 - http, to ourselves
            self.url, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urlopen(request, timeout=30) as response:  # noqa: S310
            answer = json.load(response)
        assert "error" not in answer, answer
        return answer["result"]

    def kill(self) -> None:
        """Kill npm's wrapper and the program that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def start_anvil(*arguments: str, port: int | None = None) -> Iterator[Anvil]:
    """Run anvil until the block ends; skip the test where it is not installed."""
    if not ANVIL.exists():
        pytest.skip("anvil is not installed: scripts/setup brings it")
    port = port or free_port()
    process = subprocess.Popen(
        [ANVIL, "--host", "127.0.0.1", "--port", str(port), "--balance", _BALANCE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PATH": f"{_NODE}:{os.environ.get('PATH', '')}"},
    )
    assert process.stdout is not None
    # A start that hangs must fail the test, not hang it.
    watchdog = threading.Timer(_START_SECONDS, process.kill)
    watchdog.start()
    try:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line.startswith("Listening on"):
                break
        else:
            pytest.fail(f"anvil did not start: {''.join(printed)}")
    finally:
        watchdog.cancel()
    # Its output goes on; nobody reading it, a full pipe would stop anvil.
    drain = threading.Thread(target=process.stdout.read, daemon=True)
    drain.start()
    anvil = Anvil(f"http://127.0.0.1:{port}", process)
    try:
        yield anvil
    finally:
        if process.poll() is None:
            anvil.kill()
        drain.join()
        process.stdout.close()


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    """One anvil for all tests that do not mind each other's blocks."""
    with start_anvil() as running:
        yield running
