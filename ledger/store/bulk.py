"""Many rows at once, by the driver's own fastest way: COPY on PostgreSQL, plain tuples on SQLite.

What SQLAlchemy does for each row costs several times what the database does with it. The values go
over as the database keeps them: bytes, text and integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, SmallInteger, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["insert_rows"]

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
    places = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"  # noqa: S608 - our names
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _name(of: TypeEngine[Any]) -> str:
    kind = of.impl_instance if isinstance(of, TypeDecorator) else of
    return next((name for one, name in _NAMES if isinstance(kind, one)), "text")
