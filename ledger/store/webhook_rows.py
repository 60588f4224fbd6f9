"""Webhooks in the store: who is told, what waits to be told, and up to where it was looked for.

Messages are written in the transaction that moves the place: each thing that happens makes one
message for each webhook, whatever dies in between. While there is no webhook the place stands
still; the first one begins where the log is then. Rows are locked in this order: the place, then
webhooks, then messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from ledger.anchor import ChainIdentity
from ledger.errors import ConflictError
from ledger.store.anchors import STANDING, AnchorState
from ledger.store.reading import Reading
from ledger.store.tables import log, webhook, webhook_message, webhook_place
from ledger.store.webhook_row import (
    MessageRow,
    MessageState,
    NewMessage,
    Told,
    Waiting,
    WebhookRow,
    read_message,
    read_webhook,
)

__all__ = [
    "KEPT_MESSAGES",
    "MAX_WAITING",
    "MAX_WEBHOOKS",
    "WebhookRows",
]

# Of one organisation.
MAX_WEBHOOKS = 20
# For one webhook: a million records that one state of each was to be told of.
MAX_WAITING = 10_000
# Of one webhook, those that are delivered or given up.
KEPT_MESSAGES = 100


class WebhookRows:
    """A transaction on webhooks and messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exist(self) -> bool:
        """Say whether anyone is to be told of anything."""
        return (
            self._connection.execute(select(webhook.c.id).where(_STANDS).limit(1)).first()
            is not None
        )

    def add(self, new: WebhookRow, *, on: tuple[ChainIdentity, bytes] | None) -> None:
        """Write a new webhook; raise ConflictError where its organisation has as many as it may.

        The first one begins where the log is now, its anchors being those `on` this chain.
        """
        # Whoever adds, or moves the place, takes turns here; on SQLite writers do anyway.
        told = self.told(locked=True)
        mine = select(func.count()).where(webhook.c.organisation == new.organisation)
        if (self._connection.scalar(mine) or 0) >= MAX_WEBHOOKS:
            raise ConflictError(
                "webhook.too-many",
                "the organisation has as many webhooks as one may have",
                expected=f"at most {MAX_WEBHOOKS}",
                hint="Remove one that is no longer of use.",
            )
        if not self.exist():
            self.move(told, self._today(on))
        words = {"topics": " ".join(new.topics), "records": b"".join(new.records)}
        self._connection.execute(insert(webhook).values(new._asdict() | words))

    def remove(self, webhook_id: str, organisation: str) -> bool:
        """Forget an organisation's webhook and its messages; False where it has none of this id."""
        removed = self._connection.execute(
            delete(webhook).where(
                webhook.c.id == webhook_id, webhook.c.organisation == organisation
            )
        )
        if removed.rowcount != 1:
            return False
        self._connection.execute(
            delete(webhook_message).where(webhook_message.c.webhook_id == webhook_id)
        )
        return True

    def find(self, webhook_id: str) -> WebhookRow | None:
        """Read a webhook."""
        row = self._connection.execute(
            select(webhook).where(webhook.c.id == webhook_id)
        ).one_or_none()
        return None if row is None else read_webhook(row)

    def of(self, organisation: str) -> list[WebhookRow]:
        """Read an organisation's webhooks, the oldest first."""
        return self._webhooks(webhook.c.organisation == organisation)

    def standing(self) -> list[WebhookRow]:
        """Read all that are to be told of something."""
        return self._webhooks(_STANDS)

    def due(self, now: datetime, limit: int) -> list[WebhookRow]:
        """Read those for which something waits that may be sent now, the longest due first."""
        rows = (
            select(webhook)
            .where(_STANDS, webhook.c.next_at <= now, exists().where(_OF_WEBHOOK, _WAITS))
            .order_by(webhook.c.next_at)
            .limit(limit)
        )
        return [read_webhook(row) for row in self._connection.execute(rows)]

    def end(self, webhook_id: str, why: str) -> None:
        """Tell a webhook nothing more; what waits for it is given up."""
        self._connection.execute(
            update(webhook).where(webhook.c.id == webhook_id, _STANDS).values(ended=why)
        )
        self._connection.execute(
            update(webhook_message)
            .where(webhook_message.c.webhook_id == webhook_id, _WAITS)
            .values(state=MessageState.GIVEN_UP, body=None, answer=why)
        )

    def told(self, *, locked: bool = False) -> Told:
        """Read up to where everyone has been told."""
        columns = [webhook_place.c[name] for name in Told._fields]
        place = select(*columns).with_for_update() if locked else select(*columns)
        row = self._connection.execute(place).one()
        return Told(*row)._replace(block=bytes(row.block))

    def move(self, old: Told, new: Told) -> bool:
        """Say that everyone has been told up to here; False where somebody else was faster."""
        same = [webhook_place.c[name] == value for name, value in old._asdict().items()]
        moved = self._connection.execute(update(webhook_place).where(*same).values(new._asdict()))
        return moved.rowcount == 1

    def put(self, messages: Sequence[NewMessage]) -> None:
        """Write messages; of those that wait for one webhook, more than MAX_WAITING are too many.

        The oldest of them are given up then.
        """
        named = {message.webhook_id for message in messages}
        # Locked, so that nothing comes to wait for one that is removed or ended meanwhile.
        standing = self._connection.scalars(
            select(webhook.c.id)
            .where(webhook.c.id.in_(named), _STANDS)
            .order_by(webhook.c.id)
            .with_for_update()
        ).all()
        values = [
            {**message._asdict(), "state": MessageState.WAITING, "attempts": 0}
            for message in messages
            if message.webhook_id in standing
        ]
        if values:
            self._connection.execute(insert(webhook_message), values)
        for webhook_id in standing:
            of_it = webhook_message.c.webhook_id == webhook_id
            first_kept = self._connection.scalar(
                select(webhook_message.c.number)
                .where(of_it, _WAITS)
                .order_by(webhook_message.c.number.desc())
                .offset(MAX_WAITING - 1)
                .limit(1)
            )
            if first_kept is not None:
                self._connection.execute(
                    update(webhook_message)
                    .where(of_it, _WAITS, webhook_message.c.number < first_kept)
                    .values(state=MessageState.GIVEN_UP, body=None, answer="too many wait")
                )
                self._tidy(webhook_id)

    def next_message(self, webhook_id: str) -> MessageRow | None:
        """Read the oldest message that waits for a webhook which is still to be told."""
        row = self._connection.execute(
            select(webhook_message)
            .join(webhook, _OF_WEBHOOK)
            .where(webhook.c.id == webhook_id, _STANDS, _WAITS)
            .order_by(webhook_message.c.number)
            .limit(1)
        ).one_or_none()
        return None if row is None else read_message(row)

    def deliver(self, message: MessageRow, *, answer: str, now: datetime) -> None:
        """Write down that a message was taken."""
        self._retry_at(message.webhook_id, failures=0, at=now)
        self._settle(
            message,
            {
                "state": MessageState.DELIVERED, "body": None, "answer": answer, "tried_at": now,
                "attempts": message.attempts + 1,
            },
        )  # fmt: skip
        self._tidy(message.webhook_id)

    def give_up(self, webhook_id: str, *, before: datetime) -> int:
        """Write down that what was made before a time is not tried any more; say how much."""
        of_it = webhook_message.c.webhook_id == webhook_id
        given_up = self._connection.execute(
            update(webhook_message)
            .where(of_it, _WAITS, webhook_message.c.created_at <= before)
            .values(state=MessageState.GIVEN_UP, body=None)
        )
        self._tidy(webhook_id)
        return given_up.rowcount

    def fail(
        self, message: MessageRow, *, answer: str, now: datetime, failures: int, again_at: datetime
    ) -> None:
        """Write down that a message was not taken, and when its webhook is tried again."""
        self._retry_at(message.webhook_id, failures=failures, at=again_at)
        tried = {"answer": answer, "tried_at": now, "attempts": message.attempts + 1}
        self._settle(message, tried)

    def messages(self, webhook_id: str, limit: int) -> list[MessageRow]:
        """Read the last messages to a webhook, the newest first."""
        rows = self._connection.execute(
            select(webhook_message)
            .where(webhook_message.c.webhook_id == webhook_id)
            .order_by(webhook_message.c.number.desc())
            .limit(limit)
        )
        return [read_message(row) for row in rows]

    def last_tried(self, webhook_id: str) -> MessageRow | None:
        """Read the newest message to a webhook that was tried; None where none was."""
        row = self._connection.execute(
            select(webhook_message)
            .where(webhook_message.c.webhook_id == webhook_id, webhook_message.c.attempts > 0)
            .order_by(webhook_message.c.number.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else read_message(row)

    def count_waiting(self, webhook_id: str) -> int:
        """Count what waits for a webhook."""
        of_it = webhook_message.c.webhook_id == webhook_id
        return self._connection.scalar(select(func.count()).where(of_it, _WAITS)) or 0

    def waiting(self) -> Waiting:
        """Count what there is, for figures."""
        webhooks = self._connection.scalar(select(func.count()).where(_STANDS)) or 0
        count, oldest = self._connection.execute(
            select(func.count(), func.min(webhook_message.c.created_at)).where(_WAITS)
        ).one()
        return Waiting(webhooks, count, oldest)

    def _webhooks(self, condition: ColumnElement[bool]) -> list[WebhookRow]:
        rows = self._connection.execute(
            select(webhook).where(condition).order_by(webhook.c.created_at, webhook.c.id)
        )
        return [read_webhook(row) for row in rows]

    def _settle(self, message: MessageRow, values: dict[str, Any]) -> None:
        of_it = webhook_message.c.number == message.number
        self._connection.execute(update(webhook_message).where(of_it, _WAITS).values(values))

    def _retry_at(self, webhook_id: str, *, failures: int, at: datetime) -> None:
        self._connection.execute(
            update(webhook).where(webhook.c.id == webhook_id).values(failures=failures, next_at=at)
        )

    def _tidy(self, webhook_id: str) -> None:
        """Forget all but the last messages that were settled."""
        settled = (webhook_message.c.webhook_id == webhook_id, ~_WAITS)
        oldest_kept = self._connection.scalar(
            select(webhook_message.c.number)
            .where(*settled)
            .order_by(webhook_message.c.number.desc())
            .offset(KEPT_MESSAGES - 1)
            .limit(1)
        )
        if oldest_kept is not None:
            self._connection.execute(
                delete(webhook_message).where(*settled, webhook_message.c.number < oldest_kept)
            )

    def _today(self, on: tuple[ChainIdentity, bytes] | None) -> Told:
        reading = Reading(self._connection)
        return Told(
            logged=self._connection.scalar(select(log.c.size)) or 0,
            published=max(reading.published_size(), 0),
            anchored=reading.anchored_size(*STANDING, on=on),
            final=reading.anchored_size(AnchorState.FINAL, on=on),
            block=b"",
        )


_STANDS = webhook.c.ended.is_(None)
_WAITS = webhook_message.c.state == MessageState.WAITING
_OF_WEBHOOK = webhook_message.c.webhook_id == webhook.c.id
