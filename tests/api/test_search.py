"""Searching over HTTP: each filter finds what it names, and nobody what is not his."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from api.searching import KindName
from ledger.canonical import canonicalize
from ledger.kinds import KINDS
from ledger.merkle import leaf_hash
from tests.api.service import Service, plan, transfer

DIGEST, SM3 = "ab" * 32, "cd" * 32


def leaf_of(statement: dict[str, Any]) -> str:
    return leaf_hash(canonicalize(statement)).hex()


SECRET_PLAN = plan(exporter={"id": "maker"}, recipient={"id": "buyer"}, to="SG", scenario="secret")
# Of `stranger`, from nobody's jurisdiction to nobody's, with a value for every filter.
SECRET = transfer(
    exporter={"id": "maker"},
    recipient={"id": "buyer"},
    onward_recipients=[{"id": "further"}],
    **{"from": "MO"},
    to="SG",
    scenario="secret",
    occurred_at="2026-03-03T00:00:00Z",
    files=[{"size": 1, "digests": {"sha-256": DIGEST, "sm3": SM3}}],
    parents=[{"record_id": SECRET_PLAN["record_id"], "leaf_hash": leaf_of(SECRET_PLAN)}],
)
FILTERS: dict[str, str] = {
    "leaf": leaf_of(SECRET),
    "digest": DIGEST,
    "organisation": "stranger",
    "exporter": "maker",
    "recipient": "further",
    "from": "MO",
    "to": "SG",
    "scenario": "secret",
    "kind": "transfer",
    "names": leaf_of(SECRET_PLAN),
    "since": "2020-01-01T00:00:00Z",
    "until": "2200-01-01T00:00:00Z",
    "occurred_since": "2026-03-03T00:00:00Z",
    "occurred_until": "2026-03-03T00:00:01Z",
}


@pytest.fixture(scope="module")
def told(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """The secret among records of `shenzhen`, which hongkong and its regulator may see."""
    for service in make_service():
        service.batch([transfer() for _ in range(3)])
        for secret in (SECRET_PLAN, SECRET):
            assert service.record(secret, "stranger").status_code == 201
        service.batch([transfer() for _ in range(3)])
        yield service


def found(service: Service, reader: str, /, **parameters: Any) -> list[str]:
    answer = service.get("/v1/records", reader, params=parameters)
    assert answer.status_code == 200, answer.text
    return [record["record_id"] for record in answer.json()["records"]]


@pytest.mark.parametrize("name", FILTERS)
def test_filter_finds_the_record_for_its_owner_and_the_auditor(told: Service, name: str) -> None:
    for organisation in ("stranger", "auditor"):
        assert SECRET["record_id"] in found(told, organisation, **{name: FILTERS[name]})


@pytest.mark.parametrize("organisation", ["shenzhen", "hongkong", "regulator"])
@pytest.mark.parametrize("name", FILTERS)
def test_filter_shows_nobody_a_record_of_others(
    told: Service, organisation: str, name: str
) -> None:
    """By no filter, by no page, by no cursor, and by no length of an answer."""
    for order in ("oldest", "newest"):
        for limit in (1, 100):
            parameters = {name: FILTERS[name], "order": order, "limit": limit}
            while True:
                answer = told.get("/v1/records", organisation, params=parameters).json()
                ids = [record["record_id"] for record in answer["records"]]
                assert not {SECRET["record_id"], SECRET_PLAN["record_id"]} & set(ids)
                if "next" not in answer:
                    break
                # Where one goes on is told by a record of one's own.
                last = answer["records"][-1]["index"]
                assert int(answer["next"]) == (last if order == "newest" else last + 1)
                parameters["cursor"] = answer["next"]


@pytest.mark.parametrize("organisation", ["shenzhen", "hongkong", "regulator"])
@pytest.mark.parametrize("name", sorted(set(FILTERS) - {"kind", "since", "until"}))
def test_filter_that_only_others_meet_is_answered_as_one_that_nobody_meets(
    told: Service, organisation: str, name: str
) -> None:
    nothing = {
        "leaf": "00" * 32, "digest": "00" * 32, "organisation": "none", "exporter": "none",
        "recipient": "none", "from": "BR", "to": "BR", "scenario": "none", "names": "00" * 32,
        "occurred_since": "2190-01-01T00:00:00Z", "occurred_until": "1990-01-01T00:00:00Z",
    }  # fmt: skip
    if name == "occurred_since":
        # What happened before and after is others' own; only this second is the secret's.
        parameters = {name: FILTERS[name], "occurred_until": FILTERS["occurred_until"]}
    elif name == "occurred_until":
        parameters = {name: FILTERS[name]}
    else:
        parameters = {name: FILTERS[name]}
    answer = told.get("/v1/records", organisation, params=parameters)
    other = told.get("/v1/records", organisation, params={name: nothing[name]})
    assert answer.json() == other.json() == {"records": []}


def test_kinds_that_may_be_asked_for_are_those_that_there_are() -> None:
    assert set(get_args(KindName)) == set(KINDS)


def test_filters_hold_together(told: Service) -> None:
    both = {"exporter": "maker", "kind": "transfer"}
    assert found(told, "stranger", **both) == [SECRET["record_id"]]
    assert found(told, "stranger", **both, scenario="payroll") == []


def test_digest_of_either_algorithm_finds_the_record(told: Service) -> None:
    assert found(told, "stranger", digest=SM3) == [SECRET["record_id"]]


def test_recipient_of_a_plan_finds_it_further_on_too(told: Service) -> None:
    assert found(told, "stranger", recipient="buyer") == [
        SECRET_PLAN["record_id"], SECRET["record_id"],
    ]  # fmt: skip


def test_cursor_is_stable_while_the_log_grows(fresh: Service) -> None:
    first = [transfer() for _ in range(5)]
    fresh.batch(first)
    page = fresh.get("/v1/records", "shenzhen", params={"order": "newest", "limit": 2}).json()
    fresh.batch([transfer() for _ in range(5)])
    rest = fresh.get(
        "/v1/records", "shenzhen", params={"order": "newest", "cursor": page["next"]}
    ).json()
    ids = [record["record_id"] for part in (page, rest) for record in part["records"]]
    assert ids == [one["record_id"] for one in first][::-1]


def test_lag_of_the_index_is_a_figure(fresh: Service) -> None:
    fresh.batch([transfer() for _ in range(3)])
    text = fresh.get("/metrics", "auditor").text
    assert "crossproof_log_size 3.0" in text
    assert "crossproof_searchable_size 0.0" in text
    fresh.get("/v1/records", "shenzhen")
    assert "crossproof_searchable_size 3.0" in fresh.get("/metrics", "auditor").text
