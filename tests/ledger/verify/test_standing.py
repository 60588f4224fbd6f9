"""The verifier on what became of a record: words in the log, orders, status lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger import status_list
from ledger.jwk import PrivateKey
from ledger.organisation import Organisation, Role
from ledger.report import Status
from ledger.status import Action
from ledger.status_list import Statuses, TokenStatus
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import (
    EXPORTER,
    LATER,
    ORGANISATIONS,
    REGULATOR,
    STRANGER,
    LoggedDossier,
    wrong,
)
from tests.samples import BLOCK_TIME

_LIST = "https://example.com/statuses/1"


# What became of it


def test_attestation_that_its_issuer_takes_back_by_his_new_key_fails() -> None:
    new = PrivateKey.generate()
    issuer = "uscc:91440300MA5CUSTOD1"
    known = Organisation(issuer, frozenset({Role.CUSTODIAN}), (KEY.public, new.public))
    cases = ("pre_assessment", "backup", "post_check")
    whole = LoggedDossier({f"{case}/iss": issuer for case in cases})
    whole.say("backup", Action.REVOKE, new)
    believed = whole.trust()
    told = replace(believed, organisations=(*believed.organisations, known))
    assert wrong(whole.verify()) == []
    found = wrong(whole.verify(trust=told))
    assert found == [("attestation.status", "failed", "attestation.revoked")]


@pytest.mark.parametrize("case", ["backup", "post_check"])
@pytest.mark.parametrize(
    ("action", "reason"),
    [(Action.REVOKE, "attestation.revoked"), (Action.SUSPEND, "attestation.suspended")],
)
def test_attestation_that_its_issuer_takes_back_fails(
    case: str, action: Action, reason: str
) -> None:
    whole = LoggedDossier()
    whole.say(case, action)
    assert wrong(whole.verify()) == [("attestation.status", "failed", reason)]


def test_pre_assessment_revoked_after_the_transfer_had_happened_still_covers_it() -> None:
    whole = LoggedDossier()
    whole.say("pre_assessment", Action.REVOKE)
    assert wrong(whole.verify()) == []


def test_pre_assessment_revoked_before_the_transfer_covers_nothing() -> None:
    whole = LoggedDossier()
    whole.say("pre_assessment", Action.REVOKE, at=ISSUED + 60)
    found = wrong(whole.verify())
    assert found == [("attestation.status", "failed", "attestation.revoked")]


def test_suspension_that_was_lifted_leaves_nothing() -> None:
    whole = LoggedDossier()
    whole.say("backup", Action.SUSPEND)
    whole.say("backup", Action.REINSTATE)
    assert wrong(whole.verify()) == []


def test_statuses_in_an_order_that_cannot_be_fail() -> None:
    whole = LoggedDossier()
    whole.say("backup", Action.REVOKE)
    whole.say("backup", Action.REINSTATE)
    assert wrong(whole.verify()) == [("attestation.status", "failed", "status.order")]


def test_status_by_a_stranger_changes_nothing() -> None:
    whole = LoggedDossier()
    whole.say("backup", Action.REVOKE, STRANGER)
    whole.say("transfer", Action.STOP, STRANGER)
    whole.say("transfer", Action.STOP, EXPORTER)
    assert wrong(whole.verify()) == []


@pytest.mark.parametrize("case", ["transfer", "plan"])
def test_order_of_a_regulator_stops_transfer_and_plan(case: str) -> None:
    whole = LoggedDossier()
    whole.say(case, Action.STOP, REGULATOR)
    assert wrong(whole.verify()) == [("record.stopped", "failed", "record.stopped")]
    whole.say(case, Action.REINSTATE, REGULATOR)
    assert wrong(whole.verify()) == []


def test_order_of_a_regulator_of_elsewhere_changes_nothing() -> None:
    whole = LoggedDossier()
    whole.say("transfer", Action.STOP, REGULATOR)
    trust = whole.trust()
    foreign = replace(ORGANISATIONS[2], jurisdictions=frozenset({"SG"}))
    assert wrong(whole.verify(trust=replace(trust, organisations=(foreign,)))) == []


# Status lists


def _listed(told: int = TokenStatus.VALID, key: PrivateKey = KEY) -> LoggedDossier:
    place = {"status_list": {"idx": 9, "uri": _LIST}}
    whole = LoggedDossier({"backup/status": place})
    waiting = status_list.draft(
        key.public,
        Statuses.of({9: told}, size=16),
        address=_LIST,
        issued_at=LATER - 60,
        expires_at=LATER + 60,
        time_to_live=60,
    )
    whole.status_lists = (waiting.sign(key).text,)
    return whole


def test_status_list_says_valid() -> None:
    report = _listed().verify()
    assert wrong(report) == []
    assert [c.status for c in report.checks if c.code == "attestation.status"] == [
        Status.SKIPPED,
        Status.VERIFIED,
        Status.SKIPPED,
    ]


@pytest.mark.parametrize(
    ("told", "reason"),
    [(1, "attestation.revoked"), (2, "attestation.suspended"), (3, "attestation.revoked")],
)
def test_status_list_says_otherwise_and_the_worst_counts(told: int, reason: str) -> None:
    assert wrong(_listed(told).verify()) == [("attestation.status", "failed", reason)]


@pytest.mark.parametrize("offset", [timedelta(seconds=60), timedelta(seconds=-61)])
def test_status_list_of_another_time_is_undetermined(offset: timedelta) -> None:
    now = datetime.fromtimestamp(LATER, UTC) + offset
    found = wrong(_listed().verify(now=now))
    assert found == [("attestation.status", "undetermined", "status-list.time")]


def test_status_list_that_is_not_there_is_undetermined_never_valid() -> None:
    whole = _listed()
    whole.status_lists = ()
    found = wrong(whole.verify())
    assert found == [("attestation.status", "undetermined", "status-list.absent")]


def test_status_list_by_a_stranger_is_undetermined() -> None:
    found = wrong(_listed(key=STRANGER).verify())
    assert found == [("attestation.status", "undetermined", "status-list.stranger")]


def test_status_list_that_is_forged_fails() -> None:
    whole = _listed()
    head, _, signature = whole.status_lists[0].rpartition(".")
    whole.status_lists = (f"{head}.{'A' * len(signature)}", "not a list")
    assert wrong(whole.verify()) == [("attestation.status", "failed", "jws.signature")]


# Keys that were stolen, and times that are asked about


@pytest.mark.parametrize(("since", "holds"), [(BLOCK_TIME, False), (BLOCK_TIME + 1, True)])
def test_pre_assessment_revoked_for_a_key_stolen_before_it_was_anchored_never_held(
    since: int, *, holds: bool
) -> None:
    """Whoever had the key could date it before the transfer."""
    whole = LoggedDossier()
    whole.say("pre_assessment", Action.REVOKE, compromised_since=since)
    found = wrong(whole.verify())
    assert (found == []) is holds
    assert holds or found == [("attestation.status", "failed", "attestation.revoked")]


def test_what_was_said_after_the_time_that_is_asked_about_is_left_out() -> None:
    whole = LoggedDossier()
    whole.say("backup", Action.REVOKE, at=LATER + 3_600)
    whole.say("transfer", Action.STOP, REGULATOR, at=LATER + 3_600)
    assert wrong(whole.verify()) == []
    later = wrong(whole.verify(now=datetime.fromtimestamp(LATER + 3_600, UTC)))
    assert [code for code, *_ in later] == ["attestation.status", "record.stopped"]
