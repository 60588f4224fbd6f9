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
# Descriptors that a server in need has: enough for it, and for less than a hundred connections.
FEW_DESCRIPTORS = 256
SERVE = """
import resource, socket, sys
from api.app import create_app
from api.server import make_server
from ledger.cli.logs import log_to_stderr
from ledger.settings import Settings

if len(sys.argv) > 1:
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
log_to_stderr()
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
make_server(create_app(Settings.load())).run(sockets=[listener])
"""


class Server:
    """A server process of its own; what it logs is in a file."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        assert process.stdout is not None
        self.process = process
        self.log = log
        self.port = int(process.stdout.readline())

    def ask(
        self, method: str, path: str, *, body: bytes = b"", key: str = "", kind: str = ""
    ) -> tuple[int, bytes]:
        """Make one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        given = {name: value for name, value in headers.items() if value.split(" ")[-1]}
        connection.request(method, path, body=body, headers=given)
        response = connection.getresponse()
        told = response.read()
        connection.close()
        return response.status, told

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def size(self) -> int:
        size = json.loads(self.ask("GET", "/v1/log")[1])["head"]["size"]
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

    def start(*arguments: object, **settings: object) -> Server:
        log = tmp_path_factory.mktemp("log") / "stderr"
        settings = {"data_dir": tmp_path_factory.mktemp("served"), **settings}
        environment = {f"CROSSPROOF_{name.upper()}": str(v) for name, v in settings.items()}
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, *map(str, arguments)],
                env=environment,
                cwd=repository,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        running.append(process)
        return Server(process, log)

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


def stall(server: Server, size: int) -> socket.socket:
    """Send a verification without a key, and keep its last byte."""
    connection = server.connect()
    connection.sendall(
        b"POST /v1/verifications HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size
    )
    connection.sendall(b" " * (size - 1))
    return connection


def held(server: Server, key: str) -> float:
    """Read how many bytes of bodies the server holds."""
    status, text = server.ask("GET", "/metrics", key=key)
    assert status == 200
    match = re.search(r"^crossproof_body_bytes (\S+)$", text.decode(), re.MULTILINE)
    assert match is not None
    return float(match[1])


def test_server_records_while_strangers_hold_all_the_room_they_can_get(
    serve: Callable[..., Server], keys_file: tuple[Path, dict[str, str]]
) -> None:
    """Whoever has no key has another room: once it was the same, and nobody could record."""
    path, keys = keys_file
    # Three such bodies would fill what all bodies of those with a key may hold.
    size = 100_000
    server = serve(
        api_keys_file=path, max_keyless_bytes=size, max_batch_bytes=size, max_record_bytes=size
    )
    stalled = [stall(server, size) for _ in range(4)]
    while held(server, keys["auditor"]) < 4 * (size - 1):
        pass
    for _ in range(5):
        body = json.dumps(transfer()).encode()
        status, told = server.ask(
            "POST", "/v1/records", body=body, key=keys["shenzhen"], kind="application/json"
        )
        assert status == 201, told
    # Of one address no more than these.
    status, told = server.ask("POST", "/v1/verifications", body=b"{}", kind="application/json")
    assert (status, json.loads(told)["code"]) == (429, "request.too-many")
    for connection in stalled:
        connection.sendall(b" ")
        assert answer(connection)[0] == 400
        connection.close()
    while held(server, keys["auditor"]) > 0:
        pass


def test_server_of_few_descriptors_serves_on_while_half_heads_flood_it(
    serve: Callable[..., Server],
) -> None:
    """Once they took every descriptor for good, and each refusal was a line in the log."""
    server = serve(FEW_DESCRIPTORS)
    flood = []
    for _ in range(FEW_DESCRIPTORS + 50):
        flood.append(server.connect())
        flood[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
    for _ in range(10):
        assert server.ask("GET", "/healthz")[0] == 200
        body = lines([transfer()])
        status, told = server.ask("POST", "/v1/batches", body=body, kind="application/x-ndjson")
        assert status == 201, told
        flood.append(server.connect())
    assert server.size() == 10
    assert server.log.stat().st_size < 10_000, server.log.read_text()
    for connection in flood:
        connection.close()


def test_server_tells_of_nonsense_once_in_a_while(serve: Callable[..., Server]) -> None:
    server = serve()
    for _ in range(50):
        with server.connect() as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            assert b" 400 " in connection.recv(1000)
    assert server.log.read_text().count("Invalid HTTP request") == 1


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
