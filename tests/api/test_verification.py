from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from ledger.fingerprint import Fingerprint
from tests.api.service import Service, transfer

FILE = b"name,amount\n"
FINGERPRINT = Fingerprint.of_bytes(FILE, name="payroll.csv", sm3=True)
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
