"""Keep webhooks, what is to be told to them, and how far that has been looked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
        sa.Column("key_prefix", sa.Text),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.Text),
    )
    op.create_index("webhook_organisation", "webhook", ["organisation"])
    op.create_table(
        "webhook_message",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("tried_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("webhook_message_state", "webhook_message", ["webhook_id", "state", "number"])
    op.create_table(
        "webhook_place",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_place")),
        sa.Column("logged", sa.BigInteger, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("anchored", sa.BigInteger, nullable=False),
        sa.Column("final", sa.BigInteger, nullable=False),
        sa.Column("block", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        sa.text(
            "INSERT INTO webhook_place (id, logged, published, anchored, final, block) "
            "VALUES (1, 0, 0, 0, 0, :nothing)"
        ).bindparams(sa.bindparam("nothing", b"", sa.LargeBinary))
    )
