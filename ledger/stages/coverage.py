"""Coverage: whether a pre-assessment of its plan lets a transfer happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import UNSET

from ledger.attestation.pre_assessment import PreAssessment, PreAssessmentClaims
from ledger.kinds import Plan, Transfer
from ledger.stages.comparison import after, broken, not_later, same, seconds, time_text
from ledger.stages.dossier import Entry

__all__ = ["RULES", "Coverage"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A transfer, the plan that it names, and the plan's pre-assessment."""

    transfer: Entry[Transfer]
    plan: Entry[Plan]
    pre_assessment: Entry[PreAssessmentClaims]

    @property
    def assessed(self) -> PreAssessment:
        """Give what was assessed."""
        return self.pre_assessment.says.subject


def _is_of_the_plan(case: Coverage) -> None:
    plan = f"{case.plan.record_id}, leaf {case.plan.leaf_hash.hex()}"
    assessed = f"{case.assessed.record_id}, leaf {case.assessed.leaf_hash.hex()}"
    same("the plan that was assessed", plan, assessed)
    covered_by = case.transfer.says.covered_by
    if covered_by is UNSET or not case.plan.is_named_by(covered_by.plan):
        named = "none" if covered_by is UNSET else str(covered_by.plan.record_id)
        raise broken("the transfer names another plan", case.plan.record_id, named)


def _was_before(case: Coverage) -> None:
    after(case.pre_assessment, case.plan, "the pre-assessment was logged before its plan")
    after(case.transfer, case.pre_assessment, "the transfer was logged before its pre-assessment")
    not_later(
        "the pre-assessment was made after the transfer",
        case.pre_assessment.says.iat,
        seconds(case.transfer.says.occurred_at),
    )


def _allows(case: Coverage) -> None:
    if case.assessed.outcome == "rejected":
        raise broken("the pre-assessment rejects it", "approved or conditional", "rejected")


def _is_in_force(case: Coverage) -> None:
    claims, occurred = case.pre_assessment.says, seconds(case.transfer.says.occurred_at)
    if not claims.nbf <= occurred < claims.exp:
        raise broken(
            "the pre-assessment was not in force when the transfer happened",
            f"a time from {time_text(claims.nbf)} until before {time_text(claims.exp)}",
            time_text(occurred),
        )
    period = case.plan.says.period
    day = case.transfer.says.occurred_at[: len(period.until)]
    if not period.from_ <= day <= period.until:
        raise broken("the plan is for other days", f"{period.from_} to {period.until}", day)


def _is_for_these_parties(case: Coverage) -> None:
    transfer, plan, assessed = case.transfer.says, case.plan.says, case.assessed
    same("the exporter", plan.exporter.id, transfer.exporter.id)
    same("the plan's recipient", plan.recipient.id, transfer.recipient.id)
    same("the recipient that was assessed", assessed.recipient, transfer.recipient.id)
    same("the plan's origin", plan.from_, transfer.from_)
    same("the plan's destination", plan.to, transfer.to)
    same("the destination that was assessed", assessed.to, transfer.to)


def _is_for_this_scenario(case: Coverage) -> None:
    scenario = case.transfer.says.scenario
    same("the plan's scenario", case.plan.says.scenario, scenario)
    same("the scenario that was assessed", case.assessed.scenario, scenario)


def _is_for_these_items(case: Coverage) -> None:
    assessed, planned, moved = (
        {(item.name, item.class_, item.personal, item.sensitive) for item in items}
        for items in (
            case.assessed.data_items,
            case.plan.says.data_items,
            case.transfer.says.data_items,
        )
    )
    stray = moved - (assessed & planned)
    if stray:
        raise broken(
            "a data item was not assessed as it is",
            ", ".join(sorted(name for name, *_ in assessed & planned)) or "none",
            ", ".join(sorted(name for name, *_ in stray)),
        )


def _is_below_the_ceilings(case: Coverage) -> None:
    covered_by = case.transfer.says.covered_by
    if covered_by is UNSET:
        raise broken("the transfer says no place under its plan", "covered_by", "nothing")
    reached = {
        "transfers": covered_by.sequence,
        "personal": covered_by.persons.personal,
        "sensitive": covered_by.persons.sensitive,
    }
    for ceilings in (case.assessed.ceilings, case.plan.says.ceilings):
        for name, count in reached.items():
            ceiling = getattr(ceilings, name)
            if ceiling is not UNSET and count > ceiling:
                raise broken(f"the ceiling of {name} is passed", f"up to {ceiling}", str(count))


RULES: Mapping[str, Callable[[Coverage], None]] = {
    "pre-assessment.plan": _is_of_the_plan,
    "pre-assessment.order": _was_before,
    "pre-assessment.outcome": _allows,
    "pre-assessment.in-force": _is_in_force,
    "pre-assessment.parties": _is_for_these_parties,
    "pre-assessment.scenario": _is_for_this_scenario,
    "pre-assessment.data-items": _is_for_these_items,
    "pre-assessment.ceilings": _is_below_the_ceilings,
}
