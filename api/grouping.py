"""Grouping: single records that wait for a commit share the next one.

A durable commit takes as long for one record as for a hundred. While one is being written, records
that come meanwhile gather, and go together once it is done. Before one begins, whoever is at the
door already comes in: what is read beside a commit takes twice as long, for Python runs one thread
at a time, and a commit asks for its turn a dozen times. So many callers cost little more than one,
and one alone waits for nobody. Each is answered by itself all the same: one that cannot be logged
takes no other with it, nor makes the others' commits many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from api.problems import RequestError
from api.workers import Workers, busy
from ledger.errors import ConflictError, LedgerError, MalformedError
from ledger.kinds import Kind
from ledger.log import Appended, Lines, Submission
from ledger.node import Node
from ledger.signed import check_signed
from ledger.statement import Statement, check_record_time

__all__ = ["Grouping", "Placed"]

# Submitters take turns group by group. Where every record of one is a conflict each is looked up by
# itself, a third of a second for so many; and larger groups are hardly faster.
MAX_GROUP = 256
MAX_WAITING = 10_000
# How long a group may go on growing: where records come without a pause, each of them waits so long
# at most before it is written.
GATHER_SECONDS = 0.03
# Of the event loop, without a new record: a request that is there is read in one, and waits here in
# the next.
_QUIET_TURNS = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """A record in the log: its index, and whether it is there since just now."""

    statement: Statement
    leaf_hash: bytes
    index: int
    new: bool


_Outcome = Placed | LedgerError
_REFUSED = (ConflictError, MalformedError)
_Submit = Callable[[Lines], Appended]


class _Waiting(NamedTuple):
    body: bytes
    check: Callable[[Kind], None]
    answer: asyncio.Future[Placed]


class Grouping:
    """The single records on their way into a node's log. Used from one event loop."""

    def __init__(self, node: Node, workers: Workers) -> None:
        self._node = node
        self._workers = workers
        # By submitter: a batch of the log has one.
        self._waiting: dict[str, list[_Waiting]] = {}
        self._count = 0
        self._writing: asyncio.Task[None] | None = None

    async def submit(
        self, body: bytes, *, submitter: str, check: Callable[[Kind], None] = check_signed
    ) -> Placed:
        """Log one statement; raise what parsing and logging it raise, or RequestError (503).

        `check` looks at it before it is logged.
        """
        if self._count >= MAX_WAITING:
            raise busy()
        answer: asyncio.Future[Placed] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(submitter, []).append(_Waiting(body, check, answer))
        self._count += 1
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        """Write group after group, the submitters in turn, until nothing waits."""
        try:
            while self._waiting:
                await self._gather()
                submitter = next(iter(self._waiting))
                waiting = self._waiting.pop(submitter)
                group, rest = waiting[:MAX_GROUP], waiting[MAX_GROUP:]
                if rest:
                    self._waiting[submitter] = rest
                self._count -= len(group)
                commit = partial(_commit, self._node, group, submitter=submitter)
                try:
                    outcomes = await self._workers.run(commit)
                except Exception as error:  # noqa: BLE001 - whatever it is, all who wait are told
                    _answer(group, [error] * len(group))
                else:
                    _answer(group, outcomes)
        finally:
            self._writing = None

    async def _gather(self) -> None:
        """Let those come in who are at the door already."""
        now = asyncio.get_running_loop().time
        end = now() + GATHER_SECONDS
        quiet = 0
        while quiet < _QUIET_TURNS and self._count < MAX_GROUP and now() < end:
            before = self._count
            await asyncio.sleep(0)
            quiet = 0 if self._count > before else quiet + 1


def _answer(group: Iterable[_Waiting], outcomes: Iterable[Placed | Exception]) -> None:
    for waiting, outcome in zip(group, outcomes, strict=True):
        answer = waiting.answer
        # Whoever has left gets no answer; the record is logged all the same.
        if answer.done():
            continue
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _commit(node: Node, group: Sequence[_Waiting], *, submitter: str) -> list[_Outcome]:
    """Log what can be logged of a group; give each body its outcome."""
    submit = partial(node.submit, submitter=submitter)
    now = datetime.now(UTC)
    parsed = [_parse(waiting, now) for waiting in group]
    statements = [statement for statement in parsed if isinstance(statement, Statement)]
    try:
        placed: list[_Outcome] = list(_place(statements, submit))
    except _REFUSED:
        placed = _apart(node, statements, submit)
    left = iter(placed)
    return [next(left) if isinstance(item, Statement) else item for item in parsed]


def _parse(waiting: _Waiting, now: datetime) -> Statement | LedgerError:
    try:
        statement = Statement.parse(waiting.body)
        waiting.check(statement.members)
        check_record_time(statement.record_id, now)
    except (MalformedError, RequestError) as error:
        return error
    return statement


def _apart(node: Node, statements: Sequence[Statement], submit: _Submit) -> list[_Outcome]:
    """Log a group of which one cannot be logged: the new ones still together, in one commit.

    The others, repeats and conflicts, add nothing to the log, so each by itself writes nothing.
    """
    with node.log.store.reading() as reading:
        there = reading.locate([statement.record_id for statement in statements])
    first: dict[bytes, int] = {}
    for number, statement in enumerate(statements):
        if statement.record_id not in there:
            first.setdefault(statement.record_id, number)
    new = list(first.values())
    together = _together([statements[number] for number in new], submit)
    outcomes = dict(zip(new, together, strict=True))
    return [
        outcomes[number] if number in outcomes else _alone(statement, submit)
        for number, statement in enumerate(statements)
    ]


def _together(statements: Sequence[Statement], submit: _Submit) -> list[_Outcome]:
    """Log new records in one commit, without those that are refused: each names its line.

    A place under a plan that is not the next one, or an id that a batch has taken in between.
    """
    outcomes: dict[int, _Outcome] = {}
    left = list(range(len(statements)))
    while left:
        try:
            placed = _place([statements[number] for number in left], submit)
        except _REFUSED as error:
            line = getattr(error, "line", None)
            if line is None:
                outcomes |= {number: _alone(statements[number], submit) for number in left}
                break
            outcomes[left.pop(line - 1)] = _without_line(error)
        else:
            outcomes |= zip(left, placed, strict=True)
            break
    return [outcomes[number] for number in range(len(statements))]


def _alone(statement: Statement, submit: _Submit) -> _Outcome:
    try:
        return _place([statement], submit)[0]
    except _REFUSED as error:
        return _without_line(error)
    except LedgerError as error:
        return error


def _without_line(error: ConflictError | MalformedError) -> LedgerError:
    """Tell of the error as of a record that was sent alone, which has no lines."""
    line = getattr(error, "line", None)
    kind = ConflictError if isinstance(error, ConflictError) else MalformedError
    return kind(
        error.code,
        error.message.removeprefix(f"line {line}: "),
        expected=error.expected,
        found=error.found,
        hint=error.hint,
    )


def _place(statements: Sequence[Statement], submit: _Submit) -> list[Placed]:
    if not statements:
        return []
    lines = Lines.of([Submission.of(statement) for statement in statements])
    appended = submit(lines)
    indexes = appended.indexes
    # New records have the highest indexes, and a repeat within the group shares its first one's.
    new = set(sorted(set(indexes))[len(set(indexes)) - appended.added :])
    placed = []
    for statement, leaf_hash, index in zip(statements, lines.leaf_hashes, indexes, strict=True):
        placed.append(Placed(statement, leaf_hash, index, index in new))
        new.discard(index)
    return placed
