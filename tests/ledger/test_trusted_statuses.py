"""What a trust file says of statuses, and that an address is one that it names or is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.trust import Source, Trust, TrustedStatuses
from ledger.trust.statuses import is_list_address
from tests.mutations import anything, at, places, replaced, schema, without

_SCHEMA = schema("trust")
_LISTS = "https://lists.example/v1/status-lists/"
_WHOLE = {"issuer": "uscc:1", "lists": [_LISTS, "http://127.0.0.1:1/x"], "required": ["list"]}


def _trust(*sources: Any) -> str:
    empty: dict[str, Any] = {"logs": [], "chains": [], "anchors": []}
    media_type = "application/vnd.crossproof.trust.v1+json"
    return json.dumps({"mediaType": media_type, **empty, "status_sources": list(sources)})


@pytest.mark.parametrize(
    "value",
    [
        _WHOLE,
        {"required": []},
        {"required": ["list", "registry"]},
        {"lists": ["https://[::1]:8443/a"], "required": ["registry"]},
    ],
)
def test_sources_are_written_as_they_were_read(value: dict[str, Any]) -> None:
    trust = Trust.from_json(_trust(value))
    _SCHEMA.validate(json.loads(trust.to_json()))
    assert trust.to_value()["status_sources"] == [value]
    assert Trust.from_json(trust.to_json()) == trust


def test_each_issuer_is_named_once_and_everyone_once() -> None:
    everyones: dict[str, Any] = {"required": []}
    for one in (_WHOLE, everyones):
        with pytest.raises(MalformedError):
            Trust.from_json(_trust(one, one))
    trust = Trust.from_json(_trust(_WHOLE, {"required": ["registry"]}))
    mine, anyone = trust.status_sources
    assert (trust.statuses_of("uscc:1"), trust.statuses_of("uscc:2")) == (mine, anyone)
    assert Trust().statuses_of("uscc:1") is None


@given(st.sampled_from(list(places(_WHOLE))), anything)
def test_sources_with_anything_else_in_a_place_are_refused_or_of_the_schema(
    place: tuple[Any, ...], value: object
) -> None:
    for bent in (replaced(_WHOLE, place, value), without(_WHOLE, place) if place else {}):
        try:
            trust = Trust.from_json(_trust(bent))
        except MalformedError:
            continue
        _SCHEMA.validate(json.loads(trust.to_json()))
        assert at(trust.to_value(), ("status_sources", 0)) == {
            name: sorted(member) if name == "required" else member
            for name, member in bent.items()
            if member or name != "lists"
        }


@pytest.mark.parametrize(
    "address",
    [
        "https://lists.example/v1/status-lists/one",
        "https://lists.example/v1/status-lists/",
        "https://lists.example/v1/status-lists/a/b.jwt",
    ],
)
def test_address_below_a_named_one_may_be_asked(address: str) -> None:
    assert TrustedStatuses((_LISTS,)).allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://lists.example/v1/status-lists",
        "https://lists.example/v1/status-lists/../admin",
        "https://lists.example/v1/status-lists/./one",
        "https://lists.example/v1/status-lists/%2e%2e/admin",
        "https://lists.example/v1/status-lists/one?idx=9",
        "https://lists.example/v1/status-lists/one#idx=9",
        "https://lists.example/v1/status-lists/one\n",
        "https://lists.example/v1/status-lists\\one",
        "https://lists.example:443/v1/status-lists/one",
        "https://lists.example@evil.example/v1/status-lists/one",
        "https://evil.example/https://lists.example/v1/status-lists/one",
        "HTTPS://lists.example/v1/status-lists/one",
        "http://lists.example/v1/status-lists/one",
        "file:///etc/passwd",
        "did:web:lists.example",
        "",
    ],
)
def test_address_of_any_other_spelling_or_place_may_not(address: str) -> None:
    assert not TrustedStatuses((_LISTS,)).allows(address)


def test_address_without_a_slash_at_its_end_stands_for_itself_alone() -> None:
    one = TrustedStatuses((f"{_LISTS}one",))
    assert one.allows(f"{_LISTS}one")
    assert not one.allows(f"{_LISTS}one/two")
    assert not one.allows(f"{_LISTS}one2")


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://127.0.0.1/x", True),
        ("http://localhost:8080/", True),
        ("http://[::1]/x", True),
        ("http://10.0.0.1/x", False),
        ("http://127.0.0.1.evil.example/x", False),
        ("http://localhost.evil.example/x", False),
        ("https://10.0.0.1/x", True),
        ("https://lists.example", False),
    ],
)
def test_list_address_is_https_or_on_this_machine(address: str, *, is_one: bool) -> None:
    assert is_list_address(address) is is_one


def test_sources_have_a_word_for_each() -> None:
    assert [source.value for source in Source] == ["list", "registry"]
