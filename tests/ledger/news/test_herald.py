"""The herald: what happened is told once, in its order, to those who may see it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from ledger import receipt, status
from ledger.jwk import PrivateKey
from ledger.log import Log, Submission
from ledger.news import Audience, Herald, Topic
from ledger.news.telling import MAX_TOLD
from ledger.organisation import Organisation, Role
from ledger.search_terms import Asked, term
from ledger.statement import Statement
from ledger.status import Action
from ledger.store import AnchorState
from ledger.store.webhook_row import MessageRow, WebhookRow
from ledger.trust import Trust
from tests.covered_transfer import ISSUED, KEY, records
from tests.log_home import CHAIN, NOW, Home, anchor_of
from tests.samples import transfer

REGULATOR, STRANGER, RECIPIENT = (PrivateKey.generate() for _ in range(3))
TRUST = replace(
    Trust(),
    organisations=(
        Organisation("cac", frozenset({Role.REGULATOR}), (REGULATOR.public,), frozenset({"CN"})),
    ),
)
EVERYTHING = Audience("all", frozenset(), frozenset(), None, lambda *_: True)


@dataclass
class Told:
    """A log, its herald, and those who are told."""

    log: Log
    audiences: list[Audience] = field(default_factory=lambda: [EVERYTHING])
    heard: int = 0

    def __post_init__(self) -> None:
        self.log.anchored_on = (CHAIN, bytes(32))
        self.herald = self.another()
        with self.log.store.webhooks(write=True) as rows:
            for audience in self.audiences:
                rows.add(webhook(audience.webhook_id), on=self.log.anchored_on)

    def another(self) -> Herald:
        return Herald(
            self.log, trust=TRUST, audiences=lambda: self.audiences, base="https://ledger.example/"
        )

    def append(self, *statements: Statement, submitter: str = "tester") -> None:
        self.log.append([Submission.of(s) for s in statements], submitter=submitter, now=NOW)

    def publish(self) -> None:
        self.log.publish(now=NOW)

    def anchor(self, size: int, state: AnchorState = AnchorState.INCLUDED, **changed: Any) -> None:
        self.log.record_anchor(anchor_of(self.log, size, **changed), state)

    def follow(self) -> None:
        for _ in range(1_000):
            if not self.herald.follow():
                return
        raise AssertionError("the herald never comes to an end")

    def news(self, webhook_id: str = "all") -> list[tuple[str, Any]]:
        """Follow, and give what was told since the last time: topic, and each record or range."""
        self.follow()
        fresh = [row for row in self.messages(webhook_id) if row.number > self.heard]
        self.heard = max([self.heard, *(row.number for row in fresh)])
        return [told for row in fresh for told in said(row)]

    def messages(self, webhook_id: str = "all") -> list[MessageRow]:
        with self.log.store.webhooks() as rows:
            return rows.messages(webhook_id, 10_000)[::-1]


def said(row: MessageRow) -> list[tuple[str, Any]]:
    value = json.loads(row.body or b"")
    assert value["type"] == row.topic
    assert value["data"]["webhook"] == row.webhook_id
    items = value["data"].get("records") or [value["data"]["gone"]]
    assert len(items) <= MAX_TOLD
    return [(row.topic, item) for item in items]


def webhook(webhook_id: str, **changed: Any) -> WebhookRow:
    url = "https://receiver.example/"
    row = WebhookRow(webhook_id, "tester", url, (), (), None, bytes(32), NOW, 0, NOW, None)
    return row._replace(**changed)


def short(news: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(topic, item["index"]) for topic, item in news]


@pytest.fixture
def tell(home: Home) -> Callable[..., Told]:
    return lambda *audiences: Told(home.open(), list(audiences) or [EVERYTHING])


def test_each_state_is_told_once_as_it_is_reached(tell: Callable[..., Told]) -> None:
    told = tell()
    made = transfer()
    told.append(made)
    assert short(told.news()) == [("record.logged", 0)]
    told.publish()
    assert short(told.news()) == [("record.published", 0)]
    told.anchor(1)
    ((topic, item),) = told.news()
    assert topic == "record.anchored"
    place = f"https://ledger.example/v1/records/{made.value['record_id']}"
    assert item == {
        "id": item["id"],
        "record_id": made.value["record_id"],
        "kind": "transfer",
        "index": 0,
        "leaf_hash": made.leaf_hash.hex(),
        "state": "anchored",
        "time": "2023-11-14T22:13:20Z",
        "links": {"record": place, "bundle": f"{place}/bundle", "dossier": f"{place}/dossier"},
        "anchor": {
            "chain_id": CHAIN.chain_id, "transaction": f"0x{(1).to_bytes(32, 'big').hex()}",
            "block_number": 1,
        },
    }  # fmt: skip
    told.log.store.set_anchor_state(anchor_of(told.log, 1), AnchorState.FINAL)
    assert short(told.news()) == [("record.final", 0)]
    assert told.news() == []


def test_what_a_record_says_is_told_to_nobody(tell: Callable[..., Told]) -> None:
    told = tell()
    made = transfer(
        exporter={"id": "a-secret-exporter", "name": "Somebody"}, scenario="a-secret-scenario"
    )
    told.append(made)
    told.publish()
    told.follow()
    bodies = b"".join(row.body or b"" for row in told.messages())
    assert made.value["record_id"].encode() in bodies
    assert b"secret" not in bodies
    assert b"Somebody" not in bodies


def test_records_of_a_batch_share_messages(tell: Callable[..., Told]) -> None:
    told = tell()
    count = 2 * MAX_TOLD + 1
    told.append(*(transfer() for _ in range(count)))
    assert [item["index"] for _, item in told.news()] == list(range(count))
    assert len(told.messages()) == 3


def test_what_one_checkpoint_or_anchor_after_the_other_covers_is_told_by_it(
    tell: Callable[..., Told],
) -> None:
    told = tell()
    for _ in range(3):
        told.append(transfer())
        told.publish()
    told.anchor(1)
    told.anchor(3)
    rows = [item for topic, item in told.news() if topic == "record.anchored"]
    assert [(item["index"], item["anchor"]["block_number"]) for item in rows] == [
        (0, 1),
        (1, 3),
        (2, 3),
    ]


def test_anchor_that_is_gone_is_told_and_its_records_again_when_it_stands_elsewhere(
    tell: Callable[..., Told],
) -> None:
    told = tell()
    for _ in range(2):
        told.append(transfer())
        told.publish()
    told.anchor(1, AnchorState.FINAL)
    told.anchor(2)
    first = [item["id"] for topic, item in told.news() if topic == "record.anchored"]
    told.log.store.set_anchor_state(anchor_of(told.log, 2), AnchorState.GONE)
    ((topic, gone),) = told.news()
    assert (topic, gone["from_index"], gone["until_index"]) == ("anchor.gone", 1, 2)
    assert told.news() == []
    told.anchor(2, block_hash=b"\x01" * 32)
    ((topic, item),) = told.news()
    assert (topic, item["index"]) == ("record.anchored", 1)
    assert item["id"] not in first
    # And once more, without anyone having looked in between.
    told.anchor(2, block_hash=b"\x02" * 32)
    assert [topic for topic, _ in told.news()] == ["anchor.gone", "record.anchored"]


def test_chain_that_is_no_more_takes_what_was_final_too(tell: Callable[..., Told]) -> None:
    told = tell()
    told.append(transfer())
    told.publish()
    told.anchor(1, AnchorState.FINAL)
    told.news()
    told.log.anchored_on = (replace(CHAIN, genesis_hash=b"\x01" * 32), bytes(32))
    ((topic, gone),) = told.news()
    assert (topic, gone["from_index"], gone["until_index"]) == ("anchor.gone", 0, 1)
    # Until a chain is known, nothing is said of any.
    told.log.anchored_on = None
    assert told.news() == []


def say(about: Statement, action: Action, key: PrivateKey) -> Statement:
    waiting = status.draft(
        key.public, issuer="someone", issued_at=ISSUED, leaf=about.leaf_hash,
        record_id=str(about.members.record_id), action=action, reason="because",
    )  # fmt: skip
    return Statement.build({"kind": "status", "jws": waiting.sign(key).text})


def receive(about: Statement) -> Statement:
    waiting = receipt.draft(
        RECIPIENT.public, issuer="hkbr:12345678", issued_at=ISSUED, transfer=about.leaf_hash,
        record_id=str(about.members.record_id), sent=[], received=[], purpose="loan", scope="one",
    )  # fmt: skip
    return Statement.build({"kind": "receipt", "jws": waiting.sign(RECIPIENT).text})


def test_what_others_say_is_news_of_the_record_where_it_counts(tell: Callable[..., Told]) -> None:
    told = tell(replace(EVERYTHING, topics=frozenset(Topic) - {Topic.LOGGED}))
    made = records()
    told.append(*(made[case] for case in ("plan", "pre_assessment", "transfer", "backup")))
    stages = [(t, item["record_id"], item["stage"]) for t, item in told.news()]
    plan, moved = (made[case].value["record_id"] for case in ("plan", "transfer"))
    attested = "record.attested"
    assert stages == [(attested, plan, "pre-assessment"), (attested, moved, "backup")]
    for about, action, key, expected in (
        ("pre_assessment", Action.REINSTATE, KEY, None),
        ("backup", Action.REVOKE, STRANGER, None),
        ("backup", Action.SUSPEND, KEY, ("attestation.suspended", moved)),
        ("backup", Action.REINSTATE, KEY, ("attestation.reinstated", moved)),
        ("backup", Action.REVOKE, KEY, ("attestation.revoked", moved)),
        ("transfer", Action.STOP, STRANGER, None),
        ("transfer", Action.STOP, REGULATOR, ("record.stopped", moved)),
        ("transfer", Action.REINSTATE, REGULATOR, ("record.released", moved)),
        ("plan", Action.STOP, REGULATOR, ("record.stopped", plan)),
        ("plan", Action.STOP, REGULATOR, None),
    ):
        word = say(made[about], action, key)
        told.append(word)
        found = [(topic, item["record_id"]) for topic, item in told.news()]
        assert found == ([] if expected is None else [expected]), (about, action)
        if expected is not None:
            _, item = said(told.messages()[-1])[0]
            assert item["by"]["leaf_hash"] == word.leaf_hash.hex()
            assert b"because" not in (told.messages()[-1].body or b"")
    told.append(receive(made["transfer"]), submitter="stranger")
    assert told.news() == []
    told.append(receive(made["transfer"]), submitter="hkbr:12345678")
    assert [(t, item["record_id"]) for t, item in told.news()] == [("record.received", moved)]


def test_each_hears_of_what_it_wants_and_may_see(tell: Callable[..., Told]) -> None:
    made = [transfer(exporter={"id": name}) for name in ("a", "b", "b")]
    named = made[2].record_id
    told = tell(
        EVERYTHING,
        # What the search would find is asked again.
        Audience("nothing", frozenset(), frozenset(), None, lambda *_: False),
        Audience("stranger", frozenset(), frozenset(),
                 frozenset({term(Asked.SUBMITTER, "stranger")}), lambda *_: True),
        Audience("later", frozenset({Topic.PUBLISHED}), frozenset(), None, lambda *_: True),
        Audience("one", frozenset(), frozenset({named}), None, lambda *_: True),
    )  # fmt: skip
    told.append(*made)
    told.publish()
    told.follow()
    heard = {
        audience.webhook_id: short(
            [told_ for row in told.messages(audience.webhook_id) for told_ in said(row)]
        )
        for audience in told.audiences
    }
    logged = [("record.logged", index) for index in range(3)]
    published = [("record.published", index) for index in range(3)]
    assert heard == {
        "all": logged + published,
        "nothing": [],
        "stranger": [],
        "later": published,
        "one": [logged[2], published[2]],
    }


def test_follows_nothing_while_there_is_no_webhook_and_begins_where_the_log_is(home: Home) -> None:
    log = home.open()
    told = Told(log, audiences=[])
    told.append(transfer())
    assert not told.herald.follow()
    assert told.herald.lag() == 0
    told.publish()
    told.audiences = [EVERYTHING]
    with log.store.webhooks(write=True) as rows:
        rows.add(webhook("all"), on=log.anchored_on)
    assert told.news() == []
    told.append(transfer())
    assert told.herald.lag() == 1
    told.anchor(1)
    assert short(told.news()) == [("record.logged", 1), ("record.anchored", 0)]


def test_two_that_follow_tell_everything_once(tell: Callable[..., Told]) -> None:
    told = tell()
    other = told.another()
    for _ in range(20):
        told.append(transfer())
        told.publish()
        told.herald.follow()
        other.follow()
    told.follow()
    found = Counter(short([t for row in told.messages() for t in said(row)]))
    assert set(found.values()) == {1}
    assert len(found) == 40


def test_follower_that_was_overtaken_writes_nothing(tell: Callable[..., Told]) -> None:
    told = tell()
    told.append(transfer())
    overtaken = told.another()
    asked = overtaken._audiences

    def late() -> Sequence[Audience]:
        # Another process does the step first.
        told.follow()
        return asked()

    overtaken._audiences = late
    assert overtaken.follow()
    assert short([t for row in told.messages() for t in said(row)]) == [("record.logged", 0)]


def test_first_webhook_after_the_last_was_removed_begins_anew(tell: Callable[..., Told]) -> None:
    told = tell()
    with told.log.store.webhooks(write=True) as rows:
        assert not rows.remove("all", "stranger")
        assert rows.remove("all", "tester")
    told.append(*(transfer() for _ in range(3)))
    assert not told.herald.follow()
    with told.log.store.webhooks(write=True) as rows:
        rows.add(webhook("all", created_at=NOW + timedelta(days=1)), on=None)
    assert told.news() == []
