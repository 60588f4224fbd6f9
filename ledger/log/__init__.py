"""The log: batches of entries in, signed heads and proofs out (RFC 9162 tree, C2SP tiles).

log             appending and publishing
reader          heads, tiles, proofs, entries, and how far each has come
deduplication   one record, one index
plan_use        one transfer, one place under its plan
signed_batch    one manifest, a path in its batch for each record
guard           whether a head may be built upon
tile_cache      hash tiles read last
head_record     what was acknowledged, kept outside the database
"""

from __future__ import annotations

from ledger.log.deduplication import RecordConflictError
from ledger.log.log import Log
from ledger.log.plan_use import PlanConflictError
from ledger.log.reader import LogReader, State
from ledger.submission import Appended, Lines, Range, Submission

__all__ = [
    "Appended",
    "Lines",
    "Log",
    "LogReader",
    "PlanConflictError",
    "Range",
    "RecordConflictError",
    "State",
    "Submission",
]
