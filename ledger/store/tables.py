"""The store's tables, the same on every database.

    log             one row: the log's name and key, and its head, moved by compare-and-swap
    hash_tile       256-wide hash tiles (C2SP tlog-tiles), the last of each level perhaps partial
    entry_segment   pieces of entry bundles, in bundle encoding: never changed once written
    record          record_id → index, the one thing that is looked up while sequencing
    submission      ranges of indexes: who submitted them, and when
    checkpoint      published heads with all their signature lines
    anchor          published heads that a chain holds
    anchor_attempt  transactions made to anchor, written down before they are sent
    relation        which entries speak of a leaf, as a follower of the log has found them
    followed        one row: how far it has come
    lease           one row: which process publishes and anchors, and until when
    plan_use        by plan and submitter: the last number and the totals of what it covers
    signed_batch    ranges of indexes that a manifest signs, and the batch as sent where it differs
    plan_use_count  one row once all that was logged before this table is counted in it
    api_key         who may ask, by the SHA-256 of what they show
    session         browsers' sessions, likewise
    trail           who asked for what: rows chained by their hashes
    trail_head      one row: how many there are, and the last one's hash
    status_list     the newest of each status list that an issuer publishes here
    docket          how the dossier of each transfer stands, as a follower has found it
    docket_subject  which leaf an attestation speaks of, by its own
    docket_place    one row: how far that follower has come, and whom it believed
    search_term     which entries a term finds (see `ledger.search_terms`)
    search_time     when each entry came, and when what it tells of happened
    searchable      one row: how far the log was looked through for both
    webhook         who is to be told of what, where, and what he may see
    webhook_message what is to be told to one of them, and what became of it
    webhook_place   one row: up to which sizes of the log they have been told

A segment lies within one bundle, so a bundle is the plain concatenation of its segments. An append
of one record writes one small row instead of the whole bundle again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "REVISION",
    "UtcTime",
    "anchor",
    "anchor_attempt",
    "api_key",
    "checkpoint",
    "docket",
    "docket_place",
    "docket_subject",
    "entry_segment",
    "followed",
    "hash_tile",
    "lease",
    "log",
    "metadata",
    "microseconds",
    "plan_use",
    "plan_use_count",
    "record",
    "relation",
    "search_term",
    "search_time",
    "searchable",
    "session",
    "signed_batch",
    "status_list",
    "submission",
    "trail",
    "trail_head",
    "webhook",
    "webhook_message",
    "webhook_place",
]

# The newest migration (see ledger/store/migrations/versions); a test compares.
REVISION = "0012"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Write an aware time as whole microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970: the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware time into its number."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn a number into its time."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


# SQLite makes only INTEGER PRIMARY KEY the table's own key, and its integers have 64 bits anyway.
_Key = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

log = Table(
    "log",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_log"), primary_key=True),
    Column("origin", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)

hash_tile = Table(
    "hash_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
)

entry_segment = Table(
    "entry_segment",
    metadata,
    Column("first_index", _Key, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("record_id", LargeBinary, primary_key=True),
    Column("entry_index", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

submission = Table(
    "submission",
    metadata,
    Column("first_index", _Key, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    # NULL: brought back from a source that does not tell.
    Column("submitter", Text),
    Column("received_at", UtcTime),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", _Key, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("published_at", UtcTime, nullable=False),
)

anchor = Table(
    "anchor",
    metadata,
    Column("chain_id", BigInteger, primary_key=True),
    Column("genesis_hash", LargeBinary, primary_key=True),
    Column("contract", LargeBinary, primary_key=True),
    Column("log_id", LargeBinary, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    # Nearly all of a year's half million anchors are final; the publisher looks for the others.
    Index("anchor_state", "state"),
)

anchor_attempt = Table(
    "anchor_attempt",
    metadata,
    # A sandbox that is started anew may see the very same transaction again.
    Column("chain_id", BigInteger, primary_key=True),
    Column("genesis_hash", LargeBinary, primary_key=True),
    Column("transaction", LargeBinary, primary_key=True),
    Column("contract", LargeBinary, nullable=False),
    Column("log_id", LargeBinary, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("anchor_attempt_state", "state"),
)

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

lease = Table(
    "lease",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_lease"), primary_key=True),
    Column("holder", Text),
    Column("token", BigInteger, nullable=False),
    # Microseconds since 1970 by the database's own clock, which nobody else's is compared with.
    Column("expires_at", BigInteger, nullable=False),
)

plan_use = Table(
    "plan_use",
    metadata,
    Column("plan_leaf", LargeBinary, primary_key=True),
    # Empty: nobody knows any more who it was.
    Column("submitter", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("sensitive", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

plan_use_count = Table(
    "plan_use_count",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_count"), primary_key=True),
    Column("size", BigInteger, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("organisation", Text, nullable=False),
    # Words with spaces between them.
    Column("scopes", Text, nullable=False),
    Column("jurisdictions", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("expires_at", UtcTime),
    # Never deleted: a ledger that had a key once is never again open to its machine without one.
    Column("revoked_at", UtcTime),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("key_prefix", Text),
    Column("organisation", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("jurisdictions", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

trail = Table(
    "trail",
    metadata,
    Column("number", _Key, primary_key=True, autoincrement=False),
    Column("row", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

trail_head = Table(
    "trail_head",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_trail"), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

signed_batch = Table(
    "signed_batch",
    metadata,
    Column("first_index", _Key, primary_key=True, autoincrement=False),
    # Of the entries that came with it, as its submission has them.
    Column("length", BigInteger, nullable=False),
    Column("manifest_index", BigInteger, nullable=False),
    # NULL: the manifest is the last of these entries, and those before it are the batch as sent.
    Column("leaf_hashes", LargeBinary),
)

status_list = Table(
    "status_list",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    # Where it is served, which the list itself says; bundles are stapled by it.
    Column("address", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("time_to_live", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
    Index("status_list_address", "address"),
    Index("status_list_organisation", "organisation"),
)

docket = Table(
    "docket",
    metadata,
    Column("entry_index", _Key, primary_key=True, autoincrement=False),
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
    Index(
        "docket_plan", "plan_leaf", "entry_index",
        sqlite_where=text("plan_leaf IS NOT NULL"),
        postgresql_where=text("plan_leaf IS NOT NULL"),
    ),
    Index(
        "docket_stale", "entry_index",
        sqlite_where=text("stale > 0"),
        postgresql_where=text("stale > 0"),
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
    Column("entry_index", _Key, primary_key=True, autoincrement=False),
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

webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("url", Text, nullable=False),
    # Words with spaces between them; none: all there are.
    Column("topics", Text, nullable=False),
    # Record ids, 16 bytes each; none: all that may be seen.
    Column("records", LargeBinary, nullable=False),
    # The prefix of the API key that it was made with: what that may see is told, while it stands.
    # NULL where nobody had one.
    Column("key_prefix", Text),
    # With the log's key it makes the secret, which is kept nowhere.
    Column("salt", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # In a row; and when it is tried again.
    Column("failures", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    # Why nothing more is told; NULL while it is.
    Column("ended", Text),
    Index("webhook_organisation", "organisation"),
)

webhook_message = Table(
    "webhook_message",
    metadata,
    Column("number", _Key, primary_key=True),
    Column("webhook_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    # NULL once it is delivered or given up.
    Column("body", LargeBinary),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("answer", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("tried_at", UtcTime),
    Index("webhook_message_state", "webhook_id", "state", "number"),
)

webhook_place = Table(
    "webhook_place",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_place"), primary_key=True),
    Column("logged", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("anchored", BigInteger, nullable=False),
    Column("final", BigInteger, nullable=False),
    # Of the anchor of the size `anchored`; empty where nobody has looked yet.
    Column("block", LargeBinary, nullable=False),
)
