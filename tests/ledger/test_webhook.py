from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError, VerificationError
from ledger.webhook import TOLERANCE_SECONDS, Event, Secret

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = Secret(bytes(range(32)))
EVENT = Event.make("log.fork", {"origin": "example.com/log", "size": 3}, at=NOW)


def test_message_is_what_standard_webhooks_says() -> None:
    """Derived here from the specification's words, not by the code that is tested."""
    headers = SECRET.headers(EVENT, NOW)
    signed = f"{EVENT.id}.{int(NOW.timestamp())}.".encode() + EVENT.body
    mac = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
    assert headers == {
        "webhook-id": EVENT.id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    assert json.loads(EVENT.body) == {
        "type": "log.fork",
        "timestamp": "2026-11-21T12:00:00Z",
        "data": {"origin": "example.com/log", "size": 3},
    }


def test_message_verifies_with_its_secret_alone() -> None:
    headers = SECRET.headers(EVENT, NOW)
    assert SECRET.verify(headers, EVENT.body, NOW) == EVENT.id
    rotated = {**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert SECRET.verify(rotated, EVENT.body, NOW) == EVENT.id
    with pytest.raises(VerificationError, match="signed"):
        Secret.generate().verify(headers, EVENT.body, NOW)


@pytest.mark.parametrize("seconds", [-1, 1])
def test_message_of_another_time_is_refused(seconds: int) -> None:
    headers = SECRET.headers(EVENT, NOW)
    away = timedelta(seconds=seconds * TOLERANCE_SECONDS)
    SECRET.verify(headers, EVENT.body, NOW + away)
    with pytest.raises(VerificationError, match="not of this time"):
        SECRET.verify(headers, EVENT.body, NOW + away + timedelta(seconds=seconds))


@given(
    name=st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
    value=st.text(max_size=40),
)
def test_message_with_another_header_is_refused(name: str, value: str) -> None:
    headers = SECRET.headers(EVENT, NOW)
    if headers[name] != value:
        with pytest.raises(VerificationError):
            SECRET.verify({**headers, name: value}, EVENT.body, NOW)


@given(st.integers(0, len(EVENT.body) - 1), st.integers(1, 255))
def test_message_with_another_body_is_refused(place: int, flip: int) -> None:
    body = bytearray(EVENT.body)
    body[place] ^= flip
    with pytest.raises(VerificationError):
        SECRET.verify(SECRET.headers(EVENT, NOW), bytes(body), NOW)


def test_secret_reads_what_it_writes_and_shows_nothing() -> None:
    text = SECRET.text()
    assert Secret.parse(text).headers(EVENT, NOW) == SECRET.headers(EVENT, NOW)
    assert text[6:] not in repr(SECRET)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_AAAA", "AAAA", "whsec_*" + "A" * 43])
def test_secret_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Secret.parse(text)
    assert "AAAA" not in str(caught.value)
