"""What a chain holds of the log, and what was sent to it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from ledger.store.tables.columns import UtcTime, metadata

__all__ = ["anchor", "anchor_attempt"]

anchor = Table(
    "anchor",
    metadata,
    Column("chain_id", BigInteger, primary_key=True),
    Column("genesis_hash", LargeBinary, primary_key=True),
    Column("contract", LargeBinary, primary_key=True),
    Column("log_id", LargeBinary, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    # Nearly all of a year's half million anchors are final; the publisher looks for the others.
    Index("anchor_state", "state"),
)

anchor_attempt = Table(
    "anchor_attempt",
    metadata,
    # A sandbox that is started anew may see the very same transaction again.
    Column("chain_id", BigInteger, primary_key=True),
    Column("genesis_hash", LargeBinary, primary_key=True),
    Column("transaction", LargeBinary, primary_key=True),
    Column("contract", LargeBinary, nullable=False),
    Column("log_id", LargeBinary, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("anchor_attempt_state", "state"),
)
