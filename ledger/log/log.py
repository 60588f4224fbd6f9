"""The log: batches of entries in, signed heads and proofs out (RFC 9162 tree, C2SP tiles).

    append    sequence a batch: one transaction, one fsync, one signature   → logged
    publish   put out the newest head with all its signature lines          → published
    (anchors come from the publisher through `record_anchor`                → anchored, final)

An append is acknowledged once its head is committed to the store and then written to the head
record. If the process dies before the commit, nothing has happened; after it, the next start writes
the head record, and whoever repeats the batch is told the indexes it has. Every failure on the way
is followed by what every start does: the head is read again and held against the head record.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from ledger.anchor import Anchor
from ledger.checkpoint import Checkpoint
from ledger.errors import ConfigurationError, ReadOnlyError, UnavailableError
from ledger.head import Head
from ledger.log.deduplication import RecordConflictError, deduplicate
from ledger.log.guard import Guard
from ledger.log.head_record import AnchoredHead, HeadRecord
from ledger.log.plan_use import PlanConflictError, count_all, use_plans
from ledger.log.reader import LogReader
from ledger.log.signed_batch import keep_signed
from ledger.log.tile_cache import TileCache
from ledger.merkle import EMPTY_ROOT, root
from ledger.note import NoteSigner, Signer, add_signatures, parse_note, sign
from ledger.store import AnchorState, Sequencing, Store, Submitted
from ledger.submission import Appended, Batch, Lines, Submission, ranges_of
from ledger.tree import HashReader, Tree, grow

__all__ = ["Log"]


class Log(LogReader):
    """A log open for appending, or only for reading where `read_only_reason` says why.

    Methods may be called from any thread; appends go one at a time.
    """

    def __init__(self, store: Store, signer: Signer, guard: Guard) -> None:
        super().__init__(store)
        self.origin = signer.name
        self.verifier = signer.verifier
        self.read_only_reason: ReadOnlyError | None = None
        self._signer = signer
        # Which of the reasons it was, where a chain gave it.
        self._closed_by_chain: ReadOnlyError | None = None
        # Held while an append is on its way; owns the three below.
        self._lock = threading.Lock()
        self._guard = guard
        self._edge: tuple[Head, tuple[bytes, ...]] | None = None
        self._publishing = threading.Lock()

    @classmethod
    def open(
        cls,
        store: Store,
        signer: Signer,
        head_record: HeadRecord,
        *,
        anchored_head: AnchoredHead | None = None,
    ) -> Log:
        """Open the log that the store holds, or begin one in an empty store.

        Raises ConfigurationError where the store holds another log. Where writing could fork the
        log it opens for reading only: see `read_only_reason`.
        """
        log = cls(store, signer, Guard(head_record, signer.verifier, anchored_head))
        with store.sequencing() as sequencing:
            log._begin(sequencing)
        with suppress(ReadOnlyError), log._writing():
            log._settle()
        return log

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def derive(self, purpose: bytes, salt: bytes) -> bytes:
        """Derive 32 secret bytes that nobody can who has not the log's key."""
        return self._signer.derive(purpose, salt)

    def append(
        self, submissions: Sequence[Submission] | Lines, *, submitter: str, now: datetime
    ) -> Appended:
        """Log a batch, all of it or nothing; what this returns is durable.

        Raises RecordConflictError, PlanConflictError, ReadOnlyError, MalformedError; and
        UnavailableError where the outcome is unknown: the same batch sent again is told the indexes
        it has.
        """
        lines = submissions if isinstance(submissions, Lines) else Lines.of(submissions)
        batch = Batch(lines, submitter, now)
        try:
            with self._writing():
                with self.store.sequencing(lines.record_ids, seen=self._guard.seen) as sequencing:
                    tiles = TileCache(sequencing.tile)
                    old = self._guard.check(sequencing, tiles)
                    placement = deduplicate(sequencing, batch, size=old.size)
                    use_plans(sequencing, batch, placement, size=old.size)
                    head = old
                    if placement.new:
                        head = self._extend(
                            sequencing, old, batch=batch, new=placement.new, tiles=tiles
                        )
                        keep_signed(sequencing, batch, placement, size=old.size)
                self._guard.settle(self.store, head)
        except UnavailableError as error:
            raise UnavailableError(
                "log.unavailable",
                "the batch may have been logged, or not",
                found=str(error),
                hint="Send the same batch again: what was logged is recognised.",
            ) from error
        return Appended(
            count=len(lines.entries),
            added=len(placement.new),
            duplicates=len(lines.entries) - len(placement.new),
            ranges=ranges_of(placement.indexes),
            batch_root=root(lines.leaf_hashes),
        )

    def publish(
        self, *cosigners: NoteSigner, now: datetime, token: int | None = None
    ) -> Head | None:
        """Put out the newest head with its cosigners' lines; None where there is no news.

        Raises ConflictError where a lease's `token` is given that is over.

        Who cannot sign now holds nobody up: the head comes out without that line. A head that is
        out already without the line of one of them gets it: the same head with one more signature.
        """
        with self._publishing:
            newest = self.published()
            if newest is not None and newest.size == self.head().size:
                cosigned = _cosigned_by_the_able(newest, cosigners)
                if cosigned is newest:
                    return None
                self._put_lines(newest, cosigned)
                return cosigned
            with self._writing():
                head = self._settle()
            # Outside the lock: a cosigner may be a slow device.
            published = _cosigned_by_the_able(head, cosigners)
            with self._writing(), self.store.sequencing() as sequencing:
                if token is not None:
                    sequencing.check_token(token)
                # Another process may have published meanwhile.
                if sequencing.published_size() >= published.size:
                    return None
                sequencing.add_checkpoint(published, now)
            return published

    def cosign(self, published: Head, *cosigners: NoteSigner) -> Head:
        """Give a published checkpoint the lines of those who could not sign when it came out.

        Raises UnavailableError or ConfigurationError where one of them still cannot.
        """
        with self._publishing:
            cosigned = _cosigned(published, cosigners)
            if cosigned is not published:
                self._put_lines(published, cosigned)
            return cosigned

    def record_anchor(self, anchor: Anchor, state: AnchorState) -> None:
        """Write down that a chain holds a head of this log; raise ReadOnlyError if it is not."""
        anchored = AnchoredHead.of(anchor)
        with self._writing():
            with self.store.sequencing() as sequencing:
                self._guard.check_anchored(sequencing, sequencing.head(), anchored)
                sequencing.put_anchor(anchor, state)
            self._guard.keep_anchored(anchored)
            self._settle()

    def objection(self, anchored: AnchoredHead) -> ReadOnlyError | None:
        """Say why a head that a chain is said to hold is not of this log, None where it is."""
        with self.store.reading() as reading:
            try:
                self._guard.check_anchored(reading, reading.head(), anchored)
            except ReadOnlyError as error:
                return error
        return None

    def check_anchored(self, anchored: AnchoredHead) -> None:
        """Hold the log against a head that its chain holds; raise ReadOnlyError, now and from now.

        Only `reopen` ends that.
        """
        with self._writing(), self.store.reading() as reading:
            try:
                self._guard.check_anchored(reading, reading.head(), anchored)
            except ReadOnlyError as error:
                self._closed_by_chain = error
                raise

    def end(self, reason: ReadOnlyError) -> None:
        """Take no more entries, for a reason that the chain gives; only `reopen` ends that."""
        with self._lock:
            if self.read_only_reason is None:
                self.read_only_reason = self._closed_by_chain = reason

    def reopen(self) -> None:
        """Open a log again that the chain had closed, where it has not after all.

        All else is looked at as at a start: what else closes the log closes it now.
        """
        with self._lock:
            if self.read_only_reason is not self._closed_by_chain:
                return
            self.read_only_reason = self._closed_by_chain = None
            self._guard.forget()
            self._edge = None
        with suppress(ReadOnlyError), self._writing():
            self._settle()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, and remember what a failure means for the next one who takes it."""
        with self._lock:
            reason = self.read_only_reason
            if reason is not None:
                raise ReadOnlyError(
                    reason.code,
                    reason.message,
                    expected=reason.expected,
                    found=reason.found,
                    hint=reason.hint,
                )
            try:
                yield
            except ReadOnlyError as error:
                self.read_only_reason = error
                raise
            except (RecordConflictError, PlanConflictError):
                raise
            except BaseException:
                self._guard.forget()
                self._edge = None
                raise

    def _begin(self, sequencing: Sequencing) -> None:
        row = sequencing.log()
        if row is None:
            row = sequencing.create_log(str(self.verifier), self._sign(0, EMPTY_ROOT))
        for what, code, mine, theirs in (
            ("name", "log.other-origin", self.origin, row.origin),
            ("key", "log.other-key", str(self.verifier), row.verifier),
        ):
            if mine != theirs:
                raise ConfigurationError(
                    code,
                    f"the database holds the log of another {what}",
                    expected=mine,
                    found=theirs,
                )
        if not sequencing.are_plans_counted():
            count_all(sequencing)

    def _put_lines(self, published: Head, cosigned: Head) -> None:
        with self._writing(), self.store.sequencing() as sequencing:
            sequencing.replace_note(published, cosigned)

    def _settle(self) -> Head:
        with self.store.reading() as reading:
            head = self._guard.check(reading)
        self._guard.settle(self.store, head)
        return head

    def _extend(
        self,
        sequencing: Sequencing,
        old: Head,
        *,
        batch: Batch,
        new: Sequence[int],
        tiles: HashReader,
    ) -> Head:
        """Write the lines at `new` behind `old`, and the head that covers them."""
        if self._edge is not None and self._edge[0] == old:
            edge = self._edge[1]
        else:
            edge = Tree(old.size, tiles).edge()
        lines = batch.lines
        entries, leaf_hashes = lines.entries, lines.leaf_hashes
        if len(new) < len(entries):
            entries = [entries[position] for position in new]
            leaf_hashes = [leaf_hashes[position] for position in new]
        growth = grow(old.size, edge, leaf_hashes)
        sequencing.put_tiles(growth.tiles)
        sequencing.add_entries(old.size, entries)
        sequencing.add_submission(Submitted(old.size, len(new), batch.submitter, batch.received_at))
        head = self._sign(growth.size, growth.root)
        sequencing.move_head(old, head)
        self._edge = (head, growth.edge)
        return head

    def _sign(self, size: int, root: bytes) -> Head:
        checkpoint = Checkpoint(self.origin, size, root)
        return Head(checkpoint, sign(checkpoint.text(), self._signer))


def _cosigned(head: Head, cosigners: Sequence[NoteSigner]) -> Head:
    """Add the lines that are missing; the head itself where none is."""
    signed = {(line.name, line.key_id) for line in parse_note(head.note).signatures}
    missing = [signer for signer in cosigners if (signer.name, signer.key_id) not in signed]
    return Head(head.checkpoint, add_signatures(head.note, *missing)) if missing else head


def _cosigned_by_the_able(head: Head, cosigners: Sequence[NoteSigner]) -> Head:
    for cosigner in cosigners:
        # Why one cannot, the key that is meant has said itself (see `remote_key`).
        with suppress(UnavailableError, ConfigurationError):
            head = _cosigned(head, [cosigner])
    return head
