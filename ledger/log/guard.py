"""The guard of a log: says whether a head may be built upon, and writes down what is acknowledged.

A head may be built upon where its tree holds, at their sizes and with their roots, the head in the
head record, every anchored head that is known of, and the newest published checkpoint. A database
that was brought back from an older copy, or rewritten, fails here and is read-only from then on.
"""

from __future__ import annotations

from ledger.checkpoint import open_checkpoint
from ledger.errors import (
    ConflictError,
    MalformedError,
    ReadOnlyError,
    UnavailableError,
    VerificationError,
)
from ledger.head import Head
from ledger.log.head_record import AnchoredHead, HeadRecord, Recorded, newest_anchored
from ledger.note import Verifier
from ledger.store import Reading, Store
from ledger.tree import Tree

__all__ = ["Guard"]

# Each failed attempt means that another writer moved the record meanwhile.
_ATTEMPTS = 100
_HINT = "Run `crossproof recover`."


class Guard:
    """Holds a log against its head record and its anchors. The log calls it under its lock."""

    def __init__(
        self, record: HeadRecord, verifier: Verifier, anchored: AnchoredHead | None
    ) -> None:
        self._record = record
        self._verifier = verifier
        self._anchored = anchored
        # The last head and record seen to fit together, so that an append need not look again.
        self._fits: tuple[Head, Recorded | None] | None = None

    def forget(self) -> None:
        """Look at everything again next time: after a failure nothing remembered counts."""
        self._fits = None

    def check(self, reading: Reading, head: Head) -> tuple[Head, Recorded | None]:
        """Raise ReadOnlyError where `head`, the store's newest, may not be built upon."""
        recorded = self._read()
        if self._fits == (head, recorded):
            return self._fits
        if recorded is None and head.size:
            raise ReadOnlyError(
                "log.head-record-missing",
                "the log has entries, and no head record says how many were acknowledged",
                hint=_HINT,
            )
        try:
            self._check_tree(reading, head, recorded)
        except (MalformedError, VerificationError) as error:
            raise ReadOnlyError(
                "log.damaged", "the log does not fit together", found=str(error), hint=_HINT
            ) from error
        self._fits = (head, recorded)
        return self._fits

    def check_anchored(self, reading: Reading, head: Head, anchored: AnchoredHead) -> None:
        """Raise ReadOnlyError where `head` does not contain an anchored head."""
        _check_holds(reading, head, anchored, "log.behind-anchor", "the anchored head")

    def keep_anchored(self, anchored: AnchoredHead) -> None:
        """Remember an anchored head; the next `settle` writes it down."""
        self._anchored = newest_anchored(self._anchored, anchored)

    def settle(self, store: Store, head: Head) -> None:
        """Bring the head record to `head`, a committed one, or beyond; durable on return."""
        for _ in range(_ATTEMPTS):
            if self._fits is None:
                with store.reading() as reading:
                    self._fits = self.check(reading, reading.head())
            recorded = self._fits[1]
            ahead = recorded is not None and recorded.head.size > head.size
            new = Recorded(
                recorded.head if recorded is not None and ahead else head,
                newest_anchored(None if recorded is None else recorded.anchored, self._anchored),
            )
            try:
                self._record.advance(recorded, new)
            except ConflictError:
                self._fits = None
                continue
            self._fits = None if ahead else (head, new)
            return
        raise UnavailableError(
            "head-record.contended", "other writers keep moving the head record", hint="Try again."
        )

    def _read(self) -> Recorded | None:
        try:
            return self._record.read()
        except MalformedError as error:
            raise _unreadable(error) from error

    def _check_tree(self, reading: Reading, head: Head, recorded: Recorded | None) -> None:
        open_checkpoint(head.note, self._verifier)
        tree = Tree(head.size, reading.tile)
        if tree.root() != head.root:
            raise VerificationError(
                "log.root",
                "the tiles do not lead to the head's root",
                expected=head.root.hex(),
                found=tree.root().hex(),
            )
        if recorded is not None:
            try:
                open_checkpoint(recorded.head.note, self._verifier)
            except VerificationError as error:
                raise _unreadable(error) from error
            _check_holds(
                reading, head, recorded.head, "log.behind-head-record", "the acknowledged head"
            )
        for anchored in (None if recorded is None else recorded.anchored, self._anchored):
            if anchored is not None:
                _check_holds(reading, head, anchored, "log.behind-anchor", "the anchored head")
        published = reading.newest_checkpoint()
        if published is not None:
            _check_holds(reading, head, published, "log.damaged", "the published checkpoint")


def _check_holds(
    reading: Reading, head: Head, claimed: Head | AnchoredHead, behind: str, what: str
) -> None:
    """Raise ReadOnlyError unless `head` contains the claimed head."""
    if claimed.size > head.size:
        raise ReadOnlyError(
            behind,
            f"the log has forgotten entries: it ends before {what}",
            expected=f"at least {claimed.size} entries",
            found=str(head.size),
            hint=_HINT,
        )
    found = Tree(claimed.size, reading.tile).root()
    if found != claimed.root:
        raise ReadOnlyError(
            "log.forked",
            f"the log has another history than {what}",
            expected=f"root {claimed.root.hex()} at size {claimed.size}",
            found=found.hex(),
            hint=_HINT,
        )


def _unreadable(error: Exception) -> ReadOnlyError:
    return ReadOnlyError(
        "log.head-record-unreadable",
        "the head record is not one of this log",
        found=str(error),
        hint=_HINT,
    )
