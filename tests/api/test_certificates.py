"""Certificates over HTTP: who gets one, what it holds, and PDFs that are sent in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from ledger.attachment import bundle_in
from ledger.errors import ConfigurationError
from ledger.fingerprint import Fingerprint
from ledger.node import Node
from ledger.settings import Settings
from tests.api.service import Service, plan, transfer
from tests.portable_document import attached, needs_poppler, squeezed, text_of
from tests.seal_key import PASSPHRASE, write_seal

FILE = b"name,amount\n"
FINGERPRINT = Fingerprint.of_bytes(FILE, name="payroll.csv")
AS_OF = "2036-01-01T00:00:00Z"


def certificate(service: Service, record_id: object, who: str | None, **query: str) -> Any:
    return service.get(f"/v1/records/{record_id}/certificate.pdf", who, params=query)


@pytest.fixture(scope="module")
def record_id(service: Service) -> str:
    """An anchored transfer of one file, from `shenzhen` to `hongkong`."""
    statement = transfer(files=[FINGERPRINT.to_value()])
    service.batch([transfer(), statement, transfer()])
    service.anchor()
    return str(statement["record_id"])


@pytest.fixture(scope="module")
def pdf(service: Service, record_id: str) -> bytes:
    return bytes(certificate(service, record_id, "shenzhen", as_of=AS_OF).content)


def sent(service: Service, data: bytes, query: str = "", who: str | None = None) -> Any:
    headers = {"Content-Type": "application/pdf", **service.headers(who)}
    return service.client.post(f"/v1/verifications{query}", content=data, headers=headers)


def test_certificate_holds_the_bundle_that_the_caller_would_get(
    service: Service, record_id: str
) -> None:
    answer = certificate(service, record_id, "shenzhen")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{record_id}.certificate.pdf"' in answer.headers["content-disposition"]
    bundle = service.get(f"/v1/records/{record_id}/bundle", "shenzhen").content
    assert attached(answer.content) == {f"{record_id}.bundle.json": bundle}


def test_certificate_is_the_same_for_the_same_time(
    service: Service, record_id: str, pdf: bytes
) -> None:
    again = certificate(service, record_id, "shenzhen", as_of="2036-01-01T08:00:00+08:00")
    assert again.content == pdf
    cached = service.get(
        f"/v1/records/{record_id}/certificate.pdf",
        "shenzhen",
        params={"as_of": AS_OF},
        headers={"If-None-Match": again.headers["etag"]},
    )
    assert cached.status_code == 304
    assert "private" in again.headers["cache-control"]


@needs_poppler
def test_certificate_of_an_embedded_chain_says_sandbox(pdf: bytes) -> None:
    text = squeezed(text_of(pdf))
    assert "Anchoredonasandboxchain" in text
    assert "payroll.csv" in text
    assert "2036-01-01T00:00:00Z" in text


def test_recipient_and_auditor_get_it_and_no_one_else(service: Service, record_id: str) -> None:
    for who in ("hongkong", "auditor", "regulator"):
        assert certificate(service, record_id, who).status_code == 200, who
    missing = certificate(service, "0193502a-5c00-7d2e-9b61-3f0c8a7e4d15", "stranger")
    hidden = certificate(service, record_id, "stranger")
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    assert certificate(service, record_id, "nobody").status_code == 403
    assert certificate(service, record_id, None).status_code == 401


def test_recipient_gets_no_plan_that_he_may_not_see(fresh: Service) -> None:
    """The certificate shows what is in the caller's own bundle, and no more."""
    planned = plan()
    fresh.batch([planned])
    statement = transfer()
    fresh.batch([statement])
    fresh.anchor()
    answer = certificate(fresh, statement["record_id"], "hongkong")
    bundle = fresh.get(f"/v1/records/{statement['record_id']}/bundle", "hongkong").content
    assert bundle_in(answer.content) == bundle
    assert planned["record_id"].encode() not in bundle


def test_certificate_of_an_unpublished_record_is_asked_for_again(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    waiting = certificate(fresh, statement["record_id"], "shenzhen")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "1")
    fresh.publish()
    made = certificate(fresh, statement["record_id"], "shenzhen")
    assert made.status_code == 200
    assert b"%PDF-" in made.content[:8]


def test_certificate_for_a_time_before_the_anchor_is_undetermined(
    service: Service, record_id: str
) -> None:
    early = certificate(service, record_id, "shenzhen", as_of="2020-01-01T00:00:00Z")
    assert early.status_code == 200
    assert early.content != certificate(service, record_id, "shenzhen", as_of=AS_OF).content


@pytest.mark.parametrize("as_of", ["yesterday", "2026-01-01T00:00:00", ""])
def test_certificate_for_no_time_is_a_problem(service: Service, record_id: str, as_of: str) -> None:
    answer = certificate(service, record_id, "shenzhen", as_of=as_of)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")


def test_verification_takes_the_pdf(service: Service, pdf: bytes) -> None:
    digest = FINGERPRINT.digests["sha-256"]
    report = sent(service, pdf, f"?file={digest}", "shenzhen").json()
    assert report["verdict"] == "verified"
    assert report["statement"]["scenario"] == "payroll"
    assert sent(service, pdf, "?without_files=true", "shenzhen").json()["verdict"] == "verified"
    assert sent(service, pdf, "", "shenzhen").json()["verdict"] == "undetermined"
    other = sent(service, pdf, f"?file={'0' * 64}", "shenzhen").json()
    assert other["verdict"] == "failed"


def test_verification_of_a_pdf_is_open_to_anyone(service: Service, pdf: bytes) -> None:
    assert sent(service, pdf, "?without_files=true").json()["verdict"] == "verified"


@pytest.mark.parametrize("size", [0, 4, 5, 1_000, -1_000])
def test_verification_of_a_broken_pdf_is_a_report(service: Service, pdf: bytes, size: int) -> None:
    answer = sent(service, pdf[:size], "?without_files=true")
    (check,) = answer.json()["checks"]
    assert answer.status_code == 200
    assert (check["code"], check["status"], check["reason"]) == (
        "bundle.format", "failed", "pdf.format",
    )  # fmt: skip


@pytest.mark.parametrize("query", ["?file=abc", "?file=" + "A" * 64, "?without_files=perhaps"])
def test_verification_of_a_pdf_with_wrong_parameters_is_a_problem(
    service: Service, pdf: bytes, query: str
) -> None:
    answer = sent(service, pdf, query)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")


def test_pdf_that_is_sent_as_json_is_a_problem(service: Service, pdf: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = service.client.post("/v1/verifications", content=pdf, headers=headers)
    assert answer.status_code == 400


def test_server_seals_and_names_its_page(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    write_seal(tmp_path / "seal.p12")
    made = make_service(
        seal_file=tmp_path / "seal.p12",
        seal_passphrase=PASSPHRASE,
        public_url="https://ledger.example.com/",
    )
    for service in made:
        statement = transfer()
        service.record(statement)
        service.anchor()
        answer = certificate(service, statement["record_id"], "shenzhen")
        assert b"/ETSI.CAdES.detached" in answer.content
        assert sent(service, answer.content, "?without_files=true").json()["verdict"] == "verified"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"seal_file": Path("nowhere.p12")}, "seal.file"),
        ({"public_url": "https://ledger.example.com/" + "a" * 300}, "certificate.page"),
    ],
)
def test_server_with_an_unusable_setting_does_not_start(
    tmp_path: Path, given: dict[str, Any], code: str
) -> None:
    node = Node.open(Settings.load(data_dir=tmp_path, **given))
    try:
        with pytest.raises(ConfigurationError) as caught:
            create_app(node)
    finally:
        node.close()
    assert caught.value.code == code
