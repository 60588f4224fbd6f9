"""Find entries by terms and times, and remember how far the log was looked through for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009_docket"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; the log is looked through from its beginning, in the background."""
    op.create_table(
        "search_term",
        sa.Column("term", sa.LargeBinary),
        sa.Column("entry_index", sa.BigInteger),
        sa.PrimaryKeyConstraint("term", "entry_index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_time",
        sa.Column(
            "entry_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("received_at", sa.BigInteger),
        sa.Column("occurred_at", sa.BigInteger),
    )
    op.create_index("search_time_received", "search_time", ["received_at", "entry_index"])
    op.create_index("search_time_occurred", "search_time", ["occurred_at", "entry_index"])
    op.create_table(
        "searchable",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_search")),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO searchable (id, size) VALUES (1, 0)")
