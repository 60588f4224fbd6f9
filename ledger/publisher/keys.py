"""Whose keys a log is anchored with, and on which terms it is opened."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain import Account
from ledger.evm_key import EvmKey
from ledger.head_signature import log_id

__all__ = ["ALONE", "Keys", "OpeningTerms"]


@dataclass(frozen=True, slots=True)
class OpeningTerms:
    """Who signs heads beside the operator, by address, and how many of all must.

    They count when the log is opened; from then on the contract's word does.
    """

    co_operators: tuple[bytes, ...] = ()
    threshold: int = 1


ALONE = OpeningTerms()


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs heads, who pays for anchors, and who opens the log and so is part of its id."""

    operator: EvmKey
    sender: Account
    admin: Account
    opening: OpeningTerms = ALONE

    def log_id(self, origin: str) -> bytes:
        """Derive the log's id."""
        return log_id(origin, self.admin.address)
