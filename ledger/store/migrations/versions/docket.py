"""Keep a docket: how the dossier of each transfer stands, as a follower of the log has found it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_docket"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "docket",
        sa.Column(
            "entry_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("record_id", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("plan_leaf", sa.LargeBinary),
        sa.Column("submitter", sa.Text),
        sa.Column("exporter", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("stages", sa.Integer, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer),
        sa.Column("stale", sa.BigInteger, nullable=False),
    )
    op.create_index("docket_leaf", "docket", ["leaf_hash"])
    for name, columns, condition in (
        ("docket_plan", ["plan_leaf", "entry_index"], "plan_leaf IS NOT NULL"),
        ("docket_stale", ["entry_index"], "stale > 0"),
    ):
        only = sa.text(condition)
        op.create_index(name, "docket", columns, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "docket_subject",
        sa.Column("leaf_hash", sa.LargeBinary, primary_key=True),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "docket_place",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_docket")),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("trust", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        sa.text("INSERT INTO docket_place (id, size, trust) VALUES (1, 0, :nothing)").bindparams(
            sa.bindparam("nothing", b"", sa.LargeBinary)
        )
    )
