"""Attestations: issued and read, shown in part, tampered with; and every member bent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ledger import base64url
from ledger.attestation import TYP, Attestation, Backup, PreAssessment, Stage, draft
from ledger.attestation.backup import deposit_of
from ledger.canonical import canonicalize
from ledger.disclosure import Path
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.jwk import Curve, PrivateKey
from ledger.jws import Jws, unsigned
from ledger.kinds.members import Digests, File
from tests.attestation_claims import BACKUP, POST_CHECK, PRE_ASSESSMENT, changed, claims_of

_KEY = PrivateKey.generate()
_CONCEALED: dict[Stage, list[Path]] = {
    Stage.PRE_ASSESSMENT: ["conditions", "reasons", ("filing", "number")],
    Stage.BACKUP: [
        ("deposit", "items"),
        ("place", "place"),
        ("custodian", "name"),
        ("restore_check", "by"),
    ],
    Stage.POST_CHECK: ["findings", "corrective_action"],
}


def _issue(claims: dict[str, Any], concealed: list[Path] | None = None) -> Attestation:
    waiting, disclosures = draft(_KEY.public, claims, concealed=concealed or [])
    return Attestation.read(waiting.sign(_KEY).text, disclosures)


def _signed(claims: Any, typ: str = TYP) -> str:
    """Sign claims that `draft` would refuse."""
    return unsigned(_KEY.public, claims, typ=typ).sign(_KEY).text


def _assessed(attestation: Attestation) -> PreAssessment:
    subject = attestation.shown.subject
    assert isinstance(subject, PreAssessment)
    return subject


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_attestation_of_each_stage_is_issued_and_read_back(stage: Stage, curve: Curve) -> None:
    key = PrivateKey.generate(curve)
    waiting, disclosures = draft(key.public, claims_of(stage), concealed=_CONCEALED[stage])
    attestation = Attestation.read(waiting.sign(key).text, disclosures)
    attestation.jws.verify(key.public)
    assert attestation.stage is stage
    assert attestation.jws.thumbprint == key.public.thumbprint
    assert attestation.leaf_hash.hex() == claims_of(stage)["credentialSubject"]["id"][-64:]
    assert Attestation.from_sd_jwt(attestation.to_sd_jwt()) == attestation


@pytest.mark.parametrize("stage", Stage)
def test_attestation_without_disclosures_shows_nothing_concealed(stage: Stage) -> None:
    whole = _issue(claims_of(stage), _CONCEALED[stage])
    shown = Attestation.read(whole.jws.text)
    assert shown.claims == whole.claims
    assert shown.shown != whole.shown
    for disclosed in ("仅用于贷款审批", "粤备2026-0017", "报告.pdf", "a data centre", "deleted by"):
        assert disclosed not in shown.jws.payload.decode()


def test_attestation_shows_one_disclosure_without_the_others() -> None:
    whole = _issue(PRE_ASSESSMENT, _CONCEALED[Stage.PRE_ASSESSMENT])
    for index, disclosure in enumerate(whole.disclosures):
        subject = _assessed(Attestation.read(whole.jws.text, [disclosure]))
        assert subject.filing is not UNSET
        members = (subject.conditions, subject.reasons, subject.filing.number)
        seen = [member is not UNSET for member in members]
        assert seen == [place == index for place in range(3)]


def test_read_disclosure_of_another_attestation_is_refused() -> None:
    mine = _issue(PRE_ASSESSMENT, ["reasons"])
    other = _issue(PRE_ASSESSMENT, ["reasons"])
    with pytest.raises(VerificationError) as caught:
        Attestation.read(mine.jws.text, other.disclosures)
    assert caught.value.code == "disclosure.unreferenced"


@pytest.mark.parametrize(
    ("claims", "path"),
    [
        (PRE_ASSESSMENT, "outcome"),
        (PRE_ASSESSMENT, "recipient"),
        (PRE_ASSESSMENT, "ceilings"),
        (PRE_ASSESSMENT, "data_items"),
        (PRE_ASSESSMENT, "record_id"),
        (BACKUP, "retained_until"),
        (BACKUP, "deposit"),
        (POST_CHECK, "backup"),
        (POST_CHECK, "method"),
    ],
)
def test_draft_concealing_what_rules_read_is_refused(claims: dict[str, Any], path: str) -> None:
    with pytest.raises(LedgerError):
        draft(_KEY.public, claims, concealed=[path])


def test_read_pre_assessment_reference_concealed_in_a_post_check_is_refused() -> None:
    """It may be absent, so that only its disclosure shows that it was concealed."""
    with pytest.raises(VerificationError) as caught:
        draft(_KEY.public, POST_CHECK, concealed=["pre_assessment"])
    assert caught.value.code == "disclosure.not-concealable"


@pytest.mark.parametrize(
    ("claims", "path", "value", "code"),
    [
        (PRE_ASSESSMENT, "vct", "urn:crossproof:attestation:backup:1", "statement.unknown-member"),
        (PRE_ASSESSMENT, "vct", "urn:crossproof:attestation:pre-assessment:2", "attestation.type"),
        (PRE_ASSESSMENT, "vct", None, "attestation.type"),
        (PRE_ASSESSMENT, "vct", ..., "attestation.type"),
        (PRE_ASSESSMENT, "iss", ..., "statement.missing"),
        (PRE_ASSESSMENT, "iat", ..., "statement.missing"),
        (PRE_ASSESSMENT, "iat", 1.5, "json.float"),
        (PRE_ASSESSMENT, "iat", 1_763_700_000.0, "json.float"),
        (PRE_ASSESSMENT, "iat", -1, "statement.type"),
        (PRE_ASSESSMENT, "iat", "2025-11-21", "statement.type"),
        (PRE_ASSESSMENT, "nbf", ..., "statement.missing"),
        (PRE_ASSESSMENT, "exp", ..., "statement.missing"),
        (PRE_ASSESSMENT, "exp", PRE_ASSESSMENT["nbf"], "attestation.period"),
        (PRE_ASSESSMENT, "jurisdiction", "CHN", "statement.jurisdiction"),
        (PRE_ASSESSMENT, "admin", True, "statement.unknown-member"),
        (PRE_ASSESSMENT, "status", {}, "statement.missing"),
        (PRE_ASSESSMENT, "credentialSubject/id", "aa" * 32, "claims.leaf"),
        (PRE_ASSESSMENT, "credentialSubject/id", "urn:crossproof:leaf:AA", "statement.hash"),
        (PRE_ASSESSMENT, "credentialSubject/record_id", "1", "statement.record-id"),
        (PRE_ASSESSMENT, "credentialSubject/outcome", "ok", "statement.type"),
        (PRE_ASSESSMENT, "credentialSubject/conditions", ..., "attestation.incomplete"),
        (PRE_ASSESSMENT, "credentialSubject/conditions", [], "statement.type"),
        (PRE_ASSESSMENT, "credentialSubject/data_items", [], "statement.type"),
        (PRE_ASSESSMENT, "credentialSubject/to", "Hong Kong", "statement.jurisdiction"),
        (PRE_ASSESSMENT, "credentialSubject/ceilings/personal", -1, "statement.type"),
        (PRE_ASSESSMENT, "credentialSubject/legal_basis/rule", ..., "statement.missing"),
        (BACKUP, "credentialSubject/deposit/root", "00" * 32, "attestation.deposit"),
        (BACKUP, "credentialSubject/deposit/count", 3, "attestation.deposit"),
        (BACKUP, "credentialSubject/deposit/size", 1_023, "attestation.deposit"),
        (BACKUP, "credentialSubject/deposit/count", 0, "statement.type"),
        (BACKUP, "credentialSubject/retained_until", "2025-11-21", "attestation.retention"),
        (BACKUP, "credentialSubject/retained_until", "2025-02-30", "statement.date"),
        (BACKUP, "credentialSubject/deposited_at", "yesterday", "statement.time"),
        (BACKUP, "credentialSubject/restore_check/outcome", "fine", "statement.type"),
        (BACKUP, "credentialSubject/restore_check/at", "", "statement.time"),
        (POST_CHECK, "credentialSubject/backup", ..., "statement.missing"),
        (POST_CHECK, "credentialSubject/backup/leaf_hash", "cc", "statement.hash"),
        (POST_CHECK, "credentialSubject/findings", ..., "attestation.incomplete"),
        (POST_CHECK, "credentialSubject/method/seed", ..., "attestation.method"),
        (POST_CHECK, "credentialSubject/method/size", 1_001, "attestation.method"),
        (POST_CHECK, "credentialSubject/method/size", 0, "attestation.method"),
        (POST_CHECK, "credentialSubject/method/kind", "full", "attestation.method"),
        (POST_CHECK, "credentialSubject/checked_at", "2025-11-22", "statement.time"),
    ],
)
def test_claims_that_are_not_the_stages_are_refused(
    claims: dict[str, Any], path: str, value: Any, code: str
) -> None:
    """By whoever issues, and by whoever reads what somebody issued all the same."""
    wrong = changed(claims, path, value)
    with pytest.raises(LedgerError) as caught:
        draft(_KEY.public, wrong)
    assert caught.value.code == code
    if code != "json.float":
        with pytest.raises(LedgerError) as caught:
            Attestation.read(_signed(wrong))
        assert caught.value.code == code


@pytest.mark.parametrize("number", [b"1763700000.0", b"1.7e9", b"1763700000e0"])
def test_read_time_that_is_a_float_is_refused_however_it_is_spelt(number: bytes) -> None:
    payload = canonicalize(PRE_ASSESSMENT).replace(b'"iat":1763700000', b'"iat":' + number)
    header = canonicalize({"alg": "ES256", "typ": TYP})
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    signature = base64url.encode(_KEY.sign(signing_input.encode()))
    with pytest.raises(MalformedError) as caught:
        Attestation.read(f"{signing_input}.{signature}")
    assert caught.value.code == "json.float"


def test_read_member_that_another_hides_is_refused() -> None:
    """A disclosure must not put another value beside the one in the clear."""
    waiting, disclosures = draft(_KEY.public, PRE_ASSESSMENT, concealed=["reasons"])
    value = Jws.parse(waiting.sign(_KEY).text).claims
    value["credentialSubject"]["reasons"] = "in the clear"
    with pytest.raises(VerificationError) as caught:
        Attestation.read(_signed(value), disclosures)
    assert caught.value.code == "disclosure.misplaced"


def test_read_conditional_outcome_with_its_conditions_concealed_is_taken() -> None:
    whole = _issue(PRE_ASSESSMENT, ["conditions", "reasons"])
    assert _assessed(Attestation.read(whole.jws.text)).conditions is UNSET
    # The reasons alone: for all that the reader knows the conditions are behind the other digest.
    shown = _assessed(Attestation.read(whole.jws.text, whole.disclosures[1:]))
    assert (shown.conditions, shown.reasons is UNSET) == (UNSET, False)


@pytest.mark.parametrize("typ", ["JWT", "vc+sd-jwt", "", "dc+sd-jwt "])
def test_read_other_type_of_token_is_refused(typ: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Attestation.read(_signed(PRE_ASSESSMENT, typ))
    assert caught.value.code == "jws.malformed"


def test_from_sd_jwt_with_a_key_binding_or_without_its_end_is_refused() -> None:
    text = _issue(PRE_ASSESSMENT, ["reasons"]).to_sd_jwt()
    for other in (text[:-1], text + "e30.e30.AA", text.partition("~")[0], ""):
        with pytest.raises(MalformedError) as caught:
            Attestation.from_sd_jwt(other)
        assert caught.value.code in {"attestation.sd-jwt", "jws.malformed"}


def test_draft_of_more_than_an_entry_has_room_for_is_refused_unless_concealed() -> None:
    """A long deposit is logged by its root, its list disclosed beside."""
    items = [File(size=1, digests=Digests(sha_256=f"{i:064x}")) for i in range(800)]
    deposit = deposit_of(items)
    described = {
        "root": deposit.root,
        "count": 800,
        "size": 800,
        "items": [{"size": 1, "digests": {"sha-256": f"{i:064x}"}} for i in range(800)],
    }
    claims = changed(BACKUP, "credentialSubject/deposit", described)
    with pytest.raises(MalformedError) as caught:
        draft(_KEY.public, claims)
    assert caught.value.code == "jws.too-long"
    attestation = _issue(claims, [("deposit", "items")])
    assert len(attestation.jws.text) < 3_000
    shown = attestation.shown.subject
    assert isinstance(shown, Backup)
    assert shown.deposit.items == items


@given(st.text(max_size=200))
def test_from_sd_jwt_of_any_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Attestation.from_sd_jwt(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(stage=st.sampled_from(Stage), value=_JSON, data=st.data())
def test_read_of_claims_with_any_member_replaced_is_read_or_refused(
    stage: Stage, value: Any, data: st.DataObject
) -> None:
    claims = claims_of(stage)
    inner = [f"credentialSubject/{name}" for name in claims["credentialSubject"]]
    path = data.draw(st.sampled_from([*claims, *inner]))
    try:
        text = _signed(changed(claims, path, value))
    except MalformedError:
        return
    try:
        attestation = Attestation.read(text)
    except (MalformedError, VerificationError):
        return
    assert attestation.stage is stage
