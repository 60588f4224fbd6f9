"""Statements sent together: on PostgreSQL one round trip for all of them, however many.

    ask_together(connection, [(statement, [parameters, …]), …]) → an answer for each statement

Each waits for none of the others' answers to be sent (libpq's pipeline mode), and is executed when
the one before it is done, with its own view of what is committed by then, as if sent by itself.
Where one fails, so do all behind it, and the transaction. SQLite, which is no journey away, is
asked one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, TextClause, UpdateBase
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError

__all__ = ["Answer", "Question", "ask_together"]

# Rows of one statement: bounds what is held beside the rows themselves.
_CHUNK = 64

_Statement = TextClause | Select[Any] | UpdateBase
_Parameters = Mapping[str, Any]
Question = tuple[_Statement, Iterable[_Parameters]]


class Answer(NamedTuple):
    """The rows that a statement gives, if any, and how many it changed, or gave."""

    rows: Sequence[Sequence[Any]]
    changed: int


def ask_together(connection: Connection, questions: Sequence[Question]) -> list[Answer]:
    """Execute statements in their order; one with several sets of parameters must give no rows."""
    if connection.dialect.name == "postgresql":
        return _pipelined(connection, questions)
    return [_one_by_one(connection, *question) for question in questions]


def _one_by_one(
    connection: Connection, statement: _Statement, parameters: Iterable[_Parameters]
) -> Answer:
    answer, left = Answer([], 0), iter(parameters)
    while chunk := list(islice(left, _CHUNK)):
        result = connection.execute(statement, chunk if len(chunk) > 1 else chunk[0])
        rows = result.all() if result.returns_rows else []
        answer = Answer(rows, answer.changed + result.rowcount)
    return answer


def _pipelined(connection: Connection, questions: Sequence[Question]) -> list[Answer]:
    # The pipeline is psycopg's own, which the interface of all drivers does not know.
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            cursors = [_send(driver.cursor(), *question) for question in questions]
        return [_answer(cursor) for cursor in cursors]
    except driver.Error as error:
        raise DBAPIError("statements sent together", None, error) from error


def _send(cursor: Any, statement: _Statement, parameters: Iterable[_Parameters]) -> Any:
    query, made = _written(statement)
    rows = iter(parameters)
    first = next(rows, None)
    if first is None:
        return None
    second = next(rows, None)
    if second is None:
        cursor.execute(query, made(first))
    else:
        cursor.executemany(query, (made(row) for row in _chain(first, second, rows)))
    return cursor


def _answer(cursor: Any) -> Answer:
    if cursor is None:
        return Answer([], 0)
    rows = cursor.fetchall() if cursor.description else []
    answer = Answer(rows, cursor.rowcount)
    cursor.close()
    return answer


def _chain(
    first: _Parameters, second: _Parameters, rest: Iterator[_Parameters]
) -> Iterator[_Parameters]:
    yield first
    yield second
    yield from rest


@cache
def _written(statement: _Statement) -> tuple[str, Callable[[_Parameters], _Parameters]]:
    """Write a statement as the driver takes it, once for each; and say how its parameters go."""
    dialect: Any = psycopg.dialect()  # type: ignore[no-untyped-call]
    compiled: Any = statement.compile(dialect=dialect)
    processors = {
        name: processor
        for name, bind in compiled.binds.items()
        if (processor := bind.type.bind_processor(dialect)) is not None
    }
    if not processors:
        return str(compiled), lambda row: row

    def made(row: _Parameters) -> _Parameters:
        return {**row, **{name: processors[name](row[name]) for name in processors}}

    return str(compiled), made
