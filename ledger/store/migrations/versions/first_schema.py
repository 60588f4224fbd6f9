"""Create the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "log",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_log")),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hash_tile",
        sa.Column("level", sa.SmallInteger, autoincrement=False),
        sa.Column("number", sa.BigInteger, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
    )
    op.create_table(
        "entry_segment",
        sa.Column("first_index", _KEY, autoincrement=False),
        sa.Column("entries", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("first_index"),
    )
    op.create_table(
        "record",
        sa.Column("record_id", sa.LargeBinary),
        sa.Column("entry_index", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "submission",
        sa.Column("first_index", _KEY, autoincrement=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("submitter", sa.Text),
        sa.Column("received_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("first_index"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _KEY, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    _create_anchor_tables()
    if op.get_context().dialect.name == "postgresql":
        # Compression takes most of an append's time: hashes do not shrink, entries little.
        op.execute("ALTER TABLE hash_tile ALTER COLUMN hashes SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE entry_segment ALTER COLUMN entries SET STORAGE EXTERNAL")


def _create_anchor_tables() -> None:
    op.create_table(
        "anchor",
        sa.Column("chain_id", sa.BigInteger, autoincrement=False),
        sa.Column("genesis_hash", sa.LargeBinary),
        sa.Column("contract", sa.LargeBinary),
        sa.Column("log_id", sa.LargeBinary),
        sa.Column("size", sa.BigInteger, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("transaction", sa.LargeBinary, nullable=False),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("block_hash", sa.LargeBinary, nullable=False),
        sa.Column("block_time", sa.BigInteger, nullable=False),
        sa.Column("sandbox", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "genesis_hash", "contract", "log_id", "size"),
    )
    op.create_table(
        "anchor_attempt",
        sa.Column("chain_id", sa.BigInteger, autoincrement=False),
        sa.Column("genesis_hash", sa.LargeBinary),
        sa.Column("transaction", sa.LargeBinary),
        sa.Column("contract", sa.LargeBinary, nullable=False),
        sa.Column("log_id", sa.LargeBinary, nullable=False),
        sa.Column("sender", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "genesis_hash", "transaction"),
    )
    op.create_index("anchor_attempt_state", "anchor_attempt", ["state"])
