"""The courier: takes messages that wait to their webhooks, and again, until they are taken.

An answer of 2xx has taken a message; 410 says that nobody wants any more, and ends the webhook;
anything else, silence too, is tried again after FIRST_PAUSE, and each time FACTOR times later, up
to LONGEST_PAUSE. What still waits after GIVE_UP_AFTER is given up, and the next one's
turn comes.

One webhook's messages go one by one, in their order: while a receiver does not answer, its own
messages wait, and nobody else's. MAX_AT_ONCE are on their way together, of one organisation
MAX_OF_ONE. A message is written down as taken after the answer: whoever is killed in between sends
it again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from http import HTTPStatus

from ledger.errors import LedgerError, UnavailableError
from ledger.store import Store
from ledger.store.webhook_row import MessageRow, WebhookRow
from ledger.webhook import Event, Secret
from ledger.webhook_address import WebhookAddress
from ledger.webhook_connection import post

__all__ = [
    "FACTOR",
    "FIRST_PAUSE",
    "GIVE_UP_AFTER",
    "LEAST_ATTEMPTS",
    "LONGEST_PAUSE",
    "MAX_AT_ONCE",
    "MAX_OF_ONE",
    "Courier",
    "Outcome",
    "Post",
    "pause_after",
]

FIRST_PAUSE = timedelta(seconds=5)
FACTOR = 3
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
# The ledger may have been stopped all the while, and its receivers not.
LEAST_ATTEMPTS = 5
MAX_AT_ONCE = 8
MAX_OF_ONE = 2

# Looked at for those that have room: one organisation's may fill the first places.
_CANDIDATES = 1_000
# One after the other, before others have their turn.
_IN_A_TURN = 32
_SUCCESS = range(200, 300)
_GONE = "HTTP 410: its receiver wants nothing more"

Post = Callable[[WebhookAddress, bytes, Mapping[str, str]], int]


class Outcome(StrEnum):
    """What came of an attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given-up"


class Courier:
    """Delivers what waits in one store. `round` is called from one thread.

    `secret_of` gives a webhook's secret; `ends` says why one is to be told nothing more, None where
    it is.
    """

    def __init__(
        self,
        store: Store,
        *,
        secret_of: Callable[[WebhookRow], Secret],
        ends: Callable[[WebhookRow], str | None],
        deliver: Post = post,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._secret_of = secret_of
        self._ends = ends
        self._deliver = deliver
        self._clock = clock
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="webhook")
        # Owns the two below.
        self._lock = threading.Lock()
        self._busy: dict[str, str] = {}
        self._outcomes: Counter[Outcome] = Counter()

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Count the attempts of this process by what came of them."""
        with self._lock:
            return {outcome: self._outcomes[outcome] for outcome in Outcome}

    def round(self) -> list[Future[None]]:
        """Set out to every webhook for which something is due; give what was begun."""
        with self._store.webhooks() as rows:
            due = rows.due(self._clock(), _CANDIDATES)
        begun = []
        for row in due:
            if self._take(row):
                future = self._pool.submit(self._turn, row)
                future.add_done_callback(partial(self._leave, row.id))
                begun.append(future)
        return begun

    def close(self) -> None:
        """Finish what is on its way, which takes as long as one answer may; begin nothing."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _take(self, row: WebhookRow) -> bool:
        with self._lock:
            of_one = list(self._busy.values()).count(row.organisation)
            if row.id in self._busy or of_one >= MAX_OF_ONE or len(self._busy) >= MAX_AT_ONCE:
                return False
            self._busy[row.id] = row.organisation
            return True

    def _leave(self, webhook_id: str, _: Future[None]) -> None:
        with self._lock:
            self._busy.pop(webhook_id, None)

    def _turn(self, row: WebhookRow) -> None:
        """Deliver what waits for one webhook, up to the first that is not taken."""
        for _ in range(_IN_A_TURN):
            if self._stop.is_set():
                return
            why = self._ends(row)
            if why is not None:
                with self._store.webhooks(write=True) as rows:
                    rows.end(row.id, why)
                return
            with self._store.webhooks() as rows:
                waiting = rows.next_message(row.id)
            if waiting is None or not self._send(row, waiting):
                return

    def _send(self, row: WebhookRow, message: MessageRow) -> bool:
        """Send a message; say whether the next one's turn has come."""
        now = self._clock()
        status, answer = self._answer(row, message, now)
        if status in _SUCCESS:
            with self._store.webhooks(write=True) as rows:
                rows.deliver(message, answer=answer, now=now)
            self._count(Outcome.DELIVERED)
            return True
        self._count(Outcome.FAILED)
        with self._store.webhooks(write=True) as rows:
            known = rows.find(row.id)
            failures = 1 if known is None else known.failures + 1
            rows.fail(
                message, answer=answer, now=now, failures=failures,
                again_at=now + pause_after(failures),
            )  # fmt: skip
            if status == HTTPStatus.GONE:
                rows.end(row.id, _GONE)
            elif (
                message.attempts + 1 >= LEAST_ATTEMPTS and now - message.created_at >= GIVE_UP_AFTER
            ):
                given_up = rows.give_up(row.id, before=now - GIVE_UP_AFTER)
                self._count(Outcome.GIVEN_UP, given_up)
        return False

    def _answer(
        self, row: WebhookRow, message: MessageRow, now: datetime
    ) -> tuple[int | None, str]:
        event = Event(message.id, message.body or b"")
        try:
            address = WebhookAddress.parse(row.url, local=row.url.startswith("http:"))
            status = self._deliver(address, event.body, self._secret_of(row).headers(event, now))
        except UnavailableError as error:
            return None, f"{error.code}: {error.found}"
        except LedgerError as error:
            return None, error.code
        return status, f"HTTP {status}"

    def _count(self, outcome: Outcome, number: int = 1) -> None:
        with self._lock:
            self._outcomes[outcome] += number


def pause_after(failures: int) -> timedelta:
    """Say how long to wait after so many failures in a row."""
    seconds = FIRST_PAUSE.total_seconds()
    for _ in range(1, failures):
        seconds = min(seconds * FACTOR, LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds)
