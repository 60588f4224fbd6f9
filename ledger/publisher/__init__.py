"""The publisher: a worker that anchors the newest published checkpoint, and brings its anchor home.

    publisher = Publisher(log, chain, operator=…, sender=…)
    Thread(target=publisher.run).start()      wake() when something was published, stop() to end

What it does is `anchoring`, a step at a time; when it does so is decided here. A node that does not
answer stops nothing else: the log goes on, and the next head that is anchored covers it all.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from threading import Condition

from ledger.anchor import ChainIdentity
from ledger.chain import Account, Chain, Governance, UnderpricedError, Witness
from ledger.errors import LedgerError, ReadOnlyError, UnavailableError
from ledger.evm_key import EvmKey
from ledger.head_signature import HeadDomain, HeadSigner, log_id
from ledger.lease import Lease
from ledger.log import Log
from ledger.publisher.anchoring import Anchoring
from ledger.publisher.co_operators import CoOperators
from ledger.publisher.keys import ALONE, Keys, OpeningTerms
from ledger.publisher.standing import Standing

__all__ = [
    "ALONE",
    "DEFAULT_INTERVAL",
    "CoOperators",
    "OpeningTerms",
    "Publisher",
    "PublisherState",
    "Status",
    "operator_signer",
]

_logger = logging.getLogger(__name__)

DEFAULT_INTERVAL = 60.0

# How soon to ask again while a transaction is on its way, or a node away; doubled each time.
_FIRST_PAUSE = 0.05
_LAST_PAUSE = 4.0
# Where another process anchors: how often to look whether it still does, and at the chain.
_STANDBY_PAUSE = 0.5
_WATCH_INTERVAL = 10.0
# Between two looks at the chain while there is nothing to do: news ends it, a reorganisation can
# wait for it, and a ledger that nobody uses costs nothing.
_IDLE_PAUSE = 2.0


class Status(StrEnum):
    """What the publisher is about."""

    IDLE = "idle"
    STANDBY = "standby"
    WAITING = "waiting"
    UNAVAILABLE = "unavailable"
    UNDERPRICED = "underpriced"
    HALTED = "halted"
    FROZEN = "frozen"
    CLOSED = "closed"


_ELSEWHERE = "lease.lost"
# By the error's code; all others follow from its class.
_STATUSES = {
    "publisher.frozen": Status.FROZEN,
    "publisher.closed": Status.CLOSED,
    "log.closed": Status.CLOSED,
}
# What ends by itself, and is worth looking at again soon.
_PASSING = frozenset({Status.WAITING, Status.UNAVAILABLE, Status.UNDERPRICED})


@dataclass(frozen=True, slots=True)
class PublisherState:
    """Where the last step has ended: `anchored` is the size that the chain holds.

    STANDBY: another process anchors this log, and this one goes on when that one does not.
    WAITING: a transaction is on its way. UNAVAILABLE: something could not be asked; it goes on by
    itself. UNDERPRICED: the chain asks more than may be paid; it goes on when the price falls.
    HALTED: `error` says what a person must look at. FROZEN, CLOSED: the contract takes no more
    heads of this log.
    """

    status: Status
    anchored: int = 0
    error: LedgerError | None = None


def operator_signer(chain: Chain, origin: str, key: EvmKey, *, admin: bytes) -> HeadSigner:
    """Make the signer whose line published checkpoints carry; raise UnavailableError.

    `admin` is the address that opens the log on the chain, or has opened it.
    """
    identity, log = chain.identity(), log_id(origin, admin)
    info = chain.log_info(log)
    if info is None:
        return HeadSigner(origin, HeadDomain(identity.chain_id, identity.contract, log), key)
    domain = HeadDomain(identity.chain_id, identity.contract, log, info.epoch)
    return HeadSigner(origin, domain, key)


class Publisher:
    """Anchors one log on one chain. `operator`, `sender` and `admin` sign for it.

    The operator signs heads; the sender pays for anchors; the admin, the sender if not given,
    opens the log on the chain. `interval` seconds lie between two anchors. `witnesses` say what
    the node of `chain` alone is not believed (see `standing`); itself where none are given.
    `co_operators` are asked for the signatures that are wanted beside the operator's own. With a
    `lease` nothing is sent but by the process that holds it.
    """

    def __init__(
        self,
        log: Log,
        chain: Chain,
        *,
        operator: EvmKey,
        sender: EvmKey,
        admin: EvmKey | None = None,
        interval: float = DEFAULT_INTERVAL,
        witnesses: Witness | None = None,
        co_operators: CoOperators | None = None,
        opening: OpeningTerms = ALONE,
        lease: Lease | None = None,
    ) -> None:
        self._log = log
        self._lease = lease
        self._watch_at = 0.0
        self._chain = chain
        account = Account(sender)
        self._keys = Keys(
            operator,
            account,
            account if admin is None else Account(admin),
            opening,
        )
        self._co_operators = co_operators or CoOperators(())
        self._interval = interval
        self.log_id = self._keys.log_id(log.origin)
        self.state = PublisherState(Status.IDLE)
        self._standing = Standing(log, chain, witnesses or chain, self.log_id)
        # As the last step that reached the chain has found it, None before the first, and where the
        # contract takes nothing of its signing.
        self.operator: HeadSigner | None = None
        # Likewise: who signs and how the log stands, and what the sender has left, in wei.
        self.governance: Governance | None = None
        self.balance: int | None = None
        # The chain for which what stood on others has been looked through: that takes reading all.
        self._tidied: ChainIdentity | None = None
        self._next_anchor = time.monotonic()
        # Guards the two below, which other threads set.
        self._condition = Condition()
        self._has_news = False
        self._is_stopping = False

    def meet(self) -> None:
        """Ask the chain, before a first step, what a step would learn; raise UnavailableError."""
        self.operator = operator_signer(
            self._chain, self._log.origin, self._keys.operator, admin=self.admin
        )
        self._standing.meet()

    def assume(self, chain: ChainIdentity | None) -> None:
        """Take the chain to be this one until it is asked."""
        self._standing.assume(chain)

    def hold_log(self) -> None:
        """Hold the log to the head that its chain holds, before anything is added to it.

        Only the chain knows of what was anchored where database and head record were brought back
        together. Where it cannot be asked, the anchored head that is kept here serves, and the
        next step asks again before it anchors.
        """
        try:
            self._standing.meet()
            head = self._chain.head(self.log_id)
            # The reason stays with the log, which is for reading only from now on.
            with suppress(ReadOnlyError):
                if head is not None and head.size:
                    self._standing.check(head)
                self.governance = self._chain.governance(self.log_id)
                if self.governance is not None:
                    self._standing.follow(self.governance)
        except LedgerError as error:
            _logger.warning("the chain is asked again later: %s (%s)", error, error.code)

    @property
    def chain_identity(self) -> ChainIdentity | None:
        """The chain as it was found last, or is taken to be; None where nobody knows."""
        return self._standing.identity

    @property
    def vanished(self) -> int:
        """How many anchors the chain has taken back since this process began."""
        return self._standing.vanished

    @property
    def admin(self) -> bytes:
        """The address that opens the log on the chain."""
        return self._keys.admin.address

    def step(self, now: datetime | None = None, *, due: bool = True) -> PublisherState:
        """Take one step; a new head is sent only where it is `due`."""
        try:
            token = None if self._lease is None else self._lease.take()
            if self._lease is not None and token is None:
                self.state = self._stand_by()
                return self.state
            now = now or datetime.now(UTC)
            self._standing.reconsider()
            anchoring = Anchoring(
                self._log,
                self._chain,
                self._keys,
                standing=self._standing,
                co_operators=self._co_operators,
                now=now,
                token=token,
            )
            if self._tidied != anchoring.identity:
                self._standing.forget_sandboxes(now)
                self._tidied = anchoring.identity
            try:
                progress = anchoring.step(due=due)
            finally:
                # Whatever came of the step: what is published from now on bears this epoch's line.
                if anchoring.governance is not None:
                    self.governance, self.operator = anchoring.governance, anchoring.signing
            self.operator = anchoring.signing
            # Told to operators, and needed for nothing.
            with suppress(UnavailableError):
                self.balance = self._chain.node.balance(self._keys.sender.address)
        except LedgerError as error:
            if error.code == _ELSEWHERE:
                self.state = PublisherState(Status.STANDBY, self.state.anchored)
            else:
                self.state = PublisherState(_status(error), self.state.anchored, error)
        else:
            if progress.launched:
                self._next_anchor = time.monotonic() + self._interval
            status = Status.WAITING if progress.waiting else Status.IDLE
            if progress.obstacle is not None:
                status = _status(progress.obstacle)
            self.state = PublisherState(status, progress.anchored, progress.obstacle)
        return self.state

    def run(self) -> None:
        """Take steps until `stop` is called."""
        pause = _FIRST_PAUSE
        while not self._is_stopping:
            before = self.state
            state = self._guarded_step()
            _report(before, state)
            if state.status is Status.STANDBY:
                self._pause(_STANDBY_PAUSE, for_news=False)
                continue
            if state.status in _PASSING:
                self._pause(pause, for_news=False)
                pause = min(2 * pause, _LAST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            left = self._next_anchor - time.monotonic()
            if left > 0:
                self._pause(left, for_news=False)
            elif state.status is Status.IDLE:
                self._pause(max(self._interval, _IDLE_PAUSE), for_news=True)
            else:
                self._pause(self._interval, for_news=False)

    def wake(self) -> None:
        """Say that there is news."""
        with self._condition:
            self._has_news = True
            self._condition.notify_all()

    def stop(self) -> None:
        """Let `run` return after the step that it is in."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()

    def _stand_by(self) -> PublisherState:
        """Look now and then at the chain, which may have closed the log, and send nothing."""
        if time.monotonic() >= self._watch_at:
            self._watch_at = time.monotonic() + _WATCH_INTERVAL
            # What goes on to close it is the log's own reason, and told there.
            with suppress(ReadOnlyError):
                self._standing.reconsider()
            self.hold_log()
        return PublisherState(Status.STANDBY, self.state.anchored)

    def _guarded_step(self) -> PublisherState:
        try:
            return self.step(due=time.monotonic() >= self._next_anchor)
        except Exception as error:
            # A worker that dies of a defect would leave the log without a witness, unnoticed.
            _logger.exception("anchoring failed; trying again")
            failure = UnavailableError(
                "publisher.failed", "anchoring failed", found=type(error).__name__
            )
            self.state = PublisherState(Status.UNAVAILABLE, self.state.anchored, failure)
            return self.state

    def _pause(self, seconds: float, *, for_news: bool) -> None:
        with self._condition:
            self._condition.wait_for(
                lambda: self._is_stopping or (for_news and self._has_news), timeout=seconds
            )
            if for_news:
                self._has_news = False


def _status(error: LedgerError) -> Status:
    if error.code in _STATUSES:
        return _STATUSES[error.code]
    if isinstance(error, UnderpricedError):
        return Status.UNDERPRICED
    return Status.UNAVAILABLE if isinstance(error, UnavailableError) else Status.HALTED


def _report(before: PublisherState, after: PublisherState) -> None:
    if after.error is not None:
        if before.error is None or before.error.code != after.error.code:
            level = logging.WARNING if after.status in _PASSING else logging.ERROR
            _logger.log(level, "anchoring: %s (%s)", after.error, after.error.code)
    elif after.anchored != before.anchored:
        _logger.info("anchored size %d", after.anchored)
