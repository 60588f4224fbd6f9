from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from fastapi import Request
from starlette.types import Message

from api import body
from api.body import Intake
from api.problems import RequestError

HALF = b"x" * 500


def request(chunks: Iterable[bytes], *, announced: str | None = None) -> Request:
    """Make a request whose body comes in these chunks, and never ends where the last is missing."""
    left = iter(chunks)

    async def receive() -> Message:
        chunk = next(left, None)
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    headers = [] if announced is None else [(b"content-length", announced.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def read(intake: Intake, asked: Request, *, limit: int = 1000) -> bytes:
    async with intake.read(asked, limit=limit) as found:
        return bytes(found)


def refused(intake: Intake, asked: Request, *, limit: int = 1000) -> str:
    with pytest.raises(RequestError) as caught:
        asyncio.run(read(intake, asked, limit=limit))
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


def test_body_too_slow_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_TIMEOUT_SECONDS", 0.01)
    assert refused(Intake(10_000), request([HALF])) == "request.timeout"


def test_body_timeout_does_not_bind_what_is_done_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_TIMEOUT_SECONDS", 0)

    async def use() -> None:
        intake = Intake(1000)
        async with intake.read(request([HALF, b""]), limit=1000):
            # A timeout of the work itself is no matter of the body's.
            raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(use())


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
