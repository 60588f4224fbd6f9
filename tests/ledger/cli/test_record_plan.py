"""`crossproof record --plan`: the next place under a plan, asked for and filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle import Bundle
from tests.crossproof import CommandLine, Outcome, Served
from tests.ledger.cli.test_record import MEMBERS, logged_id, write

_PLANNED = {
    "kind": "plan",
    "ceilings": {"transfers": 3, "personal": 10},
    "period": {"from": "2026-01-01", "until": "2026-12-31"},
}


@pytest.fixture
def plan(crossproof: CommandLine, here: Path, sandbox_ledger: Served) -> str:
    """A plan that is logged; its record id."""
    members = {name: member for name, member in MEMBERS.items() if name != "occurred_at"}
    (here / "plan.json").write_text(json.dumps({**members, **_PLANNED}))
    server = ("--server", sandbox_ledger.url)
    return logged_id(crossproof("record", "--from-json", "plan.json", *server))


def moved(crossproof: CommandLine, served: Served, plan: str, *more: str) -> Outcome:
    return crossproof(
        "record", "--from-json", "s.json", "-o", "s.bundle.json", "--server", served.url,
        "--plan", plan, *more,
    )  # fmt: skip


def covered_by(here: Path) -> Any:
    body = Bundle.from_json((here / "s.bundle.json").read_bytes()).entry.body
    return json.loads(body)["covered_by"]


def test_record_under_a_plan_takes_one_place_after_the_other(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served, plan: str
) -> None:
    write(here / "s.json")
    totals = ("--persons-total", "4", "--sensitive-total", "2")
    assert moved(crossproof, sandbox_ledger, plan, *totals).code == 0
    first = covered_by(here)
    assert (first["plan"]["record_id"], first["sequence"]) == (plan, 1)
    assert first["persons"] == {"personal": 4, "sensitive": 2}
    bundle = Bundle.from_json((here / "s.bundle.json").read_bytes())
    assert bundle.plan is not None, "the leaf hash is the plan's"

    # Where nothing sensitive moves, that total stays as it was.
    item = {**MEMBERS["data_items"][0], "sensitive": False}
    write(here / "s.json", data_items=[item])
    assert moved(crossproof, sandbox_ledger, plan, "--persons-total", "9").code == 0
    second = covered_by(here)
    assert (second["sequence"], second["persons"]) == (2, {"personal": 9, "sensitive": 2})

    for total, code in (("8", "plan.total"), ("11", "plan.ceiling")):
        refused = moved(crossproof, sandbox_ledger, plan, "--persons-total", total)
        assert (refused.code, code in refused.stderr) == (1, True), refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--plan", "0190e2c1-7c1e-7b6a-9d3b-1f6f2a1b3c4d"),
        ("--persons-total", "3"),
        ("--sensitive-total", "3"),
        ("--plan", "nonsense", "--persons-total", "3"),
        ("--plan", "0190e2c1-7c1e-7b6a-9d3b-1f6f2a1b3c4d", "--persons-total", "-1"),
    ],
)
def test_record_with_half_a_place_under_a_plan_exits_2(
    crossproof: CommandLine, here: Path, arguments: tuple[str, ...]
) -> None:
    write(here / "s.json")
    outcome = crossproof("record", "--from-json", "s.json", *arguments)
    assert outcome.code == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_record_under_a_plan_asks_for_the_sensitive_total_where_sensitive_data_moves(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served, plan: str
) -> None:
    write(here / "s.json")
    outcome = moved(crossproof, sandbox_ledger, plan, "--persons-total", "4")
    assert (outcome.code, "--sensitive-total" in outcome.stderr) == (2, True)


def test_record_under_what_is_no_plan_is_told(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    server = ("--server", sandbox_ledger.url)
    other = logged_id(crossproof("record", "--from-json", write(here / "s.json"), *server))
    outcome = moved(crossproof, sandbox_ledger, other, "--persons-total", "4")
    assert (outcome.code, "client.no-plan" in outcome.stderr) == (1, True)
