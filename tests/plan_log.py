"""Plans, and transfers that claim places under them, as they are handed in."""

from __future__ import annotations

from typing import Any

from ledger.log import Submission
from ledger.statement import Statement
from tests.covered_transfer import reference
from tests.samples import transfer


def plan(**ceilings: int) -> Statement:
    """State a plan of these ceilings."""
    moved = {
        name: member
        for name, member in transfer().value.items()
        if name not in {"kind", "occurred_at", "record_id", "salt"}
    }
    period = {"from": "2026-01-01", "until": "2026-12-31"}
    return Statement.build({"kind": "plan", **moved, "ceilings": ceilings, "period": period})


def covered(by: Statement, sequence: int, personal: int = 0, sensitive: int = 0) -> Submission:
    """Hand in a transfer with its place under a plan."""
    return Submission.of(covered_statement(by, sequence, personal, sensitive))


def covered_statement(
    by: Statement, sequence: int, personal: int = 0, sensitive: int = 0, **plan: Any
) -> Statement:
    """State a transfer with its place under a plan; `plan` changes what names the plan."""
    persons = {"personal": personal, "sensitive": sensitive}
    named = {**reference(by), **plan}
    return transfer(covered_by={"plan": named, "sequence": sequence, "persons": persons})
