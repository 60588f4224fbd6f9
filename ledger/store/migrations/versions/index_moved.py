"""Let go of what followers had found in SQLite's own file: since 0011 they have a file beside it.

The tables stay, which PostgreSQL uses; their rows, of which nobody has read since, make room.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty the tables; without a condition SQLite does so by whole pages, however many rows."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in ("docket", "docket_subject", "search_term", "search_time"):
        op.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
    op.execute("UPDATE docket_place SET size = 0, trust = x''")
    op.execute("UPDATE searchable SET size = 0")
