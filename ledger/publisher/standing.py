"""The anchors of a log as its chain holds them: adopted, made final, taken back.

A node may lie, or be on a branch that the others leave. What one node shows is looked at; what
follows from it for good, as many nodes must say as must agree:

    a head that the log does not hold    closes it, once the contract holds it in a final block
    an included anchor is final          once its block is
    a final anchor that is gone          counts as never made, and its head is anchored again
    the contract's word that it is over  ends the log, once it says so as of a final block

Where they do not say so, one node's word is "could not ask", and asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from ledger.anchor import Anchor, ChainFacts, ChainIdentity, LogStatus
from ledger.chain import SANDBOX_CHAIN_IDS, Chain, ChainHead, Governance, Witness
from ledger.errors import ReadOnlyError, UnavailableError
from ledger.log import Log
from ledger.log.head_record import AnchoredHead
from ledger.store import AnchorState, Attempt, AttemptState

__all__ = ["Standing", "closed", "describe_successor"]

_logger = logging.getLogger(__name__)

_IN_FLIGHT = (AttemptState.PREPARED, AttemptState.SENT)
_STANDING = (AnchorState.INCLUDED, AnchorState.FINAL)
# What nodes say that have not all come equally far.
_NOT_YET = frozenset({"chain.behind", "chain.disagreement"})


class Standing:
    """A log on its chain. `chain` is the node that is spoken with, `witnesses` all that count."""

    def __init__(self, log: Log, chain: Chain, witnesses: Witness, log_id: bytes) -> None:
        self._log = log
        self._store = log.store
        self._chain = chain
        self._node = chain.node
        self._witnesses = witnesses
        self._log_id = log_id
        # As the chain was found last, or is taken to be; None before.
        self.identity: ChainIdentity | None = None
        # The head that has closed the log, and the chain that holds it.
        self._closed_by: tuple[ChainIdentity, ChainHead] | None = None
        # The chain whose contract has ended the log.
        self._ended_on: ChainIdentity | None = None
        # How many anchors were taken back since this process began.
        self.vanished = 0

    def meet(self) -> ChainIdentity:
        """Ask which chain it is; raise UnavailableError."""
        identity = self._chain.identity()
        self.assume(identity)
        return identity

    def assume(self, identity: ChainIdentity | None) -> None:
        """Take the chain to be this one."""
        self.identity = identity
        self._log.anchored_on = None if identity is None else (identity, self._log_id)

    def check(self, head: ChainHead) -> None:
        """Hold the log to a head that its node shows.

        Raises ReadOnlyError, the log being closed from then on, where the log does not hold what
        the contract does; UnavailableError where the node alone says so.
        """
        identity = self._known()
        claim = AnchoredHead(identity, self._log_id, head.size, head.root)
        objection = self._log.objection(claim)
        if objection is None:
            return
        if not self._witnesses.holds(identity, self._log_id, head):
            raise UnavailableError(
                "chain.disagreement",
                f"{self._node.place} shows a head of the log that the contract does not hold",
                expected=objection.expected,
                found=f"size {head.size}, root {head.root.hex()}",
                hint="It is asked again; if it goes on, take another node.",
            )
        self._closed_by = (identity, head)
        self._log.check_anchored(claim)

    def reconsider(self) -> None:
        """Open the log again where what has closed it is not on the chain after all.

        Raises ReadOnlyError where the log stays closed, but for one that its contract has ended:
        that one has a last anchor to be looked after.
        """
        reason = self._log.read_only_reason
        if reason is None:
            return
        if self._ended_on is not None:
            if not self._is_ended(self._ended_on):
                self._ended_on = None
                _logger.warning("the contract has not closed the log: open again")
                self._log.reopen()
            return
        if self._closed_by is None or self._is_held(*self._closed_by):
            raise reason
        self._closed_by = None
        _logger.warning("the chain does not hold the head that had closed the log: open again")
        self._log.reopen()
        if self._log.read_only_reason is not None:
            raise self._log.read_only_reason

    def follow(self, governance: Governance) -> None:
        """End the log where its contract has closed it, the last anchor being written down.

        Its own node's word does not end it: as many must say so as must agree, of a final block.
        """
        identity = self._known()
        standing = governance.standing
        if standing.status is not LogStatus.CLOSED or self._log.read_only_reason is not None:
            return
        if any(self._anchors((AnchorState.INCLUDED,))) or not self._is_ended(
            identity, unasked=False
        ):
            return
        self._ended_on = identity
        self._log.end(closed(standing.successor))

    def record(self, anchor: Anchor, state: AnchorState) -> None:
        """Write down an anchor that the node shows; raises what `check` does."""
        self.check(ChainHead(anchor.size, anchor.root, anchor.block_number, anchor.block_time))
        self._log.record_anchor(anchor, state)

    def adopt(self, head: ChainHead) -> None:
        """Record the anchor of the head on the chain where the store does not know of it."""
        row = self._store.covering_anchor(self._known(), self._log_id, head.size - 1)
        if row and _is_of(row.anchor, head):
            return
        try:
            found = self._chain.head_anchor(self._log_id)
        except UnavailableError as error:
            if error.code != "chain.no-event":
                raise
            # A node that has pruned the event still holds the head, and the next one extends that.
            _logger.warning("the anchor of size %d is not recorded: %s", head.size, error)
            return
        if found is not None:
            self.record(found, AnchorState.INCLUDED)

    def finalise(self, now: datetime) -> None:
        """Move anchors whose block is final; drop those whose block stands no more."""
        for anchor in self._anchors((AnchorState.INCLUDED,)):
            block = self._node.block(anchor.block_number)
            if block is None or block.hash != anchor.block_hash:
                self._drop(anchor, now)
            elif self._is_final(anchor):
                self.record(anchor, AnchorState.FINAL)

    def take_back(self, head: ChainHead | None, now: datetime) -> bool:
        """Drop final anchors that a reorganisation deeper than finality took; say if there were.

        `head` is what the node shows now, None where the log is not even open.
        """
        dropped = False
        while (final := self._newest_final()) is not None and not self._stands(final, head):
            _logger.warning(
                "the chain has lost the final anchor of size %d, in block %d: anchoring it again",
                final.size,
                final.block_number,
            )
            self._drop(final, now)
            dropped = True
        return dropped

    def forget_sandboxes(self, now: datetime) -> None:
        """Mark what stood on a sandbox chain that is another one since it was started anew."""
        genesis = self._known().genesis_hash
        for anchor, _ in self._store.anchors(states=_STANDING):
            if anchor.sandbox and anchor.chain.genesis_hash != genesis:
                self._store.set_anchor_state(anchor, AnchorState.GONE)
        for attempt in self._store.attempts(states=_IN_FLIGHT):
            sandboxed = attempt.chain.chain_id in SANDBOX_CHAIN_IDS
            if sandboxed and attempt.chain.genesis_hash != genesis:
                self._store.set_attempt_state(attempt, AttemptState.GONE, now=now)

    def attempts(self, states: Sequence[AttemptState]) -> Iterator[Attempt]:
        """Read the log's attempts on this chain in any of `states`, oldest first."""
        for attempt in self._store.attempts(states=states):
            if (attempt.chain, attempt.log_id) == (self.identity, self._log_id):
                yield attempt

    def _anchors(self, states: Sequence[AnchorState]) -> Iterator[Anchor]:
        for row in self._store.anchors(states=states):
            if (row.anchor.chain, row.anchor.log_id) == (self.identity, self._log_id):
                yield row.anchor

    def _newest_final(self) -> Anchor | None:
        rows = self._store.standing_anchors(
            self._known(), self._log_id, limit=1, newest_first=True, states=(AnchorState.FINAL,)
        )
        return rows[0].anchor if rows else None

    def _stands(self, anchor: Anchor, head: ChainHead | None) -> bool:
        block = self._node.block(anchor.block_number)
        same_block = block is not None and block.hash == anchor.block_hash
        if same_block and head is not None and (head.size > anchor.size or _is_of(anchor, head)):
            return True
        # One node doubts it, or has pruned the block.
        facts = self._facts(anchor)
        return facts.committed and facts.block_hash in {None, anchor.block_hash}

    def _is_final(self, anchor: Anchor) -> bool:
        if not self._node.is_final(anchor.block_number):
            return False
        try:
            facts = self._facts(anchor)
        except UnavailableError as error:
            if error.code not in _NOT_YET:
                raise
            return False
        return facts.final and facts.committed and facts.block_hash == anchor.block_hash

    def _facts(self, anchor: Anchor) -> ChainFacts:
        facts = self._witnesses.facts(anchor)
        if facts.identity != anchor.chain:
            raise UnavailableError(
                "chain.disagreement",
                "the nodes that must agree are of another chain",
                expected=str(anchor.chain),
                found=str(facts.identity),
            )
        return facts

    def _is_held(self, identity: ChainIdentity, head: ChainHead) -> bool:
        try:
            return self._witnesses.holds(identity, self._log_id, head)
        except UnavailableError:
            # Nobody says otherwise.
            return True

    def _is_ended(self, identity: ChainIdentity, *, unasked: bool = True) -> bool:
        """Say whether the log is closed for good; `unasked` where nobody can be asked."""
        try:
            standing = self._witnesses.standing(identity, self._log_id)
        except UnavailableError:
            return unasked
        return standing is not None and standing.status is LogStatus.CLOSED

    def _drop(self, anchor: Anchor, now: datetime) -> None:
        self.vanished += 1
        # For all that we know its transaction is in flight again, and the one that opened the log,
        # in whose turn it comes, too.
        for attempt in self.attempts((AttemptState.INCLUDED,)):
            if attempt.transaction == anchor.transaction or attempt.size == 0:
                self._store.set_attempt_state(attempt, AttemptState.SENT, now=now)
        self._store.set_anchor_state(anchor, AnchorState.GONE)

    def _known(self) -> ChainIdentity:
        return self.meet() if self.identity is None else self.identity


def closed(successor: bytes | None) -> ReadOnlyError:
    """Say that a log takes no more entries, and where to go on."""
    return ReadOnlyError(
        "log.closed",
        "the log is closed for good: its operators have ended it on the chain",
        expected="an active log",
        found=f"closed, {describe_successor(successor)}",
        hint="What is in it stays proven. Ask its operator where to submit from now on."
        if successor is None
        else f"Submit to the log that continues it, log id 0x{successor.hex()} in the contract.",
    )


def describe_successor(successor: bytes | None) -> str:
    """Name the log that continues a closed one."""
    return "no successor named" if successor is None else f"successor 0x{successor.hex()}"


def _is_of(anchor: Anchor, head: ChainHead) -> bool:
    mine = (anchor.size, anchor.root, anchor.block_number, anchor.block_time)
    return mine == (head.size, head.root, head.block_number, head.block_time)
