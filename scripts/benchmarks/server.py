"""A server under load: `crossproof serve` as a process of its own, and what it used."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx2

__all__ = ["Server", "serving"]

_NONE: Mapping[str, str] = {}
_READY_TIMEOUT = 60.0
_ANSWER_TIMEOUT = 300.0
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Server:
    """A running server's address and process."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.port = int(url.rpartition(":")[2])
        self._process = process
        self._local = threading.local()

    def post(self, body: bytes) -> None:
        """Send a batch; fail unless the server says that it is logged."""
        # Bare, and one a thread: what a load costs, the server on the same cores does not have.
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_TIMEOUT)
            self._local.connection = connection
        connection.request(
            "POST", "/v1/batches", body=body, headers={"Content-Type": "application/x-ndjson"}
        )
        response = connection.getresponse()
        answer = response.read()
        if response.status != HTTPStatus.CREATED:
            raise RuntimeError(answer.decode())

    def processor_time(self) -> tuple[float, float]:
        """Read the processor's seconds that server and readers had, and those of followers.

        The latter run at a lower priority, by which they are known.
        """
        found = [_used(process) for process in _family(self._process.pid)]
        own = sum(seconds for seconds, nice in found if not nice)
        return own, sum(seconds for seconds, nice in found if nice)

    def peak_memory(self) -> int:
        """Read the most memory that the process has had, in bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        match = _PEAK.search(status)
        return int(match[1]) * 1024 if match else 0


@contextmanager
def serving(
    database_url: str | None = None,
    *,
    directory: Path | None = None,
    settings: Mapping[str, str] = _NONE,
) -> Iterator[Server]:
    """Serve a ledger, on SQLite or on the database given; a new one, or that of the directory.

    `settings` are further ones, by their names without the prefix.
    """
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as made:
        port = _free_port()
        given = {"DATA_DIR": str(directory or made), "PORT": str(port), **settings}
        if database_url is not None:
            given["DATABASE_URL"] = database_url
        environment = {**os.environ, **{f"CROSSPROOF_{name}": given[name] for name in given}}
        command = [str(Path(sys.executable).with_name("crossproof")), "serve"]
        output = Path(made, "output")
        with output.open("wb") as file:
            process = subprocess.Popen(command, env=environment, stderr=file)
        try:
            url = f"http://127.0.0.1:{port}"
            server = Server(url, process)
            if not _is_ready(url, process) or not _is_followed(server):
                raise RuntimeError(f"the server did not become ready:\n{output.read_text()}")
            yield server
        finally:
            process.terminate()
            process.wait()


def _family(process: int) -> Iterator[int]:
    """List a process and those that it has started, and they."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text("utf-8").split():
            yield from _family(int(child))


def _used(process: int) -> tuple[float, int]:
    """Read the seconds, user's and system's, that a process has had, and how nice it is."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(fields[16])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_followed(server: Server) -> bool:
    """Wait for the follower: until it has lowered its priority its time counts as the server's."""
    end = time.monotonic() + _READY_TIMEOUT
    while time.monotonic() < end:
        if server.processor_time()[1]:
            return True
        time.sleep(0.1)
    return False


def _is_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + _READY_TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx2.get(f"{url}/readyz", timeout=5).is_success:
                return True
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    return False
