"""Many rows at once, by the driver's own fastest way: COPY on PostgreSQL, plain values on SQLite.

What SQLAlchemy does for each row costs several times what the database does with it. The values go
over as the database keeps them: bytes, text and integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, SmallInteger, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["insert_rows"]

# On SQLite, rows of one statement: the driver lets other threads run at each, and has to wait for
# its turn again. With few statements there are few texts, which the driver has prepared already.
_TOGETHER = 64

# What PostgreSQL calls them in COPY's binary format.
_NAMES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (SmallInteger, "int2"),
    (BigInteger, "int8"),
    (Integer, "int4"),
    (LargeBinary, "bytea"),
)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Iterable[Any]]) -> None:
    """Insert rows that have a value for each column, in their order."""
    if not rows:
        return
    columns = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        types = [_name(column.type) for column in table.columns]
        statement = f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)"
        # COPY is psycopg's own, which the interface of all drivers does not know.
        cursor: Any = connection.connection.cursor()
        with cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        return
    place = f"({', '.join('?' * len(table.columns))})"
    statement = f"INSERT INTO {table.name} ({columns}) VALUES "  # noqa: S608 - our own names
    whole = len(rows) - len(rows) % _TOGETHER
    for start in range(0, whole, _TOGETHER):
        values = tuple(chain.from_iterable(rows[start : start + _TOGETHER]))
        connection.exec_driver_sql(statement + ", ".join([place] * _TOGETHER), values)
    if whole < len(rows):
        connection.exec_driver_sql(statement + place, [tuple(row) for row in rows[whole:]])


def _name(of: TypeEngine[Any]) -> str:
    kind = of.impl_instance if isinstance(of, TypeDecorator) else of
    return next((name for one, name in _NAMES if isinstance(kind, one)), "text")
