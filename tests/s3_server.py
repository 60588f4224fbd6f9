"""A server that speaks S3 (moto's), and fails as tests want it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from urllib.request import Request, urlopen

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_Answer = Iterable[bytes]


@dataclass
class S3Server:
    """A running server; each of the next requests fails in the way that `faults` names for it.

    busy: 503 · lost reply: carried out, answered 500 · silence: no answer while it runs
    """

    url: str = ""
    faults: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    _end: Event = field(default_factory=Event)

    def create_bucket(self, name: str) -> None:
        with urlopen(Request(f"{self.url}/{name}", method="PUT")):  # noqa: S310 - to ourselves
            pass

    def application(self, inner: Callable[..., _Answer]) -> Callable[..., _Answer]:
        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> _Answer:
            self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "silence":
                self._end.wait()
            if fault == "lost reply":
                list(inner(environ, lambda *_: None))
            if fault:
                start("503 Slow Down" if fault == "busy" else "500 Internal", [])
                return [b""]
            return inner(environ, start)

        return answer


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server until the block ends."""
    served = S3Server()
    application = served.application(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    served.url = f"http://127.0.0.1:{server.port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        served._end.set()
        server.shutdown()
        thread.join()
        server.server_close()
