from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ledger.errors import ConfigurationError, UnavailableError
from ledger.webhook import Event
from ledger.webhook_sender import ATTEMPTS, send
from tests.anvil import free_port
from tests.webhook_receiver import SECRET, receiving

EVENT = Event.make("log.fork", {"size": 3}, at=datetime.now(UTC))


def test_event_is_sent_again_until_it_is_taken() -> None:
    pauses: list[float] = []
    with receiving(503, 429, 408, 200) as receiver:
        send(receiver.url, EVENT, SECRET, pause=pauses.append)
    assert receiver.ids == [EVENT.id] * 4
    assert receiver.bodies == [EVENT.body] * 4
    assert pauses == [1, 4, 16]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410])
def test_event_that_is_refused_is_not_sent_again(status: int) -> None:
    with receiving(status) as receiver, pytest.raises(UnavailableError, match=str(status)):
        send(receiver.url, EVENT, SECRET, pause=lambda _: pytest.fail("sent again"))
    assert len(receiver.ids) == 1


def test_event_that_nobody_takes_is_given_up() -> None:
    pauses: list[float] = []
    with receiving(*[500] * ATTEMPTS) as receiver, pytest.raises(UnavailableError):
        send(receiver.url, EVENT, SECRET, pause=pauses.append)
    assert len(pauses) == ATTEMPTS - 1
    with pytest.raises(UnavailableError) as caught:
        send(f"http://127.0.0.1:{free_port()}", EVENT, SECRET, attempts=2, pause=pauses.append)
    assert caught.value.code == "webhook.undelivered"


@pytest.mark.parametrize("url", ["", "ftp://example.com", "http://", "example.com"])
def test_event_needs_an_address(url: str) -> None:
    with pytest.raises(ConfigurationError, match="webhook address"):
        send(url, EVENT, SECRET)
