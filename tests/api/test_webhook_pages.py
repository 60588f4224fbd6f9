"""The page of webhooks: whose they are, how they stand, and what other sites' forms can do."""

from __future__ import annotations

import html
import json
from concurrent.futures import wait
from typing import Any

import pytest

from api.auth.sessions import CSRF_HEADER
from api.routes.desk import POLICY
from api.words import LANGUAGES, words
from ledger.errors import UnavailableError
from tests.api.roles import log_in
from tests.api.service import Service
from tests.api.test_webhooks import Delivered, add, keeper_of, settle
from tests.deadline import eventually

OTHER_HOOK = "https://93.184.215.14/other"


@pytest.fixture
def delivered(fresh: Service) -> Delivered:
    taken = Delivered()
    keeper_of(fresh).courier._deliver = taken
    return taken


@pytest.fixture
def session(fresh: Service) -> dict[str, str]:
    return log_in(fresh, fresh.secrets["shenzhen"])


def page(service: Service, session: dict[str, str], query: str = "") -> str:
    answer = service.client.get(f"/webhooks{query}", headers={"Cookie": session["Cookie"]})
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    return html.unescape(answer.text)


def remove(service: Service, session: dict[str, str], webhook_id: str, **changed: str) -> Any:
    headers = {"Cookie": session["Cookie"], "Origin": session["Origin"], **changed}
    csrf = headers.pop("csrf", session[CSRF_HEADER])
    return service.client.post(
        f"/webhooks/{webhook_id}/remove", data={"csrf": csrf}, headers=headers,
        follow_redirects=False,
    )  # fmt: skip


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_how_each_webhook_stands(
    fresh: Service, session: dict[str, str], language: str
) -> None:
    known, query = words(language, "webhooks"), f"?lang={language}"
    assert known["none"] in page(fresh, session, query)
    made = add(fresh, "shenzhen", events=["record.final"]).json()
    shown = page(fresh, session, query)
    assert made["url"] in shown
    assert "<code>record.final</code>" in shown
    assert known["state.active"] in shown
    assert known["last.none"] in shown
    assert made["secret"] not in shown
    test = f"/v1/webhooks/{made['id']}/test"
    assert fresh.client.post(test, headers=fresh.headers("shenzhen")).status_code == 202
    settle(fresh)
    shown = page(fresh, session, query)
    assert "<code>webhook.test</code>" in shown
    assert "HTTP 204" in shown
    assert "<dd>0</dd>" in shown


def test_failing_webhook_says_so_and_when_it_is_tried_again(
    fresh: Service, session: dict[str, str]
) -> None:
    keeper_of(fresh).courier._deliver = lambda *_: 500
    made = add(fresh, "shenzhen").json()
    test = f"/v1/webhooks/{made['id']}/test"
    assert fresh.client.post(test, headers=fresh.headers("shenzhen")).status_code == 202
    wait(keeper_of(fresh).courier.round())

    def is_failing() -> bool:
        answer = fresh.get(f"/v1/webhooks/{made['id']}", "shenzhen")
        return bool(answer.json()["state"] == "failing")

    eventually(is_failing, "it was tried")
    shown = page(fresh, session, "?lang=zh")
    known = words("zh", "webhooks")
    assert known["state.failing"] in shown
    assert known["failures"].format(count=1) in shown
    assert "HTTP 500" in shown
    assert "<dd>1</dd>" in shown, "it waits for its next attempt"


@pytest.mark.parametrize(
    ("query", "told"),
    [("?lang=en", ": not delivered: no answer in time"), ("?lang=zh", "超时未应答")],
)
def test_receiver_that_does_not_answer_is_told_in_words(
    fresh: Service, session: dict[str, str], query: str, told: str
) -> None:
    def deliver(*_: object) -> int:
        raise UnavailableError("webhook.undelivered", "nobody", found="no answer in time")

    keeper_of(fresh).courier._deliver = deliver
    made = add(fresh, "shenzhen").json()
    test = f"/v1/webhooks/{made['id']}/test"
    assert fresh.client.post(test, headers=fresh.headers("shenzhen")).status_code == 202

    def is_told() -> bool:
        wait(keeper_of(fresh).courier.round())
        return told in page(fresh, session, query)

    eventually(is_told, "its last message says why")
    assert "webhook.undelivered" not in page(fresh, session, query)


def test_webhooks_of_others_are_on_no_page_and_not_removed(
    fresh: Service, session: dict[str, str]
) -> None:
    theirs = add(fresh, "hongkong", OTHER_HOOK).json()
    assert OTHER_HOOK not in page(fresh, session)
    answer = remove(fresh, session, theirs["id"])
    assert (answer.status_code, answer.json()["code"]) == (404, "webhook.unknown")
    assert fresh.get(f"/v1/webhooks/{theirs['id']}", "hongkong").status_code == 200


def test_webhook_is_removed_by_the_page_alone(fresh: Service, session: dict[str, str]) -> None:
    made = add(fresh, "shenzhen").json()
    for changed in ({"csrf": "another"}, {"Origin": "https://evil.example"}):
        answer = remove(fresh, session, made["id"], **changed)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")
    assert remove(fresh, session, made["id"], Cookie="x=y").status_code == 401
    assert made["url"] in page(fresh, session)
    answer = remove(fresh, session, made["id"])
    assert answer.status_code == 303
    shown = page(fresh, session, answer.headers["location"].removeprefix("/webhooks"))
    assert words("en", "webhooks")["removed"] in shown
    assert made["url"] not in shown
    fresh.client.app.state.trail.flush()  # type: ignore[attr-defined]
    with fresh.node.log.store.trail() as trail:
        rows = [json.loads(row.row) for row in trail.all()]
    asked = [(r["method"], r["route"], r.get("subject"), r["status"]) for r in rows]
    assert ("GET", "/webhooks", None, 200) in asked
    assert ("POST", "/webhooks/{webhook_id}/remove", made["id"], 303) in asked


def test_whoever_is_known_by_a_key_alone_is_told_the_command(fresh: Service) -> None:
    made = add(fresh, "shenzhen").json()
    shown = fresh.get("/webhooks", "shenzhen").text
    assert f"crossproof webhook remove {made['id']}" in shown
    assert "<form" not in shown


def test_whoever_is_not_logged_in_is_led_to_the_form(fresh: Service) -> None:
    answer = fresh.get("/webhooks?lang=zh", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fwebhooks%3Flang%3Dzh"


def test_words_are_complete_in_both_languages() -> None:
    english, chinese = (words(language, "webhooks") for language in LANGUAGES)
    assert english.keys() == chinese.keys()
