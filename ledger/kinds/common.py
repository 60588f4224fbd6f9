"""What every kind of statement has, and what `transfer` and `plan` have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from ledger.kinds.formats import check_jurisdiction, check_record_id, check_salt
from ledger.kinds.legal_basis import LegalBasis
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Channel,
    Concealing,
    DataItem,
    Identifier,
    Jurisdiction,
    Party,
    RecordId,
    Reference,
    Retention,
    Salt,
    StoragePlace,
    Text,
)

__all__ = ["Kind", "Movement"]


class Kind(Concealing, frozen=True, kw_only=True):
    """The members of every statement."""

    v: Literal[1]
    record_id: RecordId
    salt: Salt
    sd_alg: Literal["sha-256"] | UnsetType = field(name="_sd_alg", default=UNSET)
    supersedes: Reference | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_record_id(self.record_id)
        check_salt(self.salt)


class Movement(Kind, frozen=True, kw_only=True):
    """Data that moves from one jurisdiction to another, or is meant to."""

    CONCEALABLE = frozenset({"channel", "onward_recipients", "purpose", "retention"})

    exporter: Party
    recipient: Party
    onward_recipients: (
        Annotated[list[Party], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType
    ) = UNSET
    from_: Jurisdiction = field(name="from")
    to: Jurisdiction
    scenario: Identifier
    data_items: Annotated[list[DataItem], Meta(min_length=1, max_length=MAX_ELEMENTS)]
    purpose: Text | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    storage_place: StoragePlace | UnsetType = UNSET
    retention: Retention | UnsetType = UNSET
    legal_basis: LegalBasis | UnsetType = UNSET

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        check_jurisdiction(self.from_)
        check_jurisdiction(self.to)
