"""Sharing: proofs that are asked for at the same time are made from one snapshot of the log.

Most of what a proof is made of is the same for all that are asked for at once: head, checkpoint,
anchor, tiles, who submitted. A checkpoint that comes out is waited for by many, and read by itself
for each of them it would be read a hundred times. So those who ask while others are being answered
go together in the next snapshot. Each is answered by itself all the same: one that cannot be proved
takes no other with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from api.workers import Workers, busy
from ledger.errors import NotFoundError
from ledger.log.snapshot import Snapshot
from ledger.node import Node
from ledger.prover import UnpublishedError

__all__ = ["MAX_GROUP", "MAX_WAITING", "Sharing"]

# Nobody is answered before the last of a group is: of the largest entries 4 MiB, and their proofs.
MAX_GROUP = 64
# More are told at once to ask again.
MAX_WAITING = 1_000
# A proof is mostly Python's work, which one thread does at a time: more would only be in each
# other's way. Several all the same, as a proof may have a hundred attestations to read.
PROVING_THREADS = 4

_T = TypeVar("_T")
# What says nothing of the snapshot: it serves the others.
_ANSWERS = (NotFoundError, UnpublishedError)


class _Asked(NamedTuple):
    record_id: bytes
    make: Callable[[Snapshot], Any]
    answer: asyncio.Future[Any]


class Sharing:
    """Those who ask for proofs of a node's records. Used from one event loop."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._workers = Workers("prove", threads=PROVING_THREADS, waiting=0)
        self._waiting: list[_Asked] = []
        self._answering: set[asyncio.Task[None]] = set()

    async def ask(self, record_id: bytes, make: Callable[[Snapshot], _T]) -> _T:
        """Make something of a snapshot that has what this record's proof needs.

        Raises what `make` raises; RequestError (503) where too many ask.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise busy()
        answer: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(record_id, make, answer))
        if len(self._answering) < PROVING_THREADS:
            # It begins when whoever is at the door now has come in.
            task = asyncio.create_task(self._answer())
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return await answer

    def close(self) -> None:
        """Finish what runs, and take nothing more."""
        self._workers.close()

    async def _answer(self) -> None:
        """Answer group after group until nobody waits."""
        while self._waiting:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            try:
                outcomes = await self._workers.run(partial(_make_all, self._node, group))
            except Exception as error:  # noqa: BLE001 - whatever it is, all who wait are told
                outcomes = [error] * len(group)
            for asked, outcome in zip(group, outcomes, strict=True):
                # Whoever has left gets no answer.
                if asked.answer.done():
                    continue
                if isinstance(outcome, Exception):
                    asked.answer.set_exception(outcome)
                else:
                    asked.answer.set_result(outcome)


def _make_all(node: Node, group: Sequence[_Asked]) -> list[Any]:
    """Give each its outcome: what it made, or the error that it is told."""
    if len(group) == 1:
        return [_make_alone(node, group[0])]
    outcomes: list[Any] = []
    try:
        with node.snapshot([asked.record_id for asked in group]) as log:
            for asked in group:
                try:
                    outcomes.append(asked.make(log))
                except _ANSWERS as error:
                    outcomes.append(error)
    except Exception:  # noqa: BLE001 - whose it is, each finds out in a snapshot of its own
        outcomes += [_make_alone(node, asked) for asked in group[len(outcomes) :]]
    return outcomes


def _make_alone(node: Node, asked: _Asked) -> Any:
    try:
        with node.snapshot([asked.record_id]) as log:
            return asked.make(log)
    except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
        return error
