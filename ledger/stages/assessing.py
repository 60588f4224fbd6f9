"""Assessing: whether a pre-assessment is of what its plan says, before there is any transfer.

What an assessor may narrow, data items and ceilings, he may not widen: no transfer would be covered
beyond the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import UNSET

from ledger.attestation.pre_assessment import PreAssessment, PreAssessmentClaims
from ledger.kinds import Plan
from ledger.stages.comparison import broken, same, seconds, time_text
from ledger.stages.dossier import Entry

__all__ = ["RULES", "Assessing"]

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Assessing:
    """A plan and what is said of it."""

    plan: Entry[Plan]
    claims: PreAssessmentClaims

    @property
    def assessed(self) -> PreAssessment:
        """Give what was assessed."""
        return self.claims.subject


def _is_of_the_plan(case: Assessing) -> None:
    same("the plan that is assessed", case.plan.leaf_hash.hex(), case.assessed.leaf_hash.hex())
    same("its record", case.plan.record_id, str(case.assessed.record_id))


def _is_within_its_days(case: Assessing) -> None:
    claims, period = case.claims, case.plan.says.period
    begin = seconds(f"{period.from_}T00:00:00Z")
    end = seconds(f"{period.until}T00:00:00Z") + _DAY
    if claims.nbf >= end or claims.exp <= begin:
        raise broken(
            "the pre-assessment is in force on no day of the plan",
            f"{period.from_} to {period.until}",
            f"{time_text(claims.nbf)} until before {time_text(claims.exp)}",
        )


def _is_for_these_parties(case: Assessing) -> None:
    same("the recipient", case.plan.says.recipient.id, case.assessed.recipient)
    same("the destination", case.plan.says.to, case.assessed.to)


def _is_for_this_scenario(case: Assessing) -> None:
    same("the scenario", case.plan.says.scenario, case.assessed.scenario)


def _is_for_these_items(case: Assessing) -> None:
    assessed, planned = (
        {(item.name, item.class_, item.personal, item.sensitive) for item in items}
        for items in (case.assessed.data_items, case.plan.says.data_items)
    )
    stray = assessed - planned
    if stray:
        raise broken(
            "a data item is not the plan's as it is",
            ", ".join(sorted(name for name, *_ in planned)),
            ", ".join(sorted(name for name, *_ in stray)),
        )


def _is_below_the_ceilings(case: Assessing) -> None:
    for name in ("transfers", "personal", "sensitive"):
        planned, assessed = (
            getattr(ceilings, name)
            for ceilings in (case.plan.says.ceilings, case.assessed.ceilings)
        )
        if UNSET not in (planned, assessed) and assessed > planned:
            raise broken(
                f"the plan's ceiling of {name} is lower", f"up to {planned}", str(assessed)
            )


RULES: Mapping[str, Callable[[Assessing], None]] = {
    "pre-assessment.plan": _is_of_the_plan,
    "pre-assessment.in-force": _is_within_its_days,
    "pre-assessment.parties": _is_for_these_parties,
    "pre-assessment.scenario": _is_for_this_scenario,
    "pre-assessment.data-items": _is_for_these_items,
    "pre-assessment.ceilings": _is_below_the_ceilings,
}
