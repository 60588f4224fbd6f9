"""A status: someone's word on what became of an attestation or a transfer, signed by himself.

    a JWS of typ crossproof-status+jwt over
    {"iss", "iat", "sub": the leaf, "record_id", "action", "reason", "compromised_since"?}

    revoke      an attestation, for ever       by its issuer
    suspend     an attestation, for a time     by its issuer
    reinstate   ends a suspension or a stop    by who said it
    stop        a transfer, or a plan          by a regulator

Whose word counts for which leaf, the reader decides; what a stranger says changes nothing. A log
keeps the order in which words were said, and a server that holds no key of theirs can forge none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import UNSET, UnsetType

from ledger.claims import NumericDate, Spoken, leaf_name, read_claims
from ledger.errors import MalformedError, VerificationError
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.members import Identifier, Text

__all__ = ["TYP", "Action", "Status", "StatusClaims", "draft", "standing"]

TYP = "crossproof-status+jwt"


class Action(StrEnum):
    """What can be said."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    STOP = "stop"


# What may be said after what by one and the same speaker, None being nothing yet. A revocation is
# final. The contract has the same table (contracts/src/attestation/Statuses.sol).
MAY_FOLLOW: dict[Action | None, frozenset[Action]] = {
    None: frozenset({Action.REVOKE, Action.SUSPEND, Action.STOP}),
    Action.SUSPEND: frozenset({Action.REVOKE, Action.REINSTATE}),
    Action.STOP: frozenset({Action.REINSTATE}),
    Action.REINSTATE: frozenset({Action.REVOKE, Action.SUSPEND, Action.STOP}),
    Action.REVOKE: frozenset(),
}


class StatusClaims(Spoken, frozen=True, kw_only=True):
    """What someone says of a leaf."""

    action: Action
    reason: Text
    # Of a revocation because a key was no longer its owner's alone: since when.
    compromised_since: NumericDate | UnsetType = UNSET

    def __post_init__(self) -> None:
        Spoken.__post_init__(self)
        if self.compromised_since is not UNSET and self.action is not Action.REVOKE:
            raise MalformedError(
                "status.compromise",
                "only a revocation can be for a compromised key",
                expected=f"action {Action.REVOKE.value}",
                found=self.action.value,
            )


@dataclass(frozen=True, slots=True)
class Status:
    """A status; its signature is checked by `jws.verify`."""

    jws: Jws
    claims: StatusClaims

    @classmethod
    def parse(cls, text: str) -> Status:
        """Read a status; raise MalformedError."""
        return cls(*read_claims(text, TYP, StatusClaims))

    @property
    def leaf_hash(self) -> bytes:
        """Give the leaf that it speaks of."""
        return self.claims.leaf_hash


def standing(actions: Iterable[Action]) -> Action | None:
    """Say where one speaker's words on one leaf have come to, in the order they were logged.

    Raises VerificationError where one of them cannot follow the one before it.
    """
    last: Action | None = None
    for action in actions:
        if action not in MAY_FOLLOW[last]:
            raise VerificationError(
                "status.order",
                "a status cannot follow the one before it",
                expected=" or ".join(sorted(MAY_FOLLOW[last])) or "nothing more",
                found=f"{action.value} after {last.value if last else 'nothing'}",
            )
        last = action
    return last


def draft(
    key: PublicKey,
    *,
    issuer: Identifier,
    issued_at: int,
    leaf: bytes,
    record_id: str,
    action: Action,
    reason: str,
    compromised_since: int | None = None,
) -> Unsigned:
    """Make a status that `key` is to sign, for the entry of that leaf hash."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "iat": issued_at,
        "sub": leaf_name(leaf),
        "record_id": record_id,
        "action": action.value,
        "reason": reason,
    }
    if compromised_since is not None:
        claims["compromised_since"] = compromised_since
    return unsigned(key, claims, typ=TYP)
