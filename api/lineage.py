"""The lineage of a record: what it was made from, what corrects it, what was made from it.

A graph of records that the asker may see, laid out in columns, the oldest on the left. What a
record names and the asker may not see stands there by the id that the record itself tells, and
nothing more is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import UNSET

from api.access import may_read
from api.auth import Principal
from api.listing import Filter, Order, list_records
from ledger.kinds import Kind
from ledger.kinds.members import Reference
from ledger.log import Log
from ledger.statement import Statement, record_id_text

__all__ = ["Edge", "How", "Lineage", "Relative", "trace"]

# Enough to see where one stands; a search for the leaf hash lists the rest.
MAX_STEPS = 3
MAX_RELATIVES = 24
_CHILDREN = 8

_BOX_WIDTH, _BOX_HEIGHT = 142, 68
_COLUMN, _ROW = 234, 86
_MARGIN = 4


class How(StrEnum):
    """How one record names another."""

    PARENT = "parent"
    CORRECTS = "corrects"
    PLAN = "plan"


@dataclass(slots=True)
class Relative:
    """A record of the graph, and where it is drawn; `kind` is None where it may not be seen."""

    leaf_hash: str
    record_id: str
    column: int
    kind: str | None = None
    scenario: str = ""
    is_self: bool = False
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """`later` names `earlier`."""

    later: Relative
    earlier: Relative
    how: How

    @property
    def path(self) -> str:
        """Draw the line from the earlier to the later one."""
        x1, y1 = self.earlier.x + _BOX_WIDTH, self.earlier.y + _BOX_HEIGHT // 2
        x2, y2 = self.later.x, self.later.y + _BOX_HEIGHT // 2
        bend = (x2 - x1) // 2
        return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"

    @property
    def label_at(self) -> tuple[int, int]:
        """Say where its label stands, below the line's middle."""
        x = (self.earlier.x + _BOX_WIDTH + self.later.x) // 2
        return x, (self.earlier.y + self.later.y + _BOX_HEIGHT) // 2 - 6


@dataclass(slots=True)
class Lineage:
    """Records and how they name each other; `is_cut` where there are more than are drawn."""

    relatives: dict[str, Relative] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    is_cut: bool = False
    width: int = 0
    height: int = 0

    @property
    def corrections(self) -> list[Relative]:
        """List the records that correct the one that was asked for."""
        return [e.later for e in self.edges if e.how is How.CORRECTS and e.earlier.is_self]

    def place(self) -> None:
        """Lay the records out in columns."""
        columns: dict[int, list[Relative]] = {}
        for relative in self.relatives.values():
            columns.setdefault(relative.column, []).append(relative)
        tallest = max(len(column) for column in columns.values())
        for number, column in enumerate(sorted(columns)):
            top = (tallest - len(columns[column])) * _ROW // 2
            for row, relative in enumerate(columns[column]):
                relative.x = _MARGIN + number * _COLUMN
                relative.y = _MARGIN + top + row * _ROW
        self.width = 2 * _MARGIN + (len(columns) - 1) * _COLUMN + _BOX_WIDTH
        self.height = 2 * _MARGIN + (tallest - 1) * _ROW + _BOX_HEIGHT


def trace(log: Log, principal: Principal, index: int, record: Statement) -> Lineage:
    """Follow references up and down from the record at `index`."""
    lineage = Lineage()
    own = _seen(record, 0)
    own.is_self = True
    lineage.relatives[own.leaf_hash] = own
    _follow_up(log, principal, lineage, (own, record))
    _follow_down(log, principal, lineage, (own, record, log.submitter_of(index)))
    lineage.place()
    return lineage


def _follow_up(
    log: Log, principal: Principal, lineage: Lineage, start: tuple[Relative, Statement]
) -> None:
    waiting = [start]
    while waiting:
        later, statement = waiting.pop(0)
        for how, reference in _references(statement.members):
            known = lineage.relatives.get(reference.leaf_hash)
            if known is None and len(lineage.relatives) >= MAX_RELATIVES:
                lineage.is_cut = True
                continue
            if known is None:
                column = later.column - 1
                found = _look_up(log, principal, reference)
                known = Relative(reference.leaf_hash, str(reference.record_id), column)
                if found is not None:
                    known = _seen(found, column)
                    if column > -MAX_STEPS:
                        waiting.append((known, found))
                    elif any(True for _ in _references(found.members)):
                        lineage.is_cut = True
                lineage.relatives[reference.leaf_hash] = known
            # What names a record of its own column or of a later one would draw a line backwards.
            if known.column < later.column:
                lineage.edges.append(Edge(later, known, how))


def _follow_down(
    log: Log,
    principal: Principal,
    lineage: Lineage,
    start: tuple[Relative, Statement, str | None],
) -> None:
    waiting = [start]
    while waiting:
        earlier, statement, submitter = waiting.pop(0)
        wanted = Filter(names=earlier.leaf_hash)
        page = list_records(
            log, principal, wanted, order=Order.OLDEST, cursor=None, limit=_CHILDREN
        )
        lineage.is_cut = lineage.is_cut or page.next is not None
        for found in page.records:
            later = _seen(found.statement, earlier.column + 1)
            if later.leaf_hash in lineage.relatives:
                continue
            whoever = found.submitted.submitter
            hows = [
                how
                for how, reference in _references(found.statement.members)
                if reference.leaf_hash == earlier.leaf_hash
                # Leaf hashes are public: a stranger's correction corrects nothing.
                and (how is not How.CORRECTS or whoever == submitter)
            ]
            if not hows:
                continue
            if len(lineage.relatives) >= MAX_RELATIVES:
                lineage.is_cut = True
                continue
            lineage.relatives[later.leaf_hash] = later
            lineage.edges += [Edge(later, earlier, how) for how in hows]
            # Of a plan the transfers under it are enough.
            if later.column < MAX_STEPS and statement.kind != "plan":
                waiting.append((later, found.statement, whoever))


def _seen(statement: Statement, column: int) -> Relative:
    return Relative(
        statement.leaf_hash.hex(),
        record_id_text(statement.record_id),
        column,
        statement.kind,
        getattr(statement.members, "scenario", ""),
    )


def _look_up(log: Log, principal: Principal, reference: Reference) -> Statement | None:
    """Read a record that another one names, where it is that one and the asker may see it."""
    index = log.find(reference.record_id.bytes)
    if index is None:
        return None
    entry = log.entry(index)
    if not may_read(principal, entry, log.submitter_of(index)):
        return None
    statement = Statement.from_entry(entry)
    return statement if statement.leaf_hash.hex() == reference.leaf_hash else None


def _references(members: Kind) -> Iterator[tuple[How, Reference]]:
    parents = getattr(members, "parents", UNSET)
    if parents is not UNSET:
        yield from ((How.PARENT, parent) for parent in parents)
    if members.supersedes is not UNSET:
        yield How.CORRECTS, members.supersedes
    covered_by = getattr(members, "covered_by", UNSET)
    if covered_by is not UNSET:
        yield How.PLAN, covered_by.plan
