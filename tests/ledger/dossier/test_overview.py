"""The overview of a dossier: what is there, what is missing, what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.dossier import Flag, Overview, Placed, Records, StageState, Terms
from ledger.dossier.terms import BACKUP_DUE_SECONDS, POST_CHECK_DUE_SECONDS
from ledger.errors import ConflictError
from ledger.jwk import PrivateKey
from ledger.organisation import Organisation, Role
from ledger.statement import Statement
from ledger.status import Action
from ledger.trust import Trust
from tests.covered_transfer import ISSUED, KEY
from tests.logged_records import Entries

_OCCURRED = 1_763_710_200
_DAY = 24 * 3600
_LATER = ISSUED + 100 * _DAY
_PRE, _BACKUP, _CHECK = Stage
# Of receipts and ceilings there are tests of their own.
_TERMS = Terms(receipt=10_000 * _DAY, ceiling_near=101)


def _overview(entries: Entries, *, as_of: int = _LATER, **options: Any) -> Overview:
    read = entries.read(**options)
    return Overview.of(read, as_of=as_of, trust=options.get("trust"), terms=_TERMS)


def _states(overview: Overview) -> list[str]:
    return [stage.state.value for stage in overview.stages]


def _wrong(overview: Overview) -> list[tuple[str, str | None]]:
    return [
        (check.code, check.reason)
        for stage in overview.stages
        for check in stage.checks
        if check.status in {"failed", "undetermined"}
    ]


def test_dossier_with_all_stages_is_in_order() -> None:
    entries = Entries()
    overview = _overview(entries)
    assert _states(overview) == ["in-order"] * 3
    assert (overview.flags, overview.orders, _wrong(overview)) == ((), (), [])
    assert [event.what for event in overview.events] == [
        "credit-report", "pre-assessment", "credit-report", "backup", "post-check",
    ]  # fmt: skip
    value = overview.to_value()
    assert value["record_id"] == entries["transfer"].value["record_id"]
    assert [stage["stage"] for stage in value["stages"]] == [stage.value for stage in Stage]
    assert value["stages"][1]["attestation"]["retained_until"] == "2028-11-21"


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ((), "in-order", None),
        ((Change(2, Standing.REVOKED),), "wrong", "accreditation.not-then"),
        ((Change(_LATER, Standing.COMPROMISED, from_=1),), "wrong", "accreditation.not-then"),
        (None, "undetermined", "accreditation.not-asked"),
    ],
)
def test_dossier_tells_who_was_accredited_where_somebody_can_say_so(
    changes: tuple[Change, ...] | None, state: str, reason: str | None
) -> None:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * _LATER)
    known = () if changes is None else (grant, *changes)
    accreditation = Accreditation("CN", KEY.public.thumbprint, known)
    source = Trust(accreditations=(accreditation,) if known else ())
    overview = Overview.of(Entries().read(), as_of=_LATER, accreditations=source)
    assert _states(overview) == [state] * 3
    assert {found for _, found in _wrong(overview)} == ({reason} if reason else set())


def test_dossier_tells_of_an_issuer_under_anothers_name() -> None:
    owner = Organisation("somebody", frozenset({Role.CUSTODIAN}), (KEY.public,))
    overview = _overview(Entries(), trust=Trust(organisations=(owner,)))
    assert _wrong(overview) == [("attestation.issuer", "organisation.other")] * 3


@pytest.mark.parametrize(
    ("missing", "after", "flags"),
    [
        (("backup", "post_check"), BACKUP_DUE_SECONDS, []),
        (("backup", "post_check"), BACKUP_DUE_SECONDS + 1, [Flag.BACKUP_OVERDUE]),
        (("post_check",), POST_CHECK_DUE_SECONDS, []),
        (("post_check",), POST_CHECK_DUE_SECONDS + 1, [Flag.POST_CHECK_OVERDUE]),
        (("pre_assessment", "post_check"), 1, [Flag.NO_PRE_ASSESSMENT]),
    ],
)
def test_dossier_tells_what_is_missing_and_when_it_is_overdue(
    missing: tuple[str, ...], after: int, flags: list[Flag]
) -> None:
    overview = _overview(Entries(), as_of=_OCCURRED + after, without=missing)
    assert list(overview.flags) == flags
    named = {"pre_assessment": _PRE, "backup": _BACKUP, "post_check": _CHECK}
    absent = {stage.stage for stage in overview.stages if stage.state is StageState.MISSING}
    assert absent == {named[case] for case in missing}


def test_dossier_whose_plan_is_not_shown_is_undetermined_and_flags_nothing() -> None:
    overview = _overview(Entries(), without=("plan", "pre_assessment", "post_check"), as_of=1)
    assert _states(overview) == ["undetermined", "in-order", "missing"]
    assert overview.flags == ()
    assert _wrong(overview) == [("attestation.rules", "stage.alone")]


@pytest.mark.parametrize(
    ("changes", "code", "flag"),
    [
        ({"transfer/recipient": {"id": "x"}}, "pre-assessment.parties", Flag.NOT_COVERED),
        (
            {"transfer/covered_by/sequence": 13},
            "pre-assessment.ceilings",
            Flag.NOT_COVERED,
        ),
        (
            {"post_check/credentialSubject/outcome": "deviating"},
            "post-check.outcome",
            Flag.DEVIATION,
        ),
    ],
)
def test_dossier_names_the_rule_that_is_broken(
    changes: dict[str, Any], code: str, flag: Flag
) -> None:
    overview = _overview(Entries(changes))
    assert _wrong(overview) == [(code, "stage.broken")]
    assert overview.flags[0] == flag
    told = [c for s in overview.to_value()["stages"] for c in s["checks"] if c["code"] == code]
    assert told[0]["expected"] != told[0]["found"]


@pytest.mark.parametrize(
    ("personal", "flags"),
    [(899, ()), (900, (Flag.CEILING_NEAR,)), (1_000, (Flag.CEILING_NEAR,)), (1_001, None)],
)
def test_dossier_tells_that_a_ceiling_is_near_and_then_passed(
    personal: int, flags: tuple[Flag, ...] | None
) -> None:
    """The pre-assessment allows 1,000 persons, the plan 2,000: the lower one counts."""
    entries = Entries({"transfer/covered_by/persons/personal": personal})
    overview = Overview.of(entries.read(), as_of=_LATER, terms=Terms(receipt=10_000 * _DAY))
    if flags is None:
        assert Flag.CEILING_PASSED in overview.flags
        assert Flag.CEILING_NEAR not in overview.flags
    else:
        assert overview.flags == flags


@pytest.mark.parametrize(("after", "flags"), [(0, ()), (1, (Flag.RECEIPT_MISSING,))])
def test_dossier_without_a_receipt_is_flagged_when_one_is_due(after: int, flags: Any) -> None:
    overview = Overview.of(
        Entries().read(), as_of=_OCCURRED + 7 + after, terms=Terms(receipt=7, ceiling_near=101)
    )
    assert overview.flags == flags


@pytest.mark.parametrize("case", ["pre_assessment", "backup", "post_check"])
def test_dossier_tells_of_a_revocation_by_the_issuer_alone(case: str) -> None:
    entries = Entries()
    before = "transfer" if case == "pre_assessment" else None
    entries.say(case, Action.REVOKE, PrivateKey.generate(), before=before)
    assert _overview(entries).flags == ()
    entries.say(case, Action.REVOKE, before=before)
    overview = _overview(entries)
    assert Flag.REVOKED in overview.flags
    assert _wrong(overview) == [("attestation.status", "attestation.revoked")]


def test_dossier_stays_covered_where_its_assessment_was_revoked_later() -> None:
    entries = Entries()
    entries.say("pre_assessment", Action.REVOKE)
    assert _overview(entries).flags == ()


def test_dossier_shows_a_suspension_only_while_it_lasts() -> None:
    entries = Entries()
    entries.say("backup", Action.SUSPEND)
    assert _overview(entries).flags == (Flag.REVOKED,)
    entries.say("backup", Action.REINSTATE)
    assert _overview(entries).flags == ()


def test_dossier_tells_of_a_stop_order_by_a_regulator_of_either_side() -> None:
    regulator = PrivateKey.generate()
    entries = Entries()
    entries.say("transfer", Action.STOP, regulator)

    def flags(jurisdiction: str, role: Role) -> tuple[Flag, ...]:
        owner = Organisation("r", frozenset({role}), (regulator.public,), frozenset({jurisdiction}))
        trust = replace(Trust(), organisations=(owner,))
        return _overview(entries, trust=trust).flags

    assert flags("CN", Role.REGULATOR) == flags("HK", Role.REGULATOR) == (Flag.STOP_ORDER,)
    assert flags("SG", Role.REGULATOR) == flags("CN", Role.ENTERPRISE) == ()


def test_dossier_of_a_plan_has_its_assessment_alone() -> None:
    overview = _overview(Entries(), subject="plan", without=("backup", "post_check"))
    assert [stage.stage for stage in overview.stages] == [_PRE]
    assert _states(overview) == ["in-order"]
    rejected = {"pre_assessment/credentialSubject/outcome": "rejected"}
    without = ("backup", "post_check")
    assert _states(_overview(Entries(rejected), subject="plan", without=without)) == ["wrong"]


def test_records_of_another_kind_have_no_dossier() -> None:
    entry = Entries()["backup"].entry
    with pytest.raises(ConflictError) as told:
        Records.read(Placed(1, entry))
    assert told.value.code == "dossier.kind"


def test_records_leave_out_what_is_signed_wrongly() -> None:
    """Another key's header over the same text: what a log took before it could refuse it."""
    entries = Entries()
    value = entries["backup"].value
    head, _, signature = value["jws"].rpartition(".")
    changed = "B" if signature[0] == "A" else "A"
    forged = Statement.build({**value, "jws": f"{head}.{changed}{signature[1:]}"})
    entries.logged = [(c, forged if c == "backup" else s) for c, s in entries.logged]
    assert [said.says.stage for said in entries.read().attestations] == [_PRE, _CHECK]
    assert KEY.public.thumbprint == entries.read().attestations[0].thumbprint
