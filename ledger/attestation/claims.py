"""What every attestation claims: who says it, when, under which accreditation, of which entry.

The claims are those of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc, 2.2.2), the stage's own in
`credentialSubject` as in W3C's data model. Its `id` is the leaf that the stage speaks of: of a
`plan` for a pre-assessment, of a `transfer` for a backup and a post-check. Registered claims are
never concealed, and nothing that a stage rule reads is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from ledger.canonical import MAX_INTEGER
from ledger.claims import LEAF_PREFIX, LeafName, NumericDate, check_leaf_name
from ledger.errors import MalformedError
from ledger.kinds.formats import check_jurisdiction, check_record_id
from ledger.kinds.members import Concealing, Identifier, Jurisdiction, Member, RecordId

__all__ = [
    "Claims",
    "Stage",
    "StatusList",
    "StatusReference",
    "Subject",
    "incomplete",
]


class Stage(StrEnum):
    """The stage of a transfer's supervision that an attestation is about."""

    PRE_ASSESSMENT = "pre-assessment"
    BACKUP = "backup"
    POST_CHECK = "post-check"

    @property
    def vct(self) -> str:
        """Name the credential's type; the number is its version."""
        return f"urn:crossproof:attestation:{self.value}:1"


class StatusList(Member, frozen=True, kw_only=True):
    """A place in a Token Status List (draft-ietf-oauth-status-list, 6.2)."""

    idx: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
    uri: Identifier


class StatusReference(Member, frozen=True, kw_only=True):
    """Where the issuer says what became of the attestation."""

    status_list: StatusList


class Subject(Concealing, frozen=True, kw_only=True):
    """The logged entry that is spoken of."""

    id: LeafName
    record_id: RecordId

    def __post_init__(self) -> None:
        check_leaf_name(self.id)
        check_record_id(self.record_id)

    @property
    def leaf_hash(self) -> bytes:
        """Give the leaf hash."""
        return bytes.fromhex(self.id.removeprefix(LEAF_PREFIX))

    def check_complete(self) -> None:
        """Check, with nothing concealed, what members ask of each other; raise MalformedError."""


class Claims(Member, frozen=True, kw_only=True):
    """The claims of an attestation, `vct` being the struct's tag."""

    iss: Identifier
    iat: NumericDate
    nbf: NumericDate | UnsetType = UNSET
    exp: NumericDate | UnsetType = UNSET
    jurisdiction: Jurisdiction
    status: StatusReference | UnsetType = UNSET
    sd_alg: str | UnsetType = field(name="_sd_alg", default=UNSET)

    def __post_init__(self) -> None:
        check_jurisdiction(self.jurisdiction)
        if self.nbf is not UNSET and self.exp is not UNSET and self.nbf >= self.exp:
            raise MalformedError(
                "attestation.period",
                "the attestation is valid at no time",
                expected=f"exp after nbf, {self.nbf}",
                found=str(self.exp),
            )


def incomplete(what: str, expected: str) -> MalformedError:
    """Say what a stage's claims lack."""
    return MalformedError("attestation.incomplete", what, expected=expected, found="nothing")
