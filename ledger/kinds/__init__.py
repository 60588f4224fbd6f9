"""The kinds of statements: one file each, registered here and nowhere else."""

from __future__ import annotations

from ledger.kinds.common import Kind
from ledger.kinds.plan import Plan
from ledger.kinds.transfer import Transfer

__all__ = ["KINDS", "Kind", "Plan", "Transfer"]

KINDS: dict[str, type[Kind]] = {"plan": Plan, "transfer": Transfer}
