"""Dossiers over HTTP: what is found, by whom, and that nobody sees past his own reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from api.auth import Principal, Scope, make_key
from api.docket import reach_of
from ledger.dossier import Flag
from ledger.store import GROUPINGS, Reach, Wanted
from ledger.store.access import KeyRow
from tests.api.service import Service, plan, transfer

# Two regulators, and transfers between four places, by two exporters, to two recipients.
PLACES = ("CN", "HK", "MO", "SG")
ROUTES = [(one, other) for one, other in product(PLACES, PLACES) if one < other]
NOW = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def service(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    for made in make_service():
        # Other services share the rest of them.
        made.secrets = dict(made.secrets)
        _add_key(made, "macao", ("regulate",), ("MO",))
        _add_key(made, "two places", ("regulate",), ("HK", "SG"))
        _add_key(made, "shenzhen too", ("regulate", "read"), ("MO",), organisation="shenzhen")
        for number, (origin, destination) in enumerate(ROUTES):
            owner = ("shenzhen", "stranger")[number % 2]
            moved = transfer(
                occurred_at=f"2026-{number + 1:02}-15T08:15:00Z",
                exporter={"id": owner}, recipient={"id": ("hongkong", "lab")[number % 3 == 0]},
                scenario=("payroll", "trials")[number % 2], to=destination, **{"from": origin},
            )  # fmt: skip
            assert made.record(moved, owner).status_code == 201
        # Neither counts: a plan has no dossier here.
        assert made.record(plan(to="HK")).status_code == 201
        yield made


def _add_key(
    service: Service,
    name: str,
    scopes: tuple[str, ...],
    places: tuple[str, ...],
    *,
    organisation: str | None = None,
) -> None:
    owner = organisation or name
    secret, key = make_key(owner, scopes, places)
    row = KeyRow(
        key.prefix, key.digest, owner, list(scopes), list(places), datetime.now(UTC),
        None, None, None,
    )  # fmt: skip
    with service.node.log.store.access(write=True) as access:
        access.add_key(row)
    service.secrets[name] = secret


def found(service: Service, who: str, query: str = "") -> list[dict[str, Any]]:
    answer = service.get(f"/v1/dossiers?{query}", who)
    assert answer.status_code == 200, answer.text
    assert answer.json()["lag"] == {"entries": 0, "dossiers": 0}
    listed: list[dict[str, Any]] = answer.json()["dossiers"]
    return listed


def routes(items: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(item["from"], item["to"]) for item in items}


def counts(service: Service, who: str, query: str) -> dict[str, Any]:
    answer = service.get(f"/v1/dossiers/counts?{query}", who)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


WHO: dict[str, Callable[[dict[str, Any]], bool]] = {
    "regulator": lambda item: "HK" in (item["from"], item["to"]),
    "macao": lambda item: "MO" in (item["from"], item["to"]),
    "two places": lambda item: bool({"HK", "SG"} & {item["from"], item["to"]}),
    "shenzhen": lambda item: item["exporter"] == "shenzhen",
    "shenzhen too": lambda i: i["exporter"] == "shenzhen" or "MO" in (i["from"], i["to"]),
    "hongkong": lambda item: item["recipient"] == "hongkong",
    "stranger": lambda item: item["exporter"] == "stranger",
    "auditor": lambda _: True,
}


@pytest.mark.parametrize("who", WHO)
def test_each_sees_what_is_within_reach_and_no_more(service: Service, who: str) -> None:
    everything = found(service, "auditor")
    assert routes(everything) == set(ROUTES)
    mine = [item["record_id"] for item in everything if WHO[who](item)]
    assert [item["record_id"] for item in found(service, who)] == mine
    # Each is there for him at its own address too, and no other is.
    for item in everything:
        path = f"/v1/records/{item['record_id']}/dossier"
        expected = 200 if item["record_id"] in mine else 404
        assert service.get(path, who).status_code == expected


@pytest.mark.parametrize("by", sorted(GROUPINGS))
@pytest.mark.parametrize("who", WHO)
def test_counts_tell_nothing_of_what_is_beyond_reach(service: Service, who: str, by: str) -> None:
    mine = [item for item in found(service, "auditor") if WHO[who](item)]
    told = counts(service, who, f"by={by}")
    expected: dict[str, int] = {}
    for item in mine:
        values = {
            "jurisdiction": [item["from"], item["to"]], "month": [item["occurred_at"][:7]],
        }.get(by, [item.get(by)])  # fmt: skip
        for value in values:
            expected[value] = expected.get(value, 0) + 1
    assert {count["value"]: count["dossiers"] for count in told["counts"]} == expected
    assert told["total"]["dossiers"] == len(mine)
    assert not told["left_off"]


def _filters() -> list[str]:
    parties = ["exporter=shenzhen", "exporter=stranger", "recipient=hongkong", "recipient=lab"]
    places = [f"jurisdiction={place}" for place in PLACES]
    more = ["scenario=trials", "since=2026-03-01T00:00:00Z", "until=2026-03-01T00:00:00Z"]
    return [*parties, *places, *more, "flag=no-pre-assessment", "limit=1000", "cursor=1000"]


@pytest.mark.parametrize("query", _filters())
def test_no_filter_leads_beyond_reach(service: Service, query: str) -> None:
    everything = found(service, "auditor", query)
    for who, is_mine in WHO.items():
        mine = [item["record_id"] for item in everything if is_mine(item)]
        assert [item["record_id"] for item in found(service, who, query)] == mine, who
        if not query.startswith(("limit", "cursor")):
            assert counts(service, who, f"by=month&{query}")["total"]["dossiers"] == len(mine)


def test_filters_find_what_they_name(service: Service) -> None:
    assert routes(found(service, "auditor", "jurisdiction=MO&exporter=stranger")) == {
        ("CN", "MO"), ("HK", "MO"), ("MO", "SG"),
    }  # fmt: skip
    assert len(found(service, "auditor", "since=2026-03-01T00:00:00Z")) == 4
    assert len(found(service, "auditor", "until=2026-03-01T00:00:00Z")) == 2
    assert found(service, "auditor", "flag=stop-order&flag=deviation") == []
    first = found(service, "auditor", "limit=1")[0]
    assert Flag.NO_PRE_ASSESSMENT in first["flags"]
    assert first["stages"] == dict.fromkeys(("pre-assessment", "backup", "post-check"), "missing")
    assert first["ceiling_used"] is None


def test_pages_go_on_where_the_last_ended(service: Service) -> None:
    seen: list[str] = []
    query = "limit=2"
    while True:
        page = service.get(f"/v1/dossiers?{query}", "auditor").json()
        seen += [item["record_id"] for item in page["dossiers"]]
        if "next" not in page:
            break
        query = f"limit=2&cursor={page['next']}"
    assert seen == [item["record_id"] for item in found(service, "auditor")]
    assert len(seen) == 6


@pytest.mark.parametrize(
    "query",
    ["flag=nonsense", "jurisdiction=hk", "jurisdiction=HKG", "since=yesterday", "limit=0",
     "cursor=-1", f"exporter={'x' * 257}", "since=2026-03-01T00:00:00"],
)  # fmt: skip
def test_filters_that_are_none_are_named(service: Service, query: str) -> None:
    for path in ("/v1/dossiers?", "/v1/dossiers/counts?by=month&"):
        if "counts" in path and query.startswith(("limit", "cursor")):
            continue
        answer = service.get(f"{path}{query}", "auditor")
        assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")


def test_quotes_and_wildcards_in_a_name_are_a_name(service: Service) -> None:
    for name in ("%", "' OR 1=1 --", "shenzhen' --", "_"):
        answer = service.client.get(
            "/v1/dossiers", params={"exporter": name}, headers=service.headers("auditor")
        )
        assert answer.json()["dossiers"] == []


def test_what_a_regulator_looked_for_is_in_the_trail(service: Service) -> None:
    found(service, "macao", "exporter=stranger&flag=deviation")
    counts(service, "macao", "by=exporter")
    service.client.app.state.trail.flush()  # type: ignore[attr-defined]
    with service.node.log.store.trail() as trail:
        rows = [json.loads(row.row) for row in trail.all()]
    mine = [row for row in rows if row["organisation"] == "macao"][-2:]
    assert [(row["route"], row.get("subject"), row["status"]) for row in mine] == [
        ("/v1/dossiers", "exporter=stranger flag=deviation", 200),
        ("/v1/dossiers/counts", None, 200),
    ]


def test_what_was_just_recorded_is_told_at_once_and_lag_is_measured(service: Service) -> None:
    moved = transfer(occurred_at=NOW, to="SG", **{"from": "HK"})
    service.record(moved)
    assert found(service, "two places")[0]["record_id"] == moved["record_id"]
    text = service.get("/metrics", "auditor").text
    assert "crossproof_docket_lag_entries 0.0" in text
    assert "crossproof_docket_stale_rows 0.0" in text


def test_reach_of_one_who_may_read_nothing_is_nothing(service: Service) -> None:
    nobody = Principal("shenzhen", frozenset({Scope.SUBMIT, Scope.ATTEST}))
    assert reach_of(nobody) == Reach()
    docket = service.client.app.state.docket.docket  # type: ignore[attr-defined]
    assert docket.find(reach_of(nobody), Wanted(), limit=10) == []
    assert docket.tally(reach_of(nobody), Wanted()).dossiers == 0
    assert docket.tally_by("exporter", reach_of(nobody), Wanted(), limit=10) == []
