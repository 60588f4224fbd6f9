"""Say which of several processes publishes and anchors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the lease, which nobody holds."""
    op.create_table(
        "lease",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="one_lease")),
        sa.Column("holder", sa.Text),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO lease (id, token, expires_at) VALUES (1, 0, 0)")
