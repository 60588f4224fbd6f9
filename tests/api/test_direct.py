"""The direct way of single records: nobody can tell it from the usual one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest

from api.direct import DirectRecords
from api.routes import records
from tests.api.service import Service, lines, transfer

_LATE = "ffffffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture(scope="module")
def usual(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """A service that is asked the usual way (see `ask`)."""
    yield from make_service(rate_limit="1000/minute")


@pytest.fixture(scope="module")
def direct(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    yield from make_service(rate_limit="1000/minute")


@contextmanager
def without_direct_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DirectRecords, "takes", lambda *_: False)
        yield


_GOOD = lines([transfer()])
_JSON = {"Content-Type": "application/json"}
# Name: organisation, body, headers, and the path.
_REQUESTS: dict[str, tuple[str | None, bytes, dict[str, str], str]] = {
    "new": ("shenzhen", _GOOD, _JSON, "/v1/records"),
    "repeated": ("shenzhen", _GOOD, _JSON, "/v1/records"),
    "someone else's": ("stranger", _GOOD, _JSON, "/v1/records"),
    "with a query": ("shenzhen", _GOOD, _JSON, "/v1/records?x=1"),
    "malformed": ("shenzhen", b"{", _JSON, "/v1/records"),
    "empty": ("shenzhen", b"", _JSON, "/v1/records"),
    "late": ("shenzhen", lines([transfer(record_id=_LATE)]), _JSON, "/v1/records"),
    "too large": ("shenzhen", b" " * 2_000_000, _JSON, "/v1/records"),
    "of another type": ("shenzhen", _GOOD, {"Content-Type": "text/plain"}, "/v1/records"),
    "without a type": ("shenzhen", _GOOD, {}, "/v1/records"),
    "encoded": ("shenzhen", _GOOD, {**_JSON, "Content-Encoding": "gzip"}, "/v1/records"),
    "malformed, by a browser": (
        "shenzhen",
        b"{",
        {**_JSON, "Accept": "text/html", "Accept-Language": "zh"},
        "/v1/records",
    ),
    "without a key": (None, _GOOD, _JSON, "/v1/records"),
    "with a wrong key": (None, _GOOD, {**_JSON, "Authorization": "Bearer cpk_x_y"}, "/v1/records"),
    "with another scheme": (None, _GOOD, {**_JSON, "Authorization": "Basic eDp5"}, "/v1/records"),
    "without the scope": ("auditor", _GOOD, _JSON, "/v1/records"),
    "not of the caller's kinds": ("regulator", lines([transfer()]), _JSON, "/v1/records"),
    "with a slash": ("shenzhen", _GOOD, _JSON, "/v1/records/"),
    "with a newline": ("shenzhen", _GOOD, _JSON, "/v1/records%0A"),
}


def ask(service: Service, name: str, way: AbstractContextManager[None]) -> tuple[Any, ...]:
    organisation, body, headers, path = _REQUESTS[name]
    with way:
        answer = service.client.post(
            path, content=body, headers={**service.headers(organisation), **headers}
        )
    # When the window of a rate ends is not the same for both.
    told = {n: "" if n == "ratelimit-reset" else v for n, v in answer.headers.items()}
    return answer.status_code, told, answer.content


def test_direct_way_answers_as_the_usual_one(usual: Service, direct: Service) -> None:
    """In order: the second one repeats the first."""
    for name in _REQUESTS:
        told = ask(usual, name, without_direct_way())
        assert ask(direct, name, nullcontext()) == told, name


def test_direct_way_is_written_down_as_the_usual_one(usual: Service, direct: Service) -> None:
    told = []
    for service, way in ((usual, without_direct_way), (direct, nullcontext)):
        trail = service.client.app.state.trail  # type: ignore[attr-defined]
        trail.flush()
        before = len(rows(service))
        ask(service, "new", way())
        ask(service, "without the scope", way())
        ask(service, "without a key", way())
        trail.flush()
        told.append(rows(service)[before:])
    assert [said(row) for row in told[0]] == [said(row) for row in told[1]]
    assert len(told[1]) == 2


def test_direct_way_is_measured_as_the_usual_one(usual: Service, direct: Service) -> None:
    for service, way in ((usual, without_direct_way), (direct, nullcontext)):
        ask(service, "new", way())
        figures = service.get("/metrics", "auditor").text
        assert 'crossproof_http_requests_total{method="POST",route="/v1/records"' in figures


def test_direct_way_is_the_one_that_is_taken(
    direct: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the tests here would compare the usual way with itself."""

    async def fail(**_: Any) -> None:
        raise KeyError("x")

    monkeypatch.setattr(records, "record", fail)
    answer = direct.record(transfer())
    assert (answer.status_code, answer.json()["code"]) == (500, "server.incident")
    figures = direct.get("/metrics", "auditor").text
    assert 'method="POST",route="/v1/records",status="500"} 1.0' in figures


def rows(service: Service) -> list[Any]:
    with service.node.log.store.trail() as trail:
        return list(trail.read(1, 1000))


def said(row: Any) -> dict[str, Any]:
    """Give a row's members but for its time."""
    value: dict[str, Any] = json.loads(row.row)
    return {name: member for name, member in value.items() if name != "time"}
