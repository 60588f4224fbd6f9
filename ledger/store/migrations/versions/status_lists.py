"""Keep the status lists that issuers publish here: the newest of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "status_list",
        sa.Column("list_id", sa.Text, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("time_to_live", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
    )
    op.create_index("status_list_address", "status_list", ["address"])
    op.create_index("status_list_organisation", "status_list", ["organisation"])
