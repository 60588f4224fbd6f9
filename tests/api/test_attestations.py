"""What others say of records: who may log it, and whose bundles carry it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import receipt, status
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.jwk import PrivateKey
from ledger.kinds.members import Digests
from ledger.log import Submission
from ledger.receipt import Received
from ledger.statement import Statement, new_record_id, new_salt
from ledger.status import Action
from tests.api.service import Service
from tests.covered_transfer import KEY, records

_PARTIES = {"exporter": {"id": "shenzhen"}, "recipient": {"id": "hongkong"}}
_CHANGES: dict[str, Any] = {
    f"{case}/{name}": party for case in ("plan", "transfer") for name, party in _PARTIES.items()
}


@pytest.fixture
def made() -> dict[str, Statement]:
    return records(
        {**_CHANGES, "pre_assessment/credentialSubject/recipient": "hongkong"},
    )


@pytest.fixture
def dossier(service: Service, made: dict[str, Statement]) -> dict[str, Statement]:
    """A dossier in the log: the enterprise's records, and the assessor's."""
    for case, statement in made.items():
        who = "shenzhen" if case in {"plan", "transfer"} else "assessor"
        answer = service.record(statement.entry, who)
        assert answer.status_code == 201, answer.text
    service.anchor()
    return made


def _status(about: Statement, key: PrivateKey = KEY) -> Statement:
    waiting = status.draft(
        key.public, issuer="someone", issued_at=1, leaf=about.leaf_hash,
        record_id=str(about.members.record_id), action=Action.REVOKE, reason="because",
    )  # fmt: skip
    return Statement.build({"kind": "status", "jws": waiting.sign(key).text})


def _receipt(about: Statement) -> Statement:
    waiting = receipt.draft(
        KEY.public, issuer="hongkong", issued_at=1, transfer=about.leaf_hash,
        record_id=str(about.members.record_id), sent=[],
        received=[Received(size=1, digests=Digests(sha_256="00" * 32))], purpose="p", scope="s",
    )  # fmt: skip
    return Statement.build({"kind": "receipt", "jws": waiting.sign(KEY).text})


def _bundle(service: Service, about: Statement, who: str = "shenzhen") -> Bundle:
    answer = service.get(f"/v1/records/{about.value['record_id']}/bundle", who)
    assert answer.status_code == 200, answer.text
    return Bundle.from_json(answer.content)


@pytest.mark.parametrize("case", ["pre_assessment", "backup", "post_check"])
def test_attestation_without_the_scope_for_it_is_refused(
    service: Service, made: dict[str, Statement], case: str
) -> None:
    size = service.size
    for answer in (
        service.record(made[case].entry, "shenzhen"),
        service.batch([made["plan"].value, made[case].value], "shenzhen"),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == "auth.kind"
        assert "attest" in answer.json()["expected"]
    assert service.size == size
    assert service.record(made[case].entry, "assessor").status_code == 201


def test_status_without_the_scope_for_it_is_refused(
    service: Service, made: dict[str, Statement]
) -> None:
    word = _status(made["backup"])
    assert service.record(word.entry, "shenzhen").status_code == 403
    assert service.record(word.entry, "assessor").status_code == 201


@pytest.mark.parametrize("kind", ["attestation", "manifest", "receipt", "status"])
def test_signed_entry_that_says_nothing_is_refused(service: Service, kind: str) -> None:
    nonsense = {
        "kind": kind,
        "v": 1,
        "record_id": new_record_id(),
        "salt": new_salt(),
        "jws": "e30.e30.AAAA",
    }
    answer = service.record(nonsense, "assessor")
    assert (answer.status_code, answer.json()["code"]) == (400, "jws.malformed")
    answer = service.batch([nonsense], "assessor")
    assert (answer.status_code, answer.json()["code"]) == (400, "jws.malformed")
    assert "line 1" in answer.json()["detail"]


def test_bundle_carries_the_stages_to_both_parties(
    service: Service, dossier: dict[str, Statement]
) -> None:
    for who in ("shenzhen", "hongkong"):
        found = _bundle(service, dossier["transfer"], who)
        assert list(found.attestations) == list(Stage)
        assert (found.plan is None) is False
    report = service.verify(
        bundle=_bundle(service, dossier["transfer"]).to_value(), without_files=True
    ).json()
    checks = {(check["code"], check.get("subject")): check for check in report["checks"]}
    assert checks["attestation.signature", "backup"]["status"] == "verified"
    assert checks["pre-assessment.in-force", None]["status"] == "verified"
    # Nobody has told this ledger's own trust file who is accredited.
    assert checks["attestation.accredited", "backup"]["reason"] == "accreditation.not-asked"
    assert report["verdict"] == "undetermined"


def test_bundle_of_a_strangers_transfer_tells_nothing_of_the_plan_that_it_names(
    service: Service, dossier: dict[str, Statement]
) -> None:
    """Leaf hashes are public: whoever names a plan must not be shown its assessment."""
    service.record(_status(dossier["plan"]).entry, "assessor")
    service.record(_status(dossier["pre_assessment"]).entry, "assessor")
    value = {
        **dossier["transfer"].value,
        "record_id": new_record_id(),
        "salt": new_salt(),
        "exporter": {"id": "stranger"},
        "recipient": {"id": "stranger"},
    }
    refused = service.record(value, "stranger")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan.foreign")
    # Logs of before took it.
    logged = Statement.build(value)
    unchecked = Submission(logged.record_id, logged.entry)
    service.node.submit([unchecked], submitter="stranger")
    service.anchor()
    found = _bundle(service, logged, "stranger")
    assert (found.plan, found.attestations, found.statuses) == (None, {}, ())
    own = _bundle(service, dossier["transfer"])
    assert len(own.statuses) == 2


def test_receipts_of_the_parties_travel_and_a_strangers_does_not(
    service: Service, dossier: dict[str, Statement]
) -> None:
    for who in ("hongkong", "stranger"):
        assert service.record(_receipt(dossier["transfer"]).entry, who).status_code == 201
    service.anchor()
    assert len(_bundle(service, dossier["transfer"]).receipts) == 1
