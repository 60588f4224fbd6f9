"""The verifier on a dossier: each stage, who attested it and when he was accredited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Attestation, Stage
from ledger.bundle import Bundle, LoggedAttestation
from ledger.errors import UnavailableError
from ledger.organisation import Organisation, Role
from ledger.report import Report, Status
from ledger.statement import Statement
from ledger.status import Action
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import (
    LATER,
    ORGANISATIONS,
    LoggedDossier,
    accredited,
    with_first_anchor,
    wrong,
)
from tests.samples import BLOCK_TIME

_PRE, _BACKUP, _CHECK = Stage
_COMPROMISED = Change(LATER, Standing.COMPROMISED, from_=BLOCK_TIME)


# In order


def test_dossier_in_order_is_verified_stage_by_stage() -> None:
    report = LoggedDossier().verify(required=Stage)
    assert wrong(report) == []
    assert report.verdict is Status.VERIFIED
    told = [check.subject for check in report.checks if check.code == "attestation.accredited"]
    assert told == ["pre-assessment", "backup", "post-check"]


def test_dossier_bundle_survives_json() -> None:
    whole = LoggedDossier()
    whole.say("backup", Action.SUSPEND)
    whole.submit()
    whole.receive(iss="hkbr:12345678")
    bundle = whole.bundle()
    assert Bundle.from_json(bundle.to_json()) == bundle


def test_stage_that_is_required_and_not_there_leaves_the_verdict_open() -> None:
    whole = LoggedDossier()
    bundle = whole.bundle(without=["post_check"])
    assert wrong(whole.verify(bundle=bundle)) == []
    open_ = whole.verify(bundle=bundle, required=Stage)
    assert wrong(open_) == [("attestation.present", "undetermined", "stage.absent")]


@pytest.mark.parametrize(("missing", "alone"), [("plan", 1), ("backup", 1)])
def test_stage_whose_other_record_is_not_there_is_undetermined(missing: str, alone: int) -> None:
    whole = LoggedDossier()
    found = wrong(whole.verify(bundle=whole.bundle(without=[missing])))
    assert found.count(("attestation.rules", "undetermined", "stage.alone")) == alone
    assert {status for _, status, _ in found} == {"undetermined"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transfer/recipient/id": "hkbr:1"}, "pre-assessment.parties"),
        ({"pre_assessment/credentialSubject/outcome": "rejected"}, "pre-assessment.outcome"),
        ({"backup/credentialSubject/retained_until": "2026-01-01"}, "backup.retention"),
        ({"post_check/credentialSubject/outcome": "deviating"}, "post-check.outcome"),
    ],
)
def test_rule_that_is_broken_fails_the_bundle(changes: dict[str, Any], code: str) -> None:
    report = LoggedDossier(changes).verify()
    assert wrong(report) == [(code, "failed", "stage.broken")]


def test_order_of_the_stages_is_the_logs() -> None:
    order = ("plan", "transfer", "pre_assessment", "backup", "post_check")
    report = LoggedDossier(order=order).verify()
    assert wrong(report) == [("pre-assessment.order", "failed", "stage.broken")]


# Tampered with


def test_attestation_of_another_stage_in_its_place_fails() -> None:
    whole = LoggedDossier()
    bundle = whole.bundle()
    swapped = {_BACKUP: bundle.attestations[_CHECK]}
    found = wrong(whole.verify(bundle=replace(bundle, attestations=swapped)))
    assert found == [("attestation.stage", "failed", "attestation.other-stage")]


def test_attestation_that_is_not_in_the_log_fails() -> None:
    whole, other = LoggedDossier(), LoggedDossier()
    bundle = replace(whole.bundle(), attestations=other.bundle().attestations)
    found = wrong(whole.verify(bundle=bundle))
    assert [code for code, *_ in found] == ["attestation.inclusion"] * 3


def test_entry_of_another_kind_as_an_attestation_fails() -> None:
    whole = LoggedDossier()
    log = whole.log
    index = log.entries.index(whole["transfer"].entry)
    bundle = replace(whole.bundle(), attestations={_BACKUP: LoggedAttestation(log.logged(index))})
    found = wrong(whole.verify(bundle=bundle))
    assert found == [("attestation.signature", "failed", "entry.other-kind")]


def test_attestation_whose_signature_is_wrong_fails() -> None:
    whole = LoggedDossier()
    jws = str(whole["backup"].value["jws"])
    head, _, signature = jws.rpartition(".")
    forged = f"{head}.{'A' * len(signature)}"
    whole.records["backup"] = Statement.build({"kind": "attestation", "jws": forged})
    found = wrong(whole.verify(bundle=whole.bundle(without=["post_check"])))
    assert found == [("attestation.signature", "failed", "jws.signature")]


# Who issued it


def _owned_by(identifier: str) -> Organisation:
    return Organisation(identifier, frozenset({Role.CUSTODIAN}), (KEY.public,))


def _issuers(report: Report) -> list[tuple[str, str | None]]:
    found = (check for check in report.checks if check.code == "attestation.issuer")
    return [(check.status.value, check.reason) for check in found]


def test_issuer_whose_key_the_trust_file_knows_is_verified() -> None:
    whole = LoggedDossier()
    name = Attestation.read(whole["backup"].value["jws"]).claims.iss
    changes = {f"{case}/iss": name for case in ("pre_assessment", "backup", "post_check")}
    whole = LoggedDossier(changes)
    trust = replace(whole.trust(), organisations=(*ORGANISATIONS, _owned_by(name)))
    report = whole.verify(trust=trust)
    assert _issuers(report) == [("verified", None)] * 3
    assert report.verdict is Status.VERIFIED


def test_issuer_that_takes_the_name_of_another_organisation_fails() -> None:
    """The key is accredited, and still speaks for nobody but its owner."""
    whole = LoggedDossier({"backup/iss": "custodian-of-renown"})
    mine = Attestation.read(whole["pre_assessment"].value["jws"]).claims.iss
    trust = replace(whole.trust(), organisations=(*ORGANISATIONS, _owned_by(mine)))
    report = whole.verify(trust=trust)
    assert ("attestation.issuer", "failed", "organisation.other") in wrong(report)
    (told,) = [c for c in report.checks if c.code == "attestation.issuer" and c.subject == "backup"]
    assert (told.expected, told.found) == (mine, "custodian-of-renown")


def test_issuer_whose_key_nobody_here_knows_is_said_to_be_unknown() -> None:
    report = LoggedDossier().verify()
    assert _issuers(report) == [("skipped", "organisation.unknown")] * 3
    assert report.verdict is Status.VERIFIED


# Who was accredited, and when


def test_attestation_of_later_is_not_held_against_its_issuer() -> None:
    """Whom an authority had not accredited yet by then, it may have accredited when he signed."""
    report = LoggedDossier().verify(now=datetime.fromtimestamp(1_000_000_000, UTC))
    assert report.verdict is Status.UNDETERMINED
    told = [(c.status.value, c.reason) for c in report.checks if c.code == "attestation.accredited"]
    assert told == [("skipped", "attestation.later")] * 3


def test_attestor_whom_nobody_accredited_is_undetermined() -> None:
    whole = LoggedDossier()
    trust = replace(whole.trust(), accreditations=())
    found = wrong(whole.verify(trust=trust))
    assert found == [("attestation.accredited", "undetermined", "accreditation.not-asked")] * 3


@pytest.mark.parametrize(
    "grant",
    [
        Change(1, Standing.ACCREDITED, frozenset({_BACKUP, _CHECK}), 1, 2 * LATER),
        Change(1, Standing.ACCREDITED, frozenset(Stage), ISSUED + 1, 2 * LATER),
        Change(ISSUED + 1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * LATER),
    ],
)
def test_attestor_without_accreditation_for_the_stage_when_he_signed_fails(grant: Change) -> None:
    accreditation = Accreditation("CN", KEY.public.thumbprint, (grant,))
    found = wrong(LoggedDossier().verify(accreditation))
    assert found == [("attestation.accredited", "failed", "accreditation.not-then")]


def test_accreditation_of_another_jurisdiction_does_not_count() -> None:
    found = wrong(LoggedDossier().verify(replace(accredited(), jurisdiction="HK")))
    assert found == [("attestation.accredited", "undetermined", "accreditation.not-asked")] * 3


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.SUSPENDED])
def test_accreditation_that_ended_before_the_anchor_is_undetermined(standing: Standing) -> None:
    """It may have been anchored before by an anchor that the bundle does not show."""
    ended = Change(BLOCK_TIME, standing)
    found = wrong(LoggedDossier().verify(accredited(ended)))
    assert found == [("attestation.accredited", "undetermined", "accreditation.ended")] * 3


def test_back_dated_attestation_by_a_key_compromised_before_its_anchor_fails() -> None:
    compromised = Change(LATER, Standing.COMPROMISED, from_=BLOCK_TIME)
    found = wrong(LoggedDossier().verify(accredited(compromised)))
    assert found == [("attestation.accredited", "failed", "accreditation.compromised")] * 3


def test_key_compromised_after_the_anchor_leaves_what_it_signed() -> None:
    compromised = Change(LATER, Standing.COMPROMISED, from_=BLOCK_TIME + 1)
    assert wrong(LoggedDossier().verify(accredited(compromised))) == []


def test_key_that_was_replaced_leaves_what_it_signed_and_signs_no_more() -> None:
    code = "attestation.accredited"
    assert wrong(LoggedDossier().verify(accredited(Change(BLOCK_TIME + 1, Standing.REVOKED)))) == []
    replaced = accredited(Change(ISSUED + 3600, Standing.REVOKED))
    assert wrong(LoggedDossier().verify(replaced)) == [
        # Anchored after the end, as far as the bundle shows; the other two were signed after it.
        (code, "undetermined", "accreditation.ended"),
        (code, "failed", "accreditation.not-then"),
        (code, "failed", "accreditation.not-then"),
    ]


def test_first_anchor_shows_that_it_was_anchored_before_the_compromise() -> None:
    whole = LoggedDossier()
    bundle, trust = with_first_anchor(whole, _COMPROMISED, block_time=BLOCK_TIME - 1)
    found = wrong(whole.verify(bundle=bundle, trust=trust))
    # The pre-assessment is saved, the later two are not.
    assert found == [("attestation.accredited", "failed", "accreditation.compromised")] * 2
    assert wrong(whole.verify(bundle=bundle, trust=replace(trust, anchors=trust.anchors[:1])))[
        0
    ] == ("attestation.first-anchor", "undetermined", "anchor.unpinned")


def test_first_anchor_that_did_not_hold_it_fails() -> None:
    whole = LoggedDossier()
    bundle, trust = with_first_anchor(whole, _COMPROMISED, block_time=BLOCK_TIME - 1)
    attested = bundle.attestations[_PRE]
    assert attested.first is not None
    other = replace(attested.first, path=attested.first.path[:-1])
    broken = replace(
        bundle, attestations={**bundle.attestations, _PRE: replace(attested, first=other)}
    )
    assert wrong(whole.verify(bundle=broken, trust=trust))[0][:2] == (
        "attestation.first-anchor",
        "failed",
    )


class _Silent:
    asks_chain = True

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        raise UnavailableError("chain.unreachable", f"{jurisdiction} {key.hex()}")


def test_source_of_accreditations_that_does_not_answer_is_undetermined() -> None:
    found = wrong(LoggedDossier().verify(accreditations=_Silent()))
    assert found == [("attestation.accredited", "undetermined", "accreditation.unavailable")] * 3
