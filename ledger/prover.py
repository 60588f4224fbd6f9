"""The prover: a record of the log in, its bundle out.

Path, checkpoint and anchor are produced together for one exact size. That size is the smallest
anchored one that covers the record and the plan it names, so that the bundle tells the earliest
time at which the chain held it; while no anchor does, it is the newest published checkpoint's.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET

from ledger.anchor import Anchor
from ledger.bundle import Bundle, LoggedEntry
from ledger.errors import NotFoundError, UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.statement import Statement
from ledger.store import StoredAnchor
from ledger.tree import Tree

__all__ = ["Covering", "prove"]

# Finds the smallest anchor, on the chain of today, whose size is beyond an index.
Covering = Callable[[int], StoredAnchor | None]


def prove(log: Log, record_id: bytes, *, covering: Covering) -> Bundle:
    """Make a record's bundle.

    Raises NotFoundError for an unknown record, UnavailableError (`record.unpublished`) until a
    checkpoint covers it.
    """
    index = log.find(record_id)
    if index is None:
        raise NotFoundError("record.unknown", "no record of this id")
    body = log.entry(index)
    plan_index = _plan_index(log, body)
    newest = index if plan_index is None else max(index, plan_index)
    head, anchor = _head(log, newest, covering)
    tree = log.tree(head.size)
    plan = None
    if plan_index is not None:
        plan = _logged(tree, plan_index, log.entry(plan_index))
    return Bundle(_logged(tree, index, body), head.note, anchor, plan)


def _head(log: Log, index: int, covering: Covering) -> tuple[Head, Anchor | None]:
    found = covering(index)
    while found is not None:
        anchor = found.anchor
        head = log.checkpoint_at(anchor.size)
        # A log that was brought back may lack a checkpoint; the next anchor covers the same.
        if head is not None and head.root == anchor.root:
            return head, anchor
        found = covering(anchor.size)
    published = log.published()
    if published is None or published.size <= index:
        raise UnavailableError(
            "record.unpublished",
            "the record is logged, and no checkpoint covers it yet",
            hint="Ask again in a moment.",
        )
    return published, None


def _plan_index(log: Log, body: bytes) -> int | None:
    """Find the plan that a transfer says covers it, where this log holds that very plan."""
    covered_by = getattr(Statement.from_entry(body).members, "covered_by", UNSET)
    if covered_by is UNSET:
        return None
    index = log.find(covered_by.plan.record_id.bytes)
    if index is None or leaf_hash(log.entry(index)).hex() != covered_by.plan.leaf_hash:
        return None
    return index


def _logged(tree: Tree, index: int, body: bytes) -> LoggedEntry:
    return LoggedEntry(index, body, tuple(tree.inclusion_proof(index)))
