"""The docket's rows: one a transfer, written by who follows the log, listed and counted.

Whatever is asked comes with a `Reach` (`docket_query`): no row that the asker may not see is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from ledger.store.bulk import insert_rows
from ledger.store.docket_query import Condition, Reach, Wanted
from ledger.store.tables import docket, docket_place, docket_subject

__all__ = ["GROUPINGS", "Count", "DocketRow", "DocketRows", "Place"]

_CHUNK = 500
_SIDES = "jurisdiction"
_GROUPS = {name: docket.c[name] for name in ("exporter", "recipient", "scenario", "month")}
GROUPINGS = frozenset({*_GROUPS, _SIDES})


class DocketRow(NamedTuple):
    """How the dossier of a transfer stands; `stale` counts what was said since it was written."""

    entry_index: int
    record_id: bytes
    leaf_hash: bytes
    plan_leaf: bytes | None
    submitter: str | None
    exporter: str
    recipient: str
    origin: str
    destination: str
    scenario: str
    occurred_at: int
    month: str
    stages: int
    marks: int
    used: int | None
    stale: int = 0


class Place(NamedTuple):
    """How far the log was looked through, of how much, by whose word, and what is to do again."""

    size: int
    log_size: int
    trust: bytes
    stale: int


class Count(NamedTuple):
    """Of one group: how many dossiers, how many meet each condition, how many meet any."""

    value: str
    dossiers: int
    met: tuple[int, ...]
    met_any: int


class DocketRows:
    """A transaction on the docket."""

    def __init__(self, connection: Connection, log_size: Callable[[], int]) -> None:
        self._connection = connection
        self._log_size = log_size

    def place(self) -> Place:
        """Say how far the docket has come."""
        waiting = select(func.count()).where(docket.c.stale > 0).scalar_subquery()
        size, trust, stale = self._connection.execute(
            select(docket_place.c.size, docket_place.c.trust, waiting)
        ).one()
        # Asked afterwards: the log is never behind who follows it.
        return Place(size, self._log_size(), bytes(trust), stale)

    def begin_again(self, trust: bytes) -> None:
        """Forget every row; from now on this is who is believed."""
        for table in (docket, docket_subject):
            self._connection.execute(delete(table))
        self._connection.execute(update(docket_place).values(size=0, trust=trust))

    def move(self, *, old_size: int, new_size: int, trust: bytes) -> bool:
        """Say that the entries between two sizes are in; False where somebody else was faster."""
        moved = self._connection.execute(
            update(docket_place)
            .where(docket_place.c.size == old_size, docket_place.c.trust == trust)
            .values(size=new_size)
        )
        return moved.rowcount == 1

    def add(self, rows: Sequence[DocketRow]) -> None:
        """Write rows of new transfers."""
        insert_rows(self._connection, docket, rows)

    def add_subjects(self, subjects: Sequence[tuple[bytes, bytes]]) -> None:
        """Remember which leaf each attestation speaks of."""
        values = [{"leaf_hash": leaf, "subject": about} for leaf, about in subjects]
        if values:
            self._connection.execute(insert(docket_subject), values)

    def subjects_of(self, leaves: Collection[bytes]) -> dict[bytes, bytes]:
        """Find which leaf each of those that are attestations speaks of."""
        found: dict[bytes, bytes] = {}
        for chunk in _chunks(leaves):
            rows = self._connection.execute(
                select(docket_subject).where(docket_subject.c.leaf_hash.in_(chunk))
            )
            found |= {bytes(leaf): bytes(subject) for leaf, subject in rows}
        return found

    def mark_stale(self, leaves: Collection[bytes]) -> None:
        """Mark the transfers of these leaf hashes, and those under plans of them."""
        for chunk in _chunks(leaves):
            for column in (docket.c.leaf_hash, docket.c.plan_leaf):
                self._connection.execute(
                    update(docket).where(column.in_(chunk)).values(stale=docket.c.stale + 1)
                )

    def stale(self, limit: int) -> list[DocketRow]:
        """Read up to `limit` rows of which something was said since they were written."""
        rows = select(docket).where(docket.c.stale > 0).order_by(docket.c.entry_index).limit(limit)
        return [DocketRow(*row) for row in self._connection.execute(rows)]

    def renew(self, rows: Sequence[DocketRow]) -> None:
        """Write what stale rows have become, where nothing more was said meanwhile.

        `stale` is the count that they were read with.
        """
        change = (
            update(docket)
            .where(
                docket.c.entry_index == bindparam("index"), docket.c.stale == bindparam("read_as")
            )
            .values(
                {name: bindparam(f"new_{name}") for name in ("stages", "marks", "used")}
                | {"stale": 0}
            )
        )
        values = [
            {
                "index": row.entry_index, "read_as": row.stale, "new_stages": row.stages,
                "new_marks": row.marks, "new_used": row.used,
            }
            for row in rows
        ]  # fmt: skip
        if values:
            self._connection.execute(change, values)

    def find(
        self, reach: Reach, wanted: Wanted, *, below: int | None = None, limit: int
    ) -> list[DocketRow]:
        """List rows, the newest of the log first, those below an index where one is given."""
        rows = select(docket).where(reach.clause(), wanted.clause())
        if below is not None:
            rows = rows.where(docket.c.entry_index < below)
        rows = rows.order_by(docket.c.entry_index.desc()).limit(limit)
        return [DocketRow(*row) for row in self._connection.execute(rows)]

    def count(self, reach: Reach, wanted: Wanted, conditions: Sequence[Condition]) -> Count:
        """Count all rows, and those that meet each of the conditions."""
        row = self._connection.execute(_counting(None, reach, wanted, conditions)).one()
        return _count(row)

    def count_by(
        self,
        by: str,
        reach: Reach,
        wanted: Wanted,
        conditions: Sequence[Condition],
        *,
        limit: int,
    ) -> list[Count]:
        """Count by one of GROUPINGS, the largest first, months the newest first.

        By jurisdiction a transfer counts for each of its two sides.
        """
        if by == _SIDES:
            other = docket.c.origin != docket.c.destination
            sides = union_all(
                _counting(docket.c.origin, reach, wanted, conditions),
                _counting(docket.c.destination, reach, wanted, conditions).where(other),
            ).subquery()
            value, *sums = sides.c
            statement = select(value, *(func.sum(column).label(column.name) for column in sums))
            statement = statement.group_by(value)
        else:
            value = _GROUPS[by]
            statement = _counting(value, reach, wanted, conditions)
        largest = value.desc() if by == "month" else statement.selected_columns[1].desc()
        rows = self._connection.execute(statement.order_by(largest, value).limit(limit))
        return [_count(row) for row in rows]


def _counting(
    value: ColumnElement[str] | None,
    reach: Reach,
    wanted: Wanted,
    conditions: Sequence[Condition],
) -> Select[Any]:
    clauses = [condition.clause() for condition in conditions]
    met = [
        func.coalesce(func.sum(_one(clause)), 0) for clause in (*clauses, or_(false(), *clauses))
    ]
    shown = bindparam("all", "") if value is None else value
    named = [column.label(f"met_{place}") for place, column in enumerate(met)]
    columns: list[ColumnElement[Any]] = [shown.label("value"), func.count().label("dossiers")]
    statement: Select[Any] = select(*columns, *named)
    statement = statement.select_from(docket).where(reach.clause(), wanted.clause())
    return statement if value is None else statement.group_by(value)


def _one(clause: ColumnElement[bool]) -> ColumnElement[int]:
    return case((clause, 1), else_=0)


def _count(row: Any) -> Count:
    value, dossiers, *met = row
    return Count(value, int(dossiers), tuple(map(int, met[:-1])), int(met[-1]))


def _chunks(values: Iterable[bytes]) -> Iterable[list[bytes]]:
    waiting = iter(values)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
