from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from api.answers import Problem
from tests.api.service import Service, transfer

SECRET = "what-a-caller-sent"  # noqa: S105 - what must not be logged


def all_kinds_of_errors(service: Service) -> dict[str, Any]:
    """One answer of each kind, by whatever part of the program it comes from."""
    client, headers = service.client, service.headers("shenzhen")
    statement = transfer()
    service.record(statement)
    return {
        "no such path": client.get("/nowhere"),
        "no such method": client.delete("/v1/records"),
        "no key": client.get("/v1/records"),
        "no scope": client.get("/metrics", headers=headers),
        "wrong parameter": client.get("/v1/records?limit=x", headers=headers),
        "malformed statement": service.record(b"{"),
        "malformed line": service.batch(b"{"),
        "malformed verification": service.verify(),
        "conflict": service.record({**statement, "scenario": "other"}),
        "unknown record": service.get(f"/v1/records/{transfer()['record_id']}", "shenzhen"),
        "wrong media type": client.post("/v1/records", content=b"{}", headers=headers),
        "too large": service.record(b" " * (service.node.settings.max_record_bytes + 1)),
        "no such tile": client.get("/tile/9/999"),
    }


def test_every_error_has_the_one_shape(service: Service) -> None:
    for name, answer in all_kinds_of_errors(service).items():
        assert answer.headers["content-type"] == "application/problem+json", name
        assert answer.headers["cache-control"] == "no-store", name
        body = answer.json()
        assert set(body) <= set(Problem.model_fields), name
        problem = Problem.model_validate(body, strict=True)
        assert problem.status == answer.status_code >= 400, name
        assert "." in problem.code, name
        assert problem.detail, name
        # What is not known is left out, not null.
        assert None not in body.values(), name


@pytest.mark.parametrize(
    "path",
    ["/v1/records/", "/v1/log/", "/checkpoint/", "/healthz/", "/v1/log%0A", "/checkpoint%0a",
     "/tile/0/000.p/1%0a", "/%0A"],
)  # fmt: skip
def test_path_of_another_spelling_is_nothing(service: Service, path: str) -> None:
    """No redirect either: its address would come from the caller's Host header."""
    service.record(transfer())
    service.publish()
    assert service.get("/tile/0/000.p/1").status_code == 200
    answer = service.client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "request.path")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("/v1/records?order=x", ["newest", "oldest"]),
        ("/v1/dossiers?flag=x", ["deviation", "stop-order"]),
        ("/v1/dossiers/counts?by=x", ["month", "recipient"]),
        ("/desk?flag=x", ["deviation", "stop-order"]),
        ("/desk?by=x", ["month", "recipient"]),
    ],
)
def test_value_that_is_none_of_an_enumeration_is_told_with_those_that_are(
    service: Service, query: str, names: list[str]
) -> None:
    problem = service.get(query, "auditor").json()
    assert problem["code"] == "request.parameter"
    assert all(name in problem["expected"] for name in names), problem
    assert problem["found"] == query.partition("?")[2]


def test_error_of_the_method_names_those_that_are_allowed(service: Service) -> None:
    answer = service.client.delete("/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (405, "request.method")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "sent", "wanted"),
    [
        ("/v1/records", "text/plain", "application/json"),
        ("/v1/records", "application/x-ndjson", "application/json"),
        ("/v1/records", "", "application/json"),
        ("/v1/batches", "application/json", "application/x-ndjson"),
        ("/v1/batches", "multipart/form-data; boundary=x", "application/x-ndjson"),
        ("/v1/verifications", "text/plain", "application/json, application/pdf"),
    ],
)
def test_body_of_another_type_is_refused(
    service: Service, path: str, sent: str, wanted: str
) -> None:
    headers = {**service.headers("shenzhen"), "Content-Type": sent}
    answer = service.client.post(path, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "request.media-type")
    assert answer.headers["accept-post"] == wanted


@given(
    segments=st.lists(st.text(max_size=12), max_size=4),
    query=st.dictionaries(
        st.sampled_from(["cursor", "limit", "since", "kind", "format"]), st.text()
    ),
    start=st.sampled_from(["/v1/records", "/v1/records/x/bundle", "/tile", "/v1/anchors", ""]),
)
def test_request_of_any_path_and_query_is_no_incident(
    service: Service, segments: list[str], query: dict[str, str], start: str
) -> None:
    path = "/".join([start, *(quote(segment, safe="") for segment in segments)]) or "/"
    answer = service.get(path, "auditor", params=query)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_body_type_may_have_parameters(service: Service) -> None:
    headers = {**service.headers("shenzhen"), "Content-Type": "Application/JSON; charset=utf-8"}
    answer = service.client.post("/v1/records", content=b"{}", headers=headers)
    assert answer.json()["code"] == "statement.kind"


def test_body_compressed_is_refused(service: Service) -> None:
    headers = {
        **service.headers("shenzhen"),
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    answer = service.client.post("/v1/records", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "request.encoding")


def test_incident_is_answered_with_its_number_and_logged_without_secrets(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(service.node, "submit", fail)
    with capture_logs() as logged:
        answer = service.record(transfer(scenario=SECRET))
    assert (answer.status_code, answer.json()["code"]) == (500, "server.incident")
    assert SECRET not in answer.text
    (event,) = logged
    assert event["incident"] == answer.json()["incident"]
    assert event["error"] == "RuntimeError"
    assert any("test_problems.py" in frame for frame in event["frames"])
    assert SECRET not in str(event)
    assert service.secrets["shenzhen"] not in str(event)


def test_read_only_log_answers_reads_and_says_why_it_takes_nothing(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    """A restored copy of the database is older than what was acknowledged."""
    old, now = transfer(), transfer()
    data, copy = tmp_path / "data", tmp_path / "copy"
    for service in make_service(data_dir=data):
        service.record(old)
        service.publish()
    shutil.copytree(data, copy)
    for service in make_service(data_dir=data):
        service.record(now)
    shutil.copy(data / "head", copy / "head")
    for service in make_service(data_dir=copy):
        answer = service.record(transfer())
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "60"
        assert answer.json()["code"] == "log.behind-head-record"
        assert service.get("/readyz").json()["code"] == "log.behind-head-record"
        assert service.get("/readyz").status_code == 503
        assert service.get("/healthz").status_code == 200
        assert service.get("/v1/log").json()["read_only"]["code"] == "log.behind-head-record"
        assert service.get(f"/v1/records/{old['record_id']}", "shenzhen").status_code == 200
        assert service.get(f"/v1/records/{now['record_id']}", "shenzhen").status_code == 404
