"""Stage rules: all hold for a dossier in order, and each is broken by what it forbids, alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from ledger.attestation import Stage
from ledger.report import LANGUAGES, catalogue
from ledger.stages import CLOCK_SKEW, RULES, Dossier, ask
from tests.covered_transfer import dossier

# 2025-11-21T07:30:00Z
_OCCURRED = 1_763_710_200
_OTHER = {"record_id": "019aa2f0-0000-7000-8000-00000000000f", "leaf_hash": "0f" * 32}
_ITEM = {"name": "credit score", "class": "general", "personal": True, "sensitive": False}


def _broken(found: Dossier) -> dict[str, str]:
    """Ask every rule; give those that are broken, with what they found."""
    answers = [answer for stage in Stage for answer in ask(found, stage)]
    assert {code for code, _ in answers} <= {code for codes in RULES.values() for code in codes}
    return {code: str(error) for code, error in answers if error is not None}


def test_rules_all_hold_where_everything_is_in_order() -> None:
    found = dossier()
    for stage in Stage:
        answers = list(ask(found, stage))
        assert [code for code, _ in answers] == list(RULES[stage])
        assert all(error is None for _, error in answers)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        # What was assessed is another plan, or the transfer is under another one.
        ({"pre_assessment/credentialSubject/id": "urn:crossproof:leaf:" + "0f" * 32}, "plan"),
        ({"pre_assessment/credentialSubject/record_id": _OTHER["record_id"]}, "plan"),
        ({"transfer/covered_by/plan": _OTHER}, "plan"),
        # It came too late.
        ({"pre_assessment/iat": _OCCURRED + CLOCK_SKEW + 1}, "order"),
        ({"pre_assessment/credentialSubject/outcome": "rejected"}, "outcome"),
        # Not yet valid, expired, other days of the plan.
        ({"pre_assessment/nbf": _OCCURRED + 1}, "in-force"),
        ({"pre_assessment/exp": _OCCURRED, "pre_assessment/nbf": _OCCURRED - 60}, "in-force"),
        ({"plan/period/until": "2025-11-20"}, "in-force"),
        ({"plan/period/from": "2025-11-22"}, "in-force"),
        # Another recipient, exporter, direction: in the transfer, the plan, the assessment.
        ({"transfer/recipient/id": "hkbr:87654321"}, "parties"),
        ({"transfer/exporter/id": "uscc:other"}, "parties"),
        ({"transfer/to": "MO"}, "parties"),
        ({"transfer/from": "SG"}, "parties"),
        ({"plan/recipient/id": "hkbr:87654321"}, "parties"),
        ({"plan/to": "MO"}, "parties"),
        ({"pre_assessment/credentialSubject/recipient": "hkbr:87654321"}, "parties"),
        ({"pre_assessment/credentialSubject/to": "MO"}, "parties"),
        ({"transfer/scenario": "payroll"}, "scenario"),
        ({"plan/scenario": "payroll"}, "scenario"),
        ({"pre_assessment/credentialSubject/scenario": "payroll"}, "scenario"),
        # More than was assessed, or the same under a milder name.
        ({"transfer/data_items": [_ITEM, {**_ITEM, "name": "income"}]}, "data-items"),
        ({"transfer/data_items/0/class": "important"}, "data-items"),
        ({"transfer/data_items/0/sensitive": True}, "data-items"),
        ({"plan/data_items/0/personal": False}, "data-items"),
        ({"pre_assessment/credentialSubject/data_items/0/class": "core"}, "data-items"),
        # Ceilings of the assessment and of the plan, of which the lower counts.
        ({"transfer/covered_by/persons/personal": 1_001}, "ceilings"),
        ({"transfer/covered_by/sequence": 13}, "ceilings"),
        ({"transfer/covered_by/persons/sensitive": 1, "plan/ceilings/sensitive": 0}, "ceilings"),
        ({"plan/ceilings/personal": 999}, "ceilings"),
    ],
)  # fmt: skip
def test_coverage_each_lapse_breaks_its_rule_alone(changes: dict[str, Any], rule: str) -> None:
    broken = _broken(dossier(changes))
    assert list(broken) == [f"pre-assessment.{rule}"]


def test_coverage_a_transfer_that_names_no_plan_is_not_covered() -> None:
    broken = _broken(dossier({"transfer/covered_by": ...}))
    assert set(broken) == {"pre-assessment.plan", "pre-assessment.ceilings"}


@pytest.mark.parametrize(
    "changes",
    [
        {"pre_assessment/credentialSubject/outcome": "approved"},
        {"transfer/covered_by/persons/personal": 0},
        {"pre_assessment/credentialSubject/ceilings": {}, "plan/ceilings": {}},
        {"pre_assessment/nbf": _OCCURRED},
        {"pre_assessment/exp": _OCCURRED + 1},
        {"plan/period/until": "2025-11-21"},
        {"plan/period/from": "2025-11-21"},
        {"pre_assessment/iat": _OCCURRED + CLOCK_SKEW},
        {"transfer/occurred_at": "2025-11-21T07:30:00.123456789Z"},
    ],
)
def test_coverage_at_its_limits_still_holds(changes: dict[str, Any]) -> None:
    assert _broken(dossier(changes)) == {}


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"backup/credentialSubject/id": "urn:crossproof:leaf:" + "0f" * 32}, ["transfer"]),
        ({"backup/credentialSubject/record_id": _OTHER["record_id"]}, ["transfer"]),
        ({"backup/credentialSubject/retained_until": "2028-11-20"}, ["retention"]),
        ({"backup/credentialSubject/restore_check/outcome": "failed"}, ["restorable"]),
        ({"backup/iat": _OCCURRED - 24 * 3600}, ["order"]),
    ],
)
def test_backup_each_lapse_breaks_its_rule_alone(changes: dict[str, Any], rules: list[str]) -> None:
    assert list(_broken(dossier(changes))) == [f"backup.{rule}" for rule in rules]


@pytest.mark.parametrize(
    ("deposited", "until", "holds"),
    [
        ("2025-11-21T08:00:00Z", "2028-11-21", True),
        ("2024-02-29T08:00:00Z", "2027-02-28", True),
        ("2024-02-29T08:00:00Z", "2027-02-27", False),
    ],
)
def test_backup_is_kept_for_three_years(deposited: str, until: str, *, holds: bool) -> None:
    found = dossier(
        {
            "backup/credentialSubject/deposited_at": deposited,
            "backup/credentialSubject/retained_until": until,
        }
    )
    assert ("backup.retention" not in _broken(found)) is holds


def test_backup_without_a_restore_check_is_not_said_to_be_unrestorable() -> None:
    assert _broken(dossier({"backup/credentialSubject/restore_check": ...})) == {}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"post_check/credentialSubject/id": "urn:crossproof:leaf:" + "0f" * 32}, "transfer"),
        ({"post_check/credentialSubject/record_id": _OTHER["record_id"]}, "transfer"),
        ({"post_check/credentialSubject/backup": _OTHER}, "backup"),
        ({"post_check/credentialSubject/pre_assessment": _OTHER}, "pre-assessment"),
        ({"post_check/credentialSubject/pre_assessment": ...}, "pre-assessment"),
        ({"post_check/iat": _OCCURRED}, "order"),
        ({"post_check/credentialSubject/checked_at": "2026-01-01T00:00:00Z"}, "order"),
        ({"post_check/credentialSubject/checked_at": "2025-11-20T00:00:00Z"}, "order"),
        ({"post_check/credentialSubject/outcome": "deviating"}, "outcome"),
    ],
)
def test_post_check_each_lapse_breaks_its_rule_alone(changes: dict[str, Any], rule: str) -> None:
    assert list(_broken(dossier(changes))) == [f"post-check.{rule}"]


def test_post_check_without_a_backup_cannot_be_asked_about() -> None:
    found = replace(dossier(), backup=None)
    assert list(ask(found, Stage.POST_CHECK)) == []


def test_post_check_of_a_transfer_that_needs_no_assessment_is_against_none() -> None:
    no_reference = {"post_check/credentialSubject/pre_assessment": ...}
    found = dossier({"transfer/covered_by": ..., **no_reference})
    without = replace(found, pre_assessment=None)
    assert _broken(without) == {}
    covered = replace(dossier(no_reference), pre_assessment=None)
    assert list(_broken(covered)) == ["post-check.pre-assessment"]


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        (("pre_assessment", "plan", "transfer", "backup", "post_check"), "pre-assessment.order"),
        (("plan", "transfer", "pre_assessment", "backup", "post_check"), "pre-assessment.order"),
        (("plan", "pre_assessment", "backup", "transfer", "post_check"), "backup.order"),
        (("plan", "pre_assessment", "transfer", "post_check", "backup"), "post-check.order"),
    ],
)
def test_order_in_the_log_is_the_order_of_the_stages(order: tuple[str, ...], rule: str) -> None:
    assert list(_broken(dossier(order=order))) == [rule]


def test_rules_of_stages_that_are_not_there_are_not_asked() -> None:
    bare = Dossier(dossier().transfer)
    assert [answer for stage in Stage for answer in ask(bare, stage)] == []
    unplanned = replace(dossier(), plan=None)
    assert list(ask(unplanned, Stage.PRE_ASSESSMENT)) == []


def test_rules_say_what_was_expected_and_what_was_found() -> None:
    broken = _broken(dossier({"transfer/covered_by/persons/personal": 1_001}))
    assert broken["pre-assessment.ceilings"] == (
        "the ceiling of personal is passed; expected up to 1000; found 1001"
    )


def test_rules_times_beyond_every_calendar_break_a_rule_and_nothing_else() -> None:
    found = dossier()
    assert found.pre_assessment is not None
    late = structs.replace(found.pre_assessment.says, nbf=2**53 - 2, exp=2**53 - 1)
    broken = _broken(replace(found, pre_assessment=replace(found.pre_assessment, says=late)))
    assert "9007199254740990" in broken["pre-assessment.in-force"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_have_a_title_in_every_language(language: str) -> None:
    titles = catalogue(language)["checks"]
    assert {code for codes in RULES.values() for code in codes} <= set(titles)
