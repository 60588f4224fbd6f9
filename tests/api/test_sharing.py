"""Proofs that are asked for at once: one snapshot for all, an answer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from api import sharing
from api.problems import RequestError
from api.sharing import Sharing
from ledger.errors import NotFoundError, UnavailableError, VerificationError
from ledger.log.snapshot import Snapshot
from ledger.prover import UnpublishedError
from ledger.statement import parse_record_id
from tests.api.service import Service, transfer


class Snapshots:
    """A node's snapshots: how many records each is for; the first waits until it may go on."""

    def __init__(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.serves_one_alone = False
        self.entered, self.open = Event(), Event()
        self._snapshot = service.node.snapshot
        monkeypatch.setattr(service.node, "snapshot", self)

    @contextmanager
    def __call__(self, record_ids: Sequence[bytes]) -> Iterator[Snapshot]:
        self.sizes.append(len(record_ids))
        self.entered.set()
        assert self.open.wait(60)
        if self.serves_one_alone and len(record_ids) > 1:
            raise VerificationError("store.missing", "the database lacks a part of the log")
        with self._snapshot(record_ids) as log:
            yield log


@pytest.fixture
def snapshots(fresh: Service, monkeypatch: pytest.MonkeyPatch) -> Snapshots:
    monkeypatch.setattr(sharing, "PROVING_THREADS", 1)
    return Snapshots(fresh, monkeypatch)


Make = Callable[[Snapshot], Any]


def logged(service: Service, count: int) -> list[bytes]:
    statements = [transfer() for _ in range(count)]
    for statement in statements:
        service.record(statement)
    return [parse_record_id(statement["record_id"]) for statement in statements]


def ask_together(
    service: Service, snapshots: Snapshots, wanted: Sequence[tuple[bytes, Make]]
) -> list[Any]:
    """Ask for one proof, and while it is made for these; give what each of these was told."""

    async def scenario() -> list[Any]:
        proofs = Sharing(service.node)
        first = asyncio.ensure_future(proofs.ask(wanted[0][0], lambda _: None))
        await asyncio.to_thread(snapshots.entered.wait)
        asked = [asyncio.ensure_future(proofs.ask(name, make)) for name, make in wanted]
        await asyncio.sleep(0)
        snapshots.open.set()
        await first
        told = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.to_thread(proofs.close)
        return told

    return asyncio.run(scenario())


def finding(name: bytes) -> Make:
    return lambda log: log.find(name)


def raising(error: Exception) -> Make:
    def make(_: Snapshot) -> None:
        raise error

    return make


def test_sharing_makes_what_is_asked_for_at_once_from_one_snapshot(
    fresh: Service, snapshots: Snapshots
) -> None:
    names = logged(fresh, 5)
    told = ask_together(fresh, snapshots, [(name, finding(name)) for name in names])
    assert told == [fresh.node.log.find(name) for name in names]
    assert snapshots.sizes == [1, 5]


def test_sharing_makes_groups_of_bounded_size(
    fresh: Service, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MAX_GROUP", 2)
    names = logged(fresh, 5)
    ask_together(fresh, snapshots, [(name, finding(name)) for name in names])
    assert snapshots.sizes == [1, 2, 2, 1]


@pytest.mark.parametrize(
    "error",
    [NotFoundError("record.unknown", "no record of this id"), UnpublishedError(7)],
    ids=lambda error: error.code,
)
def test_sharing_tells_one_without_a_proof_and_goes_on_with_the_others(
    fresh: Service, snapshots: Snapshots, error: Exception
) -> None:
    names = logged(fresh, 3)
    makes = [finding(names[0]), raising(error), finding(names[2])]
    told = ask_together(fresh, snapshots, list(zip(names, makes, strict=True)))
    assert told == [0, error, 2]
    assert snapshots.sizes == [1, 3]


@pytest.mark.parametrize(
    "error",
    [
        VerificationError("store.missing", "the database lacks a part of the log"),
        UnavailableError("store.unavailable", "the database could not be read or written"),
    ],
    ids=lambda error: error.code,
)
def test_sharing_makes_the_others_proofs_anew_where_one_spoils_the_snapshot(
    fresh: Service, snapshots: Snapshots, error: Exception
) -> None:
    names = logged(fresh, 4)
    makes = [finding(names[0]), raising(error), *map(finding, names[2:])]
    told = ask_together(fresh, snapshots, list(zip(names, makes, strict=True)))
    assert told == [0, error, 2, 3]
    assert snapshots.sizes == [1, 4, 1, 1, 1]


def test_sharing_reads_each_by_itself_where_they_cannot_be_read_together(
    fresh: Service, snapshots: Snapshots
) -> None:
    """One damaged entry is its own reader's trouble."""
    snapshots.serves_one_alone = True
    names = logged(fresh, 3)
    told = ask_together(fresh, snapshots, [(name, finding(name)) for name in names])
    assert told == [0, 1, 2]
    assert snapshots.sizes == [1, 3, 1, 1, 1]


def test_sharing_full_says_later(
    fresh: Service, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MAX_WAITING", 2)
    (name,) = logged(fresh, 1)
    told = ask_together(fresh, snapshots, [(name, finding(name))] * 3)
    assert told[:2] == [0, 0]
    assert isinstance(told[2], RequestError)
    assert told[2].code == "server.busy"


def test_sharing_goes_on_where_somebody_has_left(fresh: Service, snapshots: Snapshots) -> None:
    names = logged(fresh, 2)

    async def scenario() -> Any:
        proofs = Sharing(fresh.node)
        asked = [asyncio.ensure_future(proofs.ask(name, finding(name))) for name in names]
        await asyncio.sleep(0)
        asked[0].cancel()
        snapshots.open.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.to_thread(proofs.close)
        return told

    left, told = asyncio.run(scenario())
    assert isinstance(left, asyncio.CancelledError)
    assert told == 1
