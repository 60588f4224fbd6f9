"""What is prepared, signed elsewhere and completed; and the claims that are filled in."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, status
from ledger.attestation import Attestation, Stage
from ledger.errors import MalformedError, VerificationError
from ledger.issuing import (
    Prepared,
    complete_claims,
    concealable_paths,
    prepare_attestation,
    prepare_word,
)
from ledger.issuing.prepared import signature_of
from ledger.jwk import PrivateKey
from ledger.statement import Statement
from ledger.status import Action
from tests.attestation_claims import claims_of
from tests.covered_transfer import CASES, ISSUED, KEY
from tests.logged_records import Entries

_NOW = datetime.fromtimestamp(ISSUED + 40_000, UTC)


def _again(prepared: Prepared, **changes: Any) -> Prepared:
    """Take it out of this process and back in."""
    return Prepared.from_value({**json.loads(json.dumps(prepared.to_value())), **changes})


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_prepared_attestation_is_completed_elsewhere(stage: Stage, curve: Any) -> None:
    key = PrivateKey.generate(curve)
    prepared = prepare_attestation(stage, claims_of(stage), key.public)
    signature = key.sign(prepared.to_value()["signing_input"].encode())
    finished = _again(prepared).complete(signature)
    # Twice completed is once logged.
    assert _again(prepared).complete(signature).statement.entry == finished.statement.entry
    entry = finished.statement.value
    assert Attestation.read(entry["jws"]).stage is stage
    assert finished.sd_jwt is not None
    held = Attestation.from_sd_jwt(finished.sd_jwt)
    assert held.jws.text == entry["jws"]
    assert held.shown != held.claims
    for disclosure in held.disclosures:
        assert disclosure not in finished.statement.entry.decode()


def test_all_that_may_be_concealed_is_unless_told_otherwise() -> None:
    hidden = {stage: concealable_paths(stage, claims_of(stage)) for stage in Stage}
    assert hidden == {
        Stage.PRE_ASSESSMENT: [("conditions",), ("reasons",), ("filing", "number")],
        Stage.BACKUP: [
            ("custodian", "name"),
            ("deposit", "items"),
            ("place", "place"),
            ("restore_check", "by"),
        ],
        Stage.POST_CHECK: [("findings",), ("corrective_action",)],
    }
    claims = claims_of(Stage.BACKUP)
    text = prepare_attestation(Stage.BACKUP, claims, KEY.public).sign(KEY).statement.value["jws"]
    payload = base64url.decode(text.split(".")[1]).decode()
    for secret in ("保管公司", "Guangdong", "night shift", "报告.pdf"):
        assert secret not in payload
    clear = prepare_attestation(Stage.BACKUP, claims, KEY.public, concealed=())
    assert clear.disclosures == ()


@pytest.mark.parametrize(
    "member", [("credentialSubject", "place"), ("retained_until",), ("custodian", "id")]
)
def test_what_a_rule_reads_is_not_concealed(member: tuple[str, ...]) -> None:
    with pytest.raises((VerificationError, MalformedError)):
        prepare_attestation(Stage.BACKUP, claims_of(Stage.BACKUP), KEY.public, concealed=[member])


def test_signature_of_another_key_or_text_is_refused() -> None:
    stage = Stage.POST_CHECK
    prepared = prepare_attestation(stage, claims_of(stage), KEY.public)
    with pytest.raises(VerificationError):
        prepared.complete(PrivateKey.generate().sign(prepared.unsigned.signing_input))
    other = prepare_attestation(stage, {**claims_of(stage), "iss": "x"}, KEY.public)
    with pytest.raises(VerificationError):
        prepared.complete(KEY.sign(other.unsigned.signing_input))


def test_prepared_that_was_changed_on_the_way_is_refused() -> None:
    stage = Stage.BACKUP
    prepared = prepare_attestation(stage, claims_of(stage), KEY.public)
    stranger = PrivateKey.generate()
    with pytest.raises(MalformedError, match="another key"):
        _again(prepared, jwk=stranger.public.to_jwk())
    with pytest.raises(MalformedError):
        _again(prepared, kind="receipt")
    with pytest.raises(MalformedError):
        _again(prepared, signing_input="a.b")
    with pytest.raises((MalformedError, VerificationError)):
        _again(prepared, disclosures=[base64url.encode(b'["salt","name","value"]')])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists))
def test_prepared_reading_raises_nothing_else(value: object) -> None:
    whole = prepare_attestation(Stage.POST_CHECK, claims_of(Stage.POST_CHECK), KEY.public)
    for name in whole.to_value():
        # What is text is looked at again where the entry is made.
        with suppress(MalformedError, VerificationError):
            Prepared.from_value({**whole.to_value(), name: value}).sign(KEY)


def test_prepared_status_is_completed_elsewhere() -> None:
    waiting = status.draft(
        KEY.public, issuer="x", issued_at=1, leaf=bytes(32),
        record_id=Entries()["backup"].value["record_id"], action=Action.REVOKE, reason="because",
    )  # fmt: skip
    prepared = prepare_word("status", waiting)
    finished = _again(prepared).complete(KEY.sign(waiting.signing_input))
    assert (finished.statement.kind, finished.sd_jwt) == ("status", None)
    assert Statement.parse(finished.statement.entry).value["record_id"] == prepared.record_id


def test_signature_is_read_as_signers_write_it() -> None:
    raw = KEY.sign(b"text")
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    for form in (raw, base64url.encode(raw).encode() + b"\n", encode_dss_signature(r, s)):
        assert signature_of(form) == raw
    for wrong in (b"", raw[:-1], raw + b"\0", "签".encode(), b"A" * 4_096):
        with pytest.raises(MalformedError):
            signature_of(wrong)


@given(st.binary(max_size=100))
def test_signature_reading_raises_nothing_else(data: bytes) -> None:
    with suppress(MalformedError):
        assert len(signature_of(data)) == 64


# What follows from the record


def test_claims_are_filled_in_from_the_record() -> None:
    entries = Entries(order=CASES[:4])
    records = entries.read()
    given = {"jurisdiction": "CN", "credentialSubject": {"outcome": "consistent", "method": {}}}
    claims = complete_claims(Stage.POST_CHECK, given, records, now=_NOW, issuer="me")
    subject = claims["credentialSubject"]
    assert (claims["iss"], claims["iat"]) == ("me", ISSUED + 40_000)
    assert subject["id"].endswith(entries["transfer"].leaf_hash.hex())
    assert subject["backup"]["record_id"] == entries["backup"].value["record_id"]
    assert subject["pre_assessment"]["leaf_hash"] == entries["pre_assessment"].leaf_hash.hex()


def test_deposit_is_kept_for_three_years_where_nothing_is_said() -> None:
    records = Entries(order=CASES[:3]).read()
    told = complete_claims(Stage.BACKUP, {}, records, now=_NOW)["credentialSubject"]
    assert (told["deposited_at"], told["retained_until"]) == ("2025-11-21T15:46:40Z", "2028-11-21")
    leap = {"credentialSubject": {"deposited_at": "2024-02-29T00:00:00Z"}}
    told = complete_claims(Stage.BACKUP, leap, records, now=_NOW)["credentialSubject"]
    assert told["retained_until"] == "2027-02-28"


def test_what_is_given_is_never_replaced() -> None:
    records = Entries(order=CASES[:3]).read()
    given = {"iss": "a", "iat": 5, "credentialSubject": {"id": "b", "retained_until": "c"}}
    claims = complete_claims(Stage.BACKUP, given, records, now=_NOW, issuer="z")
    assert (claims["iss"], claims["iat"]) == ("a", 5)
    assert claims["credentialSubject"]["id"] == "b"
    assert claims["credentialSubject"]["retained_until"] == "c"
    with pytest.raises(MalformedError):
        complete_claims(Stage.BACKUP, {"credentialSubject": 5}, records, now=_NOW)
