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

from ledger.store.tables.access import api_key, session, trail, trail_head
from ledger.store.tables.anchored import anchor, anchor_attempt
from ledger.store.tables.columns import UtcTime, metadata, microseconds
from ledger.store.tables.found import (
    docket,
    docket_place,
    docket_subject,
    followed,
    relation,
    search_term,
    search_time,
    searchable,
)
from ledger.store.tables.outward import status_list, webhook, webhook_message, webhook_place
from ledger.store.tables.sequenced import (
    checkpoint,
    entry_segment,
    hash_tile,
    lease,
    log,
    plan_use,
    plan_use_count,
    record,
    signed_batch,
    submission,
)

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
