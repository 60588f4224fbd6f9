"""Whose lines a log's anchored checkpoints bear, epoch by epoch: read from the notes themselves.

After a change of operators older checkpoints keep the lines of their time, and whoever verifies
them must know those keys too. Epochs only grow with the size, so a few notes tell them all.
"""

from __future__ import annotations

from ledger.anchor import ChainIdentity
from ledger.evm_key import recover
from ledger.head_signature import HeadDomain, HeadVerifier
from ledger.log import Log
from ledger.note import Signature, parse_note

__all__ = ["PastOperators"]

# A search that finds no end, lines missing here and there, stops: trust files stay small.
_MAX_NOTES = 2_000
# Each lasts two days at least; a node that tells another number is not believed to the end.
_MAX_EPOCHS = 1_000


class PastOperators:
    """The keys of a log's earlier epochs, read from its notes once for each epoch that begins."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._known: tuple[object, tuple[HeadVerifier, ...]] = (None, ())

    def before(
        self, chain: ChainIdentity, log_id: bytes, *, epoch: int
    ) -> tuple[HeadVerifier, ...]:
        """Find who signed the anchored checkpoints before `epoch`, in the order of their epochs."""
        asked = (chain, log_id, epoch)
        if self._known[0] != asked:
            found = _Search(self._log, chain, log_id, epoch - 1).run() if epoch > 1 else set()
            in_order = sorted(found, key=lambda one: (one.domain.epoch, one.address))
            self._known = (asked, tuple(in_order))
        return self._known[1]


class _Search:
    def __init__(self, log: Log, chain: ChainIdentity, log_id: bytes, epoch: int) -> None:
        self._log = log
        self._chain = chain
        self._log_id = log_id
        self._domains = [
            HeadDomain(chain.chain_id, chain.contract, log_id, number)
            for number in range(max(1, epoch - _MAX_EPOCHS), epoch + 1)
        ]
        self._read: dict[int, frozenset[HeadVerifier]] = {}

    def run(self) -> set[HeadVerifier]:
        """Go from the first anchored checkpoint to each next one that bears other lines."""
        rows = self._log.store.standing_anchors(
            self._chain, self._log_id, limit=1, newest_first=True
        )
        if not rows:
            return set()
        newest, size = rows[0].anchor.size, self._anchored_from(1)
        while self._lines(size) != self._lines(newest) and len(self._read) < _MAX_NOTES:
            size = self._next_other(size, newest)
        return set().union(*self._read.values())

    def _next_other(self, size: int, newest: int) -> int:
        """Find, by halving, the next anchored size whose lines are not those at `size`."""
        low, high = size + 1, newest
        while low < high:
            middle = (low + high) // 2
            if self._lines(self._anchored_from(middle)) == self._lines(size):
                low = middle + 1
            else:
                high = middle
        return self._anchored_from(low)

    def _anchored_from(self, size: int) -> int:
        """Find the smallest anchored size from `size` on; the newest one is not beyond it."""
        return self._log.store.standing_anchors(
            self._chain, self._log_id, beyond=size - 1, limit=1
        )[0].anchor.size

    def _lines(self, size: int) -> frozenset[HeadVerifier]:
        if size not in self._read:
            head = self._log.checkpoint_at(size)
            lines = () if head is None else parse_note(head.note).signatures
            found = (self._signer(line, size, head.root) for line in lines if head is not None)
            self._read[size] = frozenset(signer for signer in found if signer is not None)
        return self._read[size]

    def _signer(self, line: Signature, size: int, root: bytes) -> HeadVerifier | None:
        for domain in self._domains:
            address = recover(domain.digest(size, root), line.value)
            if address is None:
                return None
            verifier = HeadVerifier(self._log.origin, domain, address)
            # Every signature recovers to some address: the line's own key id tells which is meant.
            if (verifier.name, verifier.key_id) == (line.name, line.key_id):
                return verifier
        return None
