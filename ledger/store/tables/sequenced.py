"""What one transaction writes when a batch is sequenced, and who may: the log itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, SmallInteger, Table, Text

from ledger.store.tables.columns import KEY, UtcTime, metadata

__all__ = [
    "checkpoint",
    "entry_segment",
    "hash_tile",
    "lease",
    "log",
    "plan_use",
    "plan_use_count",
    "record",
    "signed_batch",
    "submission",
]

log = Table(
    "log",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_log"), primary_key=True),
    Column("origin", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)

hash_tile = Table(
    "hash_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
)

entry_segment = Table(
    "entry_segment",
    metadata,
    Column("first_index", KEY, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entry_index", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

submission = Table(
    "submission",
    metadata,
    Column("first_index", KEY, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    # NULL: brought back from a source that does not tell.
    Column("submitter", Text),
    Column("received_at", UtcTime),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", KEY, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("published_at", UtcTime, nullable=False),
)

signed_batch = Table(
    "signed_batch",
    metadata,
    Column("first_index", KEY, primary_key=True, autoincrement=False),
    # Of the entries that came with it, as its submission has them.
    Column("length", BigInteger, nullable=False),
    Column("manifest_index", BigInteger, nullable=False),
    # NULL: the manifest is the last of these entries, and those before it are the batch as sent.
    Column("leaf_hashes", LargeBinary),
)

plan_use = Table(
    "plan_use",
    metadata,
    Column("plan_leaf", LargeBinary, primary_key=True),
    # Empty: nobody knows any more who it was.
    Column("submitter", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("sensitive", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

plan_use_count = Table(
    "plan_use_count",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_count"), primary_key=True),
    Column("size", BigInteger, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_lease"), primary_key=True),
    Column("holder", Text),
    Column("token", BigInteger, nullable=False),
    # Microseconds since 1970 by the database's own clock, which nobody else's is compared with.
    Column("expires_at", BigInteger, nullable=False),
)
