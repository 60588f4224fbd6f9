"""`crossproof serve`: the API, with its log, chain and workers, until it is stopped."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ledger.cli.console import explain, problem, put_json, say
from ledger.cli.options import AS_JSON, DATA_DIR
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.settings import Settings

__all__ = ["address_of", "ending_in_order", "listen", "serve"]

# Connections that wait for the server to take them.
_BACKLOG = 2048
# New objects between two looks for cycles; at the 700 of Python's own, a sixth of the time of a
# single record goes into looking.
_COLLECT_AFTER = 20_000
# How long a thread may keep another one waiting for the interpreter, in seconds. A commit goes to
# the disk and comes back a dozen times; at the 5 ms of Python's own it waits longer for the thread
# that reads requests than for the disk.
_SWITCH_INTERVAL = 0.000_5


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(envvar="CROSSPROOF_HOST", help="Address to listen on.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(envvar="CROSSPROOF_PORT", help="Port to listen on; 0 picks a free one."),
    ] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            envvar="CROSSPROOF_WORKERS",
            help="How many processes serve; more than one on PostgreSQL alone.",
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Serve the API; without configuration SQLite and an embedded chain, on 127.0.0.1:8080.

    Example: crossproof serve --port 9000

    All settings are environment variables too: docs/settings.md.
    """
    from ledger.assembly import seats  # noqa: PLC0415 - web3 and the database, a second
    from ledger.cli.logs import log_to_stderr  # noqa: PLC0415
    from ledger.cli.worker_processes import keep_running  # noqa: PLC0415
    from ledger.settings import Settings  # noqa: PLC0415 - pydantic takes a while to import

    settings = Settings.load(host=host, port=port, data_dir=data_dir, workers=workers)
    log_to_stderr()
    # The API stands above the ledger and may import it, never the other way: the command that
    # starts it knows it by name alone.
    import_module("api.auth").check_bind(settings)
    if settings.workers > seats(settings):
        raise problem(
            "serve.workers",
            "several processes cannot serve this ledger",
            expected=f"at most {seats(settings)}",
            found=str(settings.workers),
            hint="That takes PostgreSQL (CROSSPROOF_DATABASE_URL), and a chain that is not "
            "embedded (CROSSPROOF_CHAIN_URLS).",
        )
    if settings.workers == 1:
        with ending_in_order(), listen(settings.host, settings.port) as listening:
            _serve(settings, listening, as_json=as_json)
        return
    with listen(settings.host, settings.port) as listening:
        say(f"crossproof on {address_of(listening)}, with {settings.workers} processes")
        if as_json:
            # Each process opens the log by itself, and none of them is this one.
            _put_listening(settings, listening, key=None, read_only=None)
        keep_running(settings.workers, partial(_serve_apart, settings, listening))


def _serve(settings: Settings, listening: socket.socket, *, as_json: bool = False) -> None:
    from ledger.node import Node  # noqa: PLC0415 - as above

    with Node.open(settings, is_followed_apart=True) as node:
        app = import_module("api.app").create_app(node)
        server = import_module("api.server").make_server(app)
        say(f"crossproof on {address_of(listening)}, files in {settings.data_dir}")
        say(f"  log key: {node.log.verifier}")
        reason = node.log.read_only_reason
        if reason is not None:
            say(f"  for reading only: {reason} [{reason.code}]")
        if as_json:
            code = None if reason is None else reason.code
            _put_listening(settings, listening, key=str(node.log.verifier), read_only=code)
        _settle()
        server.run(sockets=[listening])


def _put_listening(
    settings: Settings, listening: socket.socket, *, key: str | None, read_only: str | None
) -> None:
    place = {"url": address_of(listening), "data_dir": str(settings.data_dir)}
    put_json({**place, "key": key, "read_only": read_only})


def _serve_apart(settings: Settings, listening: socket.socket) -> int:
    """Serve in a process that another one looks after; give its exit code."""
    try:
        with ending_in_order():
            _serve(settings, listening)
    except LedgerError as error:
        return explain(error)
    return 0


def _settle() -> None:
    """Look for cycles among what requests make, not among all that a server loads to begin with.

    And let threads take turns as often as commits need it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    sys.setswitchinterval(_SWITCH_INTERVAL)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let SIGTERM end the command as its last line would: all closed, exit code 0.

    uvicorn stops by itself, then raises the signal once more; by default that is the end of the
    process, with the node still open.
    """

    def end(*_: object) -> NoReturn:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done: two servers of one place shall not start."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(_BACKLOG)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise problem(
            "serve.address",
            f"cannot listen on {host} port {port}",
            found=error.strerror or str(error),
            hint="Another server may have it. Choose another: --port, or 0 for any free one.",
        ) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """Name the address that is listened on, for people."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
