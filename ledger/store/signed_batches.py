"""Which batches were signed, as rows: a row for a batch, however many records it holds.

A batch that stands in the log as it was sent needs nothing more: its leaf hashes are the tiles'.
One with repeats keeps its leaf hashes in the order sent.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from ledger.store.tables import signed_batch

__all__ = ["SignedBatch", "add", "find"]

_FIND = (
    select(signed_batch)
    .where(signed_batch.c.first_index <= bindparam("index"))
    .order_by(signed_batch.c.first_index.desc())
    .limit(1)
)
_ADD = insert(signed_batch)


class SignedBatch(NamedTuple):
    """The `length` entries from `first_index` on came in one batch, signed by a manifest."""

    first_index: int
    length: int
    manifest_index: int
    leaf_hashes: bytes | None


def add(connection: Connection, batch: SignedBatch) -> None:
    """Write a batch."""
    connection.execute(_ADD, batch._asdict())


def find(connection: Connection, index: int) -> SignedBatch | None:
    """Find the signed batch that an entry came in, None where it came unsigned."""
    row = connection.execute(_FIND, {"index": index}).one_or_none()
    if row is None or index >= row.first_index + row.length:
        return None
    return SignedBatch(*row)
