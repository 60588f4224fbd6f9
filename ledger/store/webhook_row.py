"""A webhook and its messages, each as a row of the store has it.

webhook      an organisation's address, what it wants to hear, and what it may see
message      a body that waits for its receiver, or what became of it
told         up to which sizes of the log everyone has been told of each state
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row

__all__ = [
    "MessageRow",
    "MessageState",
    "NewMessage",
    "Told",
    "Waiting",
    "WebhookRow",
    "read_message",
    "read_webhook",
]

_ID_SIZE = 16


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


class WebhookRow(NamedTuple):
    """A webhook; it is told what the API key that it was made with may see, None of this machine.

    `ended` says why it is told nothing more.
    """

    id: str
    organisation: str
    url: str
    topics: tuple[str, ...]
    records: tuple[bytes, ...]
    key_prefix: str | None
    salt: bytes
    created_at: datetime
    failures: int
    next_at: datetime
    ended: str | None


class NewMessage(NamedTuple):
    """A message to be delivered."""

    webhook_id: str
    id: str
    topic: str
    body: bytes
    created_at: datetime


class MessageRow(NamedTuple):
    """A message, and what became of it."""

    number: int
    webhook_id: str
    id: str
    topic: str
    body: bytes | None
    state: MessageState
    attempts: int
    answer: str | None
    created_at: datetime
    tried_at: datetime | None


class Told(NamedTuple):
    """Up to which sizes of the log everyone has been told; `block` is of the newest anchor told."""

    logged: int
    published: int
    anchored: int
    final: int
    block: bytes


class Waiting(NamedTuple):
    """How many webhooks there are, how many messages wait, and since when the oldest does."""

    webhooks: int
    messages: int
    oldest: datetime | None


def read_webhook(row: Row[Any]) -> WebhookRow:
    """Read a row of `webhook`, whole."""
    values = row._asdict()
    values["topics"] = tuple(values["topics"].split())
    joined = bytes(values["records"])
    values["records"] = tuple(
        joined[start : start + _ID_SIZE] for start in range(0, len(joined), _ID_SIZE)
    )
    values["salt"] = bytes(values["salt"])
    return WebhookRow(**values)


def read_message(row: Row[Any]) -> MessageRow:
    """Read a row of `webhook_message`, whole."""
    found = MessageRow(**row._asdict())
    return found._replace(state=MessageState(found.state))
