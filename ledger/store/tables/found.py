"""What followers of the log have found in it: all of it can be found again from the entries."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from ledger.store.tables.columns import KEY, UtcTime, metadata

__all__ = [
    "docket",
    "docket_place",
    "docket_subject",
    "followed",
    "relation",
    "search_term",
    "search_time",
    "searchable",
]

relation = Table(
    "relation",
    metadata,
    Column("leaf_hash", LargeBinary, primary_key=True),
    Column("entry_index", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

followed = Table(
    "followed",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_follower"), primary_key=True),
    Column("size", BigInteger, nullable=False),
)

docket = Table(
    "docket",
    metadata,
    Column("entry_index", KEY, primary_key=True, autoincrement=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    # As the transfer names it, whether this log holds it or not.
    Column("plan_leaf", LargeBinary),
    Column("submitter", Text),
    Column("exporter", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("month", Text, nullable=False),
    # Two bits a stage, a bit a mark (see `ledger.docket.case`): their meaning never changes.
    Column("stages", Integer, nullable=False),
    Column("marks", Integer, nullable=False),
    Column("used", Integer),
    # How often something was said since the row was written; 0 where it tells all there is.
    Column("stale", BigInteger, nullable=False),
    Index("docket_leaf", "leaf_hash"),
    # PostgreSQL's have the same condition, from their migration: to say so here would load all of
    # its dialect wherever a table is named.
    Index(
        "docket_plan", "plan_leaf", "entry_index",
        sqlite_where=text("plan_leaf IS NOT NULL"),
    ),
    Index(
        "docket_stale", "entry_index",
        sqlite_where=text("stale > 0"),
    ),
)  # fmt: skip

docket_subject = Table(
    "docket_subject",
    metadata,
    Column("leaf_hash", LargeBinary, primary_key=True),
    Column("subject", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

docket_place = Table(
    "docket_place",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_docket"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("trust", LargeBinary, nullable=False),
)

search_term = Table(
    "search_term",
    metadata,
    Column("term", LargeBinary, primary_key=True),
    # Beside the term, so that what a term finds comes in the log's order.
    Column("entry_index", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

search_time = Table(
    "search_time",
    metadata,
    Column("entry_index", KEY, primary_key=True, autoincrement=False),
    # NULL: brought back from a source that does not tell.
    Column("received_at", UtcTime),
    # Seconds since 1970; NULL where an entry tells of no event.
    Column("occurred_at", BigInteger),
    Index("search_time_received", "received_at", "entry_index"),
    Index("search_time_occurred", "occurred_at", "entry_index"),
)

searchable = Table(
    "searchable",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_search"), primary_key=True),
    Column("size", BigInteger, nullable=False),
)
