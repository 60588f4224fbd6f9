"""Keep which batches were signed, and what they held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "signed_batch",
        sa.Column(
            "first_index",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            autoincrement=False,
        ),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("manifest_index", sa.BigInteger, nullable=False),
        sa.Column("leaf_hashes", sa.LargeBinary),
        sa.PrimaryKeyConstraint("first_index"),
    )
