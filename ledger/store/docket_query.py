"""What is asked of the docket: whose rows, which of them, what is counted; conditions in SQL.

The rows that an asker may see are chosen by the database: no row that he may not see is read,
listed or counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, true

from ledger.store.tables import docket

__all__ = ["Condition", "Reach", "Wanted"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What may be true of a row: all that is given here, at once."""

    marks: int = 0
    occurred_before: int | None = None
    used_from: int | None = None
    used_to: int | None = None

    def clause(self) -> ColumnElement[bool]:
        """Write it in SQL."""
        clauses: list[ColumnElement[bool]] = []
        if self.marks:
            clauses.append(docket.c.marks.bitwise_and(self.marks) != 0)
        if self.occurred_before is not None:
            clauses.append(docket.c.occurred_at < self.occurred_before)
        if self.used_from is not None:
            clauses.append(docket.c.used >= self.used_from)
        if self.used_to is not None:
            clauses.append(docket.c.used <= self.used_to)
        return and_(true(), *clauses)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rows someone may see: any that one of these names; all of them with `everything`."""

    everything: bool = False
    submitter: str | None = None
    recipient: str | None = None
    jurisdictions: frozenset[str] = frozenset()

    def clause(self) -> ColumnElement[bool]:
        """Write it in SQL; false where nothing is in reach."""
        if self.everything:
            return true()
        clauses: list[ColumnElement[bool]] = []
        if self.submitter is not None:
            clauses.append(docket.c.submitter == self.submitter)
        if self.recipient is not None:
            clauses.append(docket.c.recipient == self.recipient)
        if self.jurisdictions:
            places = sorted(self.jurisdictions)
            clauses += [docket.c.origin.in_(places), docket.c.destination.in_(places)]
        return or_(false(), *clauses)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for within reach; None asks for nothing. Times in seconds, `until` excluded."""

    any_of: tuple[Condition, ...] = ()
    record_id: bytes | None = None
    exporter: str | None = None
    recipient: str | None = None
    jurisdiction: str | None = None
    scenario: str | None = None
    since: int | None = None
    until: int | None = None

    def clause(self) -> ColumnElement[bool]:
        """Write it in SQL."""
        clauses: list[ColumnElement[bool]] = []
        for name in ("record_id", "exporter", "recipient", "scenario"):
            value = getattr(self, name)
            if value is not None:
                clauses.append(docket.c[name] == value)
        if self.jurisdiction is not None:
            place = self.jurisdiction
            clauses.append(or_(docket.c.origin == place, docket.c.destination == place))
        if self.since is not None:
            clauses.append(docket.c.occurred_at >= self.since)
        if self.until is not None:
            clauses.append(docket.c.occurred_at < self.until)
        if self.any_of:
            clauses.append(or_(*(condition.clause() for condition in self.any_of)))
        return and_(true(), *clauses)
