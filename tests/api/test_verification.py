from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import OrderedDict
from hashlib import sha256
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from api.desk import KEYLESS_THREADS, WAITING_KEYLESS, Desks
from api.openapi import MAX_FILES
from ledger.anchor import Anchor, ChainFacts
from ledger.bundle import MAX_BUNDLE_SIZE
from ledger.canonical import canonicalize
from ledger.fingerprint import Fingerprint
from ledger.tile import MAX_ENTRY_SIZE
from tests.api.service import Service, transfer

KEYLESS_WORK = KEYLESS_THREADS + WAITING_KEYLESS
FILE = b"name,amount\n"
FINGERPRINT = Fingerprint.of_bytes(FILE, name="payroll.csv", sm3=True)
DIGEST = b'"%b"' % FINGERPRINT.digests["sha-256"].encode()
OTHER = Fingerprint.of_bytes(b"name,amount\r\n", name="payroll.csv", sm3=True)


@pytest.fixture(scope="module")
def bundle(service: Service) -> dict[str, Any]:
    """The bundle of an anchored transfer of one file."""
    statement = transfer(files=[FINGERPRINT.to_value()])
    service.batch([transfer(), statement, transfer()])
    service.anchor()
    found: dict[str, Any] = service.get(
        f"/v1/records/{statement['record_id']}/bundle", "shenzhen"
    ).json()
    return found


def failed(report: dict[str, Any]) -> set[str]:
    return {check["code"] for check in report["checks"] if check["status"] == "failed"}


@pytest.mark.parametrize("file", [FINGERPRINT.to_value(), FINGERPRINT.digests["sha-256"]])
def test_verification_of_bundle_and_file_is_verified(
    service: Service, bundle: dict[str, Any], file: object
) -> None:
    answer = service.verify(bundle=bundle, files=[file])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.crossproof.report.v1+json"
    report = answer.json()
    assert report["verdict"] == "verified"
    assert report["sandbox"] is True
    assert report["statement"]["scenario"] == "payroll"


@pytest.mark.parametrize("file", [OTHER.to_value(), OTHER.digests["sha-256"]])
def test_verification_of_another_file_fails(
    service: Service, bundle: dict[str, Any], file: object
) -> None:
    report = service.verify(bundle=bundle, files=[file]).json()
    assert report["verdict"] == "failed"
    assert failed(report) == {"file.digest"}


def test_verification_without_the_file_is_undetermined_unless_waived(
    service: Service, bundle: dict[str, Any]
) -> None:
    assert service.verify(bundle=bundle).json()["verdict"] == "undetermined"
    assert service.verify(bundle=bundle, without_files=True).json()["verdict"] == "verified"


def test_verification_of_a_changed_entry_fails_and_shows_no_claim(
    service: Service, bundle: dict[str, Any]
) -> None:
    body = b64decode(bundle["entry"]["body"]).replace(b"payroll", b"payr0ll")
    changed = {**bundle, "entry": {**bundle["entry"], "body": b64encode(body).decode()}}
    report = service.verify(bundle=changed, without_files=True).json()
    assert report["verdict"] == "failed"
    assert "entry.inclusion" in failed(report)
    assert "statement" not in report


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, {"mediaType": "x"}])
def test_verification_of_what_is_no_bundle_is_a_report(service: Service, value: object) -> None:
    answer = service.verify(bundle=value)
    assert answer.status_code == 200
    assert failed(answer.json()) == {"bundle.format"}


def test_verification_of_an_anchor_on_an_unknown_chain_asks_nobody(
    service: Service, bundle: dict[str, Any]
) -> None:
    elsewhere = {**bundle["anchor"], "chain_id": 1, "sandbox": False}
    report = service.verify(bundle={**bundle, "anchor": elsewhere}, without_files=True).json()
    assert report["verdict"] == "undetermined"
    (chain,) = [check for check in report["checks"] if check["code"] == "anchor.chain"]
    assert (chain["status"], chain["reason"]) == ("undetermined", "chain.unknown")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json.invalid"),
        (b"{", "json.invalid"),
        (b"[]", "members.malformed"),
        (b"{}", "members.malformed"),
        (b'{"bundle": {}, "bundle": {}}', "json.duplicate-name"),
        (b'{"bundle": {}, "trust": {}}', "members.malformed"),
        (b'{"bundle": {}, "files": {}}', "members.malformed"),
        (b'{"bundle": {}, "files": ["abc"]}', "members.malformed"),
        (b'{"bundle": {}, "files": [%b]}' % b",".join([DIGEST] * 657), "members.malformed"),
        (b'{"bundle": {}, "files": [{"size": 1}]}', "fingerprint.malformed"),
        (b'{"bundle": {}, "without_files": 1}', "members.malformed"),
    ],
)
def test_verification_of_a_malformed_request_is_a_problem(
    service: Service, body: bytes, code: str
) -> None:
    answer = service.client.post(
        "/v1/verifications", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_verification_of_a_bundle_cut_in_half_is_a_problem(
    service: Service, bundle: dict[str, Any]
) -> None:
    body = json.dumps({"bundle": bundle}).encode()
    answer = service.client.post(
        "/v1/verifications",
        content=body[: len(body) // 2],
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "json.invalid")


def test_verification_of_every_file_that_an_entry_can_name(service: Service) -> None:
    """The limit of a request's files leaves out no record."""
    files: list[dict[str, Any]] = []
    room = MAX_ENTRY_SIZE - len(canonicalize(transfer(files=files)))
    while room > len(canonicalize(bare(len(files)))) + 1:
        files.append(bare(len(files)))
        room -= len(canonicalize(files[-1])) + 1
    assert 600 < len(files) <= MAX_FILES
    statement = transfer(files=files)
    service.record(statement)
    service.publish()
    found = service.get(f"/v1/records/{statement['record_id']}/bundle", "shenzhen").json()
    report = service.verify(bundle=found, files=[f["digests"]["sha-256"] for f in files]).json()
    told = [check["status"] for check in report["checks"] if check["code"] == "file.digest"]
    assert told == ["verified"] * len(files)


def bare(number: int) -> dict[str, Any]:
    """Make the shortest fingerprint that there is."""
    return {"size": 0, "digests": {"sha-256": sha256(b"%d" % number).hexdigest()}}


def test_verification_asks_the_chain_once_for_many_callers(
    service: Service, bundle: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = service.client.app
    assert isinstance(app, FastAPI)
    chain = service.node.verifier_chain()
    asked: list[Anchor] = []

    def counted(anchor: Anchor) -> ChainFacts:
        asked.append(anchor)
        return chain.facts(anchor)

    desks: Desks = app.state.desks
    monkeypatch.setattr(desks.anyone.chain, "_source", SimpleNamespace(facts=counted))
    monkeypatch.setattr(desks.anyone.chain, "_known", OrderedDict())
    for _ in range(20):
        answer = service.verify(bundle=bundle, without_files=True)
        assert answer.json()["verdict"] == "verified"
    assert len(asked) == 1


def test_verification_with_a_key_may_be_as_large_as_a_bundle(
    service: Service, bundle: dict[str, Any]
) -> None:
    """A bundle of 16 MiB can be verified, and no stranger can make the server hold as much."""
    body = json.dumps({"bundle": bundle, "without_files": True}).encode()
    body += b" " * (MAX_BUNDLE_SIZE - len(body))
    headers = {"Content-Type": "application/json", **service.headers("hongkong")}
    answer = service.client.post("/v1/verifications", content=body, headers=headers)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "verified")
    for stranger in (None, "nobody"):
        headers = {"Content-Type": "application/json", **service.headers(stranger)}
        answer = service.client.post("/v1/verifications", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too-large")
        assert answer.json()["expected"] == f"at most {2**18} bytes"


def test_verification_of_strangers_does_not_hold_up_those_with_a_key(
    service: Service, bundle: dict[str, Any]
) -> None:
    """All threads of the one desk wait; at the other one nothing is to be noticed of it."""
    app = service.client.app
    assert isinstance(app, FastAPI)
    desks: Desks = app.state.desks
    release = Event()
    workers = desks.anyone.workers
    portal = service.client.portal
    assert portal is not None
    held = [portal.start_task_soon(workers.run, release.wait) for _ in range(KEYLESS_WORK)]
    try:
        answer = service.verify(bundle=bundle)
        assert (answer.status_code, answer.json()["code"]) == (503, "server.busy")
        body = json.dumps({"bundle": bundle, "without_files": True}).encode()
        headers = {"Content-Type": "application/json", **service.headers("hongkong")}
        answer = service.client.post("/v1/verifications", content=body, headers=headers)
        assert (answer.status_code, answer.json()["verdict"]) == (200, "verified")
        assert service.record(transfer()).status_code == 201
        assert service.get("/healthz").status_code == 200
    finally:
        release.set()
    assert all(task.result(60) for task in held)
