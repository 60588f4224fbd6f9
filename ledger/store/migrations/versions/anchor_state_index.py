"""Index anchors by their state, as attempts are already."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("anchor_state", "anchor", ["state"])
