"""The explorer as a server writes it: in both languages, for whom it is, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from api.view import POLICY
from api.words import words
from ledger.canonical import canonicalize
from ledger.merkle import leaf_hash
from tests.api.service import Service, plan, transfer

HTML = "text/html; charset=utf-8"


def reference(statement: dict[str, Any]) -> dict[str, str]:
    leaf = leaf_hash(canonicalize(statement)).hex()
    return {"record_id": statement["record_id"], "leaf_hash": leaf}


def page(service: Service, path: str, organisation: str | None) -> str:
    answer = service.get(path, organisation, follow_redirects=False)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == HTML
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_of_an_empty_log_say_so(fresh: Service, language: str) -> None:
    text = page(fresh, f"/records?lang={language}", "auditor")
    assert words(language, "explorer")["found.none"] in text
    assert words(language, "explorer")["log.title"] in page(fresh, f"/log?lang={language}", None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_record_is_shown_at_every_state(fresh: Service, language: str) -> None:
    statement = transfer(purpose="<b>bold</b>")
    fresh.record(statement)
    path = f"/records/{statement['record_id']}?lang={language}"
    known = words(language, "explorer")
    text = page(fresh, path, "hongkong")
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert text.count('<li class="reached">') == 1
    assert known["take.wait"] in text
    fresh.publish()
    assert page(fresh, path, "hongkong").count('<li class="reached">') == 2
    fresh.anchor()
    text = page(fresh, path, "hongkong")
    assert text.count('<li class="reached">') == 4
    anchored = fresh.node.covering(0)
    assert anchored is not None
    assert anchored.anchor.transaction.hex() in text


def test_records_of_others_are_on_no_page(service: Service) -> None:
    hidden = transfer(scenario="hidden-one", recipient={"id": "elsewhere"}, to="SG")
    service.record(hidden, "stranger")
    mine = transfer(parents=[reference(hidden)])
    service.record(mine)
    for path in ("/records", "/records?q=stranger", f"/records/{mine['record_id']}", "/log"):
        assert "hidden-one" not in page(service, path, "shenzhen"), path
    for path in (f"/records/{hidden['record_id']}", f"/records/{hidden['record_id']}/entry.json"):
        told = service.get(path, "shenzhen", headers={"Accept": "text/html"})
        assert (told.status_code, told.headers["content-type"]) == (404, HTML)
        assert "record.unknown" in told.text
    assert "hidden-one" in page(service, f"/records/{hidden['record_id']}", "stranger")


def test_regulator_sees_what_moves_through_his_jurisdiction(service: Service) -> None:
    inside, outside = transfer(scenario="inside"), transfer(scenario="outside", to="SG")
    service.batch([inside, outside])
    text = page(service, "/records?q=shenzhen", "regulator")
    assert "inside" in text
    assert "outside" not in text


def test_correction_by_a_stranger_corrects_nothing(service: Service) -> None:
    first = transfer()
    service.record(first)
    service.record(transfer(supersedes=reference(first)), "stranger")
    path = f"/records/{first['record_id']}"
    assert words("en", "explorer")["corrected"] not in page(service, path, "hongkong")
    service.record(transfer(supersedes=reference(first)))
    assert words("en", "explorer")["corrected"] in page(service, path, "hongkong")


def test_plan_is_shown_with_its_page(service: Service) -> None:
    made = plan()
    service.record(made)
    assert "2026-12-31" in page(service, f"/records/{made['record_id']}?lang=zh", "shenzhen")


def test_entry_is_its_bytes(service: Service) -> None:
    statement = transfer()
    service.record(statement)
    answer = service.get(f"/records/{statement['record_id']}/entry.json", "shenzhen")
    assert answer.content == canonicalize(statement)
    assert "attachment" in answer.headers["content-disposition"]


def test_whoever_is_not_logged_in_is_led_to_the_form_and_back(service: Service) -> None:
    answer = service.get("/records?scenario=payroll", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Frecords%3Fscenario%3Dpayroll"


@pytest.mark.parametrize("query", ["from=China", "leaf=00", "cursor=x", "misspelt=1", "since=2026"])
def test_filter_that_cannot_be_used_is_named(service: Service, query: str) -> None:
    text = page(service, f"/records?{query}", "shenzhen")
    known, name = words("en", "explorer"), query.partition("=")[0]
    assert known["filter.wrong"].format(filter=known.get(f"filter.{name}", name)) in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_search_says_how_many_entries_it_cannot_find_yet(
    fresh: Service, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    fresh.batch([transfer() for _ in range(3)])
    note = words(language, "explorer")["found.lag"].format(count=3)
    with monkeypatch.context() as patch:
        # Nothing is looked through by the request itself, as where there is more than a page of it.
        patch.setattr("api.listing._INDEXED_PAGES", 0)
        assert note in page(fresh, f"/records?lang={language}", "auditor")
    assert note not in page(fresh, f"/records?lang={language}", "auditor")
