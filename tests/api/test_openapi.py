from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.openapi import EXAMPLE, document
from ledger.settings import Settings
from ledger.statement import Statement
from tests.api.service import Service, transfer

SNAPSHOT = Path(__file__).with_name("openapi.json")
WITHOUT_BODY = {"POST /v1/trail/heads", "POST /v1/webhooks/{webhook_id}/test"}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings.load(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def written(app: FastAPI) -> dict[str, Any]:
    return document(app)


def operations(written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in written["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def is_open(operation: dict[str, Any]) -> bool:
    """Say whether no key is needed, whatever one is good for."""
    return {} in operation.get("security", [{}])


def test_openapi_is_the_committed_one(written: dict[str, Any]) -> None:
    """CROSSPROOF_WRITE_SNAPSHOTS=1 writes it anew; the change is then to be reviewed."""
    text = json.dumps(written, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("CROSSPROOF_WRITE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(text, "utf-8")
    assert SNAPSHOT.read_text("utf-8") == text


def test_openapi_is_served(service: Service) -> None:
    assert service.get("/openapi.json").json() == document(service.client.app)  # type: ignore[arg-type]


def test_pages_that_load_scripts_from_elsewhere_are_not_served(service: Service) -> None:
    assert service.get("/redoc").status_code == 404
    assert "swagger" not in service.get("/docs").text.lower()


def test_openapi_references_lead_somewhere(written: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(written)))
    assert references
    for reference in references:
        found = written
        for part in reference.split("/"):
            found = found[part]


def test_openapi_tells_everything_of_each_operation(written: dict[str, Any]) -> None:
    for name, operation in operations(written).items():
        assert operation["summary"], name
        assert operation["description"], name
        assert "422" not in operation["responses"], name
        assert "application/problem+json" in operation["responses"]["default"]["content"], name
        if name.startswith(("POST", "PUT")) and name not in WITHOUT_BODY:
            assert operation["requestBody"]["content"], name
        for parameter in operation.get("parameters", ()):
            assert parameter["schema"], name


def test_openapi_asks_for_a_key_where_one_is_needed(written: dict[str, Any]) -> None:
    closed = {name for name, operation in operations(written).items() if not is_open(operation)}
    assert closed == {
        "POST /v1/records",
        "POST /v1/batches",
        "GET /v1/records",
        "GET /v1/records/{record_id}",
        "GET /v1/records/{record_id}/bundle",
        "GET /v1/records/{record_id}/certificate.pdf",
        "POST /v1/bundles",
        "GET /v1/records/{record_id}/attestations",
        "POST /v1/records/{record_id}/attestations",
        "POST /v1/records/{record_id}/statuses",
        "GET /v1/records/{record_id}/dossier",
        "GET /v1/dossiers",
        "GET /v1/dossiers/counts",
        "GET /tile/entries/{path}",
        "GET /metrics",
        "GET /v1/trail",
        "POST /v1/trail/heads",
        "PUT /v1/status-lists/{list_id}",
        "POST /v1/webhooks",
        "GET /v1/webhooks",
        "GET /v1/webhooks/{webhook_id}",
        "DELETE /v1/webhooks/{webhook_id}",
        "POST /v1/webhooks/{webhook_id}/test",
    }


def test_openapi_example_is_a_statement_that_is_taken(written: dict[str, Any]) -> None:
    assert Statement.parse(json.dumps(EXAMPLE).encode()).kind == "transfer"
    validate(written, {"$ref": "#/components/schemas/Transfer"}, dict(EXAMPLE))


def validate(written: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    whole = {**schema, "components": written["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def test_openapi_describes_the_answers_that_are_given(
    fresh: Service, written: dict[str, Any]
) -> None:
    """Each JSON answer is held against the schema that the document gives for its status."""
    statement = transfer()
    record = f"/v1/records/{statement['record_id']}"
    answers = [("POST /v1/records", fresh.record(statement))]
    answers += [
        ("GET /v1/records/{record_id}/bundle", fresh.get(f"{record}/bundle", "shenzhen")),
        ("POST /v1/records", fresh.record(statement)),
        ("POST /v1/batches", fresh.batch([transfer(), transfer()])),
        ("GET /v1/log", fresh.get("/v1/log")),
        ("GET /v1/records/{record_id}", fresh.get(record, "shenzhen")),
    ]
    fresh.anchor()
    bundle = fresh.get(f"{record}/bundle", "shenzhen")
    answers += [
        ("GET /v1/records/{record_id}/bundle", bundle),
        ("GET /v1/records/{record_id}", fresh.get(record, "shenzhen")),
        ("GET /v1/records", fresh.get("/v1/records?limit=1", "shenzhen")),
        ("GET /v1/records", fresh.get("/v1/records", "shenzhen")),
        ("GET /v1/records", fresh.get("/v1/records?limit=0", "shenzhen")),
        ("GET /v1/anchors", fresh.get("/v1/anchors")),
        ("GET /v1/log", fresh.get("/v1/log")),
        ("GET /v1/trust", fresh.get("/v1/trust")),
        ("GET /healthz", fresh.get("/healthz")),
        ("GET /readyz", fresh.get("/readyz")),
        ("POST /v1/verifications", fresh.verify(bundle=bundle.json())),
        ("POST /v1/verifications", fresh.verify(bundle={})),
        ("POST /v1/verifications", fresh.verify()),
    ]
    described = operations(written)
    for name, answer in answers:
        response = described[name]["responses"][str(answer.status_code)]
        media_type = answer.headers["content-type"].partition(";")[0]
        validate(written, response["content"][media_type]["schema"], answer.json())


def test_docs_name_every_endpoint_and_its_scope(written: dict[str, Any], repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    rows = re.findall(r"^\| `((?:DELETE|GET|POST|PUT) [^`]+)` \| ([^|]+) \|", text, re.MULTILINE)
    told = dict(rows)
    assert set(told) == set(operations(written))
    for name, operation in operations(written).items():
        assert (told[name] == "open") == is_open(operation), name


def test_docs_name_every_code_that_requests_can_meet(repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z]+\.[a-z-]+)`", text))
    sources = [
        *(repository / "api").rglob("*.py"),
        *(repository / "ledger" / f"{name}.py" for name in ("batch", "canonical", "statement")),
    ]
    families = "auth|batch|checkpoint|fingerprint|json|record|request|server|statement|tile"
    raised: set[str] = set()
    for source in sources:
        raised |= set(re.findall(rf'"((?:{families})\.[a-z-]+)"', source.read_text("utf-8")))
    formats = (repository / "ledger" / "kinds" / "formats.py").read_text("utf-8")
    raised |= {f"statement.{name}" for name in re.findall(r'_malformed\(\s*"([a-z-]+)"', formats)}
    # Of an operator's settings, and of a verifier's input.
    elsewhere = {
        "auth.bind",
        "auth.keys-file",
        "auth.organisation",
        "auth.jurisdictions",
        "statement.not-canonical",
    }
    assert len(raised) >= 40
    assert raised - told == elsewhere
