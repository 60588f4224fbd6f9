"""A node that is told who is who (`trust_file`): dossiers, issuing and certificates go by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import base64url
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.jwk import PrivateKey
from ledger.organisation import Organisation, Role
from ledger.signing_key import SigningKey, make_signing_key
from ledger.trust import Trust
from tests.api.service import Service
from tests.api.test_issuing import Case

_WORD = "correct horse"
_PRE, _BACKUP, _CHECK = Stage
REGULATOR = PrivateKey.generate()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SigningKey]:
    directory = tmp_path_factory.mktemp("signing")
    made = make_signing_key(directory / "one.pem", passphrase=_WORD, organisation="assessor")
    return directory, made


@pytest.fixture(scope="module")
def service(
    make_service: Callable[..., Iterator[Service]],
    keys: tuple[Path, SigningKey],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """The assessor is accredited for all but post-checks; the regulator's key is known."""
    grant = Change(1, Standing.ACCREDITED, frozenset({_PRE, _BACKUP}), 1, 2**40)
    accreditation = Accreditation("CN", keys[1].key.public.thumbprint, (grant,))
    known = Trust(
        organisations=(
            Organisation("assessor", frozenset({Role.ASSESSOR}), (keys[1].key.public,)),
            Organisation(
                "regulator", frozenset({Role.REGULATOR}), (REGULATOR.public,), frozenset({"HK"})
            ),
        ),
        accreditations=(accreditation,),
    )
    path = tmp_path_factory.mktemp("trust") / "known.json"
    path.write_text(known.to_json())
    yield from make_service(signing_keys_dir=keys[0], key_passphrase=_WORD, trust_file=path)


@pytest.fixture
def case(service: Service) -> Case:
    made = Case(service)
    assert made.attest(made.plan, _PRE).status_code == 201
    return made


def _checks(case: Case, about: dict[str, Any], code: str) -> list[tuple[str, str]]:
    stages = case.dossier(about).json()["stages"]
    found = (check for stage in stages for check in stage["checks"] if check["code"] == code)
    return [(check["subject"], check["status"]) for check in found]


def test_dossier_says_whose_keys_signed_and_who_was_accredited(case: Case) -> None:
    moved = case.transfer()
    assert case.attest(moved, _BACKUP).status_code == 201
    both = [("pre-assessment", "verified"), ("backup", "verified")]
    assert _checks(case, moved, "attestation.accredited") == both
    assert _checks(case, moved, "attestation.issuer") == both
    states = [stage["state"] for stage in case.dossier(moved).json()["stages"]]
    assert states == ["in-order", "in-order", "missing"]


def test_key_that_is_not_accredited_for_a_stage_signs_none_here(case: Case) -> None:
    moved = case.transfer()
    assert case.attest(moved, _BACKUP).status_code == 201
    refused = case.attest(moved, _CHECK)
    assert (refused.status_code, refused.json()["code"]) == (409, "attestation.accredited")


def test_held_key_speaks_for_its_organisation_alone(case: Case) -> None:
    moved = case.transfer()
    body = {"stage": "backup", "key": "one", "record": moved}
    claims = {"iss": "somebody", "jurisdiction": "CN"}
    subject = {
        "custodian": {"id": "assessor"},
        "deposit": {"root": "00" * 32, "count": 1, "size": 3},
        "place": {"jurisdiction": "CN"},
    }
    refused = case.post(moved, {**body, "claims": {**claims, "credentialSubject": subject}})
    assert (refused.status_code, refused.json()["code"]) == (409, "attestation.issuer")


def _stop(case: Case, about: dict[str, Any], action: str = "stop") -> None:
    jwk = REGULATOR.public.to_jwk()
    body = {"action": action, "reason": "unlawful", "iss": "regulator", "jwk": jwk}
    ready = case.post(about, {**body, "record": about}, "regulator", "statuses")
    prepared = ready.json()["prepared"]
    signature = base64url.encode(REGULATOR.sign(prepared["signing_input"].encode()))
    done = {"prepared": prepared, "signature": signature, "record": about}
    answer = case.post(about, done, "regulator", "statuses")
    assert answer.status_code == 201, answer.text


def test_transfer_that_a_regulator_stopped_has_no_certificate_until_he_lifts_it(
    case: Case,
) -> None:
    moved = case.transfer()
    _stop(case, moved)
    case.service.anchor()
    told = case.dossier(moved).json()
    assert "stop-order" in told["flags"]
    assert [order["found"] for order in told["orders"]] == ["unlawful"]
    path = f"/v1/records/{moved['record_id']}/certificate.pdf"
    refused = case.service.get(path, "shenzhen")
    assert refused.status_code == 409, refused.text
    assert refused.json()["found"] == "No regulator has stopped it"
    _stop(case, moved, "reinstate")
    case.service.anchor()
    assert case.dossier(moved).json()["orders"] == []
    given = case.service.get(path, "shenzhen")
    assert (given.status_code, given.headers["content-type"]) == (200, "application/pdf")
