"""One step of a log towards its chain: settle what was sent, record what is there, send one more.

Between any two of its calls the process may die:

    signed, not written down    nothing has happened
    written down, not sent      the next step finds no trace of it on the chain, and sends it
    sent, reply lost            the same bytes again can do nothing twice: one nonce, one hash
    included, not recorded      the receipt is there for the next step, or the contract's own word
    recorded                    each step looks whether it still stands (see `standing`)

Last belt: to the contract the same (size, root) again is nothing. A head on the chain that the log
does not hold closes the log to writing: it has lost entries, or was rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.anchor import LogStatus
from ledger.chain import (
    Account,
    Chain,
    ChainHead,
    Extension,
    Governance,
    Opening,
    Receipt,
    RpcError,
    SignedTransaction,
)
from ledger.errors import ConfigurationError, ConflictError, LedgerError, UnavailableError
from ledger.head import Head
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.log import Log
from ledger.merkle import EMPTY_ROOT
from ledger.publisher.co_operators import CoOperators
from ledger.publisher.keys import Keys
from ledger.publisher.obstacle import not_operator, obstacle_of
from ledger.publisher.signatures import bears, collect
from ledger.publisher.standing import Standing
from ledger.store import AnchorState, Attempt, AttemptState

__all__ = ["PATIENCE", "Anchoring", "Progress"]

# A transaction that no block has taken for so long gets a rival: same nonce, higher fee.
PATIENCE = timedelta(minutes=10)
# Rivals of one nonce, each a quarter dearer than the one before.
_MAX_RIVALS = 8
_IN_FLIGHT = (AttemptState.PREPARED, AttemptState.SENT)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step has come to: the size that the chain holds, and whether more is on its way.

    `launched`: this very step has sent a head. `obstacle`: why no head will ever be sent while the
    contract stands as it does.
    """

    anchored: int
    waiting: bool
    launched: bool = False
    obstacle: LedgerError | None = None


class Anchoring:
    """A step at one moment; `identity` is the chain that was found then."""

    def __init__(
        self,
        log: Log,
        chain: Chain,
        keys: Keys,
        *,
        standing: Standing,
        co_operators: CoOperators,
        now: datetime,
        token: int | None = None,
    ) -> None:
        self._token = token
        self._log = log
        self._store = log.store
        self._chain = chain
        self._node = chain.node
        self._keys = keys
        self._co_operators = co_operators
        self._now = now
        self._log_id = keys.log_id(log.origin)
        self._standing = standing
        self.identity = standing.meet()
        # Of the log's operators; the first ones until the chain says otherwise.
        self._epoch = 1
        # As this step has found it, None before or where the log is not open.
        self.governance: Governance | None = None

    @property
    def signing(self) -> HeadSigner | None:
        """The operator, None where the contract takes nothing of its signing any more."""
        governance = self.governance
        return self.operator if governance is None or self._may_sign(governance) else None

    @property
    def operator(self) -> HeadSigner:
        """The signer of the line that the contract wants to see under a head."""
        return HeadSigner(self._log.origin, self._domain(), self._keys.operator)

    def step(self, *, due: bool) -> Progress:
        """Do what can be done now; a new head is sent only where it is `due`."""
        # Before anything is sent again: signatures of another epoch would only cost gas.
        self.governance = self._chain.governance(self._log_id)
        if self.governance is not None:
            self._epoch = self.governance.info.epoch
        in_flight = self._settle()
        head = self._chain.head(self._log_id)
        if self._standing.take_back(head, self._now):
            return Progress(0 if head is None else head.size, waiting=True)
        if head is None:
            if not in_flight or self._is_stuck(in_flight):
                self._open(in_flight)
            return Progress(0, waiting=True)
        if head.size:
            # After the chain was asked: another writer may have published and anchored just now.
            self._standing.check(head)
            self._standing.adopt(head)
        self._standing.finalise(self._now)
        if self.governance is None:
            # It was opened between the two questions.
            return Progress(head.size, waiting=True)
        return self._go_on(self.governance, head, in_flight, due=due)

    def _go_on(
        self, governance: Governance, head: ChainHead, in_flight: list[Attempt], *, due: bool
    ) -> Progress:
        """Send what extends the head on the chain, where there is news and nothing against it."""
        obstacle = obstacle_of(governance, self.operator.address)
        if obstacle is not None:
            self._standing.follow(governance)
            return Progress(head.size, waiting=False, obstacle=obstacle)
        published = self._log.published()
        if published is None or published.size <= head.size:
            return Progress(head.size, waiting=bool(in_flight))
        if in_flight and self._is_refused(in_flight[-1]) and len(in_flight) <= _MAX_RIVALS:
            # Of an epoch that is over: replaced at once, by the same nonce.
            may_send = True
        else:
            may_send = due and (not in_flight or self._is_stuck(in_flight))
        if not may_send:
            return Progress(head.size, waiting=bool(in_flight))
        try:
            self._extend(governance, head, published, in_flight)
        except ConflictError:
            # What the contract refuses is no fault where another writer was faster.
            if self._chain.head(self._log_id) == head:
                raise
            return Progress(head.size, waiting=True)
        return Progress(head.size, waiting=True, launched=True)

    def _settle(self) -> list[Attempt]:
        """Find out what became of the attempts in flight; return those that still are."""
        waiting = []
        for attempt in self._standing.attempts(_IN_FLIGHT):
            receipt, used, known = self._node.trace(attempt.transaction, attempt.sender)
            if receipt is not None:
                self._land(attempt, receipt)
            elif attempt.nonce < used:
                self._mark(attempt, AttemptState.REPLACED)
            elif known:
                waiting.append(attempt)
            elif self._is_refused(attempt):
                # Sent again it would be paid for, and do nothing.
                self._mark(attempt, AttemptState.FAILED)
            elif self._send_again(attempt):
                waiting.append(attempt)
        return waiting

    def _land(self, attempt: Attempt, receipt: Receipt) -> None:
        """Write down what a transaction has done that a block includes."""
        event = self._chain.anchored(self._log_id, receipt)
        if not receipt.succeeded:
            self._mark(attempt, AttemptState.FAILED)
        elif attempt.size == 0:
            # It has opened the log.
            self._mark(attempt, AttemptState.INCLUDED)
        elif event is None:
            # Nothing new to the contract: somebody else had carried the head in.
            self._mark(attempt, AttemptState.REPLACED)
        else:
            block = self._node.block(receipt.block_number)
            anchor = self._chain.anchor_of(self.identity, event, block)
            self._standing.record(anchor, AnchorState.INCLUDED)
            self._mark(attempt, AttemptState.INCLUDED)

    def _send_again(self, attempt: Attempt) -> bool:
        """Send what the node has no trace of; say whether it is on its way."""
        try:
            self._send(attempt)
        except RpcError:
            if not self._is_stuck([attempt]):
                raise
            # Should some other node still bring it in, that is this head's anchor all the same.
            self._mark(attempt, AttemptState.FAILED)
            return False
        return True

    def _open(self, rivals: Sequence[Attempt]) -> None:
        """Send what opens the log."""
        terms = self._keys.opening
        operators = {self.operator.address, *terms.co_operators}
        opening = Opening(self._log.origin, tuple(operators), terms.threshold)
        place = _place(self._keys.admin, rivals)
        try:
            signed = self._chain.sign_open_log(self._keys.admin, opening, **place)
        except ConflictError:
            if not self._chain.is_open(self._log_id):
                raise
        else:
            self._launch(signed, 0, EMPTY_ROOT)

    def _extend(
        self, governance: Governance, head: ChainHead, published: Head, rivals: Sequence[Attempt]
    ) -> None:
        """Send what extends the chain's head to the published one."""
        # A head that came out while no chain could be reached lacks the operator's line, and what
        # is anchored must be what verifiers find signed.
        if self._may_sign(governance):
            published = self._log.cosign(published, self.operator)
        extension = Extension(
            log_id=self._log_id,
            size=published.size,
            root=published.root,
            proof=tuple(self._log.tree(published.size).consistency_proof(head.size)),
            signatures=self._collect(governance, published),
        )
        place = _place(self._keys.sender, rivals)
        signed = self._chain.sign_anchor(self._keys.sender, extension, **place)
        self._launch(signed, published.size, published.root)

    def _collect(self, governance: Governance, published: Head) -> tuple[bytes, ...]:
        try:
            return collect(
                published,
                self._domain(),
                governance,
                co_operators=self._co_operators,
                log=self._log,
            )
        except (ConfigurationError, UnavailableError) as error:
            if self._may_sign(governance):
                raise
            raise not_operator(governance, self.operator.address) from error

    def _launch(self, signed: SignedTransaction, size: int, root: bytes) -> None:
        """Write a transaction down, then send it."""
        attempt = Attempt(
            chain=self.identity,
            log_id=self._log_id,
            sender=signed.sender,
            nonce=signed.nonce,
            raw=signed.raw,
            transaction=signed.hash,
            size=size,
            root=root,
            state=AttemptState.PREPARED,
            created_at=self._now,
            changed_at=self._now,
        )
        self._store.add_attempt(attempt, token=self._token)
        self._send(attempt)

    def _send(self, attempt: Attempt) -> None:
        self._node.send(attempt.raw)
        self._mark(attempt, AttemptState.SENT)

    def _mark(self, attempt: Attempt, state: AttemptState) -> None:
        self._store.set_attempt_state(attempt, state, now=self._now)

    def _is_stuck(self, rivals: Sequence[Attempt]) -> bool:
        return len(rivals) <= _MAX_RIVALS and self._now - rivals[-1].created_at > PATIENCE

    def _may_sign(self, governance: Governance) -> bool:
        """Say whether the contract takes this operator's signature."""
        is_active = governance.standing.status is LogStatus.ACTIVE
        return is_active and self.operator.address in governance.active_operators

    def _is_refused(self, attempt: Attempt) -> bool:
        """Say whether the contract as it stands would refuse what was signed for it before."""
        governance = self.governance
        if governance is None or not attempt.size:
            return False
        if governance.standing.status is not LogStatus.ACTIVE:
            return True
        published = self._log.checkpoint_at(attempt.size)
        operators = governance.active_operators
        return published is not None and not bears(attempt, published, self._domain(), operators)

    def _domain(self) -> HeadDomain:
        identity = self.identity
        return HeadDomain(identity.chain_id, identity.contract, self._log_id, self._epoch)


def _place(account: Account, rivals: Sequence[Attempt]) -> dict[str, int]:
    """Say whose place a transaction of this account takes, nobody's where it has none pending."""
    mine = [rival for rival in rivals if rival.sender == account.address]
    return {"nonce": mine[0].nonce, "rises": len(mine)} if mine else {}
