"""The legal basis of a transfer: which route it takes, and each paper of that route by its hash.

Routes and rules are names that a versioned rule set explains, never a list in code: editions move
faster than a log. Papers themselves stay with their owner.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from ledger.kinds.formats import check_date, check_period
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Concealing,
    Date,
    Digests,
    Identifier,
    Member,
    Text,
)

__all__ = [
    "Assessment",
    "Certificate",
    "Consent",
    "Contract",
    "Filing",
    "LegalBasis",
    "ListEntry",
]


class ListEntry(Member, frozen=True, kw_only=True):
    """A row of a zone's negative or general data list."""

    zone: Identifier
    edition: Identifier
    row: Identifier


class Filing(Concealing, frozen=True, kw_only=True):
    """A filing with an authority or its result."""

    CONCEALABLE = frozenset({"number"})

    kind: Identifier | UnsetType = UNSET
    authority: Identifier | UnsetType = UNSET
    number: Text | UnsetType = UNSET
    valid_from: Date | UnsetType = UNSET
    valid_until: Date | UnsetType = UNSET
    digests: Digests | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_period(self.valid_from, self.valid_until)


class Certificate(Concealing, frozen=True, kw_only=True):
    """A certification of personal information protection."""

    CONCEALABLE = frozenset({"number"})

    body: Identifier | UnsetType = UNSET
    number: Text | UnsetType = UNSET
    valid_from: Date | UnsetType = UNSET
    valid_until: Date | UnsetType = UNSET
    digests: Digests | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_period(self.valid_from, self.valid_until)


class Contract(Member, frozen=True, kw_only=True):
    """The contract between exporter and recipient, by its hash."""

    kind: Identifier | UnsetType = UNSET
    effective_on: Date | UnsetType = UNSET
    digests: Digests

    def __post_init__(self) -> None:
        if self.effective_on is not UNSET:
            check_date(self.effective_on)


class Consent(Member, frozen=True, kw_only=True):
    """The evidence of the persons' consent, by its hash; `separate` as Article 39 PIPL asks."""

    kind: Identifier | UnsetType = UNSET
    separate: bool | UnsetType = UNSET
    digests: Digests


class Assessment(Member, frozen=True, kw_only=True):
    """A personal information protection impact assessment, by its hash."""

    made_on: Date | UnsetType = UNSET
    conclusion: Identifier | UnsetType = UNSET
    keep_until: Date | UnsetType = UNSET
    digests: Digests

    def __post_init__(self) -> None:
        check_period(self.made_on, self.keep_until)


class LegalBasis(Member, frozen=True, kw_only=True):
    """Why the transfer is lawful: the route and what stands behind it."""

    route: Identifier
    rule: Identifier | UnsetType = UNSET
    rule_set: Identifier | UnsetType = UNSET
    list_entry: ListEntry | UnsetType = field(name="list", default=UNSET)
    filing: Filing | UnsetType = UNSET
    certificate: Certificate | UnsetType = UNSET
    contract: Contract | UnsetType = UNSET
    consent: Consent | UnsetType = UNSET
    pia: Assessment | UnsetType = UNSET
    evidence: Annotated[list[Digests], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = (
        UNSET
    )
