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
from itertools import chain

from ledger.chain import (
    Account,
    Chain,
    ChainHead,
    Extension,
    LogInfo,
    Opening,
    Receipt,
    RpcError,
    SignedTransaction,
)
from ledger.errors import ConfigurationError, ConflictError, UnavailableError
from ledger.evm_key import EvmKey, recover
from ledger.head import Head
from ledger.head_signature import HeadDomain, HeadSigner, log_id
from ledger.log import Log
from ledger.merkle import EMPTY_ROOT
from ledger.note import parse_note
from ledger.publisher.co_operators import CoOperators
from ledger.publisher.standing import Standing
from ledger.store import AnchorState, Attempt, AttemptState

__all__ = ["PATIENCE", "Anchoring", "Keys", "Progress"]

# A transaction that no block has taken for so long gets a rival: same nonce, higher fee.
PATIENCE = timedelta(minutes=10)
# Rivals of one nonce, each a quarter dearer than the one before.
_MAX_RIVALS = 8
_IN_FLIGHT = (AttemptState.PREPARED, AttemptState.SENT)


@dataclass(frozen=True, slots=True)
class OpeningTerms:
    """Who signs heads beside the operator, by address, and how many of all must.

    They count when the log is opened; from then on the contract's word does.
    """

    co_operators: tuple[bytes, ...] = ()
    threshold: int = 1


ALONE = OpeningTerms()


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs heads, who pays for anchors, and who opens the log and so is part of its id."""

    operator: EvmKey
    sender: Account
    admin: Account
    opening: OpeningTerms = ALONE

    def log_id(self, origin: str) -> bytes:
        """Derive the log's id."""
        return log_id(origin, self.admin.address)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step has come to: the size that the chain holds, and whether more is on its way.

    `launched`: this very step has sent a head.
    """

    anchored: int
    waiting: bool
    launched: bool = False


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
    ) -> None:
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

    @property
    def operator(self) -> HeadSigner:
        """The signer of the line that the contract wants to see under a head."""
        return HeadSigner(self._log.origin, self._domain(), self._keys.operator)

    def step(self, *, due: bool) -> Progress:
        """Do what can be done now; a new head is sent only where it is `due`."""
        in_flight = self._settle()
        may_send = not in_flight or self._is_stuck(in_flight)
        info, head = self._chain.log_info(self._log_id), self._chain.head(self._log_id)
        if self._standing.take_back(head, self._now):
            return Progress(0 if head is None else head.size, waiting=True)
        if info is None or head is None:
            if may_send:
                self._open(in_flight)
            return Progress(0, waiting=True)
        self._epoch = info.epoch
        if head.size:
            # After the chain was asked: another writer may have published and anchored just now.
            self._standing.check(head)
            self._standing.adopt(head)
        self._standing.finalise(self._now)
        published = self._log.published()
        has_news = published is not None and published.size > head.size
        if published is None or not (has_news and may_send and due):
            return Progress(head.size, waiting=bool(in_flight))
        try:
            self._extend(info, head, published, in_flight)
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
            elif known or self._send_again(attempt):
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
        self, info: LogInfo, head: ChainHead, published: Head, rivals: Sequence[Attempt]
    ) -> None:
        """Send what extends the chain's head to the published one."""
        # A head that came out while no chain could be reached lacks the operator's line, and what
        # is anchored must be what verifiers find signed.
        published = self._log.cosign(published, self.operator)
        extension = Extension(
            log_id=self._log_id,
            size=published.size,
            root=published.root,
            proof=tuple(self._log.tree(published.size).consistency_proof(head.size)),
            signatures=self._signatures(info, published),
        )
        place = _place(self._keys.sender, rivals)
        signed = self._chain.sign_anchor(self._keys.sender, extension, **place)
        self._launch(signed, published.size, published.root)

    def _signatures(self, info: LogInfo, published: Head) -> tuple[bytes, ...]:
        """Collect as many operators' signatures as the contract asks for, from the note."""
        digest = self._domain().digest(published.size, published.root)
        found: dict[bytes, bytes] = {}
        lines = parse_note(published.note).signatures
        for line in chain(lines, self._co_operators.ask(published, self._log)):
            signer = recover(digest, line.value)
            if signer in info.operators:
                found.setdefault(signer, line.value)
            if len(found) == info.threshold:
                return tuple(found[signer] for signer in sorted(found))
        wanted = {
            "expected": f"{info.threshold} of {len(info.operators)} operators",
            "found": f"signatures of {len(found)}",
        }
        if self._co_operators:
            # They are asked again at the next step.
            raise UnavailableError(
                "publisher.unsigned", "the co-operators have not signed the head", **wanted
            )
        raise ConfigurationError(
            "publisher.signatures",
            "the contract asks for more operators' signatures",
            **wanted,
            hint="Give an operator's key, or name the co-operators: CROSSPROOF_COSIGNER_URLS.",
        )

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
        self._store.add_attempt(attempt)
        self._send(attempt)

    def _send(self, attempt: Attempt) -> None:
        self._node.send(attempt.raw)
        self._mark(attempt, AttemptState.SENT)

    def _mark(self, attempt: Attempt, state: AttemptState) -> None:
        self._store.set_attempt_state(attempt, state, now=self._now)

    def _is_stuck(self, rivals: Sequence[Attempt]) -> bool:
        return len(rivals) <= _MAX_RIVALS and self._now - rivals[-1].created_at > PATIENCE

    def _domain(self) -> HeadDomain:
        identity = self.identity
        return HeadDomain(identity.chain_id, identity.contract, self._log_id, self._epoch)


def _place(account: Account, rivals: Sequence[Attempt]) -> dict[str, int]:
    """Say whose place a transaction of this account takes, nobody's where it has none pending."""
    mine = [rival for rival in rivals if rival.sender == account.address]
    return {"nonce": mine[0].nonce, "rises": len(mine)} if mine else {}
