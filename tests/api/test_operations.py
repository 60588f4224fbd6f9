from __future__ import annotations

from importlib.metadata import version

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from ledger.settings import Settings
from tests.api.service import Service, transfer


def test_health_and_readiness_need_no_key(service: Service) -> None:
    assert service.get("/healthz").json() == {"status": "ok", "version": version("crossproof")}
    ready = service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["size"] == service.size


def test_readiness_tells_what_is_published_and_nothing_beyond_it(fresh: Service) -> None:
    fresh.record(transfer())
    assert fresh.get("/readyz").json()["size"] == 0
    fresh.publish()
    fresh.record(transfer())
    assert fresh.get("/readyz").json()["size"] == 1


def figures(service: Service) -> dict[tuple[str, ...], float]:
    """Read all samples: their name, then the values of their labels in order of the labels."""
    text = service.get("/metrics", "auditor").text
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_by_route_and_records_by_outcome(fresh: Service) -> None:
    statement = transfer()
    fresh.batch([statement, transfer()])
    fresh.record(statement)
    fresh.record(b"{")
    for _ in range(3):
        fresh.get(f"/v1/records/{transfer()['record_id']}", "shenzhen")
        fresh.get("/made/up")
    fresh.anchor()
    fresh.record(transfer())
    found = figures(fresh)
    requests = "crossproof_http_requests_total"
    assert found[requests, "POST", "/v1/batches", "201"] == 1
    assert found[requests, "POST", "/v1/records", "200"] == 1
    assert found[requests, "POST", "/v1/records", "400"] == 1
    assert found[requests, "GET", "/v1/records/{record_id}", "404"] == 3
    assert found[requests, "any", "unmatched", "404"] == 3
    assert found["crossproof_http_request_seconds_count", "POST", "/v1/records"] == 3
    assert found["crossproof_records_total", "added"] == 3
    assert found["crossproof_records_total", "duplicate"] == 1
    assert found["crossproof_log_size",] == 3
    assert found["crossproof_published_size",] == 2
    assert found["crossproof_anchored_size",] == 2
    assert found["crossproof_log_read_only",] == 0
    assert found["crossproof_body_bytes",] == 0


def test_metrics_of_two_applications_are_apart(fresh: Service, service: Service) -> None:
    fresh.record(transfer())
    before = figures(service)
    fresh.record(transfer())
    assert figures(service).get(("crossproof_records_total", "added")) == before.get(
        ("crossproof_records_total", "added")
    )


def test_app_of_settings_opens_a_node_publishes_and_closes_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Twice on the same files: what the first has logged, the second shows."""
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("node"), publish_interval=0.001)
    statement = transfer()
    for status in (201, 200):
        app = create_app(settings)
        with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:
            assert client.post("/v1/records", json=statement).status_code == status
    # Closed: nobody holds the store, and another node may open it.
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:
        assert client.get("/v1/log").json()["head"]["size"] == 1
