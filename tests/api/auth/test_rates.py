"""Rates: each caller has his own, told in every answer, and what is remembered is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.auth.rates import BoundedMemory
from tests.api.service import Service

PLACES = ["192.0.2.1", "192.0.2.2"]


@pytest.fixture
def limited(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    yield from make_service(rate_limit="5/hour", rate_limit_keyless="3/hour")


def statuses(ask: Callable[[], Any], times: int) -> list[int]:
    return [ask().status_code for _ in range(times)]


def test_key_has_its_limit_and_another_its_own(limited: Service) -> None:
    for name in ("shenzhen", "hongkong"):
        found = statuses(lambda name=name: limited.get("/v1/records", name), 7)  # type: ignore[misc]
        assert found == [200] * 5 + [429] * 2


def test_answers_tell_what_is_left(limited: Service) -> None:
    first = limited.get("/v1/records", "shenzhen")
    assert first.headers["ratelimit-policy"] == '"default";q=5;w=3600'
    assert first.headers["ratelimit"].startswith('"default";r=4;t=')
    for _ in range(4):
        limited.get("/v1/records", "shenzhen")
    refused = limited.get("/v1/records", "shenzhen")
    assert (refused.status_code, refused.json()["code"]) == (429, "request.rate")
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert 3_590 <= int(refused.headers["retry-after"]) <= 3_600


def test_callers_without_a_key_are_counted_by_their_addresses(limited: Service) -> None:
    clients = [
        TestClient(limited.client.app, base_url="http://127.0.0.1", client=(place, 1))
        for place in PLACES
    ]
    for client in clients:
        assert statuses(lambda client=client: client.get("/checkpoint"), 4)[3] == 429  # type: ignore[misc]
    # Neither they nor their neighbours stop those with a key.
    assert limited.get("/v1/records", "shenzhen").status_code == 200


def test_hosts_of_one_ipv6_network_are_one_caller(limited: Service) -> None:
    found = []
    for host in range(4):
        client = TestClient(
            limited.client.app, base_url="http://127.0.0.1", client=(f"2001:db8::{host}", 1)
        )
        found.append(client.get("/v1/anchors").status_code)
    assert found == [200] * 3 + [429]


def test_keys_that_are_refused_count_for_the_address_and_for_no_key(limited: Service) -> None:
    """Whoever guesses under a key's prefix must not use up what its holder may ask."""
    prefix = limited.secrets["shenzhen"].rpartition("_")[0].split("_")[1]
    headers = {"Authorization": f"Bearer cpk_{prefix}_guess"}
    guess = lambda: limited.client.get("/v1/records", headers=headers)  # noqa: E731
    assert statuses(guess, 5) == [401] * 3 + [429] * 2
    assert limited.get("/v1/records", "shenzhen").headers["ratelimit"].startswith('"default";r=4')


def test_health_is_never_refused(limited: Service) -> None:
    for path in ("/healthz", "/readyz"):
        assert statuses(lambda path=path: limited.get(path), 6) == [200] * 6  # type: ignore[misc]


def test_own_machine_without_keys_is_not_counted(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    for service in make_service(
        api_keys_file=None, rate_limit="1/hour", rate_limit_keyless="1/hour"
    ):
        assert statuses(lambda: service.get("/v1/records"), 3) == [200] * 3  # noqa: B023


def test_what_is_counted_takes_bounded_memory() -> None:
    counters = BoundedMemory(most=100)
    for number in range(1_000):
        counters.incr(str(number), 60)
    assert len(counters._counters) == 100
    # Whoever asked last is remembered, whoever has not for longest is not.
    assert (counters.get("999"), counters.get("0")) == (1, 0)
    assert counters.reset() == 100


def test_window_that_is_over_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("api.auth.rates.time.time", lambda: now)
    counters = BoundedMemory()
    assert [counters.incr("x", 60) for _ in range(3)] == [1, 2, 3]
    assert counters.get_expiry("x") == 1_060
    now = 1_060.0
    assert counters.get("x") == 0
    assert counters.incr("x", 60) == 1
    counters.clear("x")
    assert counters.get("x") == 0
    assert counters.check()
