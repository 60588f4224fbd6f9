"""The API behind a real server and real sockets: what only a connection can show."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.canonical import canonicalize
from ledger.statement import new_record_id, new_salt
from tests.api.service import lines, transfer

MAX_BATCH_BYTES = 100_000
MEMORY_LIMIT_KIB = 500 * 1000
SERVE = """
import socket, sys
import uvicorn
from api.app import create_app
from ledger.settings import Settings

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(create_app(Settings.load()), log_level="warning")
uvicorn.Server(config).run(sockets=[listener])
"""


class Server:
    """A server process of its own, without keys."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def size(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/v1/log")
        size = json.loads(connection.getresponse().read())["head"]["size"]
        connection.close()
        assert isinstance(size, int)
        return size

    def peak_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert match is not None
        return int(match[1])


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> Iterator[Callable[..., Server]]:
    running: list[subprocess.Popen[str]] = []

    def start(**settings: object) -> Server:
        settings = {"data_dir": tmp_path_factory.mktemp("served"), **settings}
        environment = {f"CROSSPROOF_{name.upper()}": str(v) for name, v in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            env=environment,
            cwd=repository,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return Server(process)

    yield start
    for process in running:
        process.terminate()
        assert process.stdout is not None
        process.stdout.close()
        # uvicorn stops in order, and then ends by the signal that it was sent.
        assert process.wait(timeout=60) in {0, -15}


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(max_batch_bytes=MAX_BATCH_BYTES)


def head(*headers: str) -> bytes:
    fixed = ("POST /v1/batches HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/x-ndjson")
    return "".join(f"{line}\r\n" for line in (*fixed, *headers, "")).encode()


def answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Read the answer that the server gives, with the request's body perhaps not at its end."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


def test_server_logs_nothing_of_a_body_that_was_cut_off(server: Server) -> None:
    """The first part is a whole batch by itself, and must not pass for one."""
    size = server.size()
    first, second = lines([transfer()]), lines([transfer()])
    with server.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(first + second)}") + first)
        connection.shutdown(socket.SHUT_WR)
        # Nothing, or a problem: never a success.
        assert b" 201 " not in connection.recv(1000)
    with server.connect() as connection:
        connection.sendall(
            head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (len(first), first)
        )
        connection.shutdown(socket.SHUT_WR)
        assert b" 201 " not in connection.recv(1000)
    assert server.size() == size


def test_server_refuses_an_announced_excess_before_the_body_comes(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head(f"Content-Length: {MAX_BATCH_BYTES + 1}", "Expect: 100-continue"))
        status, problem = answer(connection)
    assert (status, problem["code"]) == (413, "request.too-large")


def test_server_refuses_an_excess_while_it_still_comes(server: Server) -> None:
    chunk = b"x" * 10_000
    with server.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        for _ in range(MAX_BATCH_BYTES // len(chunk) + 1):
            connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        # No last chunk: the server does not wait for it.
        status, problem = answer(connection)
    assert (status, problem["code"]) == (413, "request.too-large")


def test_server_takes_a_chunked_batch(server: Server) -> None:
    size = server.size()
    batch = lines([transfer() for _ in range(20)])
    with server.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        for start in range(0, len(batch), 1000):
            part = batch[start : start + 1000]
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        connection.sendall(b"0\r\n\r\n")
        status, told = answer(connection)
    assert (status, told["added"]) == (201, 20)
    assert server.size() == size + 20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_server_takes_a_batch_of_100000_lines_in_bounded_memory(
    serve: Callable[..., Server],
) -> None:
    server = serve()
    template = canonicalize(transfer(purpose="x" * 200))
    old_id, old_salt = (
        json.loads(template)["record_id"].encode(),
        json.loads(template)["salt"].encode(),
    )
    batch = b"".join(
        template.replace(old_id, new_record_id().encode()).replace(old_salt, new_salt().encode())
        + b"\n"
        for _ in range(100_000)
    )
    assert len(batch) > 50 * 2**20
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(
        "POST", "/v1/batches", body=batch, headers={"Content-Type": "application/x-ndjson"}
    )
    response = connection.getresponse()
    told = json.loads(response.read())
    connection.close()
    assert (response.status, told["added"]) == (201, 100_000)
    assert server.peak_kib() < MEMORY_LIMIT_KIB, f"{server.peak_kib()} KiB"
