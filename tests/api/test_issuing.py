"""Issuing over HTTP: prepared, completed or signed here, with the rules asked in all three."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger import base64url
from ledger.attestation import Attestation, Stage
from ledger.errors import ConfigurationError
from ledger.jwk import PrivateKey
from ledger.log import Submission
from ledger.receipt import Received
from ledger.receipt import draft as draft_receipt
from ledger.signing_key import SigningKey, make_signing_key
from ledger.statement import Statement, new_record_id
from tests.api.service import Service, plan, transfer
from tests.seal_key import certify, texts_of

_WORD = "correct horse"
_ITEM = {"name": "account", "class": "general", "personal": True, "sensitive": True}
_PRE, _BACKUP, _CHECK = Stage


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, SigningKey]]:
    directory = tmp_path_factory.mktemp("signing")
    made = {
        name: make_signing_key(
            directory / f"{name}.pem", passphrase=_WORD, organisation=organisation
        )
        for name, organisation in (("one", "assessor"), ("two", "stranger"))
    }
    return directory, made


@pytest.fixture(scope="module")
def service(
    make_service: Callable[..., Iterator[Service]], keys: tuple[Path, dict[str, SigningKey]]
) -> Iterator[Service]:
    yield from make_service(signing_keys_dir=keys[0], key_passphrase=_WORD)


class Case:
    """A plan and transfers under it, of today, recorded by `shenzhen`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        today = datetime.now(UTC)
        period = {
            "from": f"{today - timedelta(days=1):%Y-%m-%d}",
            "until": f"{today + timedelta(days=30):%Y-%m-%d}",
        }
        self._sequence = 0
        self.plan = self._log(plan(period=period, data_items=[_ITEM]))

    def transfer(self, **members: Any) -> dict[str, Any]:
        """Log a transfer under the plan."""
        now = datetime.now(UTC)
        self._sequence += 1
        covered_by = {
            "plan": _reference(self.plan),
            "sequence": self._sequence,
            "persons": {"personal": 10, "sensitive": 0},
        }
        value = {
            "occurred_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "data_items": [_ITEM],
            "covered_by": covered_by,
            **members,
        }
        return self._log(transfer(**value))

    def _log(self, value: dict[str, Any]) -> dict[str, Any]:
        answer = self.service.record(value, "shenzhen")
        assert answer.status_code == 201, answer.text
        return value

    def attest(
        self, about: dict[str, Any], stage: Stage, who: str = "assessor", **more: Any
    ) -> Any:
        body = {"stage": stage.value, "claims": claims(stage, **more.pop("claims", {}))}
        if "jwk" not in more:
            body["key"] = "one"
        return self.post(about, {**body, "record": about, **more}, who)

    def post(
        self, about: dict[str, Any], body: Any, who: str = "assessor", path: str = "attestations"
    ) -> Any:
        return self.service.client.post(
            f"/v1/records/{about['record_id']}/{path}",
            content=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.service.headers(who)},
        )

    def say(self, about: dict[str, Any], action: str, **more: Any) -> Any:
        who = more.pop("who", "assessor")
        body = {"action": action, "reason": "because", "key": "one", "record": about, **more}
        return self.post(about, body, who, "statuses")

    def dossier(self, about: dict[str, Any], who: str = "shenzhen") -> Any:
        return self.service.get(f"/v1/records/{about['record_id']}/dossier", who)


def claims(stage: Stage, **subject: Any) -> dict[str, Any]:
    """What an attestor says; the rest follows."""
    now = int(datetime.now(UTC).timestamp())
    said: dict[Stage, dict[str, Any]] = {
        _PRE: {
            "scenario": "payroll", "recipient": "hongkong", "to": "HK", "data_items": [_ITEM],
            "ceilings": {"transfers": 12},
            "legal_basis": {"route": "standard-contract", "rule": "R12", "rule_set": "2026-01"},
            "outcome": "approved", "reasons": "Lawful, and no more than is needed.",
        },
        _BACKUP: {
            "custodian": {"id": "assessor"},
            "deposit": {"root": "00" * 32, "count": 1, "size": 3},
            "place": {"jurisdiction": "CN", "place": "Guangdong"},
        },
        _CHECK: {"method": {"kind": "full"}, "outcome": "consistent"},
    }  # fmt: skip
    period = {"nbf": now - 3_600, "exp": now + 86_400} if stage is _PRE else {}
    return {"jurisdiction": "CN", **period, "credentialSubject": {**said[stage], **subject}}


def _reference(value: dict[str, Any]) -> dict[str, str]:
    statement = Statement.build(value)
    return {"record_id": value["record_id"], "leaf_hash": statement.leaf_hash.hex()}


def _states(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [stage["state"] for stage in answer.json()["stages"]]


@pytest.fixture
def case(service: Service) -> Case:
    return Case(service)


def test_three_stages_are_issued_with_a_held_key_and_the_dossier_follows(case: Case) -> None:
    assert _states(case.dossier(case.plan)) == ["missing"]
    assessed = case.attest(case.plan, _PRE)
    assert assessed.status_code == 201, assessed.text
    assert _states(case.dossier(case.plan)) == ["in-order"]
    moved = case.transfer()
    assert _states(case.dossier(moved)) == ["in-order", "missing", "missing"]
    backup = case.attest(moved, _BACKUP)
    assert backup.status_code == 201, backup.text
    checked = case.attest(moved, _CHECK)
    assert checked.status_code == 201, checked.text
    assert [w["reason"] for w in checked.json()["warnings"]] == ["accreditation.not-asked"]
    answer = case.dossier(moved)
    assert _states(answer) == ["in-order"] * 3
    assert answer.json()["flags"] == []
    assert len(answer.json()["events"]) == 5
    # It says who: the organisation that the key's file names.
    held = Attestation.from_sd_jwt(backup.json()["sd_jwt"])
    assert held.claims.iss == "assessor"
    assert held.shown.subject.place.place == "Guangdong"  # type: ignore[union-attr]
    path = f"/v1/records/{backup.json()['record_id']}"
    logged = case.service.get(path, "assessor").json()["statement"]
    assert "Guangdong" not in json.dumps(Attestation.read(logged["jws"]).jws.claims)


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_prepared_is_signed_elsewhere_and_completed_once(case: Case, curve: Any) -> None:
    key = PrivateKey.generate(curve)
    moved = case.transfer()
    size = case.service.size
    ready = case.attest(moved, _BACKUP, jwk=key.public.to_jwk(), claims={})
    assert ready.status_code == 400, "nobody has said who attests"
    body = {
        "stage": "backup",
        "claims": {"iss": "me", **claims(_BACKUP)},
        "jwk": key.public.to_jwk(),
        "record": moved,
    }
    ready = case.post(moved, body)
    assert ready.status_code == 200, ready.text
    assert case.service.size == size
    prepared = ready.json()["prepared"]
    signature = base64url.encode(key.sign(prepared["signing_input"].encode()))
    done = {"prepared": prepared, "signature": signature, "record": moved}
    first, again = case.post(moved, done), case.post(moved, done)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json()["index"] == again.json()["index"]
    assert case.service.size == size + 1
    assert Attestation.from_sd_jwt(first.json()["sd_jwt"]).shown.iss == "me"
    # Without what it conceals, the same entry.
    bare = {**prepared}
    bare.pop("disclosures")
    assert case.post(moved, {**done, "prepared": bare}).status_code == 200
    stranger = PrivateKey.generate()
    wrong = base64url.encode(stranger.sign(prepared["signing_input"].encode()))
    answer = case.post(moved, {**done, "signature": wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "jws.signature")


def test_certificates_come_along_where_they_are_the_key_s(case: Case) -> None:
    key = PrivateKey.generate()
    moved = case.transfer()
    body = {
        "stage": "backup",
        "claims": {"iss": "me", **claims(_BACKUP)},
        "jwk": key.public.to_jwk(),
        "record": moved,
    }
    wrong = case.post(moved, {**body, "x5c": texts_of(certify(PrivateKey.generate()))})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "x5c.key")
    for malformed in ([], "text", ["text"], [1]):
        answer = case.post(moved, {**body, "x5c": malformed})
        assert (answer.status_code, answer.json()["code"]) == (400, "x5c.malformed")
    chain = certify(key)
    prepared = case.post(moved, {**body, "x5c": texts_of(chain)}).json()["prepared"]
    signature = base64url.encode(key.sign(prepared["signing_input"].encode()))
    done = case.post(moved, {"prepared": prepared, "signature": signature, "record": moved})
    assert done.status_code == 201, done.text
    said = Attestation.from_sd_jwt(done.json()["sd_jwt"]).jws
    assert [one.parsed for one in said.certificates] == chain
    assert "jwk" not in said.header


def test_rules_are_asked_of_what_comes_back_too(case: Case) -> None:
    """What was prepared may have been changed, and the log may have gone on."""
    key = PrivateKey.generate()
    moved, other = case.transfer(), case.transfer()
    body = {
        "stage": "backup",
        "claims": {"iss": "me", **claims(_BACKUP)},
        "jwk": key.public.to_jwk(),
        "record": moved,
    }
    prepared = case.post(moved, body).json()["prepared"]
    signature = base64url.encode(key.sign(prepared["signing_input"].encode()))
    done = {"prepared": prepared, "signature": signature, "record": other}
    answer = case.post(other, done)
    assert (answer.status_code, answer.json()["code"]) == (409, "attestation.subject")


@pytest.mark.parametrize(
    ("stage", "subject", "code"),
    [
        (_BACKUP, {"retained_until": f"{datetime.now(UTC):%Y}-12-31"}, "backup.retention"),
        (_PRE, {}, "attestation.subject"),
        (_CHECK, {"backup": {"record_id": new_record_id(), "leaf_hash": "00" * 32}},
         "post-check.backup"),
    ],
)  # fmt: skip
def test_broken_rule_is_a_conflict_with_what_it_compared(
    case: Case, stage: Stage, subject: dict[str, Any], code: str
) -> None:
    moved = case.transfer()
    size = case.service.size
    answer = case.attest(moved, stage, claims=subject)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, code), answer.text
    assert problem["expected"]
    assert problem["found"]
    assert case.service.size == size


def test_other_recipient_and_passed_ceiling_are_refused(case: Case) -> None:
    answer = case.attest(case.plan, _PRE, claims={"recipient": "stranger"})
    assert (answer.status_code, answer.json()["code"]) == (409, "pre-assessment.parties")
    answer = case.attest(case.plan, _PRE, claims={"ceilings": {"transfers": 13}})
    assert (answer.status_code, answer.json()["code"]) == (409, "pre-assessment.ceilings")


def test_revoked_backup_carries_no_post_check(case: Case) -> None:
    assert case.attest(case.plan, _PRE).status_code == 201
    moved = case.transfer()
    backup = case.attest(moved, _BACKUP).json()
    statement = case.service.get(f"/v1/records/{backup['record_id']}", "assessor").json()
    about = statement["statement"]
    assert case.say(about, "reinstate").json()["code"] == "status.order"
    assert case.say(about, "stop").json()["code"] == "status.action"
    said = case.say(about, "revoke", compromised_since=1)
    assert said.status_code == 201, said.text
    assert said.json()["sd_jwt"] is None
    assert case.say(about, "suspend").json()["code"] == "status.order"
    refused = case.attest(moved, _CHECK)
    assert (refused.status_code, refused.json()["code"]) == (409, "attestation.status")
    dossier = case.dossier(moved).json()
    assert "revoked" in dossier["flags"]
    assert [stage["state"] for stage in dossier["stages"]] == ["in-order", "wrong", "missing"]


def test_held_key_is_its_organisations_alone(case: Case, keys: tuple[Path, Any]) -> None:
    moved = case.transfer()
    for name in ("two", keys[1]["two"].thumbprint, "three"):
        answer = case.attest(moved, _BACKUP, key=name)
        assert (answer.status_code, answer.json()["code"]) == (404, "key.unknown")
    assert case.attest(moved, _BACKUP, key=keys[1]["one"].thumbprint).status_code == 201


@pytest.mark.parametrize("who", ["shenzhen", "stranger", "hongkong"])
def test_scope_to_attest_is_needed_even_to_prepare(case: Case, who: str) -> None:
    moved = case.transfer()
    key = PrivateKey.generate().public.to_jwk()
    for answer in (
        case.attest(moved, _BACKUP, who, jwk=key),
        case.attest(moved, _BACKUP, who),
        case.say(moved, "stop", who=who),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.kind")


def test_regulator_stops_and_lifts_and_revokes_nothing(case: Case) -> None:
    """Its scope is for orders: attestations are their issuers' to take back."""
    key = PrivateKey.generate()
    moved = case.transfer()
    backup = case.attest(moved, _BACKUP).json()["record_id"]
    about = case.service.get(f"/v1/records/{backup}", "assessor").json()["statement"]
    for action, of, status in (("stop", moved, 201), ("reinstate", moved, 201),
                               ("revoke", about, 403), ("stop", about, 409)):  # fmt: skip
        body = {
            "action": action, "reason": "because", "iss": "r", "jwk": key.public.to_jwk(),
            "record": of,
        }  # fmt: skip
        ready = case.post(of, body, "regulator", "statuses")
        if status != 201:
            assert ready.status_code == status, ready.text
            continue
        prepared = ready.json()["prepared"]
        signature = base64url.encode(key.sign(prepared["signing_input"].encode()))
        done = {"prepared": prepared, "signature": signature, "record": of}
        # Whoever may not say it cannot bring it either.
        assert case.post(of, done, "shenzhen", "statuses").status_code == 403
        assert case.post(of, done, "regulator", "statuses").status_code == status


def test_completion_under_another_record_is_refused_also_where_it_is_logged(case: Case) -> None:
    key = PrivateKey.generate()
    moved, other = case.transfer(), case.transfer()
    stated = {"iss": "me", **claims(_BACKUP)}
    body = {"stage": "backup", "claims": stated, "jwk": key.public.to_jwk(), "record": moved}
    prepared = case.post(moved, body).json()["prepared"]
    signature = base64url.encode(key.sign(prepared["signing_input"].encode()))
    done = {"prepared": prepared, "signature": signature}
    size = case.service.size
    for _ in range(2):
        wrong = case.post(other, {**done, "record": other})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "attestation.subject")
        # The first time it is logged here; the second time it is refused above all the same.
        assert case.post(moved, {**done, "record": moved}).status_code in {200, 201}
    assert case.service.size == size + 1


def test_record_is_spoken_of_by_those_who_may_read_it_or_can_show_it(case: Case) -> None:
    moved = case.transfer()
    body = {"stage": "backup", "claims": claims(_BACKUP), "key": "one"}
    for shown in ({}, {"record": {**moved, "salt": "AAAAAAAAAAAAAAAAAAAAAA"}}, {"record": 5}):
        answer = case.post(moved, {**body, **shown})
        assert (answer.status_code, answer.json()["code"]) == (404, "record.unknown")
    assert case.post(moved, {**body, "record": moved}).status_code == 201
    for path in ("dossier", "attestations"):
        for who, status in (("shenzhen", 200), ("hongkong", 200), ("stranger", 404)):
            found = case.service.get(f"/v1/records/{moved['record_id']}/{path}", who)
            assert found.status_code == status, (path, who)


def test_plan_of_a_stranger_is_told_of_to_nobody(case: Case) -> None:
    """Leaf hashes are public: whoever names a plan must not be shown what was said of it."""
    assert case.attest(case.plan, _PRE).status_code == 201
    value = transfer(
        exporter={"id": "stranger"}, recipient={"id": "stranger"},
        covered_by={
            "plan": _reference(case.plan), "sequence": 1,
            "persons": {"personal": 1, "sensitive": 0},
        },
    )  # fmt: skip
    # It is refused today; logs of before took it.
    logged = Statement.build(value)
    unchecked = Submission(logged.record_id, logged.entry)
    case.service.node.submit([unchecked], submitter="stranger")
    told = case.dossier(value, "stranger").json()
    assert told["stages"][0]["state"] == "undetermined"
    assert [event["kind"] for event in told["events"]] == ["transfer"]
    path = f"/v1/records/{value['record_id']}/attestations"
    assert case.service.get(path, "stranger").json() == {"said": []}


def test_list_has_what_was_said_with_its_statements(case: Case) -> None:
    assert case.attest(case.plan, _PRE).status_code == 201
    moved = case.transfer(files=[{"size": 1, "digests": {"sha-256": "00" * 32}}])
    backup = case.attest(moved, _BACKUP).json()
    key = PrivateKey.generate()
    statement = Statement.build(moved)
    waiting = draft_receipt(
        key.public, issuer="hongkong", issued_at=5, transfer=statement.leaf_hash,
        record_id=moved["record_id"], sent=statement.members.files, received=[  # type: ignore[attr-defined]
            Received(size=1, digests=statement.members.files[0].digests)  # type: ignore[attr-defined]
        ], purpose="p", scope="s",
    )  # fmt: skip
    receipt = Statement.build({"kind": "receipt", "jws": waiting.sign(key).text})
    assert case.service.record(receipt.entry, "hongkong").status_code == 201
    path = f"/v1/records/{moved['record_id']}/attestations"
    said = case.service.get(path, "hongkong").json()["said"]
    # The plan names it as recipient too.
    assert [(item["kind"], item["what"]) for item in said] == [
        ("attestation", "pre-assessment"),
        ("attestation", "backup"),
        ("receipt", "matches"),
    ]
    for item in said:
        assert Statement.build(item["statement"]).leaf_hash.hex() == item["leaf_hash"]
    assert said[1]["leaf_hash"] == backup["leaf_hash"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"5", {}, {"stage": "backup"}, {"stage": "x", "claims": {}, "key": "one"},
        {"stage": "backup", "claims": 5, "key": "one"},
        {"stage": "backup", "claims": {}, "key": "one", "concealed": 5},
        {"stage": "backup", "claims": {}, "key": "one", "concealed": [[]]},
        {"stage": "backup", "claims": {}, "key": "one", "concealed": [["x"]]},
        {"stage": "backup", "claims": {"credentialSubject": []}, "key": "one"},
        {"stage": "backup", "claims": {"é": 1}, "key": "one"},
        {"stage": "backup", "claims": {}, "jwk": {"kty": "EC"}},
        {"stage": "backup", "claims": {}, "jwk": PrivateKey.generate().to_jwk()},
        {"signature": "A", "prepared": {}}, {"signature": "AA", "prepared": 5},
        {"signature": 5, "prepared": {}}, {"stage": "backup", "claims": {}, "key": "one", "x": 1},
    ],
)  # fmt: skip
def test_request_that_is_none_is_a_problem_and_shows_no_secret(case: Case, body: Any) -> None:
    moved = case.transfer()
    if isinstance(body, dict):
        body = {**body, "record": moved}
    for path in ("attestations", "statuses"):
        answer = case.post(moved, body, path=path)
        assert answer.status_code == 400, answer.text
        if isinstance(body, dict) and "d" in body.get("jwk", {}):
            assert body["jwk"]["d"] not in answer.text


def test_dossier_of_what_has_no_stages_is_a_problem(case: Case) -> None:
    moved = case.transfer()
    record_id = case.attest(moved, _BACKUP).json()["record_id"]
    answer = case.service.get(f"/v1/records/{record_id}/dossier", "assessor")
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier.kind")
    listed = case.service.get(f"/v1/records/{record_id}/attestations", "assessor")
    assert listed.json() == {"said": []}


def test_server_does_not_start_with_a_key_in_the_clear(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    make_signing_key(tmp_path / "plain.pem", organisation="assessor")
    with pytest.raises(ConfigurationError) as told:
        next(make_service(signing_keys_dir=tmp_path))
    assert told.value.code == "key.plain"
