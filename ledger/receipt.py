"""The receipt: what the recipient found when it hashed again what the owner brought.

    a JWS of typ crossproof-receipt+jwt over
    {"iss", "iat", "sub": the transfer's leaf, "record_id", "outcome": "matches" or "differs",
     "files": [fingerprints, names left out], "purpose", "scope", "authorization"?}

The heart of the model: the owner carries the file, the log carries its fingerprint, and whoever
receives the file compares. The recipient signs what *it* hashed, so that a reader does not take the
outcome from it: `check_outcome` derives it from the transfer's fingerprints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.claims import Spoken, leaf_name, read_claims
from ledger.errors import VerificationError
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.members import MAX_ELEMENTS, Count, Digests, File, Identifier, Member, Text

__all__ = ["TYP", "Receipt", "ReceiptClaims", "Received", "draft"]

TYP = "crossproof-receipt+jwt"

Outcome = Literal["matches", "differs"]


class Received(Member, frozen=True, kw_only=True):
    """A file as it was received: its size and digests, for its name may tell of its content."""

    size: Count
    digests: Digests


class ReceiptClaims(Spoken, frozen=True, kw_only=True):
    """What a recipient says."""

    outcome: Outcome
    files: Annotated[list[Received], Meta(max_length=MAX_ELEMENTS)]
    purpose: Text
    scope: Text
    # The owner's grant, by its hash: a paper that stays where it is.
    authorization: Digests | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt; its signature is checked by `jws.verify`."""

    jws: Jws
    claims: ReceiptClaims

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Read a receipt; raise MalformedError."""
        return cls(*read_claims(text, TYP, ReceiptClaims))

    @property
    def leaf_hash(self) -> bytes:
        """Give the leaf of the transfer that was received."""
        return self.claims.leaf_hash

    def check_outcome(self, files: Sequence[File]) -> None:
        """Hold the outcome to the transfer's own fingerprints; raise VerificationError."""
        derived = compare(files, self.claims.files)
        if derived != self.claims.outcome:
            raise VerificationError(
                "receipt.outcome",
                "the receipt does not say what its fingerprints say",
                expected=derived,
                found=self.claims.outcome,
            )


def compare(files: Sequence[File], received: Sequence[Received]) -> Outcome:
    """Say whether what was received is what was sent: the same files as often, in any order.

    A file counts by size and SHA-256, which every fingerprint has.
    """
    sent = sorted((file.size, file.digests.sha_256) for file in files)
    return (
        "matches"
        if sent == sorted((file.size, file.digests.sha_256) for file in received)
        else "differs"
    )


def draft(
    key: PublicKey,
    *,
    issuer: Identifier,
    issued_at: int,
    transfer: bytes,
    record_id: str,
    sent: Sequence[File],
    received: Sequence[Received],
    purpose: str,
    scope: str,
    authorization: Digests | None = None,
) -> Unsigned:
    """Make a receipt that `key` is to sign, for the transfer of that leaf hash."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "iat": issued_at,
        "sub": leaf_name(transfer),
        "record_id": record_id,
        "outcome": compare(sent, received),
        "files": msgspec.to_builtins(list(received)),
        "purpose": purpose,
        "scope": scope,
    }
    if authorization is not None:
        claims["authorization"] = msgspec.to_builtins(authorization)
    return unsigned(key, claims, typ=TYP)
