"""Who is asked what became of an attestation: whoever fetches lists, and the registry on a chain.

A verifier opens no socket: its caller hands in what asks (`status_fetch`, `chain`), as with the
chain that is asked about an anchor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ledger.status import Action
from ledger.status_list import StatusToken

__all__ = ["Announced", "StatusListSource", "StatusRegistry", "Term", "last_announced"]


@dataclass(frozen=True, slots=True)
class Announced:
    """What an account has said of a leaf on the chain, at a block time in seconds since 1970."""

    time: int
    action: Action


@dataclass(frozen=True, slots=True)
class Term:
    """When an account spoke for a jurisdiction, by block times; both ends are of it."""

    account: bytes
    from_: int
    until: int


class StatusListSource(Protocol):
    """Whoever fetches status lists."""

    def status_list(self, address: str) -> StatusToken:
        """Fetch the list at an address, whole; raise UnavailableError.

        Whether its signature is right, and whose, is for the caller to see.
        """


class StatusRegistry(Protocol):
    """Whoever can ask `AttestationRegistry`."""

    def announced(self, account: bytes, leaf: bytes) -> tuple[Announced, ...]:
        """Tell what an account said of a leaf, oldest first; raise UnavailableError."""

    def terms(self, jurisdiction: str) -> tuple[Term, ...]:
        """Tell who spoke, or speaks, for a jurisdiction, oldest first; raise UnavailableError."""


def last_announced(said: Iterable[Announced], *, at: int) -> Action | None:
    """Tell what was said last up to a time, at that very time included; None for nothing."""
    before = [one for one in said if one.time <= at]
    return before[-1].action if before else None
