"""A plan's state through HTTP: who sees it, and what a transfer must say next."""

from __future__ import annotations

from typing import Any

from tests.api.service import Service
from tests.plan_log import covered, plan


def state(service: Service, record_id: str, organisation: str = "shenzhen") -> Any:
    return service.get(f"/v1/records/{record_id}", organisation).json()["plan"]


def test_a_plan_tells_what_comes_next_to_those_who_may_read_it(fresh: Service) -> None:
    of = plan(transfers=3, personal=20)
    record_id = of.value["record_id"]
    assert fresh.record(of.value).status_code == 201
    assert state(fresh, record_id) == {
        "next_sequence": 1,
        "persons": {"personal": 0, "sensitive": 0},
        "left": {"transfers": 3, "personal": 20},
    }
    moved = [covered(of, 1, 12, 1).entry, covered(of, 2, 15, 2).entry]
    assert fresh.batch(b"\n".join(moved)).status_code == 201
    now = {
        "next_sequence": 3,
        "persons": {"personal": 15, "sensitive": 2},
        "left": {"transfers": 1, "personal": 5},
    }
    assert state(fresh, record_id) == state(fresh, record_id, "auditor") == now
    assert fresh.get(f"/v1/records/{record_id}", "stranger").status_code == 404
    transfer_id = fresh.get("/v1/records?kind=transfer", "shenzhen").json()["records"][0]
    assert state(fresh, transfer_id["record_id"]) is None


def test_a_place_that_cannot_be_had_is_a_conflict_that_names_its_line(fresh: Service) -> None:
    of = plan(transfers=2)
    fresh.record(of.value)
    lines = [covered(of, 1, 5).entry, covered(of, 2, 4).entry]
    refused = fresh.batch(b"\n".join(lines))
    assert refused.status_code == 409
    problem = refused.json()
    told = {name: problem[name] for name in ("code", "line", "expected", "found")}
    assert told == {
        "code": "plan.total",
        "line": 2,
        "expected": "personal 5 or more",
        "found": "personal 4",
    }
    assert "GET /v1/records" in problem["hint"]
    alone = fresh.record(covered(of, 2, 4).entry)
    assert (alone.status_code, alone.json()["code"]) == (409, "plan.sequence")
    assert fresh.size == 1
