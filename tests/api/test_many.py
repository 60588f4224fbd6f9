"""POST /v1/bundles: the same bundles as one by one, for whoever may see them, in order."""

from __future__ import annotations

import json
from typing import Any

from api import many
from api.many import MAX_BODY_BYTES, MAX_MANY
from ledger.bundle import Bundle
from ledger.statement import new_record_id
from tests.api.service import Service, plan, transfer


def ask(service: Service, ids: Any, organisation: str | None = "shenzhen", **more: Any) -> Any:
    headers = {"Content-Type": "application/json", **service.headers(organisation)}
    body = more.pop("content", None) or json.dumps({"record_ids": ids})
    return service.client.post("/v1/bundles", content=body, headers=headers)


def test_many_bundles_are_those_that_are_given_one_by_one(fresh: Service) -> None:
    planned = plan()
    statements = [planned, *(transfer() for _ in range(2 * many._PAGE + 3))]
    fresh.batch(statements[:300])
    fresh.anchor()
    fresh.batch(statements[300:])
    fresh.publish()
    ids = [str(statement["record_id"]) for statement in reversed(statements)]
    answer = ask(fresh, ids)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "private, no-store"
    lines = answer.content.splitlines()
    assert len(lines) == len(ids)
    for record_id, line in list(zip(ids, lines, strict=True))[::50]:
        alone = fresh.get(f"/v1/records/{record_id}/bundle", "shenzhen").content
        assert Bundle.from_json(line) == Bundle.from_json(alone)
    anchored = [Bundle.from_json(line).anchor is not None for line in lines]
    assert anchored == [False] * (len(ids) - 300) + [True] * 300


def test_line_of_what_is_not_there_for_the_caller_is_a_problem(fresh: Service) -> None:
    shown, waiting = transfer(), transfer()
    fresh.record(shown)
    fresh.publish()
    fresh.record(waiting)
    ids = [waiting["record_id"], new_record_id(), shown["record_id"]]
    unpublished, unknown, line = map(json.loads, ask(fresh, ids).content.splitlines())
    told = (unpublished["code"], unpublished["status"], unpublished["record_id"])
    assert told == ("record.unpublished", 202, ids[0])
    assert (unknown["code"], unknown["record_id"]) == ("record.unknown", ids[1])
    assert line["entry"]["index"] == 0

    hidden = [json.loads(line) for line in ask(fresh, ids, "stranger").content.splitlines()]
    assert [line["code"] for line in hidden] == ["record.unknown"] * 3
    assert hidden[2] == {**unknown, "record_id": ids[2]}


def test_of_no_ids_there_are_no_lines(fresh: Service) -> None:
    answer = ask(fresh, [])
    assert (answer.status_code, answer.content) == (200, b"")


def test_many_is_refused_without_a_key_and_for_what_is_no_list_of_ids(service: Service) -> None:
    assert ask(service, [new_record_id()], None).status_code == 401
    assert ask(service, [new_record_id()] * MAX_MANY).status_code == 200
    for wrong in ([new_record_id()] * (MAX_MANY + 1), ["x"], [1], "x", None):
        assert ask(service, wrong).status_code == 400
    assert ask(service, None, content="[").status_code == 400
    assert ask(service, None, content=" " * (MAX_BODY_BYTES + 1)).status_code == 413


def test_trail_names_each_record_that_was_looked_at(fresh: Service) -> None:
    statements = [transfer(), transfer()]
    fresh.batch(statements)
    fresh.publish()
    ids = [statement["record_id"] for statement in statements]
    ask(fresh, ids)
    fresh.client.app.state.trail.flush()  # type: ignore[attr-defined]
    with fresh.node.log.store.trail() as rows:
        seen = [row.row for row in rows.read(1, 100)]
    assert [subject for subject in ids if any(subject in str(row) for row in seen)] == ids
