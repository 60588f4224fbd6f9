"""The courier: at least once, in order, and nobody waits for somebody else's receiver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ledger.errors import UnavailableError
from ledger.news import Courier, Outcome, Topic
from ledger.news.courier import (
    FIRST_PAUSE,
    GIVE_UP_AFTER,
    LEAST_ATTEMPTS,
    LONGEST_PAUSE,
    MAX_AT_ONCE,
    MAX_OF_ONE,
    Post,
    pause_after,
)
from ledger.news.telling import message
from ledger.store import Store
from ledger.store.webhook_row import MessageRow, MessageState, WebhookRow
from ledger.store.webhook_rows import KEPT_MESSAGES, MAX_WAITING
from ledger.webhook import Secret
from ledger.webhook_address import WebhookAddress
from ledger.webhook_connection import post
from tests.deadline import eventually
from tests.hooked import Received, receiving
from tests.log_home import Home

SECRET = Secret.generate()
_SECONDS = 30


class Office:
    """A store with webhooks, and couriers with a clock of their own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = datetime.now(UTC)
        self.over: dict[str, str] = {}
        self._couriers: list[Courier] = []

    def courier(self, deliver: Post = post) -> Courier:
        made = Courier(
            self.store, secret_of=lambda _: SECRET, ends=lambda row: self.over.get(row.id),
            deliver=deliver, clock=lambda: self.now,
        )  # fmt: skip
        self._couriers.append(made)
        return made

    def close(self) -> None:
        for courier in self._couriers:
            courier.close()

    def add(self, webhook_id: str, url: str, *, organisation: str = "acme") -> None:
        row = WebhookRow(
            webhook_id, organisation, url, (), (), None, bytes(32), self.now, 0, self.now, None
        )
        with self.store.webhooks(write=True) as rows:
            rows.add(row, on=None)

    def tell(self, webhook_id: str, count: int = 1) -> list[str]:
        made = [message(webhook_id, Topic.TEST, {"n": n}, now=self.now) for n in range(count)]
        with self.store.webhooks(write=True) as rows:
            rows.put(made)
        return [one.id for one in made]

    def round(self, courier: Courier) -> int:
        """Go one round, to its end; say how many were begun."""
        begun = courier.round()
        assert not wait(begun, timeout=_SECONDS).not_done
        for future in begun:
            future.result()
        return len(begun)

    def webhook(self, webhook_id: str) -> WebhookRow:
        with self.store.webhooks() as rows:
            found = rows.find(webhook_id)
        assert found is not None
        return found

    def messages(self, webhook_id: str) -> list[MessageRow]:
        with self.store.webhooks() as rows:
            return rows.messages(webhook_id, 2 * MAX_WAITING)[::-1]

    def states(self, webhook_id: str) -> list[MessageState]:
        return [row.state for row in self.messages(webhook_id)]


@pytest.fixture
def office(home: Home) -> Iterator[Office]:
    home.open()
    opened = Office(home.store())
    yield opened
    opened.close()


def test_messages_come_signed_and_in_order(office: Office) -> None:
    with receiving() as receiver:
        office.add("wh", f"{receiver.url}/hook?a=1")
        ids = office.tell("wh", 3)
        assert office.round(office.courier()) == 1
    assert [came.id for came in receiver.received] == ids
    for came in receiver.received:
        assert SECRET.verify(came.headers, came.body, office.now) == came.id
        assert came.path == "/hook?a=1"
    done = office.messages("wh")
    assert [(row.state, row.answer, row.attempts, row.body) for row in done] == [
        (MessageState.DELIVERED, "HTTP 204", 1, None)
    ] * 3


def test_receiver_that_fails_is_asked_again_later_each_time_and_told_in_order(
    office: Office,
) -> None:
    statuses = [500, 404, 302, 429, 200, 200]
    with receiving(lambda _: statuses.pop(0)) as receiver:
        office.add("wh", receiver.url)
        first, second = office.tell("wh", 2)
        courier = office.courier()
        pauses = []
        for _ in range(4):
            assert office.round(courier) == 1
            row = office.webhook("wh")
            assert office.round(courier) == 0
            pauses.append(row.next_at - office.now)
            office.now = row.next_at
        assert office.round(courier) == 1
    assert [came.id for came in receiver.received] == [first] * 5 + [second]
    assert len({came.body for came in receiver.received[:5]}) == 1
    assert pauses == [pause_after(failures) for failures in (1, 2, 3, 4)]
    assert all(later > sooner for sooner, later in pairwise(pauses))
    assert office.webhook("wh").failures == 0
    assert courier.outcomes == {Outcome.DELIVERED: 2, Outcome.FAILED: 4, Outcome.GIVEN_UP: 0}


def test_pauses_begin_and_end_where_they_are_said_to() -> None:
    assert pause_after(1) == FIRST_PAUSE
    assert pause_after(1_000) == LONGEST_PAUSE


def test_receiver_that_is_silent_holds_up_nobody_else(office: Office) -> None:
    with receiving(lambda _: None) as silent, receiving() as other:
        for number in range(MAX_OF_ONE + 2):
            office.add(f"silent{number}", silent.url, organisation="silent")
            office.tell(f"silent{number}")
        office.add("wh", other.url)
        courier = office.courier()
        office.tell("wh")
        waiting = courier.round()
        eventually(lambda: len(other.received) == 1, "the other one is told")
        eventually(lambda: office.states("wh") == [MessageState.DELIVERED], "and that is noted")
        # Its organisation has as many on their way as it may.
        eventually(lambda: len(silent.received) == MAX_OF_ONE, "the silent ones are asked")
        office.tell("wh")
        eventually(courier.round, "the other one's turn comes again")
        eventually(lambda: len(other.received) == 2, "the other one is told again")
        assert len(silent.received) == MAX_OF_ONE
        silent.over.set()
        assert not wait(waiting, timeout=_SECONDS).not_done
    assert MessageState.WAITING in office.states("silent0") + office.states("silent1")


def test_no_more_than_so_many_are_on_their_way_at_once(office: Office) -> None:
    lock, now, most = threading.Lock(), 0, 0
    release = threading.Event()

    def deliver(_: WebhookAddress, __: bytes, ___: Mapping[str, str]) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        release.wait(_SECONDS)
        with lock:
            now -= 1
        return 204

    for number in range(2 * MAX_AT_ONCE):
        office.add(f"wh{number}", "http://127.0.0.1:9/", organisation=f"org{number}")
        office.tell(f"wh{number}")
    courier = office.courier(deliver)
    begun = courier.round()
    assert len(begun) == MAX_AT_ONCE
    eventually(lambda: now == MAX_AT_ONCE, "all of them are on their way")
    assert courier.round() == []
    release.set()
    assert not wait(begun, timeout=_SECONDS).not_done
    eventually(lambda: office.round(courier), "the others have their turn")
    assert most == MAX_AT_ONCE


def test_what_nobody_takes_is_given_up_after_its_time_and_shown_as_such(office: Office) -> None:
    def refuse(_: WebhookAddress, __: bytes, ___: Mapping[str, str]) -> int:
        raise UnavailableError("webhook.undelivered", "no", found="no connection")

    office.add("wh", "http://127.0.0.1:9/")
    office.tell("wh", 2)
    courier = office.courier(refuse)
    begun = office.now
    while MessageState.GIVEN_UP not in office.states("wh"):
        assert office.now - begun < GIVE_UP_AFTER + 2 * LONGEST_PAUSE
        office.round(courier)
        office.now = office.webhook("wh").next_at
    first, second = office.messages("wh")
    assert [first.state, second.state] == [MessageState.GIVEN_UP] * 2
    assert first.answer == "webhook.undelivered: no connection"
    assert office.now - begun >= GIVE_UP_AFTER
    assert courier.outcomes[Outcome.GIVEN_UP] == 2
    # What comes later is tried.
    office.tell("wh")
    assert office.round(office.courier(lambda *_: 200)) == 1
    assert office.states("wh")[-1] is MessageState.DELIVERED


def test_what_waited_while_the_ledger_was_stopped_is_tried_all_the_same(office: Office) -> None:
    office.add("wh", "http://127.0.0.1:9/")
    office.tell("wh", 2)
    office.now += 2 * GIVE_UP_AFTER
    failing = office.courier(lambda *_: 503)
    for _ in range(LEAST_ATTEMPTS - 1):
        assert office.round(failing) == 1
        office.now = office.webhook("wh").next_at
    assert office.states("wh") == [MessageState.WAITING] * 2
    assert office.round(office.courier(lambda *_: 204)) == 1
    assert office.states("wh") == [MessageState.DELIVERED] * 2


def test_receiver_that_is_gone_ends_its_webhook(office: Office) -> None:
    with receiving(lambda _: 410) as receiver:
        office.add("wh", receiver.url)
        office.tell("wh", 2)
        office.round(office.courier())
    assert len(receiver.received) == 1
    assert "410" in str(office.webhook("wh").ended)
    assert office.states("wh") == [MessageState.GIVEN_UP] * 2


def test_webhook_that_is_over_is_told_nothing_more(office: Office) -> None:
    office.add("wh", "http://127.0.0.1:9/")
    office.tell("wh")
    office.over["wh"] = "its key was revoked"
    office.round(office.courier(lambda *_: pytest.fail("told")))
    assert office.webhook("wh").ended == "its key was revoked"
    assert office.states("wh") == [MessageState.GIVEN_UP]


def test_webhook_that_is_removed_is_told_nothing_more(office: Office) -> None:
    seen: list[str] = []

    def deliver(_: WebhookAddress, __: bytes, headers: Mapping[str, str]) -> int:
        seen.append(headers["webhook-id"])
        with office.store.webhooks(write=True) as rows:
            rows.remove("wh", "acme")
        return 204

    office.add("wh", "http://127.0.0.1:9/")
    first, _ = office.tell("wh", 2)
    office.round(office.courier(deliver))
    assert seen == [first]
    assert office.messages("wh") == []


@pytest.mark.parametrize("dies", ["before the answer", "before it is noted"])
def test_message_whose_courier_was_killed_is_sent_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    sent: list[tuple[str, bytes]] = []

    def deliver(_: WebhookAddress, body: bytes, headers: Mapping[str, str]) -> int:
        sent.append((headers["webhook-id"], body))
        if dies == "before the answer" and len(sent) == 1:
            raise SystemExit
        return 204

    office.add("wh", "http://127.0.0.1:9/")
    office.tell("wh")
    killed = office.courier(deliver)
    with monkeypatch.context() as patch:
        if dies == "before it is noted":
            patch.setattr("ledger.store.webhook_rows.WebhookRows.deliver", _die)
        (future,) = killed.round()
        assert isinstance(future.exception(_SECONDS), SystemExit)
    assert office.states("wh") == [MessageState.WAITING]
    assert office.round(office.courier(deliver)) == 1
    assert sent[0] == sent[1]
    assert office.states("wh") == [MessageState.DELIVERED]


def _die(*_: object, **__: object) -> None:
    raise SystemExit


def test_address_that_must_not_be_asked_is_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.webhook_connection.socket.create_connection",
                        lambda *_, **__: pytest.fail("connected"))  # fmt: skip
    office.add("wh", "https://169.254.169.254/latest/meta-data/")
    office.tell("wh")
    office.round(office.courier())
    (row,) = office.messages("wh")
    assert (row.state, row.answer) == (MessageState.WAITING, "webhook.address")


def test_of_what_is_settled_the_last_is_kept(office: Office) -> None:
    office.add("wh", "http://127.0.0.1:9/")
    ids = office.tell("wh", KEPT_MESSAGES + 20)
    courier = office.courier(lambda *_: 204)
    eventually(lambda: not office.round(courier), "all are delivered")
    assert [row.id for row in office.messages("wh")] == ids[-KEPT_MESSAGES:]


def test_more_than_may_wait_push_the_oldest_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.webhook_rows.MAX_WAITING", 10)
    office.add("wh", "http://127.0.0.1:9/")
    office.tell("wh", 7)
    office.tell("wh", 7)
    assert office.states("wh") == [MessageState.GIVEN_UP] * 4 + [MessageState.WAITING] * 10


Answer = Callable[[Received], int | None]


def test_receiver_that_comes_back_hears_everything(office: Office) -> None:
    """It refuses, is silent, is slow, and then takes what there is."""
    answers = iter([500, None, 204, 204])
    with receiving(lambda _: next(answers)) as receiver:
        office.add("wh", receiver.url)
        first, second = office.tell("wh", 2)
        courier = office.courier(lambda a, b, h: post(a, b, h, timeout=0.3))
        for _ in range(3):
            office.round(courier)
            office.now = max(office.webhook("wh").next_at, office.now)
    assert [came.id for came in receiver.received] == [first, first, first, second]
    assert office.states("wh") == [MessageState.DELIVERED] * 2


def test_round_without_anything_due_begins_nothing(office: Office) -> None:
    office.add("wh", "http://127.0.0.1:9/")
    courier = office.courier(lambda *_: pytest.fail("told"))
    assert courier.round() == []


@pytest.mark.parametrize("over", ["removed", "ended"])
def test_nothing_comes_to_wait_for_a_webhook_that_is_over(office: Office, over: str) -> None:
    for webhook_id in ("wh", "other"):
        office.add(webhook_id, "http://127.0.0.1:9/")
    with office.store.webhooks(write=True) as rows:
        if over == "removed":
            assert rows.remove("wh", "acme")
        else:
            rows.end("wh", "its key was revoked")
        rows.put([message(name, Topic.TEST, {}, now=office.now) for name in ("wh", "other")])
        assert rows.waiting().messages == 1
    assert office.messages("wh") == []


def test_writers_of_one_webhook_take_turns(office: Office) -> None:
    """Delivering, telling and removing lock in one order: none of them is refused."""
    office.add("wh", "http://127.0.0.1:9/")
    courier = office.courier(lambda *_: 204)
    failures: list[BaseException] = []
    over = threading.Event()

    def go_on(step: Callable[[], object]) -> None:
        try:
            while not over.is_set():
                step()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    def end_and_begin() -> None:
        with office.store.webhooks(write=True) as rows:
            rows.end("wh", "over")
        with office.store.webhooks(write=True) as rows:
            rows.remove("wh", "acme")
        office.add("wh", "http://127.0.0.1:9/")

    steps: tuple[Callable[[], object], ...] = (
        lambda: office.tell("wh", 3),
        lambda: office.round(courier),
    )
    others = [threading.Thread(target=go_on, args=[step]) for step in steps]
    for thread in others:
        thread.start()
    for _ in range(20):
        end_and_begin()
    over.set()
    for thread in others:
        thread.join(_SECONDS)
    assert failures == []
