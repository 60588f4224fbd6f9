from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from api import connections
from api.connections import (
    HEAD_SECONDS,
    MAX_BACKLOG,
    MAX_CONNECTIONS,
    MAX_HEAD_BYTES,
    MIN_BYTES_PER_SECOND,
    OWN_DESCRIPTORS,
    SENDING_SECONDS,
    Capacity,
)
from api.server import Server, make_server
from tests.api.hurried import run

MANY = 20 * 2**20
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
WHOLE_HEAD = HALF_A_HEAD + b"\r\n\r\n"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Coroutine[Any, Any, Streams]]


@pytest.mark.parametrize("descriptors", [256, 1024, 4096, 20_000, 10**6])
def test_capacity_leaves_descriptors_for_the_ledger_itself(descriptors: int) -> None:
    capacity = Capacity.of(descriptors)
    # Those that are open, and those that come in before one of them is closed.
    assert capacity.connections + 4 * capacity.backlog + OWN_DESCRIPTORS <= descriptors
    assert capacity.connections >= min(MAX_CONNECTIONS, (descriptors - OWN_DESCRIPTORS) // 2)
    assert capacity.backlog <= MAX_BACKLOG


def test_capacity_of_hardly_any_descriptors_is_some_all_the_same() -> None:
    assert Capacity.of(20).connections > 0


def app() -> FastAPI:
    """An application of a short answer, a long one, and one that a test lets go."""
    made = FastAPI()

    @made.get("/")
    async def short() -> Response:
        return Response(b"short")

    @made.get("/long")
    async def long() -> Response:
        return Response(bytes(MANY))

    @made.post("/held")
    async def held(request: Request) -> Response:
        made.state.entered.set()
        await made.state.release.wait()
        return Response(await request.body())

    return made


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, FastAPI, Connect]]:
    """Serve in this loop, on a socket of its own, until the block ends."""
    made = app()
    made.state.entered, made.state.release = asyncio.Event(), asyncio.Event()
    server = make_server(made)
    # As `crossproof serve` does it: nobody knows of a socket without a protocol that it is TCP,
    # and it would keep small parts of an answer back.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listening])
    port = listening.getsockname()[1]
    opened = []

    async def connect() -> Streams:
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        return opened[-1]

    try:
        yield server, made, connect
    finally:
        for _, writer in opened:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()
        server.force_exit = True
        await server.shutdown([listening])


def now() -> float:
    return asyncio.get_running_loop().time()


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Read what comes until the connection is closed, however that is done."""
    came = b""
    try:
        while part := await reader.read(2**16):
            came += part
    except ConnectionResetError:
        pass
    return came


@pytest.mark.parametrize("sent", [b"", b"G", HALF_A_HEAD])
def test_connection_without_a_whole_head_is_closed(sent: bytes) -> None:
    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            start = now()
            writer.write(sent)
            assert await closed(reader) == b""
            assert now() - start == pytest.approx(HEAD_SECONDS, abs=1)

    run(scenario())


def test_connection_whose_head_trickles_is_closed() -> None:
    """Each byte is news for uvicorn, and starts no new time here."""

    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            start = now()
            ended = asyncio.ensure_future(closed(reader))
            while not ended.done():
                writer.write(b"G" if now() == start else b"x")
                await asyncio.sleep(1)
            assert now() - start < HEAD_SECONDS + 2

    run(scenario())


def test_connection_that_trickles_the_rest_of_a_refused_body_is_closed() -> None:
    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            start = now()
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            ended = asyncio.ensure_future(closed(reader))
            while not ended.done():
                writer.write(b"x")
                await asyncio.sleep(1)
            assert b" 405 " in await ended
            assert now() - start < HEAD_SECONDS + 2

    run(scenario())


def test_connection_may_be_kept_for_one_request_after_the_other() -> None:
    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            for _ in range(8):
                writer.write(WHOLE_HEAD)
                assert b" 200 " in await reader.readuntil(b"short")
                await asyncio.sleep(HEAD_SECONDS / 4)

    run(scenario())


def test_connection_waits_as_long_as_its_answer_takes() -> None:
    async def scenario() -> None:
        async with serving() as (_, made, connect):
            reader, writer = await connect()
            writer.write(b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            await made.state.entered.wait()
            await asyncio.sleep(10 * HEAD_SECONDS)
            made.state.release.set()
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")

    run(scenario())


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_connection_that_does_not_read_its_answer_is_closed(close: bytes) -> None:
    """The answer is more than the system keeps for it, and would stay in memory for good."""

    async def scenario() -> None:
        async with serving() as (server, _, connect):
            reader, writer = await connect()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\n" + close + b"\r\n")
            await asyncio.sleep(SENDING_SECONDS)
            assert len(server.server_state.connections) == 1
            await asyncio.sleep(2 * SENDING_SECONDS)
            assert not server.server_state.connections
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert len(await closed(reader)) < MANY

    run(scenario())


def test_connection_that_reads_its_answer_slowly_gets_it_whole() -> None:
    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            came, start = 0, now()
            while part := await reader.read(2**20):
                came += len(part)
                # Four times as fast as it must be.
                await asyncio.sleep(len(part) / MIN_BYTES_PER_SECOND / 4)
            assert came > MANY
            assert now() - start > 10 * SENDING_SECONDS

    run(scenario())


def test_room_full_is_made_by_who_has_waited_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)

    async def scenario() -> None:
        async with serving() as (server, made, connect):
            busy = await connect()
            busy[1].write(b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
            await made.state.entered.wait()
            idle = []
            for _ in range(4):
                idle.append(await connect())
                idle[-1][1].write(HALF_A_HEAD)
                # Taken in before the next one comes.
                await asyncio.sleep(0.1)
            start = now()
            for reader, _ in idle[:2]:
                assert await closed(reader) == b""
            assert now() == pytest.approx(start, abs=0.1)
            assert len(server.server_state.connections) == 3
            # The two newest and the one that is served are there still.
            idle[2][1].write(b"\r\n\r\n")
            assert b" 200 " in await idle[2][0].readuntil(b"short")
            made.state.release.set()
            assert b" 200 " in await busy[0].readuntil(b"ok")

    run(scenario())


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (HALF_A_HEAD, b"HTTP/1.1 400"),
        (b"GET /", b"HTTP/1.1 400"),
        # After a body in chunks, a trailer without an end.
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b""),
    ],
)
def test_connection_whose_head_has_no_end_is_closed_before_it_fills_the_memory(
    sent: bytes, answer: bytes
) -> None:
    async def scenario() -> None:
        async with serving() as (_, _, connect):
            reader, writer = await connect()
            writer.write(sent + b"x" * (4 * MAX_HEAD_BYTES))
            came = await closed(reader)
            assert came[: len(answer)] == answer

    run(scenario())


def test_connection_of_a_long_body_in_many_parts_is_no_long_head() -> None:
    async def scenario() -> None:
        async with serving() as (_, made, connect):
            reader, writer = await connect()
            made.state.release.set()
            body = bytes(MANY)
            head = f"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: {MANY}\r\n\r\n"
            writer.write(head.encode() + body)
            came = await reader.readuntil(b"\r\n\r\n")
            assert came.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(MANY) == body

    run(scenario())
