"""The index from record ids to entries: many at once, in one statement.

A row at a time through the driver costs more than the database's own work, and so do arrays; so
the ids go over as one value, which a counting query takes apart. Ids are UUIDv7 (RFC 9562), so the
index grows at its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import IntegrityError

__all__ = ["insert", "inserting", "locate", "locating", "rows_close"]

_CLOSE = 4

# A statement, and the sets of parameters that it is executed with.
Asking = tuple[TextClause, Sequence[Mapping[str, object]]]

# PostgreSQL and SQLite both understand these; 16 is the size of a record id.
_INSERT = text(
    "WITH RECURSIVE place(n) AS "
    "(VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < :length) "
    "INSERT INTO record (record_id, entry_index) "
    "SELECT substr(:ids, n * 16 + 1, 16), n + :first FROM place"
)
_PLACES = (
    "WITH RECURSIVE place(n) AS "
    "(VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < :length) "
    "SELECT record_id, entry_index FROM place CROSS JOIN "
)
# CROSS JOIN keeps SQLite from scanning the records instead of what is given. PostgreSQL does that
# too, in a table whose growth it has not noticed yet, unless it wants one at a time.
_LOCATE = {
    "sqlite": text(_PLACES + "record WHERE record_id = substr(:ids, n * 16 + 1, 16)"),
    "postgresql": text(
        _PLACES + "LATERAL (SELECT record_id, entry_index FROM record "  # noqa: S608 - ours
        "WHERE record_id = substr(:ids, n * 16 + 1, 16) LIMIT 1) AS found"
    ),
}
_BETWEEN = text(
    "SELECT record_id, entry_index FROM record "
    "WHERE record_id BETWEEN :first AND :last ORDER BY record_id LIMIT :limit"
)


def insert(connection: Connection, record_ids: Sequence[bytes], first_index: int) -> bool:
    """Insert ids under consecutive indexes; say False, nothing changed, where one is there."""
    if not record_ids:
        return True
    statement, (parameters,) = inserting(record_ids, first_index)
    try:
        with connection.begin_nested():
            connection.execute(statement, parameters)
    except IntegrityError:
        return False
    return True


def inserting(record_ids: Sequence[bytes], first_index: int) -> Asking:
    """Give what inserts ids, none of which is there, under consecutive indexes."""
    return _INSERT, [{**_parameters(record_ids), "first": first_index}]


def locate(connection: Connection, record_ids: Sequence[bytes]) -> dict[bytes, int]:
    """Find the indexes of those ids that are there."""
    if not record_ids:
        return {}
    statement, (parameters,) = locating(connection, record_ids)
    rows = connection.execute(statement, parameters)
    return {record_id: index for record_id, index in rows}  # noqa: C416 - rows are no tuples


def locating(connection: Connection, record_ids: Sequence[bytes]) -> Asking:
    """Give what finds the indexes of those ids that are there: rows of an id and its index."""
    return _LOCATE[connection.dialect.name], [_parameters(record_ids)]


def rows_close(connection: Connection, record_ids: Sequence[bytes]) -> list[tuple[bytes, int]]:
    """Find the ids that are there, each with its index, in order, and perhaps others among them.

    For ids that were made together, as a bundle's are, and so lie close: a third of the price of
    `locate`. Where others lie between them in number, those cost more.
    """
    if not record_ids:
        return []
    limit = _CLOSE * len(record_ids)
    place = {"first": min(record_ids), "last": max(record_ids), "limit": limit}
    with connection.execute(_BETWEEN, place) as rows:
        # As the driver has them: what SQLAlchemy makes of a row costs as much as to find it.
        found: list[Any] = list(rows.cursor.fetchall())
    return sorted(locate(connection, record_ids).items()) if len(found) == limit else found


def _parameters(record_ids: Sequence[bytes]) -> dict[str, object]:
    return {"length": len(record_ids), "ids": b"".join(record_ids)}
