"""A node that misbehaves: a real HTTP server on this machine that answers what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.rpc import RpcError

# Writes a whole answer, head and body, to a request of this body.
Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class RpcServer:
    """Where the server listens, and how many requests it has had."""

    url: str = ""
    requests: int = 0
    stopped: Event = field(default_factory=Event)


@contextmanager
def serve(reply: Reply, *, port: int = 0) -> Iterator[RpcServer]:
    server = RpcServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            # A connection that was kept open outlives the server that it was made to.
            if server.stopped.is_set():
                self.close_connection = True
                return
            server.requests += 1
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            # Who asked has gone away in the middle, which is what some tests are about.
            try:
                reply(self, body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            http.shutdown()
            thread.join()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def saying(body: bytes, *, status: int = 200, **headers: str) -> Reply:
    return lambda handler, _: send(handler, body, status=status, **headers)


def in_turn(*replies: Reply) -> Reply:
    """Give one reply after the other."""
    left = iter(replies)

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        next(left)(handler, body)

    return reply


# Changes a true answer to a request: (method, parameters, result) to result.
Lie = Callable[[str, list[Any], Any], Any]


def relaying(
    chain: EmbeddedRpc,
    lie: Lie,
    *,
    takes_batches: bool = True,
    arrange: Callable[[list[object]], list[object]] = list,
) -> Reply:
    """Answer for an embedded chain, each result passed through a lie, batches rearranged."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        result = chain.batch([(request["method"], request["params"])])[0]
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if isinstance(result, RpcError):
            data = None if result.data is None else f"0x{result.data.hex()}"
            return {**head, "error": {"code": 3, "message": result.message, "data": data}}
        return {**head, "result": lie(request["method"], request["params"], result)}

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = json.loads(body)
        if isinstance(asked, dict):
            said: object = answer(asked)
        elif takes_batches:
            said = arrange([answer(request) for request in asked])
        else:
            error = {"code": -32600, "message": "no batches here"}
            said = {"jsonrpc": "2.0", "id": None, "error": error}
        send(handler, json.dumps(said).encode())

    return reply


def telling_the_truth(_: str, __: list[Any], result: Any) -> Any:
    return result
