"""What stands in a log as its row is locked: what an append asks first, in one round trip.

the log's row, locked until the transaction ends; nobody else moves the head, or writes records
where the log has moved since it was looked at: its right edge, and the newest checkpoint
which of an append's record ids are there, if it has not too many
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy import Connection, text

from ledger.store import record_index
from ledger.store.reading import LOG, LogRow
from ledger.store.together import Question, ask_together

__all__ = ["Standing"]

# Where there are more ids it is faster to insert them, and look only where that fails.
_MOST_IDS = 512

_LOCK = LOG.with_for_update()
# Of each level the tile that is not full; 8 levels are more than a log can have. One at a time, or
# PostgreSQL would scan a table whose growth it has not noticed yet.
_EDGE = text(
    "SELECT level, number, hashes FROM log CROSS JOIN generate_series(0, 7) AS height "
    "CROSS JOIN LATERAL (SELECT level, number, hashes FROM hash_tile WHERE level = height "
    "AND number = log.size >> (8 * (height + 1)) LIMIT 1) AS tile WHERE log.size <> :seen"
)
_PUBLISHED = text(
    "SELECT note FROM checkpoint WHERE EXISTS (SELECT FROM log WHERE log.size <> :seen) "
    "ORDER BY size DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a log that is locked; what is not here is to be asked for.

    `published` is the newest checkpoint, if `is_read`; `located` are those of the `record_ids` that
    are there, None where nobody has looked.
    """

    row: LogRow | None = None
    tiles: Mapping[tuple[int, int], bytes] = field(default_factory=dict)
    is_read: bool = False
    published: str | None = None
    record_ids: frozenset[bytes] = frozenset()
    located: Mapping[bytes, int] | None = None

    @classmethod
    def lock(cls, connection: Connection, record_ids: Sequence[bytes], seen: int | None) -> Self:
        """Lock the log's row, and read what goes with it.

        On SQLite the lock is the transaction's already, and no question is far enough to be asked
        before somebody wants the answer.
        """
        if connection.dialect.name != "postgresql":
            found = connection.execute(LOG).one_or_none()
            return cls(None if found is None else LogRow(*found))
        size = {"seen": -1 if seen is None else seen}
        questions: list[Question] = [(_LOCK, [{}]), (_EDGE, [size]), (_PUBLISHED, [size])]
        looks = 0 < len(record_ids) <= _MOST_IDS
        if looks:
            questions.append(record_index.locating(connection, record_ids))
        locked, edge, published, *located = ask_together(connection, questions)
        row = LogRow(*locked.rows[0]) if locked.rows else None
        return cls(
            row,
            {(level, number): hashes for level, number, hashes in edge.rows},
            row is not None and row.size != size["seen"],
            next((note for (note,) in published.rows), None),
            frozenset(record_ids) if looks else frozenset(),
            dict(map(tuple, located[0].rows)) if looks else None,
        )

    def without_ids(self) -> Self:
        """Forget which ids are there: some are inserted."""
        return replace(self, record_ids=frozenset(), located=None)

    def without_tiles(self) -> Self:
        """Forget the tiles: some are written."""
        return replace(self, tiles={})
