"""Every forbidden order and every lapse, asked before anything is signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger import status
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import STAGES, Attestation, Stage
from ledger.dossier import Placed
from ledger.entry import decode_members
from ledger.errors import ConflictError, UnavailableError
from ledger.issuing import ask_attestation, ask_status, refuse
from ledger.jwk import PrivateKey
from ledger.organisation import Organisation, Role
from ledger.report import Check, Status
from ledger.stages import CLOCK_SKEW
from ledger.status import Action
from ledger.status import Status as StatusReader
from ledger.trust import Trust
from tests.covered_transfer import CASES, ISSUED, KEY, reference
from tests.logged_records import Entries

_DAY = 24 * 3600
_STAGES = dict(zip(("pre_assessment", "backup", "post_check"), Stage, strict=True))
_AFTER = {"pre_assessment": ("plan",), "backup": CASES[:3], "post_check": CASES[:4]}
"""What is in the log when each is issued."""


def _ask(
    case: str,
    changes: dict[str, Any] | None = None,
    *,
    entries: Entries | None = None,
    subject: str | None = None,
    without: tuple[str, ...] = (),
    now: int | None = None,
    stage: Stage | None = None,
    **more: Any,
) -> list[Check]:
    """Ask for one of the attestations, as if it were about to be signed."""
    there = entries or Entries(changes, order=_AFTER[case])
    claims = Attestation.read(there[case].value["jws"]).claims
    about = subject or ("plan" if case == "pre_assessment" else "transfer")
    return ask_attestation(
        stage or _STAGES[case],
        claims,
        there.read(about, without=without),
        key=KEY.public,
        now=claims.iat if now is None else now,
        **more,
    )


def _broken(checks: list[Check]) -> list[str]:
    return [check.code for check in checks if check.status is Status.FAILED]


@pytest.mark.parametrize("case", _STAGES)
def test_each_stage_in_its_order_may_be_signed(case: str) -> None:
    checks = _ask(case)
    assert _broken(checks) == []
    assert refuse(checks) == []
    assert len([check for check in checks if check.status is Status.VERIFIED]) >= 5


@pytest.mark.parametrize(
    ("case", "subject"),
    [("pre_assessment", "transfer"), ("backup", "plan"), ("post_check", "plan")],
)
def test_stage_of_another_kind_of_record_is_refused(case: str, subject: str) -> None:
    entries = Entries(order=CASES[:4])
    assert _broken(_ask(case, entries=entries, subject=subject)) == ["attestation.subject"]


def test_attestation_of_another_record_is_refused() -> None:
    one, other = Entries(order=CASES[:3]), Entries(order=CASES[:3])
    one.logged = other.logged
    one.made = {**other.made, "backup": one["backup"]}
    assert _broken(_ask("backup", entries=one)) == ["attestation.subject"]


@pytest.mark.parametrize("case", _STAGES)
@pytest.mark.parametrize("sign", [-1, 1])
def test_clock_may_differ_by_so_much_and_no_more(case: str, sign: int) -> None:
    entries = Entries(order=_AFTER[case])
    issued = Attestation.read(entries[case].value["jws"]).claims.iat
    assert _broken(_ask(case, entries=entries, now=issued + sign * CLOCK_SKEW)) == []
    late = _ask(case, entries=entries, now=issued + sign * (CLOCK_SKEW + 1))
    assert _broken(late) == ["attestation.clock"]


def test_attestation_that_has_expired_is_refused() -> None:
    changes = {"pre_assessment/nbf": ISSUED - 2, "pre_assessment/exp": ISSUED}
    assert "attestation.clock" in _broken(_ask("pre_assessment", changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pre_assessment/credentialSubject/recipient": "x"}, "parties"),
        ({"pre_assessment/credentialSubject/to": "MO"}, "parties"),
        ({"pre_assessment/credentialSubject/scenario": "x"}, "scenario"),
        ({"pre_assessment/credentialSubject/data_items/0/class": "core"}, "data-items"),
        ({"pre_assessment/credentialSubject/ceilings": {"personal": 2_001}}, "ceilings"),
        ({"pre_assessment/nbf": ISSUED + 365 * _DAY}, "in-force"),
        ({"plan/period": {"from": "2025-01-01", "until": "2025-11-20"}}, "in-force"),
    ],
)
def test_pre_assessment_beyond_its_plan_is_refused(changes: dict[str, Any], code: str) -> None:
    assert _broken(_ask("pre_assessment", changes)) == [f"pre-assessment.{code}"]


def test_rejection_of_a_plan_may_be_signed() -> None:
    changes = {"pre_assessment/credentialSubject/outcome": "rejected"}
    assert _broken(_ask("pre_assessment", changes)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"backup/credentialSubject/retained_until": "2028-11-20"}, "backup.retention"),
        (
            {
                "backup/credentialSubject/deposited_at": "2025-11-22T08:00:00Z",
                "backup/credentialSubject/retained_until": "2029-01-01",
            },
            "backup.order",
        ),
    ],
)
def test_backup_that_breaks_its_rules_is_refused(changes: dict[str, Any], code: str) -> None:
    assert _broken(_ask("backup", changes)) == [code]


def test_failed_restore_may_be_attested() -> None:
    changes = {"backup/credentialSubject/restore_check/outcome": "failed"}
    assert _broken(_ask("backup", changes)) == []


def test_post_check_without_its_backup_is_refused() -> None:
    assert _broken(_ask("post_check", without=("backup",))) == ["post-check.backup"]


def test_post_check_against_something_else_than_a_backup_is_refused() -> None:
    """The pre-assessment under the backup's name: the wrong stage."""
    entries = Entries(order=CASES[:4])
    value = Attestation.read(entries["post_check"].value["jws"]).jws.claims
    value["credentialSubject"]["backup"] = reference(entries["pre_assessment"])
    claims = decode_members(value, STAGES[Stage.POST_CHECK])
    checks = ask_attestation(
        Stage.POST_CHECK, claims, entries.read(), key=KEY.public, now=claims.iat
    )
    assert _broken(checks) == ["post-check.backup"]


def test_post_check_before_its_backup_or_itself_is_refused() -> None:
    before = {"post_check/iat": ISSUED + 3 * 3600}
    assert "post-check.order" in _broken(_ask("post_check", before))
    ahead = {"post_check/credentialSubject/checked_at": "2026-11-22T08:00:00Z"}
    assert _broken(_ask("post_check", ahead)) == ["post-check.order"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transfer/recipient": {"id": "x"}}, "parties"),
        ({"transfer/scenario": "x"}, "scenario"),
        ({"transfer/covered_by/sequence": 13}, "ceilings"),
        ({"transfer/covered_by/persons/personal": 1_001}, "ceilings"),
        ({"pre_assessment/exp": ISSUED + 60}, "in-force"),
        ({"pre_assessment/nbf": ISSUED + 5 * 3600}, "in-force"),
        ({"pre_assessment/credentialSubject/outcome": "rejected"}, "outcome"),
    ],
)
def test_only_a_covered_transfer_is_attested_as_consistent(
    changes: dict[str, Any], code: str
) -> None:
    """Expired, not yet valid, other recipient, ceiling: whoever finds it says that it deviates."""
    assert _broken(_ask("post_check", changes)) == [f"pre-assessment.{code}"]
    deviating = {**changes, "post_check/credentialSubject/outcome": "deviating"}
    assert _broken(_ask("post_check", deviating)) == []


def test_assessment_after_the_transfer_covers_nothing() -> None:
    order = ("plan", "transfer", "pre_assessment", "backup")
    checks = _ask("post_check", entries=Entries(order=order))
    assert _broken(checks) == ["pre-assessment.order"]


@pytest.mark.parametrize("action", [Action.REVOKE, Action.SUSPEND])
@pytest.mark.parametrize("case", ["backup", "pre_assessment"])
def test_post_check_against_what_was_revoked_before_is_refused(case: str, action: Action) -> None:
    entries = Entries(order=CASES[:4])
    entries.say(case, action, before="transfer" if case == "pre_assessment" else None)
    assert _broken(_ask("post_check", entries=entries)) == ["attestation.status"]


def test_assessment_that_was_revoked_after_the_transfer_still_covered_it() -> None:
    entries = Entries(order=CASES[:4])
    entries.say("pre_assessment", Action.REVOKE)
    assert _broken(_ask("post_check", entries=entries)) == []


@pytest.mark.parametrize("case", ["plan", "transfer"])
def test_nothing_is_attested_as_consistent_that_a_regulator_stopped(case: str) -> None:
    regulator = PrivateKey.generate()
    roles, keys = frozenset({Role.REGULATOR}), (regulator.public,)
    entries = Entries(order=CASES[:4])
    entries.say(case, Action.STOP, regulator)
    for jurisdiction, broken in (("HK", ["record.stopped"]), ("SG", [])):
        known = Organisation("r", roles, keys, frozenset({jurisdiction}))
        trust = Trust(organisations=(known,))
        assert _broken(_ask("post_check", entries=entries, trust=trust)) == broken


def test_plan_that_is_not_shown_warns() -> None:
    checks = _ask("post_check", without=("plan", "pre_assessment"))
    (warning,) = refuse(checks)
    assert (warning.code, warning.reason) == ("post-check.pre-assessment", "stage.alone")


class _Authority:
    def __init__(self, *changes: Change, away: bool = False) -> None:
        self._changes = changes
        self._away = away

    @property
    def asks_chain(self) -> bool:
        return True

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        if self._away:
            raise UnavailableError("chain.unavailable", "no answer")
        return Accreditation(jurisdiction, key, self._changes) if self._changes else None


@pytest.mark.parametrize(
    ("authority", "status", "reason"),
    [
        (_Authority(), "undetermined", "accreditation.unknown"),
        (_Authority(away=True), "undetermined", "accreditation.unavailable"),
        (
            _Authority(Change(1, Standing.ACCREDITED, frozenset(Stage), 1, ISSUED)),
            "failed",
            "accreditation.not-then",
        ),
        (
            _Authority(
                Change(1, Standing.ACCREDITED, frozenset({Stage.PRE_ASSESSMENT}), 1, 2 * ISSUED)
            ),
            "failed",
            "accreditation.not-then",
        ),
        (
            _Authority(Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * ISSUED)),
            "verified",
            None,
        ),
    ],
)
def test_accreditation_is_asked_and_an_authority_that_is_away_warns(
    authority: _Authority, status: str, reason: str | None
) -> None:
    checks = {check.code: check for check in _ask("backup", accreditations=authority)}
    found = checks["attestation.accredited"]
    assert (found.status.value, found.reason) == (status, reason)
    if status == "undetermined":
        assert refuse(checks.values()) == [found]


@pytest.mark.parametrize(
    "change",
    [
        Change(ISSUED, Standing.REVOKED),
        Change(ISSUED, Standing.SUSPENDED),
        # It was found later that the key had not been its owner's alone.
        Change(2 * ISSUED, Standing.COMPROMISED, from_=ISSUED),
    ],
)
def test_key_that_was_replaced_suspended_or_compromised_signs_no_more(change: Change) -> None:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 3 * ISSUED)
    assert _broken(_ask("backup", accreditations=_Authority(grant))) == []
    checks = _ask("backup", accreditations=_Authority(grant, change))
    assert _broken(checks) == ["attestation.accredited"]


def test_refusal_names_the_first_rule_with_what_it_compared() -> None:
    changes = {"transfer/recipient": {"id": "x"}, "transfer/scenario": "y"}
    with pytest.raises(ConflictError) as told:
        refuse(_ask("post_check", changes))
    error = told.value
    assert (error.code, error.expected, error.found) == (
        "pre-assessment.parties",
        "hkbr:12345678",
        "x",
    )
    assert "pre-assessment.scenario" in str(error.hint)


_OTHER = PrivateKey.generate()


@pytest.mark.parametrize(
    ("case", "action", "said", "broken"),
    [
        ("backup", Action.REVOKE, [], []),
        ("backup", Action.REVOKE, [Action.SUSPEND], []),
        ("transfer", Action.STOP, [], []),
        ("plan", Action.REINSTATE, [Action.STOP], []),
        ("backup", Action.STOP, [], ["status.action"]),
        ("transfer", Action.REVOKE, [], ["status.action"]),
        ("backup", Action.REINSTATE, [], ["status.order"]),
        ("backup", Action.SUSPEND, [Action.REVOKE], ["status.order"]),
    ],
)
def test_status_must_be_possible_and_in_order(
    case: str, action: Action, said: list[Action], broken: list[str]
) -> None:
    entries = Entries()
    for word in said:
        entries.say(case, word)
    assert _broken(_ask_status(entries, case, action)) == broken
    # What others said of it is theirs.
    strangers = Entries()
    for word in said:
        strangers.say(case, word, _OTHER)
    alone = _ask_status(strangers, case, action)
    if action is Action.REINSTATE:
        assert _broken(alone) == ["status.order"]
    else:
        assert _broken(alone) == [code for code in broken if code == "status.action"]


def test_status_by_another_than_the_issuer_warns() -> None:
    entries = Entries()
    assert refuse(_ask_status(entries, "backup", Action.REVOKE)) == []
    (warning,) = refuse(_ask_status(entries, "backup", Action.REVOKE, key=_OTHER))
    assert (warning.code, warning.reason) == ("status.speaker", "status.stranger")
    both = Organisation("o", frozenset({Role.CUSTODIAN}), (KEY.public, _OTHER.public))
    trust = replace(Trust(), organisations=(both,))
    assert refuse(_ask_status(entries, "backup", Action.REVOKE, key=_OTHER, trust=trust)) == []


@pytest.mark.parametrize(
    ("roles", "jurisdictions", "reason"),
    [
        ({Role.REGULATOR}, {"HK"}, None),
        ({Role.REGULATOR}, {"SG"}, "status.no-regulator"),
        ({Role.ASSESSOR}, set(), "status.no-regulator"),
    ],
)
def test_stop_by_another_than_a_regulator_of_either_side_warns(
    roles: set[Role], jurisdictions: set[str], reason: str | None
) -> None:
    entries = Entries()
    trust = Trust(
        organisations=(
            Organisation("who", frozenset(roles), (KEY.public,), frozenset(jurisdictions)),
        )
    )
    warnings = refuse(_ask_status(entries, "transfer", Action.STOP, trust=trust))
    assert [warning.reason for warning in warnings] == ([] if reason is None else [reason])


def test_status_of_another_time_or_record_is_refused() -> None:
    entries = Entries()
    late = _ask_status(entries, "backup", Action.REVOKE, now=ISSUED + CLOCK_SKEW + 1)
    assert _broken(late) == ["status.clock"]
    other = _ask_status(entries, "backup", Action.REVOKE, about="post_check")
    assert _broken(other) == ["status.action"]


def _ask_status(
    entries: Entries,
    case: str,
    action: Action,
    *,
    key: PrivateKey = KEY,
    now: int = ISSUED,
    about: str | None = None,
    trust: Trust | None = None,
) -> list[Check]:
    of = entries[case]
    waiting = status.draft(
        key.public, issuer="x", issued_at=ISSUED, leaf=of.leaf_hash,
        record_id=str(of.members.record_id), action=action, reason="because",
    )  # fmt: skip
    claims = StatusReader.parse(waiting.sign(key).text).claims
    said = [Placed(index, statement.entry) for index, (_, statement) in enumerate(entries.logged)]
    subject = entries[about or case]
    return ask_status(claims, subject, said, key=key.public, now=now, trust=trust)


def test_issuer_under_the_name_of_another_than_his_key_s_owner_is_refused() -> None:
    entries = Entries(order=_AFTER["backup"])
    issuer = Attestation.read(entries["backup"].value["jws"]).claims.iss
    for owner, broken in ((issuer, []), ("somebody", ["attestation.issuer"])):
        known = Organisation(owner, frozenset({Role.CUSTODIAN}), (KEY.public,))
        checks = _ask("backup", entries=entries, trust=Trust(organisations=(known,)))
        assert _broken(checks) == broken
