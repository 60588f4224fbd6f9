"""Decoding in processes: the same answers as without, and nothing lost with a process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api import decoding as module
from api.decoding import Decoding
from api.problems import RequestError
from ledger import portion
from ledger.batch import decode_batch
from ledger.kinds import KINDS
from ledger.settings import Settings
from ledger.submission import Lines
from tests.api.service import Service, lines, transfer
from tests.deadline import eventually
from tests.samples import transfer as sample

_BODY = b"\n".join(sample(purpose="x" * 4000).entry for _ in range(400))
_DEADLINE = 60.0


@asynccontextmanager
async def started(processes: int) -> AsyncIterator[Decoding]:
    async with Decoding(processes) as decoding:
        await ready(decoding)
        yield decoding


async def ready(decoding: Decoding) -> None:
    decoding.start()
    if decoding._starting is not None:
        await decoding._starting
    assert decoding._pool is not None


def pids(decoding: Decoding) -> list[int]:
    assert decoding._pool is not None
    return list(decoding._pool._processes)


def is_there(pid: int) -> bool:
    """Say whether a process runs; one that has ended may still wait for its parent to ask."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_decoding_reads_a_large_batch_as_it_is_read_at_once() -> None:
    async def scenario() -> None:
        async with started(2) as decoding:
            readings = await decoding.read(_BODY, KINDS)
            assert len(readings) > 2
            assert portion.join(_BODY, readings) == Lines.of(decode_batch(_BODY))

    asyncio.run(scenario())


def test_decoding_leaves_small_batches_and_the_first_ones_to_its_caller() -> None:
    async def scenario() -> None:
        async with Decoding(1) as decoding:
            assert await decoding.read(_BODY[:1000], KINDS) == ()
            assert decoding._starting is None
            assert await decoding.read(_BODY, KINDS) == ()
            assert decoding._starting is not None

    asyncio.run(scenario())


def test_decoding_without_processes_leaves_all_to_its_caller() -> None:
    async def scenario() -> None:
        async with Decoding(0) as decoding:
            assert await decoding.read(_BODY, KINDS) == ()
            assert decoding._starting is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("cores", "workers", "given", "expected"),
    [
        (8, 1, None, 8),
        (8, 3, None, 2),
        (8, 8, None, 0),
        (1, 1, None, 0),
        (1, 1, 3, 3),
        (8, 1, 0, 0),
    ],
)
def test_decoding_has_a_process_for_each_core_of_the_server(
    cores: int, workers: int, given: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    settings = Settings.load(workers=workers, decoding_processes=given)

    async def scenario() -> int:
        async with Decoding.of(settings) as decoding:
            return decoding._processes

    assert asyncio.run(scenario()) == expected


def test_decoding_says_later_when_a_process_dies_and_starts_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        async with started(2) as decoding:
            first = pids(decoding)
            # Dead before it could answer: stopped, it cannot be faster than the end.
            for pid in first:
                os.kill(pid, signal.SIGSTOP)
            asked = [asyncio.ensure_future(decoding.read(_BODY, KINDS)) for _ in range(3)]
            await asyncio.sleep(0)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            for answer in asked:
                with pytest.raises(RequestError) as caught:
                    await answer
                assert caught.value.status == 503
                assert "Retry-After" in caught.value.headers
            await ready(decoding)
            assert not set(pids(decoding)) & set(first)
            assert all(await decoding.read(_BODY, KINDS))

    monkeypatch.setattr(module, "_PORTIONS_EACH", 8)
    asyncio.run(scenario())


def test_decoding_sends_no_more_portions_than_its_processes_can_use() -> None:
    async def scenario() -> None:
        async with started(1) as decoding:
            (pid,) = pids(decoding)
            os.kill(pid, signal.SIGSTOP)
            asked = [asyncio.ensure_future(decoding.read(_BODY, KINDS)) for _ in range(5)]
            async with asyncio.timeout(_DEADLINE):
                while not decoding._room.locked():  # noqa: ASYNC110 - it has no event for that
                    await asyncio.sleep(0)
            assert decoding._pool is not None
            assert len(decoding._pool._pending_work_items) == module._PORTIONS_EACH
            os.kill(pid, signal.SIGCONT)
            assert all(await asyncio.gather(*asked))

    asyncio.run(scenario())


_SERVER = """
import asyncio
from api.decoding import Decoding

async def main():
    async with Decoding(2) as decoding:
        decoding.start()
        while decoding._starting is not None:
            await asyncio.sleep(0.01)
        print(*decoding._pool._processes, flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_decoding_processes_end_with_a_server_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "server.py"
    path.write_text(_SERVER)
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, env=environment
    ) as server:
        assert server.stdout is not None
        processes = [int(pid) for pid in server.stdout.readline().split()]
        assert len(processes) == 2
        assert all(map(is_there, processes))
        server.kill()
    for pid in processes:
        eventually(lambda pid=pid: not is_there(pid), "the process ends")  # type: ignore[misc]


@pytest.fixture(scope="module")
def decoded(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """A service whose processes read: every batch, however small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PORTION_SIZE", 1)
        for service in make_service(decoding_processes=2):
            decoding = service.client.app.state.decoding  # type: ignore[attr-defined]
            assert service.batch([transfer()]).status_code == 201
            eventually(lambda d=decoding: d._pool is not None, "the processes are there")  # type: ignore[misc]
            yield service


def test_batch_that_processes_read_is_logged(decoded: Service) -> None:
    sent = [transfer() for _ in range(300)]
    answer = decoded.batch(sent)
    assert answer.status_code == 201
    assert answer.json()["added"] == 300
    assert decoded.batch(sent).json()["duplicates"] == 300
    first = answer.json()["ranges"][0][1]
    logged = decoded.node.log.entries(first, 300)
    assert b"".join(entry + b"\n" for entry in logged) == lines(sent)


def test_batch_that_processes_refuse_is_told_why(decoded: Service) -> None:
    """The same reasons as without them, and nothing of it is logged."""
    size = decoded.size
    bad = decoded.batch(lines([transfer(), transfer(v=2)]))
    assert (bad.status_code, bad.json()["code"], bad.json()["line"]) == (
        400,
        "statement.version",
        2,
    )
    late = decoded.batch([transfer(), transfer(record_id="ffffffff-ffff-7fff-bfff-ffffffffffff")])
    assert (late.status_code, late.json()["code"]) == (400, "statement.record-id-future")
    assert late.json()["line"] == 2
    forbidden = decoded.batch([transfer()], "regulator")
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "auth.kind")
    assert decoded.size == size
