"""Who may ask, and who has asked for what."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, SmallInteger, Table, Text

from ledger.store.tables.columns import KEY, UtcTime, metadata

__all__ = ["api_key", "session", "trail", "trail_head"]

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("organisation", Text, nullable=False),
    # Words with spaces between them.
    Column("scopes", Text, nullable=False),
    Column("jurisdictions", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("expires_at", UtcTime),
    # Never deleted: a ledger that had a key once is never again open to its machine without one.
    Column("revoked_at", UtcTime),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("key_prefix", Text),
    Column("organisation", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("jurisdictions", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

trail = Table(
    "trail",
    metadata,
    Column("number", KEY, primary_key=True, autoincrement=False),
    Column("row", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

trail_head = Table(
    "trail_head",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_trail"), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
