"""The pre-assessment (事前评估备案): whether what a plan describes may be transferred."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from ledger.attestation.claims import Claims, Stage, Subject, incomplete
from ledger.claims import NumericDate
from ledger.kinds.formats import check_jurisdiction
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Concealing,
    Identifier,
    Jurisdiction,
    Member,
    Text,
)
from ledger.kinds.plan import Ceilings

__all__ = ["AssessedItem", "Basis", "Filed", "PreAssessment", "PreAssessmentClaims"]


class AssessedItem(Member, frozen=True, kw_only=True):
    """One kind of data that was assessed, as the plan names it."""

    name: Identifier
    class_: Literal["general", "important", "core"] = field(name="class")
    personal: bool
    sensitive: bool


class Basis(Member, frozen=True, kw_only=True):
    """The legal route that was found, and the rule of which edition that it follows from."""

    route: Identifier
    rule: Identifier
    rule_set: Identifier


class Filed(Concealing, frozen=True, kw_only=True):
    """Where the assessment was filed."""

    CONCEALABLE = frozenset({"number"})

    authority: Identifier
    number: Text | UnsetType = UNSET


class PreAssessment(Subject, frozen=True, kw_only=True):
    """What was assessed, and what came of it."""

    CONCEALABLE = frozenset({"conditions", "reasons"})

    scenario: Identifier
    recipient: Identifier
    to: Jurisdiction
    data_items: Annotated[list[AssessedItem], Meta(min_length=1, max_length=MAX_ELEMENTS)]
    ceilings: Ceilings
    legal_basis: Basis
    outcome: Literal["approved", "conditional", "rejected"]
    conditions: Annotated[list[Text], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = (
        UNSET
    )
    reasons: Text | UnsetType = UNSET
    filing: Filed | UnsetType = UNSET

    def __post_init__(self) -> None:
        Subject.__post_init__(self)
        check_jurisdiction(self.to)

    def check_complete(self) -> None:
        """Check that a conditional outcome says its conditions."""
        if self.outcome == "conditional" and self.conditions is UNSET:
            raise incomplete("a conditional outcome says on which conditions", "conditions")


class PreAssessmentClaims(
    Claims, frozen=True, kw_only=True, tag_field="vct", tag=Stage.PRE_ASSESSMENT.vct
):
    """The claims of a pre-assessment; it holds from `nbf` until before `exp`."""

    nbf: NumericDate
    exp: NumericDate
    subject: PreAssessment = field(name="credentialSubject")
