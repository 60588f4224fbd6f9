"""The lease of a running ledger: which of several processes publishes and anchors.

    lease = Lease(store, holder)       the holder's name is a seat's, and nobody else's
    lease.take()                       a token, or None where another process has it
    lease.run()                        renew it, or wait for it, until `stop`

Every process of a log sequences, in turn, under the lock of the log's row; for that none is needed.
The lease is held for `TERM`, renewed every `PAUSE`. A holder that is killed or stopped is replaced
once its term is over, and what it writes afterwards is refused by its token (see `store.leasing`).
A database of one process alone (SQLite) is leased once, until its next start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from threading import Event, Lock

from ledger.errors import UnavailableError
from ledger.store import Store

__all__ = ["PAUSE", "SILENCE", "TERM", "Lease"]

_logger = logging.getLogger(__name__)

# Together with one PAUSE less than the five seconds within which another process has taken over.
TERM = 3.0
PAUSE = 0.75
# A batch of 100,000 records is silent for half a second, between its statements.
SILENCE = 2.5


class Lease:
    """One process' claim to the lease. Methods may be called from any thread."""

    def __init__(self, store: Store, holder: str) -> None:
        self.holder = holder
        # Called without a lock, by whichever thread has gained the lease.
        self.on_gained: Callable[[], None] = lambda: None
        self._store = store
        self._is_alone = not store.is_shared
        self._stop = Event()
        # Owns the three below. The times are this process' own clock's, and count from before the
        # database was asked, so that the claim ends here no later than there.
        self._lock = Lock()
        self._token: int | None = None
        self._until = 0.0
        self._try_at = 0.0

    @property
    def token(self) -> int | None:
        """The token while the lease is held; None otherwise."""
        return self._token if time.monotonic() < self._until else None

    def take(self) -> int | None:
        """Give the token, taking the lease where it can be had; None where another has it."""
        with self._lock:
            if self.token is not None:
                return self._token
            now = time.monotonic()
            if now < self._try_at:
                return None
            with self._store.leasing() as leasing:
                token = leasing.acquire(self.holder, seconds=TERM, by_force=self._is_alone)
            self._try_at = now + PAUSE
            self._token = token
            self._until = inf if self._is_alone else now + TERM
        if token is not None:
            _logger.info("this process publishes and anchors now (lease %d)", token)
            self.on_gained()
        return token

    def run(self) -> None:
        """Renew the lease, or wait for it, and end the sessions of those who are stopped."""
        if self._is_alone:
            return
        while not self._stop.wait(PAUSE):
            try:
                with self._store.leasing() as leasing:
                    ended = leasing.end_silent(seconds=SILENCE)
                if ended:
                    _logger.warning("ended %d sessions that were stopped in the middle", ended)
                self._renew()
                self.take()
            except UnavailableError as error:
                _logger.warning("the lease is asked for again: %s (%s)", error, error.code)
            except Exception:
                # A worker that dies of a defect would leave a log unpublished, unnoticed.
                _logger.exception("the lease could not be kept; trying again")

    def stop(self) -> None:
        """Let `run` return."""
        self._stop.set()

    def release(self) -> None:
        """Let go, so that another process need not wait for the term's end."""
        with self._lock:
            token, self._token, self._until = self._token, None, 0.0
        if token is not None:
            with suppress(UnavailableError), self._store.leasing() as leasing:
                leasing.release(token)

    def _renew(self) -> None:
        with self._lock:
            if self._token is None:
                return
            now = time.monotonic()
            with self._store.leasing() as leasing:
                is_held = leasing.renew(self._token, seconds=TERM)
            if is_held:
                self._until = now + TERM
                return
            _logger.warning("another process publishes and anchors now")
            self._token, self._until = None, 0.0
