"""The index from record ids to entries: many at once, in one statement.

A row at a time through the driver costs more than SQLite's own work, so the ids go over as one
value that the database takes apart: on SQLite one blob cut by a counting query, on PostgreSQL an
array. Ids are UUIDv7 (RFC 9562), so the index grows at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

__all__ = ["RECORD_ID_SIZE", "insert", "locate"]

RECORD_ID_SIZE = 16

_INSERT = {
    "sqlite": (
        "WITH RECURSIVE given(place) AS "
        "(VALUES (0) UNION ALL SELECT place + 1 FROM given WHERE place + 1 < ?1) "
        "INSERT INTO record (record_id, entry_index) "
        "SELECT substr(?2, place * 16 + 1, 16), place + ?3 FROM given"
    ),
    "postgresql": (
        "INSERT INTO record (record_id, entry_index) "
        "SELECT id, place - 1 + %s FROM unnest(%s::bytea[]) WITH ORDINALITY AS given (id, place)"
    ),
}
_LOCATE = {
    "sqlite": (
        "WITH RECURSIVE given(place) AS "
        "(VALUES (0) UNION ALL SELECT place + 1 FROM given WHERE place + 1 < ?1) "
        "SELECT record_id, entry_index FROM given CROSS JOIN record "
        "ON record_id = substr(?2, place * 16 + 1, 16)"
    ),
    "postgresql": (
        "SELECT record_id, entry_index FROM record "
        "JOIN unnest(%s::bytea[]) AS given (id) ON record_id = id"
    ),
}


def insert(connection: Connection, record_ids: Sequence[bytes], first_index: int) -> bool:
    """Insert ids under consecutive indexes; say False, nothing changed, where one is there."""
    ids = list(record_ids)
    if not ids:
        return True
    parameters = (
        (len(ids), b"".join(ids), first_index)
        if connection.dialect.name == "sqlite"
        else (first_index, ids)
    )
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_INSERT[connection.dialect.name], parameters)
    except IntegrityError:
        return False
    return True


def locate(connection: Connection, record_ids: Sequence[bytes]) -> dict[bytes, int]:
    """Find the indexes of those ids that are there."""
    ids = list(record_ids)
    if not ids:
        return {}
    parameters = (len(ids), b"".join(ids)) if connection.dialect.name == "sqlite" else (ids,)
    rows = connection.exec_driver_sql(_LOCATE[connection.dialect.name], parameters)
    return {bytes(record_id): index for record_id, index in rows}
