"""Relate entries that speak of a leaf to it, and remember how far the log was looked through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "relation",
        sa.Column("leaf_hash", sa.LargeBinary),
        sa.Column("entry_index", sa.BigInteger),
        sa.PrimaryKeyConstraint("leaf_hash", "entry_index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "followed",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_follower")),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO followed (id, size) VALUES (1, 0)")
