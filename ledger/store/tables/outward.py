"""What is given to others beside the log: status lists, and messages to webhooks."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from ledger.store.tables.columns import KEY, UtcTime, metadata

__all__ = ["status_list", "webhook", "webhook_message", "webhook_place"]

status_list = Table(
    "status_list",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    # Where it is served, which the list itself says; bundles are stapled by it.
    Column("address", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("time_to_live", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
    Index("status_list_address", "address"),
    Index("status_list_organisation", "organisation"),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("url", Text, nullable=False),
    # Words with spaces between them; none: all there are.
    Column("topics", Text, nullable=False),
    # Record ids, 16 bytes each; none: all that may be seen.
    Column("records", LargeBinary, nullable=False),
    # The prefix of the API key that it was made with: what that may see is told, while it stands.
    # NULL where nobody had one.
    Column("key_prefix", Text),
    # With the log's key it makes the secret, which is kept nowhere.
    Column("salt", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # In a row; and when it is tried again.
    Column("failures", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    # Why nothing more is told; NULL while it is.
    Column("ended", Text),
    Index("webhook_organisation", "organisation"),
)

webhook_message = Table(
    "webhook_message",
    metadata,
    Column("number", KEY, primary_key=True),
    Column("webhook_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    # NULL once it is delivered or given up.
    Column("body", LargeBinary),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("answer", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("tried_at", UtcTime),
    Index("webhook_message_state", "webhook_id", "state", "number"),
)

webhook_place = Table(
    "webhook_place",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_place"), primary_key=True),
    Column("logged", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("anchored", BigInteger, nullable=False),
    Column("final", BigInteger, nullable=False),
    # Of the anchor of the size `anchored`; empty where nobody has looked yet.
    Column("block", LargeBinary, nullable=False),
)
