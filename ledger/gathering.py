"""Gathering: what a log holds about a record, as its dossier reads it.

The log is followed up to its end first (`follower`): a rule that passed because a revocation had
not been looked at yet would be no rule.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.dossier import Placed, Records
from ledger.errors import UnavailableError
from ledger.follower import catch_up
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.related import MAX_RELATED, find_plan, receipt_keys
from ledger.statement import Statement
from ledger.trust import Trust

__all__ = ["gather", "said_of"]

# What one request looks through at most: 65,536 entries, a quarter of a second.
_PAGES = 64


def gather(
    log: Log,
    index: int,
    *,
    trust: Trust | None = None,
    may_see: Callable[[int, bytes], bool] = lambda _index, _entry: True,
) -> Records:
    """Read the record at `index`, the plan it names, and what was said of them.

    A plan that the asker may not see is left out, and what was said of it. Raises
    NotFoundError, ConflictError for a record that has no stages, UnavailableError while the log
    has not been looked through.
    """
    entry = log.entry(index)
    record = Statement.from_entry(entry)
    found = find_plan(log, record)
    plan = Placed(*found) if found is not None and may_see(*found) else None
    leaves = [record.leaf_hash, *([] if plan is None else [leaf_hash(plan.entry)])]
    said = said_of(log, [*leaves, *receipt_keys(log, index, record)])
    return Records.read(Placed(index, entry), plan=plan, said=said, trust=trust)


def said_of(log: Log, leaves: list[bytes]) -> set[Placed]:
    """Read what speaks of leaves, and of the attestations that do."""
    if not catch_up(log, pages=_PAGES):
        raise UnavailableError(
            "dossier.behind",
            "the log has not been looked through to its end yet",
            hint="Ask again in a moment.",
        )
    first = _read(log, leaves)
    read = map(Statement.from_entry, (placed.entry for placed in first))
    named = [statement.leaf_hash for statement in read if statement.kind == "attestation"]
    return first | (_read(log, named) if named else set())


def _read(log: Log, leaves: list[bytes]) -> set[Placed]:
    found = log.store.related(leaves, limit=MAX_RELATED)
    return {Placed(index, log.entry(index)) for of in found.values() for index in of}
