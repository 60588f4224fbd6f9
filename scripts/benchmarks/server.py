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
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx2

__all__ = ["Server", "serving"]

_READY_TIMEOUT = 60.0
_ANSWER_TIMEOUT = 300.0
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Server:
    """A running server's address and process."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.port = int(url.rpartition(":")[2])
        # Connections are kept, as a client that sends many would keep them.
        self._http = httpx2.Client(base_url=url, timeout=_ANSWER_TIMEOUT)
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

    def record(self, entry: bytes) -> str:
        """Send a single record; give its id."""
        response = self._http.post(
            "/v1/records", content=entry, headers={"Content-Type": "application/json"}
        )
        response.raise_for_status()
        return str(response.json()["record_id"])

    def has_bundle(self, record_id: str) -> bool:
        """Say whether a record's bundle is there, which it is once the record is published."""
        response = self._http.get(f"/v1/records/{record_id}/bundle")
        response.raise_for_status()
        return response.status_code == HTTPStatus.OK

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
def serving(database_url: str | None = None) -> Iterator[Server]:
    """Serve a new ledger, on SQLite or on the database given."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        port = _free_port()
        environment = {**os.environ, "CROSSPROOF_DATA_DIR": directory, "CROSSPROOF_PORT": str(port)}
        if database_url is not None:
            environment["CROSSPROOF_DATABASE_URL"] = database_url
        command = [str(Path(sys.executable).with_name("crossproof")), "serve"]
        output = Path(directory, "output")
        with output.open("wb") as file:
            process = subprocess.Popen(command, env=environment, stderr=file)
        try:
            url = f"http://127.0.0.1:{port}"
            if not _is_ready(url, process):
                raise RuntimeError(f"the server did not become ready:\n{output.read_text()}")
            yield Server(url, process)
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
