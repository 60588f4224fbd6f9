from __future__ import annotations

import asyncio
from threading import Event

import pytest

from api.problems import RequestError
from api.workers import Workers


@pytest.fixture
def release() -> Event:
    return Event()


def test_workers_full_say_later_and_go_on(release: Event) -> None:
    async def scenario() -> None:
        workers = Workers("test", threads=1, waiting=1)
        running = [asyncio.ensure_future(workers.run(release.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as caught:
            await workers.run(release.wait)
        assert caught.value.code == "server.busy"
        release.set()
        assert await asyncio.gather(*running) == [True, True]
        assert await workers.run(lambda: 7) == 7
        workers.close()

    asyncio.run(scenario())


def test_workers_finish_what_a_caller_has_left(release: Event) -> None:
    """What is being written is written, and counts as work until it is."""

    async def scenario() -> None:
        workers = Workers("test", threads=1, waiting=0)
        done: list[str] = []

        def write() -> None:
            release.wait()
            done.append("written")

        task = asyncio.ensure_future(workers.run(write))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RequestError):
            await workers.run(write)
        release.set()
        workers.close()
        assert done == ["written"]

    asyncio.run(scenario())


def test_workers_pass_errors_on() -> None:
    def fail() -> None:
        raise KeyError("x")

    async def scenario() -> None:
        workers = Workers("test", threads=1, waiting=0)
        for _ in range(2):
            with pytest.raises(KeyError):
                await workers.run(fail)
        workers.close()

    asyncio.run(scenario())
