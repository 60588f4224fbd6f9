"""Webhooks over HTTP: who may make one, and that nobody is told of what he may not see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.auth import make_key
from api.webhooks import MAX_RECORDS, SHOWN_MESSAGES, WebhookKeeper
from ledger.errors import UnavailableError
from ledger.news.topic import SUBSCRIBED, Topic
from ledger.statement import new_record_id
from ledger.store.access import KeyRow
from ledger.store.webhook_rows import MAX_WEBHOOKS
from ledger.webhook import Secret
from ledger.webhook_address import WebhookAddress
from tests.api.identity_provider import identity_provider
from tests.api.roles import make_roles, settings_of
from tests.api.service import Service, plan, transfer
from tests.covered_transfer import records
from tests.deadline import eventually
from tests.hooked import receiving

HOOK = "https://receiver.example/hook"
_SECONDS = 30


@dataclass
class Delivered:
    """Stands for the network: takes every message, whatever its address."""

    messages: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, address: WebhookAddress, body: bytes, headers: Mapping[str, str]) -> int:
        self.messages.append((address.target, headers, body))
        return 204

    def to(self, target: str) -> list[dict[str, Any]]:
        return [json.loads(body) for found, _, body in self.messages if found == target]

    def indexes(self, target: str) -> set[int]:
        return {
            item["index"] for value in self.to(target) for item in value["data"].get("records", ())
        }


def keeper_of(service: Service) -> WebhookKeeper:
    keeper: WebhookKeeper = service.client.app.state.webhooks  # type: ignore[attr-defined]
    return keeper


@pytest.fixture
def delivered(fresh: Service) -> Delivered:
    """Take what `fresh` sends to public addresses."""
    taken = Delivered()
    keeper_of(fresh).courier._deliver = taken
    return taken


def add(service: Service, organisation: str | None, url: str = HOOK, **more: Any) -> Any:
    headers = service.headers(organisation)
    return service.client.post("/v1/webhooks", json={"url": url, **more}, headers=headers)


def settle(service: Service) -> None:
    """Let everything be told that there is to tell."""
    keeper = keeper_of(service)

    def is_done() -> bool:
        with service.node.log.store.webhooks() as rows:
            waiting = rows.waiting().messages
        told = not waiting and not keeper.herald.lag() and not keeper.herald.follow()
        wait(keeper.courier.round(), timeout=_SECONDS)
        return told

    eventually(is_done, "everything is told")


def test_webhook_is_made_shown_tested_and_removed(fresh: Service, delivered: Delivered) -> None:
    wanted = new_record_id()
    made = add(fresh, "shenzhen", events=["record.final"], records=[wanted])
    assert made.status_code == 201, made.text
    value = made.json()
    secret = Secret.parse(value.pop("secret"))
    assert value["events"] == ["record.final"]
    assert value["records"] == [wanted]
    assert value["state"] == "active"
    assert fresh.secrets["shenzhen"].startswith(f"cpk_{value['key']}_")
    listed = fresh.get("/v1/webhooks", "shenzhen")
    assert listed.json() == {"webhooks": [value]}
    assert fresh.get("/v1/webhooks", "hongkong").json() == {"webhooks": []}
    place = f"/v1/webhooks/{value['id']}"
    tested = fresh.client.post(f"{place}/test", headers=fresh.headers("shenzhen"))
    assert tested.status_code == 202
    settle(fresh)
    ((_, headers, body),) = delivered.messages
    assert secret.verify(headers, body, datetime.now(UTC)) == tested.json()["id"]
    assert json.loads(body)["type"] == "webhook.test"
    shown = fresh.get(place, "shenzhen")
    (delivery,) = shown.json()["deliveries"]
    assert (delivery["id"], delivery["state"], delivery["answer"]) == (
        tested.json()["id"], "delivered", "HTTP 204",
    )  # fmt: skip
    # What is sent again and shown later holds the secret no more, nor does the database.
    for answer in (listed, shown):
        assert secret.text() not in answer.text
    assert fresh.client.delete(place, headers=fresh.headers("shenzhen")).status_code == 204
    assert fresh.get(place, "shenzhen").status_code == 404


def test_secret_is_not_in_the_database(fresh: Service) -> None:
    secret = Secret.parse(add(fresh, "shenzhen").json()["secret"])
    with fresh.node.log.store.webhooks() as rows:
        (row,) = rows.standing()
    assert secret._key not in repr(row).encode()
    kept = [path.read_bytes() for path in fresh.node.settings.data_dir.iterdir() if path.is_file()]
    assert kept
    assert not any(secret._key in content or secret.text().encode() in content for content in kept)


@pytest.mark.parametrize("organisation", ["hongkong", "stranger", "regulator", "auditor"])
def test_webhook_of_others_is_as_one_that_is_not_there(fresh: Service, organisation: str) -> None:
    headers = fresh.headers(organisation)
    own = add(fresh, "shenzhen").json()["id"]
    for webhook_id in (own, f"wh_{'a' * 22}"):
        answers = [
            fresh.client.request(method, f"/v1/webhooks/{webhook_id}{rest}", headers=headers)
            for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/test"))
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (404, "webhook.unknown")
    assert fresh.get(f"/v1/webhooks/{own}", "shenzhen").json()["deliveries"] == []


# Who is told of which records, by what he may see: index → organisations.
PARTIES = ("shenzhen", "hongkong", "stranger", "regulator", "auditor")
SHOWN: list[tuple[str, Callable[[], Any], str, set[str]]] = [
    ("a transfer", transfer, "shenzhen", {"shenzhen", "hongkong", "regulator", "auditor"}),
    ("a plan", plan, "shenzhen", {"shenzhen", "hongkong", "regulator", "auditor"}),
    (
        "one to elsewhere",
        lambda: transfer(recipient={"id": "macao"}, to="MO"),
        "shenzhen",
        {"shenzhen", "auditor"},
    ),
    (
        "one of a stranger that names them",
        lambda: transfer(exporter={"id": "shenzhen"}, recipient={"id": "nobody"}, to="MO"),
        "stranger",
        {"stranger", "auditor"},
    ),
    (
        "one with an onward recipient",
        lambda: transfer(
            recipient={"id": "macao"}, to="MO", onward_recipients=[{"id": "hongkong"}]
        ),
        "shenzhen",
        {"shenzhen", "hongkong", "auditor"},
    ),
    (
        "one from a jurisdiction",
        lambda: transfer(recipient={"id": "macao"}, **{"from": "HK"}, to="MO"),
        "stranger",
        {"stranger", "regulator", "auditor"},
    ),
]


def test_each_is_told_of_what_he_may_see_and_of_nothing_else(
    fresh: Service, delivered: Delivered
) -> None:
    for who in PARTIES:
        assert add(fresh, who, f"{HOOK}/{who}").status_code == 201
    # The records of others, asked for by name.
    named = [make() for _, make, _, _ in SHOWN]
    ids = [statement["record_id"] for statement in named]
    assert add(fresh, "stranger", f"{HOOK}/named", records=ids).status_code == 201
    for (_, _, who, _), statement in zip(SHOWN, named, strict=True):
        assert fresh.record(statement, who).status_code == 201
    fresh.anchor()
    settle(fresh)
    for index, (what, _, _, seeing) in enumerate(SHOWN):
        told = {who for who in PARTIES if index in delivered.indexes(f"/hook/{who}")}
        assert told == seeing, what
        # And it is what the API itself shows.
        shown = {who for who in PARTIES if fresh.get(f"/v1/records/{ids[index]}", who).is_success}
        assert shown == seeing, what
    mine = {i for i, (_, _, _, seeing) in enumerate(SHOWN) if "stranger" in seeing}
    assert delivered.indexes("/hook/named") == mine
    types = {value["type"] for value in delivered.to("/hook/shenzhen")}
    assert types == {"record.logged", "record.published", "record.anchored", "record.final"}


def test_what_is_said_of_a_record_is_told_to_those_who_may_see_that_record(
    fresh: Service, delivered: Delivered
) -> None:
    parties = {"exporter": {"id": "shenzhen"}, "recipient": {"id": "hongkong"}}
    made = records(
        {f"{case}/{name}": who for case in ("plan", "transfer") for name, who in parties.items()}
        | {"pre_assessment/credentialSubject/recipient": "hongkong"}
    )
    for who in (*PARTIES, "assessor"):
        assert add(fresh, who, f"{HOOK}/{who}", events=["record.attested"]).status_code == 201
    for case, who in (
        ("plan", "shenzhen"), ("pre_assessment", "assessor"), ("transfer", "shenzhen"),
        ("backup", "assessor"),
    ):  # fmt: skip
        assert fresh.record(made[case].entry, who).status_code == 201
    settle(fresh)
    for who in (*PARTIES, "assessor"):
        items = [
            item for value in delivered.to(f"/hook/{who}") for item in value["data"]["records"]
        ]
        stages = [(item["record_id"], item["stage"]) for item in items]
        expected = [
            (made["plan"].value["record_id"], "pre-assessment"),
            (made["transfer"].value["record_id"], "backup"),
        ]
        assert stages == ([] if who in {"stranger", "assessor"} else expected), who


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "members.malformed"),
        ({"url": 7}, "members.malformed"),
        ({"url": HOOK, "secret": "whsec_mine"}, "members.malformed"),
        ({"url": HOOK, "events": "record.final"}, "members.malformed"),
        ({"url": HOOK, "events": ["record.seen"]}, "webhook.event"),
        ({"url": HOOK, "events": ["webhook.test"]}, "webhook.event"),
        ({"url": HOOK, "records": ["1"]}, "statement.record-id"),
        ({"url": HOOK, "records": [new_record_id()] * (MAX_RECORDS + 1)}, "members.malformed"),
        ({"url": "http://receiver.example/"}, "webhook.address"),
        ({"url": "http://127.0.0.1:9000/"}, "webhook.address"),
        ({"url": "https://127.0.0.1/"}, "webhook.address"),
        ({"url": "https://2130706433/"}, "webhook.address"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "webhook.address"),
        ({"url": "https://169.254.169.254/"}, "webhook.address"),
        ({"url": "https://me@receiver.example/"}, "webhook.address"),
        ({"url": "https://receiver.example:22/"}, "webhook.address"),
    ],
)
def test_webhook_that_makes_no_sense_is_refused(service: Service, body: Any, code: str) -> None:
    headers = service.headers("shenzhen")
    answer = service.client.post("/v1/webhooks", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_organisation_has_no_more_than_it_may(fresh: Service) -> None:
    for _ in range(MAX_WEBHOOKS):
        assert add(fresh, "shenzhen").status_code == 201
    answer = add(fresh, "shenzhen")
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook.too-many")
    assert add(fresh, "hongkong").status_code == 201


def test_last_messages_are_shown_the_newest_first(fresh: Service, delivered: Delivered) -> None:
    webhook_id = add(fresh, "shenzhen").json()["id"]
    place, headers = f"/v1/webhooks/{webhook_id}", fresh.headers("shenzhen")
    ids = [
        fresh.client.post(f"{place}/test", headers=headers).json()["id"]
        for _ in range(SHOWN_MESSAGES + 1)
    ]
    settle(fresh)
    shown = [one["id"] for one in fresh.get(place, "shenzhen").json()["deliveries"]]
    assert shown == ids[:0:-1]
    assert len(delivered.messages) == len(ids)


def test_failing_webhook_is_shown_as_such(fresh: Service) -> None:
    def refuse(*_: object) -> int:
        raise UnavailableError("webhook.forbidden", "no", found="others, of receiver.example")

    keeper_of(fresh).courier._deliver = refuse
    webhook_id = add(fresh, "shenzhen").json()["id"]
    fresh.client.post(f"/v1/webhooks/{webhook_id}/test", headers=fresh.headers("shenzhen"))

    def shown() -> Any:
        value = fresh.get(f"/v1/webhooks/{webhook_id}", "shenzhen").json()
        return value if value["state"] == "failing" else None

    value = eventually(shown, "it is failing")
    assert value["next_attempt"] is not None
    (delivery,) = value["deliveries"]
    assert delivery["state"] == "waiting"
    assert delivery["answer"] == "webhook.forbidden: others, of receiver.example"


def store_key(service: Service, organisation: str) -> tuple[str, str]:
    secret, key = make_key(organisation, ("submit", "read"))
    now = datetime.now(UTC)
    row = KeyRow(
        key.prefix, key.digest, organisation, ("submit", "read"), (), now, None, None, None
    )
    with service.node.log.store.access(write=True) as access:
        access.add_key(row)
    return secret, key.prefix


def test_webhook_ends_with_the_key_that_it_was_made_with(
    fresh: Service, delivered: Delivered
) -> None:
    fresh.secrets = dict(fresh.secrets)
    fresh.secrets["rotated"], prefix = store_key(fresh, "shenzhen")
    ended = add(fresh, "rotated", f"{HOOK}/ended").json()["id"]
    assert add(fresh, "shenzhen", f"{HOOK}/standing").status_code == 201
    fresh.record(transfer())
    settle(fresh)
    with fresh.node.log.store.access(write=True) as access:
        assert access.revoke_key(prefix, now=datetime.now(UTC))
    fresh.record(transfer())
    settle(fresh)
    assert delivered.indexes("/hook/ended") == {0}
    assert delivered.indexes("/hook/standing") == {0, 1}
    value = fresh.get(f"/v1/webhooks/{ended}", "shenzhen").json()
    assert (value["state"], value["ended"]) == (
        "ended",
        "the API key that it was made with is over",
    )


def test_webhook_is_not_made_with_what_nobody_could_revoke_here(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    with identity_provider() as provider:
        for service in make_service(**settings_of(provider)):
            roles = make_roles(service, provider)
            for role, status in (("oidc", 403), ("session", 201), ("read", 201)):
                answer = service.client.post(
                    "/v1/webhooks", json={"url": HOOK}, headers=roles.headers[role]
                )
                assert answer.status_code == status, (role, answer.text)
                if status == 403:
                    assert answer.json()["code"] == "webhook.key"


def test_ledger_of_this_machine_tells_it_until_somebody_needs_a_key(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    for service in make_service(api_keys_file=None, data_dir=tmp_path):
        with receiving() as receiver:
            made = add(service, None, f"{receiver.url}/hook")
            assert made.status_code == 201, made.text
            service.record(transfer(), None)
            service.anchor()
            settle(service)
            types = [came.value["type"] for came in receiver.received]
            assert types == [topic.value for topic in (Topic.LOGGED, *_AFTER_LOGGING)]
            secret = Secret.parse(made.json()["secret"])
            for came in receiver.received:
                assert secret.verify(came.headers, came.body, datetime.now(UTC)) == came.id
            store_key(service, "acme")
            service.client.app.state.webhooks.step()  # type: ignore[attr-defined]
            with service.node.log.store.webhooks() as rows:
                assert not rows.exist()


_AFTER_LOGGING = (Topic.PUBLISHED, Topic.ANCHORED, Topic.FINAL)


def test_trail_notes_who_made_and_removed_a_webhook(fresh: Service) -> None:
    webhook_id = add(fresh, "shenzhen").json()["id"]
    fresh.client.delete(f"/v1/webhooks/{webhook_id}", headers=fresh.headers("shenzhen"))
    fresh.client.app.state.trail.flush()  # type: ignore[attr-defined]
    rows = fresh.get("/v1/trail", "auditor").json()["rows"]
    noted = [(row["method"], row["route"], row["subject"]) for row in rows if "subject" in row]
    assert noted == [
        ("POST", "/v1/webhooks", webhook_id),
        ("DELETE", "/v1/webhooks/{webhook_id}", webhook_id),
    ]
    assert not any(HOOK in json.dumps(row) for row in rows)


def test_keeper_reads_nothing_but_whether_there_is_a_webhook_where_there_is_none(
    fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.record(transfer())
    keeper = keeper_of(fresh)
    for of, name in ((keeper.herald, "follow"), (keeper.courier, "round")):
        monkeypatch.setattr(of, name, lambda: pytest.fail("looked"))
    assert keeper.step() == []


def test_everything_that_can_be_asked_for_is_documented(repository: Path) -> None:
    text = (repository / "docs/webhooks.md").read_text()
    assert [topic for topic in SUBSCRIBED if f"`{topic}`" not in text] == []
