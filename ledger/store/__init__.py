"""The store: a log's tiles, entries and heads in a SQL database, SQLite or PostgreSQL.

`Store.open` brings the database to the schema of today and refuses one that would lose what it
has committed. `Store.reading` and `Store.sequencing` give a transaction to read in, and the one
transaction at a time that may move the head. The seam is high: a batch in, tiles out.
"""

from __future__ import annotations

from ledger.store.anchors import AnchorState, Attempt, AttemptState, StoredAnchor
from ledger.store.database import Store
from ledger.store.docket_query import Condition, Reach, Wanted
from ledger.store.docket_rows import GROUPINGS, Count, DocketRow, DocketRows, Place
from ledger.store.leasing import SESSION, Leasing
from ledger.store.plan_uses import UseRow
from ledger.store.reading import LogRow, Published, Reading, Submitted
from ledger.store.search_rows import Search, SearchRow
from ledger.store.sequencing import Sequencing
from ledger.store.signed_batches import SignedBatch
from ledger.store.status_lists import MAX_LISTS, StoredList
from ledger.store.tables import microseconds

__all__ = [
    "GROUPINGS",
    "MAX_LISTS",
    "SESSION",
    "AnchorState",
    "Attempt",
    "AttemptState",
    "Condition",
    "Count",
    "DocketRow",
    "DocketRows",
    "Leasing",
    "LogRow",
    "Place",
    "Published",
    "Reach",
    "Reading",
    "Search",
    "SearchRow",
    "Sequencing",
    "SignedBatch",
    "Store",
    "StoredAnchor",
    "StoredList",
    "Submitted",
    "UseRow",
    "Wanted",
    "microseconds",
]
