from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest

from ledger.batch import MAX_BATCH_LINES
from ledger.canonical import canonicalize
from ledger.merkle import leaf_hash, root
from ledger.statement import MAX_ENTRY_SIZE, new_record_id
from tests.api.service import Service, lines, plan, transfer

# A day: far more than any run of the tests takes after this was made.
MILLISECONDS_AHEAD = 24 * 60 * 60 * 1000


def from_the_future() -> str:
    ahead = UUID(new_record_id()).int + (MILLISECONDS_AHEAD << 80)
    return str(UUID(int=ahead))


def as_text(statement: dict[str, Any], old: str, new: str) -> bytes:
    """Write a statement as JSON with one piece of it replaced, as no writer would."""
    text = json.dumps(statement, ensure_ascii=False)
    assert old in text
    return text.replace(old, new, 1).encode()


def bad_statements() -> dict[str, tuple[bytes, str]]:
    """What must not be logged, and the code that says why."""
    good = transfer()
    without_salt = {name: value for name, value in good.items() if name != "salt"}
    oversized = transfer(purpose="x", files=[])
    del oversized["files"]
    entry_size = len(canonicalize({**oversized, "data_items": []}))
    item = {"name": "n", "class": "general", "personal": False, "sensitive": False}
    count = (MAX_ENTRY_SIZE - entry_size) // (len(canonicalize(item)) + 1)
    items = [dict(item) for _ in range(count)]
    padded = {**oversized, "data_items": items}
    padded["purpose"] = "x" * (1 + MAX_ENTRY_SIZE + 1 - len(canonicalize(padded)))
    assert len(canonicalize(padded)) == MAX_ENTRY_SIZE + 1
    return {
        "not JSON": (b"{", "json.invalid"),
        "nothing": (b"", "json.invalid"),
        "not UTF-8": (b'"\xff"', "json.invalid"),
        "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(good).encode(), "json.invalid"),
        "two values": (json.dumps(good).encode() + b"{}", "json.invalid"),
        "an array": (b"[]", "statement.type"),
        "a duplicate name": (as_text(good, '"v": 1', '"v": 1, "v": 1'), "json.duplicate-name"),
        "a float": (as_text(good, '"v": 1', '"v": 1.0'), "json.float"),
        "2^53": (as_text(good, '"v": 1', '"v": 9007199254740992'), "json.integer-range"),
        "a lone surrogate": (as_text(good, "payroll", r"\ud800"), "json.surrogate"),
        "a non-ASCII name": (as_text(good, '"salt"', '"salé"'), "statement.member-name"),
        "an unknown kind": (json.dumps(transfer(kind="gift")).encode(), "statement.kind"),
        "a missing member": (json.dumps(without_salt).encode(), "statement.missing"),
        "an unknown member": (json.dumps(transfer(x=1)).encode(), "statement.unknown-member"),
        "65,536 bytes": (json.dumps(padded).encode(), "statement.too-long"),
        "an id from the future": (
            json.dumps(transfer(record_id=from_the_future())).encode(),
            "statement.record-id-future",
        ),
        "another UUID": (
            json.dumps(transfer(record_id="6ba7b810-9dad-11d1-80b4-00c04fd430c8")).encode(),
            "statement.record-id",
        ),
    }


BAD_STATEMENTS = bad_statements()


def test_record_new_is_logged_with_its_place(service: Service) -> None:
    statement = transfer()
    size = service.size
    answer = service.record(statement)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/records/{statement['record_id']}"
    assert answer.json() == {
        "record_id": statement["record_id"],
        "index": size,
        "leaf_hash": leaf_hash(canonicalize(statement)).hex(),
        "state": "logged",
    }
    assert service.node.log.entry(size) == canonicalize(statement)


def test_record_again_is_answered_with_its_place_and_state(service: Service) -> None:
    statement = transfer()
    first = service.record(statement)
    service.publish()
    size = service.size
    again = service.record(json.dumps(statement, indent=4).encode())
    assert again.status_code == 200
    assert again.json() == {**first.json(), "state": "published"}
    assert service.size == size


def test_record_id_reused_with_other_content_is_a_conflict(service: Service) -> None:
    statement = transfer()
    service.record(statement)
    size = service.size
    answer = service.record({**statement, "scenario": "other"})
    assert (answer.status_code, answer.json()["code"]) == (409, "record.conflict")
    assert "line" not in answer.json()
    assert answer.json()["detail"] == "the record id is in use"
    assert service.size == size


def test_record_id_of_someone_else_is_a_conflict_that_tells_no_index(service: Service) -> None:
    service.batch([transfer() for _ in range(40)])
    statement = transfer()
    index = service.record(statement).json()["index"]
    same = service.record(statement, "stranger")
    other = service.record({**statement, "scenario": "other"}, "stranger")
    assert (same.status_code, same.json()["code"]) == (409, "record.foreign")
    # Whether the content was guessed right is not told either.
    assert same.json() == other.json()
    # The status has the digits of many an index, and so has the id.
    told = {name: value for name, value in same.json().items() if name != "status"}
    shown = json.dumps(told).replace(statement["record_id"], "")
    assert re.findall(rf"(?<!\d){index}(?!\d)", shown) == []


@pytest.mark.parametrize("name", BAD_STATEMENTS)
def test_record_bad_is_refused_with_its_reason(service: Service, name: str) -> None:
    body, code = BAD_STATEMENTS[name]
    size = service.size
    answer = service.record(body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"
    # A statement that was sent alone has no lines to speak of.
    assert "line" not in answer.json()
    assert not answer.json()["detail"].startswith("line ")
    assert service.size == size


@pytest.mark.parametrize("name", BAD_STATEMENTS)
def test_batch_with_a_bad_line_is_refused_whole_and_names_it(service: Service, name: str) -> None:
    bad, code = BAD_STATEMENTS[name]
    size = service.size
    good = [lines([transfer()]) for _ in range(3)]
    answer = service.batch(good[0] + good[1] + bad + b"\n" + good[2])
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["line"] == 3
    assert service.size == size


def test_batch_is_logged_in_order_with_its_root(service: Service) -> None:
    statements = [transfer() for _ in range(5)]
    size = service.size
    answer = service.batch(statements)
    assert answer.status_code == 201
    leaves = [leaf_hash(canonicalize(statement)) for statement in statements]
    assert answer.json() == {
        "count": 5,
        "added": 5,
        "duplicates": 0,
        "ranges": [[1, size, 5]],
        "batch_root": root(leaves).hex(),
    }
    assert service.node.log.entries(size, 5) == [canonicalize(s) for s in statements]


def test_batch_with_repeats_logs_each_record_once(service: Service) -> None:
    old, new = transfer(), transfer()
    index = service.record(old).json()["index"]
    service.record(transfer())
    size = service.size
    answer = service.batch([new, old, new]).json()
    assert (answer["count"], answer["added"], answer["duplicates"]) == (3, 1, 2)
    assert answer["ranges"] == [[1, size, 1], [2, index, 1], [3, size, 1]]
    assert service.batch([new, old, new]).json()["added"] == 0
    assert service.size == size + 1


def test_batch_with_a_conflict_is_refused_whole_and_names_it(service: Service) -> None:
    old = transfer()
    service.record(old)
    size = service.size
    answer = service.batch([transfer(), {**old, "scenario": "other"}, transfer()])
    assert (answer.status_code, answer.json()["code"]) == (409, "record.conflict")
    assert answer.json()["line"] == 2
    assert service.size == size


def test_batch_of_too_many_lines_is_refused(service: Service) -> None:
    answer = service.batch(b"{}\n" * (MAX_BATCH_LINES + 1))
    assert (answer.status_code, answer.json()["code"]) == (400, "batch.lines")


def test_batch_of_nothing_is_refused(service: Service) -> None:
    assert service.batch(b"").json()["code"] == "batch.lines"


def test_record_goes_through_its_states(fresh: Service) -> None:
    statement = transfer()
    path = f"/v1/records/{statement['record_id']}"
    fresh.record(statement)

    logged = fresh.get(path, "shenzhen").json()
    assert (logged["state"], logged["index"], logged["submitter"]) == ("logged", 0, "shenzhen")
    assert logged["statement"] == statement
    assert logged["times"]["logged"] == logged["received_at"]
    assert (logged["times"]["published"], logged["times"]["anchored"]) == (None, None)

    fresh.publish()
    published = fresh.get(path, "shenzhen").json()
    assert published["state"] == "published"
    assert published["times"]["published"] >= published["times"]["logged"]
    assert published["anchor"] is None

    fresh.anchor()
    anchored = fresh.get(path, "shenzhen").json()
    assert anchored["state"] == "final"
    assert anchored["anchor"]["size"] == 1
    assert anchored["anchor"]["root"] == f"0x{fresh.node.log.head().root.hex()}"
    assert anchored["times"]["anchored"] is not None
    assert anchored["times"]["published"] == published["times"]["published"]


@pytest.mark.parametrize(
    ("reader", "status"),
    [("shenzhen", 200), ("hongkong", 200), ("auditor", 200), ("stranger", 404), ("sensor", 403)],
)
def test_record_is_shown_to_submitter_recipient_and_auditor(
    service: Service, reader: str, status: int
) -> None:
    statement = transfer()
    service.record(statement)
    assert service.get(f"/v1/records/{statement['record_id']}", reader).status_code == status
    listed = service.get("/v1/records", reader, params={"order": "newest", "limit": 1})
    if status == 200:
        assert listed.json()["records"][0]["record_id"] == statement["record_id"]
    elif status == 404:
        assert listed.json() == {"records": []}


def test_record_of_others_looks_like_none_at_all(service: Service) -> None:
    statement = transfer()
    service.record(statement)
    for ending in ("", "/bundle"):
        theirs = service.get(f"/v1/records/{statement['record_id']}{ending}", "stranger")
        nobodys = service.get(f"/v1/records/{new_record_id()}{ending}", "stranger")
        assert theirs.status_code == 404
        assert theirs.json() == nobodys.json()


def test_record_that_only_mentions_an_organisation_is_not_shown_to_it(service: Service) -> None:
    statement = transfer(scenario="stranger", purpose='{"recipient":{"id":"stranger"}}')
    service.record(statement)
    answer = service.get(f"/v1/records/{statement['record_id']}", "stranger")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "record_id", ["x", "0" * 36, "0193502A-5C00-7D2E-9B61-3F0C8A7E4D15", "%00"]
)
def test_record_malformed_id_is_refused(service: Service, record_id: str) -> None:
    answer = service.get(f"/v1/records/{record_id}", "shenzhen")
    assert (answer.status_code, answer.json()["code"]) == (400, "statement.record-id")


def walk(service: Service, organisation: str, **parameters: Any) -> list[int]:
    """Follow the cursor to the end; give the indexes in the order in which they came."""
    found: list[int] = []
    while True:
        answer = service.get("/v1/records", organisation, params=parameters)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["records"]) <= parameters["limit"]
        found += [record["index"] for record in page["records"]]
        if "next" not in page:
            return found
        parameters["cursor"] = page["next"]


@pytest.mark.parametrize("limit", [1, 7, 256, 1000])
def test_records_pages_give_everything_once_in_order(fresh: Service, limit: int) -> None:
    """Two organisations take turns, in batches that do not end where entry bundles do."""
    mine: list[int] = []
    for length, organisation in [(5, "shenzhen"), (300, "stranger"), (9, "shenzhen")]:
        recipients = {"recipient": {"id": "elsewhere"}}
        answer = fresh.batch([transfer(**recipients) for _ in range(length)], organisation).json()
        if organisation == "shenzhen":
            (_, index, count) = answer["ranges"][0]
            mine += range(index, index + count)
    assert walk(fresh, "shenzhen", limit=limit) == mine
    assert walk(fresh, "shenzhen", limit=limit, order="newest") == mine[::-1]
    assert walk(fresh, "auditor", limit=1000) == list(range(314))
    assert walk(fresh, "hongkong", limit=limit) == []


def test_records_of_an_empty_log_are_none(fresh: Service) -> None:
    for order in ("oldest", "newest"):
        assert fresh.get("/v1/records", "auditor", params={"order": order}).json() == {
            "records": []
        }


def test_records_filters_by_kind_and_time(fresh: Service) -> None:
    fresh.batch([transfer(), plan()])
    fresh.batch([transfer(), plan()])
    listed = fresh.get("/v1/records", "shenzhen").json()["records"]
    assert [record["kind"] for record in listed] == ["transfer", "plan"] * 2
    assert walk(fresh, "shenzhen", kind="plan", limit=10) == [1, 3]
    second = listed[2]["received_at"]
    assert second > listed[1]["received_at"]
    assert walk(fresh, "shenzhen", since=second, limit=10) == [2, 3]
    assert walk(fresh, "shenzhen", until=second, limit=10) == [0, 1]
    assert walk(fresh, "shenzhen", since=second, kind="plan", limit=10) == [3]


def test_records_are_found_at_once_among_any_number_of_others(fresh: Service) -> None:
    others = [transfer(recipient={"id": "elsewhere"}) for _ in range(1_500)]
    fresh.batch(others, "stranger")
    fresh.record(transfer())
    (found,) = fresh.get("/v1/records", "shenzhen").json()["records"]
    assert found["index"] == 1_500


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "many"},
        {"cursor": "-1"},
        {"cursor": "next"},
        {"order": "upwards"},
        {"since": "yesterday"},
        {"since": "2026-11-21T08:15:00"},
        {"occurred_until": "2026"},
        {"leaf": "00"},
        {"digest": "AB" * 32},
        {"names": "no hash"},
        {"from": "China"},
        {"to": "h"},
        {"kind": "gift"},
        {"exporter": ""},
        {"recipient": "x" * 257},
        {"exporer": "misspelt"},
    ],
)
def test_records_wrong_parameter_is_named(service: Service, parameters: dict[str, str]) -> None:
    answer = service.get("/v1/records", "shenzhen", params=parameters)
    (name,) = parameters
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")
    assert name in answer.json()["detail"]
