"""Every forbidden order and every lapse of the stages, and which tests hold it.

Asked twice, before anything is signed and by every verifier: for each there is a test of both. The
tests named here must exist; that they can fail is theirs to show.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_RULES = "issuing/test_rules.py"
_STAGES = "stages/test_stages.py"
_ATTESTED = "verify/test_attested.py"
_STANDING = "verify/test_standing.py"
_SOURCES = "verify/test_status_sources.py"
_PLAN = "log/test_plan_use.py"

LAPSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # What is wrong: who issues finds it in, who verifies finds it in.
    "a stage of another kind of record": (
        (f"{_RULES}::test_stage_of_another_kind_of_record_is_refused",),
        (f"{_ATTESTED}::test_attestation_of_another_stage_in_its_place_fails",),
    ),
    "a post-check without a backup": (
        (f"{_RULES}::test_post_check_without_its_backup_is_refused",),
        (f"{_ATTESTED}::test_stage_whose_other_record_is_not_there_is_undetermined",),
    ),
    "a post-check against another backup": (
        (f"{_RULES}::test_post_check_against_something_else_than_a_backup_is_refused",),
        (f"{_STAGES}::test_post_check_each_lapse_breaks_its_rule_alone",),
    ),
    "stages in the wrong order": (
        (
            f"{_RULES}::test_post_check_before_its_backup_or_itself_is_refused",
            f"{_RULES}::test_assessment_after_the_transfer_covers_nothing",
        ),
        (
            f"{_ATTESTED}::test_order_of_the_stages_is_the_logs",
            f"{_STAGES}::test_order_in_the_log_is_the_order_of_the_stages",
        ),
    ),
    "expired, not yet valid": (
        (
            f"{_RULES}::test_only_a_covered_transfer_is_attested_as_consistent",
            f"{_RULES}::test_attestation_that_has_expired_is_refused",
        ),
        (f"{_STAGES}::test_coverage_each_lapse_breaks_its_rule_alone",),
    ),
    "another recipient, scenario, data item": (
        (
            f"{_RULES}::test_pre_assessment_beyond_its_plan_is_refused",
            f"{_RULES}::test_only_a_covered_transfer_is_attested_as_consistent",
        ),
        (
            f"{_STAGES}::test_coverage_each_lapse_breaks_its_rule_alone",
            f"{_ATTESTED}::test_rule_that_is_broken_fails_the_bundle",
        ),
    ),
    "a ceiling that is passed": (
        (
            f"{_PLAN}::test_no_ceiling_is_passed_and_each_may_be_reached",
            f"{_RULES}::test_only_a_covered_transfer_is_attested_as_consistent",
        ),
        (f"{_STAGES}::test_coverage_each_lapse_breaks_its_rule_alone",),
    ),
    "a ceiling reached by two transfers at once": (
        (
            f"{_PLAN}::test_of_concurrent_transfers_at_the_ceiling_one_wins",
            f"{_PLAN}::test_of_two_processes_at_each_place_one_wins",
        ),
        ("audit/test_content.py::test_audit_finds_a_number_that_is_taken_twice",),
    ),
    "an assessment that rejects, a backup kept too short, a deviation": (
        (f"{_RULES}::test_backup_that_breaks_its_rules_is_refused",),
        (f"{_ATTESTED}::test_rule_that_is_broken_fails_the_bundle",),
    ),
    "revoked or suspended before": (
        (f"{_RULES}::test_post_check_against_what_was_revoked_before_is_refused",),
        (
            f"{_STANDING}::test_pre_assessment_revoked_before_the_transfer_covers_nothing",
            f"{_STANDING}::test_attestation_that_its_issuer_takes_back_fails",
        ),
    ),
    "revoked after": (
        (f"{_RULES}::test_assessment_that_was_revoked_after_the_transfer_still_covered_it",),
        (
            f"{_STANDING}::test_pre_assessment_revoked_after_the_transfer_had_happened_still_covers_it",
            f"{_SOURCES}::test_pre_assessment_revoked_on_the_chain_after_the_transfer_still_covers_it",
            f"{_SOURCES}::test_each_source_answers_for_the_time_that_is_asked_about",
        ),
    ),
    "stopped by a regulator": (
        (f"{_RULES}::test_nothing_is_attested_as_consistent_that_a_regulator_stopped",),
        (
            f"{_STANDING}::test_order_of_a_regulator_stops_transfer_and_plan",
            f"{_SOURCES}::test_order_on_the_chain_stops_until_the_authority_of_the_day_lifts_it",
        ),
    ),
    "an accreditation that ended before issuing": (
        (f"{_RULES}::test_accreditation_is_asked_and_an_authority_that_is_away_warns",),
        (
            f"{_ATTESTED}::test_attestor_without_accreditation_for_the_stage_when_he_signed_fails",
            f"{_ATTESTED}::test_accreditation_that_ended_before_the_anchor_is_undetermined",
        ),
    ),
    "a key that was replaced": (
        (f"{_RULES}::test_key_that_was_replaced_suspended_or_compromised_signs_no_more",),
        (
            f"{_ATTESTED}::test_key_that_was_replaced_leaves_what_it_signed_and_signs_no_more",
            f"{_STANDING}::test_attestation_that_its_issuer_takes_back_by_his_new_key_fails",
        ),
    ),
    "dated back with a key that was compromised before the anchor": (
        (
            f"{_RULES}::test_clock_may_differ_by_so_much_and_no_more",
            f"{_RULES}::test_key_that_was_replaced_suspended_or_compromised_signs_no_more",
        ),
        (
            f"{_ATTESTED}::test_back_dated_attestation_by_a_key_compromised_before_its_anchor_fails",
            f"{_STANDING}::test_pre_assessment_revoked_for_a_key_stolen_before_it_was_anchored_never_held",
        ),
    ),
    "clocks that differ": (
        (
            f"{_RULES}::test_clock_may_differ_by_so_much_and_no_more",
            f"{_RULES}::test_status_of_another_time_or_record_is_refused",
        ),
        (
            f"{_STAGES}::test_coverage_at_its_limits_still_holds",
            f"{_SOURCES}::test_list_made_by_a_clock_that_goes_before_ours_holds_for_the_present_as_far_as_clocks_differ",
        ),
    ),
    "another's name over one's own key": (
        (f"{_RULES}::test_issuer_under_the_name_of_another_than_his_key_s_owner_is_refused",),
        (f"{_ATTESTED}::test_issuer_that_takes_the_name_of_another_organisation_fails",),
    ),
}


@pytest.mark.parametrize("lapse", LAPSES)
def test_lapse_has_its_tests_issuing_and_verifying(lapse: str) -> None:
    for tests in LAPSES[lapse]:
        assert tests
        for test in tests:
            file, _, name = test.partition("::")
            module = ast.parse((Path(__file__).parent / file).read_text("utf-8"))
            names = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
            assert name in names, test
