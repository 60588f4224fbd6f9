from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from fastapi import Request
from starlette.types import Message

from api import body
from api.body import Intake
from api.problems import RequestError
from tests.api.hurried import run

HALF = b"x" * 500


def request(
    chunks: Iterable[bytes],
    *,
    announced: str | None = None,
    client: str = "192.0.2.1",
    seconds: float = 0.0,
) -> Request:
    """Make a request whose body comes in these chunks, and never ends where the last is missing."""
    left = iter(chunks)

    async def receive() -> Message:
        await asyncio.sleep(seconds)
        chunk = next(left, None)
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    headers = [] if announced is None else [(b"content-length", announced.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": (client, 1)}
    return Request(scope, receive)


async def read(intake: Intake, asked: Request, *, limit: int = 1000) -> bytes:
    async with intake.read(asked, limit=limit) as found:
        return bytes(found)


def refused(intake: Intake, asked: Request, *, limit: int = 1000) -> str:
    with pytest.raises(RequestError) as caught:
        run(read(intake, asked, limit=limit))
    assert intake.held == 0
    return caught.value.code


def test_body_within_its_limit_is_read() -> None:
    intake = Intake(1000)
    assert asyncio.run(read(intake, request([HALF, HALF, b""]))) == HALF * 2
    assert intake.held == 0


@pytest.mark.parametrize("announced", ["1001", "9" * 5000, "00001001"])
def test_body_announced_beyond_its_limit_is_not_read_at_all(announced: str) -> None:
    assert refused(Intake(10_000), request([], announced=announced)) == "request.too-large"


def test_body_beyond_its_limit_is_not_read_to_its_end() -> None:
    assert refused(Intake(10_000), request([HALF, HALF, b"x"])) == "request.too-large"


def test_body_that_stops_is_given_up() -> None:
    assert refused(Intake(10_000), request([HALF])) == "request.timeout"


PACE = int(body.PACE_SECONDS * body.MIN_BYTES_PER_SECOND)


def test_body_that_trickles_is_given_up() -> None:
    """Never a long pause, and yet too slow."""
    asked = request([bytes(PACE // 20)] * 30, seconds=body.PACE_SECONDS / 10)
    assert refused(Intake(10**6), asked, limit=10**6) == "request.timeout"


def test_body_that_keeps_the_pace_is_read_to_its_end() -> None:
    chunks = [bytes(PACE // 5)] * 30
    asked = request([*chunks, b""], seconds=body.PACE_SECONDS / 10)
    assert run(read(Intake(10**6), asked, limit=10**6)) == b"".join(chunks)


def test_body_has_no_longer_than_its_time() -> None:
    chunks = [bytes(PACE)] * int(body.BODY_TIMEOUT_SECONDS / body.PACE_SECONDS + 3)
    asked = request([*chunks, b""], seconds=body.PACE_SECONDS * 0.99)
    assert refused(Intake(10**7), asked, limit=10**7) == "request.timeout"


def test_body_small_may_come_slowly() -> None:
    asked = request([HALF, b""], seconds=body.PACE_SECONDS / 3)
    assert run(read(Intake(1000), asked)) == HALF


def test_body_timeout_does_not_bind_what_is_done_with_it() -> None:
    async def use() -> None:
        intake = Intake(1000)
        async with intake.read(request([HALF, b""]), limit=1000):
            await asyncio.sleep(2 * body.BODY_TIMEOUT_SECONDS)
            # A timeout of the work itself is no matter of the body's.
            raise TimeoutError

    with pytest.raises(TimeoutError):
        run(use())


def test_intake_full_says_later_and_is_emptied_again() -> None:
    async def scenario() -> None:
        intake = Intake(1200)
        async with intake.read(request([HALF, HALF, b""]), limit=1000):
            assert intake.held == 1000
            with pytest.raises(RequestError) as caught:
                await read(intake, request([HALF, b""]))
            assert caught.value.code == "server.busy"
            assert caught.value.headers["Retry-After"] == "1"
            assert await read(intake, request([b"x" * 200, b""])) == b"x" * 200
            assert intake.held == 1000
        assert await read(intake, request([HALF, HALF, b""])) == HALF * 2
        assert intake.held == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("client", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        # Whoever has one address of a network has all of them.
        ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"),
    ],
)
def test_intake_takes_so_many_of_one_client(client: str, same: str, other: str) -> None:
    async def scenario() -> None:
        intake = Intake(10_000, each=2)
        first = intake.read(request([HALF, b""], client=client), limit=1000)
        async with first, intake.read(request([HALF, b""], client=same), limit=1000):
            with pytest.raises(RequestError) as caught:
                await read(intake, request([HALF, b""], client=client))
            assert (caught.value.code, caught.value.status) == ("request.too-many", 429)
            assert await read(intake, request([HALF, b""], client=other)) == HALF
        assert await read(intake, request([HALF, b""], client=client)) == HALF
        assert intake.held == 0

    asyncio.run(scenario())
