"""A manifest: a submitter's one signature over a whole batch.

    a JWS of typ crossproof-manifest+jwt over {"iss", "iat", "root", "count"}
    root = the RFC 9162 root over the leaf hashes of the batch, in the order sent, repeats included

A bundle carries the manifest and the record's path in the batch: with both, everyone sees who
submitted the record, whatever log took it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from ledger.canonical import MAX_INTEGER
from ledger.claims import NumericDate, read_claims
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.formats import check_hash
from ledger.kinds.members import Hash, Identifier, Member
from ledger.merkle import inclusion_proof, root, verify_inclusion

__all__ = ["TYP", "Manifest", "ManifestClaims", "Place", "draft", "places"]

TYP = "crossproof-manifest+jwt"


class ManifestClaims(Member, frozen=True, kw_only=True):
    """What a submitter says."""

    iss: Identifier
    iat: NumericDate
    root: Hash
    count: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]

    def __post_init__(self) -> None:
        check_hash(self.root)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its batch a record was sent, and the inclusion path there."""

    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest; its signature is checked by `jws.verify`."""

    jws: Jws
    claims: ManifestClaims

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read a manifest; raise MalformedError."""
        return cls(*read_claims(text, TYP, ManifestClaims))

    def verify_record(self, leaf_hash: bytes, place: Place) -> None:
        """Check that the record is at its place in the batch; raise VerificationError."""
        verify_inclusion(
            leaf_hash=leaf_hash,
            index=place.index,
            size=self.claims.count,
            proof=place.path,
            root=bytes.fromhex(self.claims.root),
        )


def draft(
    key: PublicKey, leaf_hashes: Sequence[bytes], *, issuer: Identifier, issued_at: int
) -> Unsigned:
    """Make a manifest that `key` is to sign, of a batch in the order in which it is sent."""
    claims = {
        "iss": issuer,
        "iat": issued_at,
        "root": root(leaf_hashes).hex(),
        "count": len(leaf_hashes),
    }
    return unsigned(key, claims, typ=TYP)


def places(leaf_hashes: Sequence[bytes], indexes: Sequence[int]) -> list[Place]:
    """Find the paths of some records of a batch."""
    return [Place(index, tuple(inclusion_proof(leaf_hashes, index))) for index in indexes]
