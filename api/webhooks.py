"""Webhooks while the ledger serves: made and removed by organisations, told by one process.

A webhook is told what the API key that it was made with may see now (`access.may_read`), and ends
with that key. Whoever has shown a token of an identity provider makes none: nobody would tell us
when that is over. One that is made where nobody needs a key, which may lead to this machine, ends
when somebody needs one.

Its secret is derived from the log's key and a salt that the store keeps: shown once, kept nowhere.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

import structlog

from api.access import may_read
from api.auth import LOCAL, ApiKey, Principal
from api.auth.stored_keys import key_of
from api.listing import scope_of
from api.problems import RequestError
from ledger.base64url import encode
from ledger.errors import LedgerError, NotFoundError
from ledger.news import Audience, Courier, Herald, Outcome, Topic
from ledger.news.telling import message
from ledger.node import Node
from ledger.store.webhook_row import MessageRow, Waiting, WebhookRow
from ledger.trust import Trust
from ledger.webhook import Secret
from ledger.webhook_address import WebhookAddress

__all__ = ["MAX_RECORDS", "NEWS_SECONDS", "SHOWN_MESSAGES", "Standing", "WebhookKeeper"]

# Of one webhook, where it asks for records one by one.
MAX_RECORDS = 100
# How often log and anchors are looked at.
NEWS_SECONDS = 0.5
# The last ones, of the KEPT_MESSAGES.
SHOWN_MESSAGES = 20

# Of the follower, before messages have their turn: about a second of work.
_STEPS = 8
_PURPOSE = b"crossproof webhook v1"
_SALT_BYTES = 32
_ID_BYTES = 16
_KEY = "key:"
_KEY_OVER = "the API key that it was made with is over"
_OPEN_NO_MORE = "API keys are needed here now"

_logger = structlog.get_logger(__name__)


class Standing(NamedTuple):
    """A webhook, what it was last told, and how many messages wait for it."""

    row: WebhookRow
    last: MessageRow | None
    waiting: int


class WebhookKeeper:
    """Makes, shows and removes webhooks, and tells them; methods may be called from any thread."""

    def __init__(
        self,
        node: Node,
        *,
        trust: Trust,
        listed: Mapping[str, ApiKey] | None,
        has_issuer: bool,
    ) -> None:
        self._node = node
        self._listed = listed
        self._has_issuer = has_issuer
        store = node.log.store
        base = node.settings.public_url or ""
        self.herald = Herald(node.log, trust=trust, audiences=self._audiences, base=base)
        self.courier = Courier(store, secret_of=self._secret_of, ends=self._why_over)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._worker = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._worker.start()

    def add(
        self, principal: Principal, *, url: str, topics: Sequence[str], records: Sequence[bytes]
    ) -> tuple[WebhookRow, Secret]:
        """Make a webhook; give it with its secret, which nobody is shown again.

        Raises MalformedError for an address that must not be asked, RequestError (403) where
        nothing would tell when the caller may see no more, ConflictError for one too many.
        """
        WebhookAddress.parse(url, local=principal is LOCAL)
        now = datetime.now(UTC)
        row = WebhookRow(
            id=f"wh_{encode(secrets.token_bytes(_ID_BYTES))}",
            organisation=principal.organisation,
            url=url,
            topics=tuple(topics),
            records=tuple(records),
            key_prefix=None if principal is LOCAL else _key_prefix(principal),
            salt=secrets.token_bytes(_SALT_BYTES),
            created_at=now,
            failures=0,
            next_at=now,
            ended=None,
        )
        log = self._node.log
        with log.store.webhooks(write=True) as rows:
            rows.add(row, on=log.anchored_on)
        return row, self._secret_of(row)

    def all_of(self, principal: Principal) -> list[WebhookRow]:
        """List the webhooks of the caller's organisation, the oldest first."""
        with self._node.log.store.webhooks() as rows:
            return rows.of(principal.organisation)

    def standing_of(self, principal: Principal) -> list[Standing]:
        """List them, each with the message that was last tried, and how many wait."""
        with self._node.log.store.webhooks() as rows:
            return [
                Standing(row, rows.last_tried(row.id), rows.count_waiting(row.id))
                for row in rows.of(principal.organisation)
            ]

    def find(self, principal: Principal, webhook_id: str) -> tuple[WebhookRow, list[MessageRow]]:
        """Find one of them, with its last messages, the newest first; raise NotFoundError."""
        with self._node.log.store.webhooks() as rows:
            row = rows.find(webhook_id)
            if row is None or row.organisation != principal.organisation:
                raise _unknown()
            return row, rows.messages(webhook_id, SHOWN_MESSAGES)

    def remove(self, principal: Principal, webhook_id: str) -> None:
        """Forget one of them, and what waits for it; raise NotFoundError."""
        with self._node.log.store.webhooks(write=True) as rows:
            if not rows.remove(webhook_id, principal.organisation):
                raise _unknown()

    def test(self, principal: Principal, webhook_id: str) -> str:
        """Tell one of them that this is a test, in its turn; give the message's id."""
        row, _ = self.find(principal, webhook_id)
        new = message(row.id, Topic.TEST, {}, now=datetime.now(UTC))
        with self._node.log.store.webhooks(write=True) as rows:
            rows.put([new])
        self._wake.set()
        return new.id

    def figures(self) -> tuple[Waiting, int, dict[Outcome, int]]:
        """Count what waits, entries that nobody was told of, and this process' attempts."""
        with self._node.log.store.webhooks() as rows:
            waiting = rows.waiting()
        return waiting, self.herald.lag(), self.courier.outcomes

    def step(self) -> list[Future[None]]:
        """Follow the log for a while, and set out with what waits; in one process only."""
        with self._node.log.store.webhooks() as rows:
            if not rows.exist():
                return []
        if self._node.lease.take() is None:
            return []
        # Long batches are told of while they are still looked through.
        for _ in range(_STEPS):
            if self._stop.is_set() or not self.herald.follow():
                break
        else:
            self._wake.set()
        return self.courier.round()

    def close(self) -> None:
        """Stop after what is on its way."""
        self._stop.set()
        self._wake.set()
        self._worker.join()
        self.courier.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for future in self.step():
                    # Where one has had its turn, the next message's may have come.
                    future.add_done_callback(lambda _: self._wake.set())
            except LedgerError as error:
                _logger.warning("webhooks are told later", code=error.code, reason=str(error))
            except Exception as error:
                # A worker that dies of a defect would leave everyone untold, unexplained.
                _logger.exception("webhooks failed; trying again", error=type(error).__name__)
            self._wake.wait(NEWS_SECONDS)
            self._wake.clear()

    def _audiences(self) -> list[Audience]:
        """Give those who are to be told, each with what it may see now; end those that are over."""
        with self._node.log.store.webhooks() as rows:
            standing = rows.standing()
        found = []
        for row in standing:
            principal = self._principal_of(row)
            if principal is None:
                with self._node.log.store.webhooks(write=True) as rows:
                    rows.end(row.id, self._why_over(row) or _KEY_OVER)
                continue
            found.append(
                Audience(
                    webhook_id=row.id,
                    topics=frozenset(map(Topic, row.topics)),
                    records=frozenset(row.records),
                    scope=scope_of(principal),
                    may_see=partial(may_read, principal),
                )
            )
        return found

    def _why_over(self, row: WebhookRow) -> str | None:
        if self._principal_of(row) is not None:
            return None
        return _OPEN_NO_MORE if row.key_prefix is None else _KEY_OVER

    def _principal_of(self, row: WebhookRow) -> Principal | None:
        """Say whom a webhook speaks to; None where that is over."""
        if row.key_prefix is None:
            return None if self._are_keys_needed() else LOCAL
        key = self._find_key(row.key_prefix)
        if key is None or key.revoked_at is not None:
            return None
        if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
            return None
        # A keys file may give the prefix to somebody else.
        same = key.principal.organisation == row.organisation
        return key.principal if same else None

    def _find_key(self, prefix: str) -> ApiKey | None:
        listed = None if self._listed is None else self._listed.get(prefix)
        if listed is not None:
            return listed
        with self._node.log.store.access() as access:
            row = access.key(prefix)
        return None if row is None else key_of(row)

    def _are_keys_needed(self) -> bool:
        if self._listed is not None or self._has_issuer:
            return True
        with self._node.log.store.access() as access:
            return access.has_keys()

    def _secret_of(self, row: WebhookRow) -> Secret:
        return Secret(self._node.log.derive(_PURPOSE + row.id.encode(), row.salt))


def _key_prefix(principal: Principal) -> str:
    """Give the prefix of the key that somebody has shown, or begun his session with."""
    for part in principal.credential.split():
        if part.startswith(_KEY):
            return part.removeprefix(_KEY)
    raise RequestError(
        "webhook.key",
        "A webhook is made with an API key, and ends with it.",
        status=HTTPStatus.FORBIDDEN,
        expected="an API key, or a session that began with one",
        found=principal.credential.partition(":")[0],
        hint="The operator makes one: `crossproof api-key new`.",
    )


def _unknown() -> NotFoundError:
    return NotFoundError("webhook.unknown", "Your organisation has no such webhook here.")
