"""How far the plans of a log are used, as rows: by plan and submitter, the last number and totals.

Written in the transaction that logs a transfer, so a row is never ahead of the log, nor behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, text

from ledger.store.tables import plan_use, plan_use_count

__all__ = ["UseRow", "is_counted", "put", "read", "replace"]

_CHUNK = 256
_READ = select(plan_use).where(plan_use.c.plan_leaf == bindparam("plan_leaf"))
_PUT = text(
    "INSERT INTO plan_use (plan_leaf, submitter, sequence, personal, sensitive) "
    "VALUES (:plan_leaf, :submitter, :sequence, :personal, :sensitive) "
    "ON CONFLICT (plan_leaf, submitter) DO UPDATE SET sequence = excluded.sequence, "
    "personal = excluded.personal, sensitive = excluded.sensitive"
)


class UseRow(NamedTuple):
    """What one submitter's transfers have used of a plan; `submitter` is empty if unknown."""

    plan_leaf: bytes
    submitter: str
    sequence: int
    personal: int
    sensitive: int


def read(connection: Connection, plan_leaf: bytes) -> list[UseRow]:
    """Read what was used of a plan, of its leaf hash."""
    return [UseRow(*row) for row in connection.execute(_READ, {"plan_leaf": plan_leaf})]


def put(connection: Connection, rows: Iterable[UseRow]) -> None:
    """Write rows, in the place of those that are there."""
    values = (row._asdict() for row in rows)
    while chunk := list(islice(values, _CHUNK)):
        connection.execute(_PUT, chunk)


def is_counted(connection: Connection) -> bool:
    """Say whether all that was logged before the table is counted in it."""
    return connection.scalar(select(plan_use_count.c.size)) is not None


def replace(connection: Connection, rows: Iterable[UseRow], *, size: int) -> None:
    """Write the rows of a whole log of `size`, and no others; it is counted from now on."""
    connection.execute(delete(plan_use))
    connection.execute(delete(plan_use_count))
    put(connection, rows)
    connection.execute(insert(plan_use_count), {"id": 1, "size": size})
