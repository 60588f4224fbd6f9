"""Pages: a cursor and a limit in, a place to go on from out.

A cursor is a position in an append-only list, so pages never skip or repeat what was there when
the first was read. Callers take it as it comes.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from ledger.merkle import MAX_SIZE

__all__ = ["Cursor", "Limit"]

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most this many")]
Cursor = Annotated[
    int | None,
    Query(ge=0, le=MAX_SIZE, description="The last page's `next`; nothing for the first page"),
]
