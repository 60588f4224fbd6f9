"""Count what each plan covers; a log that holds entries already is counted when it is opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "plan_use",
        sa.Column("plan_leaf", sa.LargeBinary),
        sa.Column("submitter", sa.Text),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("personal", sa.BigInteger, nullable=False),
        sa.Column("sensitive", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("plan_leaf", "submitter"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plan_use_count",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_count")),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
