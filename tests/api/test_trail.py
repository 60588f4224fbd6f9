"""The access trail of a running service: complete, without secrets, its head in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api import trail as trails
from api.trail import TrailWriter
from ledger.store import Store
from ledger.store.trail_rows import ChainedRow, TrailHead
from ledger.trail import LEDGER, Visit, chain, check, logged_heads
from tests.api.service import Service, transfer
from tests.deadline import eventually


def writer(service: Service) -> TrailWriter:
    found: TrailWriter = service.client.app.state.trail  # type: ignore[attr-defined]
    return found


def rows(service: Service) -> list[dict[str, Any]]:
    writer(service).flush()
    with service.node.log.store.trail() as trail:
        return [json.loads(row.row) for row in trail.all()]


def wrong(service: Service) -> list[str]:
    with service.node.log.store.trail() as trail:
        heads = logged_heads(service.node.log)
        return [str(error) for error in check(trail.all(), trail.head(), heads)]


def test_trail_tells_who_did_and_looked_at_what(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    path = f"/v1/records/{statement['record_id']}"
    fresh.get(path, "hongkong")
    fresh.get(path, "stranger")
    fresh.get(f"{path}/bundle?format=tlog-proof", "shenzhen")
    fresh.get("/metrics", "shenzhen")
    fresh.get("/tile/entries/000", "auditor")
    found = rows(fresh)
    assert [
        (row["organisation"], row["method"], row["route"], row.get("subject"), row["status"])
        for row in found
    ] == [
        ("shenzhen", "POST", "/v1/records", statement["record_id"], 201),
        ("hongkong", "GET", "/v1/records/{record_id}", statement["record_id"], 200),
        ("stranger", "GET", "/v1/records/{record_id}", statement["record_id"], 404),
        ("shenzhen", "GET", "/v1/records/{record_id}/bundle", statement["record_id"], 202),
        ("shenzhen", "GET", "/metrics", None, 403),
        ("auditor", "GET", "/tile/entries/{path:path}", "000", 404),
    ]
    for row in found:
        secret = fresh.secrets[row["organisation"]]
        assert row["credential"] == f"key:{secret.split('_')[1]}"
        assert secret.split("_", 2)[2] not in json.dumps(row)
        assert "tlog-proof" not in json.dumps(row)
    assert wrong(fresh) == []


def test_trail_holds_nothing_of_nobody_and_of_what_is_open(fresh: Service) -> None:
    for path in ("/v1/records", "/checkpoint", "/v1/anchors", "/healthz", "/nothing"):
        fresh.get(path)
    for path in ("/v1/anchors", "/healthz", "/openapi.json"):
        fresh.get(path, "shenzhen")
    fresh.client.get("/v1/records", headers={"Authorization": "Bearer cpk_x_y"})
    assert rows(fresh) == []


def test_trail_is_listed_for_auditors_page_by_page(fresh: Service) -> None:
    for _ in range(5):
        fresh.get("/v1/records", "shenzhen")
    writer(fresh).flush()
    found: list[Any] = []
    cursor = ""
    while True:
        page = fresh.get(f"/v1/trail?limit=2{cursor}", "auditor").json()
        found += page["rows"]
        if "next" not in page or len(found) >= 5:
            break
        cursor = f"&cursor={page['next']}"
    assert [row["number"] for row in found[:5]] == [1, 2, 3, 4, 5]
    assert {row["organisation"] for row in found[:5]} == {"shenzhen"}
    assert fresh.get("/v1/trail", "shenzhen").status_code == 403


def test_rows_are_written_without_being_asked_for(fresh: Service) -> None:
    fresh.get("/v1/records", "shenzhen")
    store = fresh.node.log.store

    def size() -> int:
        with store.trail() as trail:
            return trail.head().size

    eventually(lambda: size() == 1, "the row is written")


def test_head_is_logged_on_demand_and_proves_what_was_before(fresh: Service) -> None:
    fresh.get("/v1/records", "shenzhen")
    answer = fresh.client.post("/v1/trail/heads", headers=fresh.headers("auditor"))
    assert answer.status_code == 200, answer.text
    logged = answer.json()
    (head,) = logged_heads(fresh.node.log)
    assert (head.index, head.head.size) == (logged["index"], logged["count"]) == (0, 1)
    assert head.head.hash.hex() == logged["head"]
    assert fresh.node.log.submitter_of(0) == LEDGER
    # It is an entry like all others: listed, published, in a bundle.
    fresh.anchor()
    (record,) = fresh.get("/v1/records?kind=trail", "auditor").json()["records"]
    assert fresh.get(f"/v1/records/{record['record_id']}/bundle", "auditor").status_code == 200
    assert fresh.get("/v1/records?kind=trail", "shenzhen").json()["records"] == []
    assert wrong(fresh) == []
    # Chained anew from the first row on, as whoever has the database can:
    with fresh.node.log.store._engine.begin() as connection:
        connection.execute(text("DELETE FROM trail"))
        connection.execute(text("UPDATE trail_head SET count = 0"))
    assert any("rows 1 to 1 " in told for told in wrong(fresh))


def test_head_without_news_is_the_one_that_is_logged(fresh: Service) -> None:
    assert writer(fresh).log_head() is None
    fresh.get("/v1/records", "shenzhen")
    first = writer(fresh).log_head()
    assert first is not None
    assert writer(fresh).log_head() == first
    assert fresh.size == 1


def test_head_is_logged_once_a_day(fresh: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.get("/v1/records", "shenzhen")
    writer(fresh).flush()
    assert fresh.size == 0
    monkeypatch.setattr(trails, "HEAD_EVERY", timedelta(0))
    eventually(lambda: fresh.size >= 1, "a head is logged")
    monkeypatch.setattr(trails, "HEAD_EVERY", timedelta(days=1))
    newest = logged_heads(fresh.node.log)[-1]
    assert datetime.now(UTC) - newest.until < timedelta(minutes=5)


def test_nobody_reads_on_while_accesses_cannot_be_written(
    fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh.node.log.store._engine.begin() as connection:
        connection.execute(text("ALTER TABLE trail RENAME TO away"))
    assert fresh.get("/v1/records", "shenzhen").status_code == 200
    monkeypatch.setattr(trails, "BEHIND_SECONDS", 0.0)
    answer = fresh.get("/v1/records", "shenzhen")
    assert (answer.status_code, answer.json()["code"]) == (503, "trail.unavailable")
    assert fresh.record(transfer()).status_code == 503
    # What is open, and so written down nowhere, goes on.
    assert fresh.get("/v1/anchors").status_code == 200
    with fresh.node.log.store._engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO trail"))
    # Nothing was lost: what could not be written waits.
    writer(fresh).flush()
    assert fresh.get("/v1/records", "shenzhen").status_code == 200
    assert [row["status"] for row in rows(fresh)] == [200, 503, 503, 200]
    assert wrong(fresh) == []


def test_rows_are_chained_again_where_another_process_was_faster(
    fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Visit(
        time=datetime.now(UTC),
        organisation="shenzhen",
        credential="key:theirs",
        method="GET",
        route="/v1/records",
        status=200,
    )

    def slower(head: TrailHead, visits: Sequence[Visit]) -> list[ChainedRow]:
        monkeypatch.setattr(trails, "chain", chain)
        with fresh.node.log.store.trail(write=True) as added:
            added.add(chain(head, [theirs]), old=head)
        return chain(head, visits)

    monkeypatch.setattr(trails, "chain", slower)
    fresh.get("/v1/records", "shenzhen")
    writer(fresh).flush()
    assert [row["credential"] == "key:theirs" for row in rows(fresh)] == [True, False]
    assert wrong(fresh) == []


def test_rows_waiting_are_bounded(fresh: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with writer(fresh)._writing:
        fresh.get("/v1/records", "shenzhen")
        fresh.get("/v1/records", "shenzhen")
        monkeypatch.setattr(trails, "MAX_WAITING", 1)
        assert fresh.get("/v1/records", "shenzhen").json()["code"] == "trail.unavailable"


def test_rows_that_wait_are_written_when_the_server_stops(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    service_of = make_service()
    service = next(service_of)
    for _ in range(3):
        service.get("/v1/records", "shenzhen")
    url = service.node.settings.database
    with pytest.raises(StopIteration):
        next(service_of)
    with Store.open(url) as store, store.trail() as trail:
        assert trail.head().size == 3
