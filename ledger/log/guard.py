"""The guard of a log: says whether a head may be built upon, and writes down what is acknowledged.

A head may be built upon where its tree holds, at their sizes and with their roots, the head in the
head record (each writer's, where there are several), every anchored head that is known of, and the
newest published checkpoint. A database that was brought back from an older copy, or rewritten,
fails here and is read-only from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
from ledger.log.tile_cache import TileCache
from ledger.note import Verifier
from ledger.store import Reading, Store
from ledger.tree import HashReader, Tree

__all__ = ["Guard"]

# Each failed attempt means that another writer moved the record meanwhile.
_ATTEMPTS = 100
_HINT = "Run `crossproof recover`."
# Heads gone by that are known to be contained in the newest: what the other writers have recorded
# and published last, and a checkpoint's worth of small commits of one's own.
_RECENT = 64

# A head's size and root.
_Name = tuple[int, bytes]


class _MustHold(NamedTuple):
    """A head that the log must hold; the code and the words for a log that has forgotten it."""

    head: Head | AnchoredHead
    behind: str
    what: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """A head that was seen to hold what the head records claim, and the published checkpoint."""

    head: Head
    own: Recorded | None
    others: tuple[Recorded, ...]
    # All that the head was held against.
    held: frozenset[_Name]
    # This head and those that it was seen to extend, the last ones.
    recent: tuple[_Name, ...]

    def extended(self, head: Head, own: Recorded, others: tuple[Recorded, ...]) -> _Fit:
        """Give what fits together once `head`, which extends this one, is acknowledged."""
        return _Fit(head, own, others, self.held, _latest(self.recent, head))

    def holds(self, records: tuple[Recorded, ...]) -> bool:
        """Say whether the head is known to contain what these records claim."""
        return all(
            head is None
            or (head.size, head.root) in self.held
            or (head.size, head.root) in self.recent
            for record in records
            for head in (record.head, record.anchored)
        )


class Guard:
    """Holds a log against its head records and its anchors. The log calls it under its lock."""

    def __init__(
        self, record: HeadRecord, verifier: Verifier, anchored: AnchoredHead | None
    ) -> None:
        self._record = record
        self._verifier = verifier
        self._anchored = anchored
        # The last one seen to fit together, so that an append need not look at everything again.
        self._fit: _Fit | None = None

    def forget(self) -> None:
        """Look at everything again next time: after a failure nothing remembered counts."""
        self._fit = None

    @property
    def seen(self) -> int | None:
        """The size of the head that was looked at last, None where nothing is remembered."""
        return None if self._fit is None else self._fit.head.size

    def check(self, reading: Reading, tiles: HashReader | None = None) -> Head:
        """Read the store's newest head; raise ReadOnlyError where it may not be built upon.

        `tiles` reads the store's hash tiles in the same transaction.
        """
        return self._look(reading, tiles).head

    def check_anchored(self, reading: Reading, head: Head, anchored: AnchoredHead) -> None:
        """Raise ReadOnlyError where `head` does not contain an anchored head."""
        _check_holds(reading.tile, head, anchored, "log.behind-anchor", "the anchored head")

    def keep_anchored(self, anchored: AnchoredHead) -> None:
        """Remember an anchored head; the next `settle` writes it down."""
        self._anchored = newest_anchored(self._anchored, anchored)

    def settle(self, store: Store, head: Head) -> None:
        """Bring the head record to `head`, a committed one, or beyond; durable on return."""
        for _ in range(_ATTEMPTS):
            fit = self._fit
            if fit is None:
                with store.reading() as reading:
                    fit = self._look(reading)
            own = fit.own
            ahead = own is not None and own.head.size > head.size
            new = Recorded(
                own.head if own is not None and ahead else head,
                newest_anchored(None if own is None else own.anchored, self._anchored),
            )
            try:
                self._record.advance(own, new)
            except ConflictError:
                self._fit = None
                continue
            # Only after the own record is durable: of two writers that have gone different ways at
            # once, one at least now reads of the other. Mostly that one has only recorded the very
            # head that was built upon.
            others = self._record.others()
            if others != fit.others and not fit.holds(others):
                self._fit = None
                continue
            if ahead or fit.head.size > head.size:
                self._fit = None
            else:
                self._fit = fit.extended(head, new, others)
            return
        raise UnavailableError(
            "head-record.contended", "other writers keep moving the head record", hint="Try again."
        )

    def _look(self, reading: Reading, tiles: HashReader | None = None) -> _Fit:
        # In this order: any of them may be moved by another process at any time, and whatever was
        # recorded is contained in a head that is read afterwards, or is locked since before. What
        # was published is of the same transaction, and so of the same moment.
        own, others = self._read()
        head, fit = reading.head(), self._fit
        if fit is not None and (fit.head, fit.own, fit.others) == (head, own, others):
            return fit
        published = reading.newest_checkpoint()
        if own is None and not others and head.size:
            raise ReadOnlyError(
                "log.head-record-missing",
                "the log has entries, and no head record says how many were acknowledged",
                hint=_HINT,
            )
        claims = self._claims(own, others, published)
        try:
            # All that is claimed lies at the right edge, in the same few tiles.
            recent = self._check_tree(tiles or TileCache(reading.tile), head, claims)
        except (MalformedError, VerificationError) as error:
            raise ReadOnlyError(
                "log.damaged", "the log does not fit together", found=str(error), hint=_HINT
            ) from error
        held = frozenset((claim.head.size, claim.head.root) for claim in claims)
        self._fit = _Fit(head, own, others, held, recent)
        return self._fit

    def _read(self) -> tuple[Recorded | None, tuple[Recorded, ...]]:
        try:
            return self._record.read(), self._record.others()
        except MalformedError as error:
            raise _unreadable(error) from error

    def _claims(
        self, own: Recorded | None, others: tuple[Recorded, ...], published: Head | None
    ) -> list[_MustHold]:
        """List what the head must hold."""
        records = (*others, own) if own is not None else others
        claims = [
            _MustHold(record.head, "log.behind-head-record", "the acknowledged head")
            for record in records
        ]
        claims += [
            _MustHold(anchored, "log.behind-anchor", "the anchored head")
            for anchored in (*(record.anchored for record in records), self._anchored)
            if anchored is not None
        ]
        if published is not None:
            claims.append(_MustHold(published, "log.damaged", "the published checkpoint"))
        return claims

    def _check_tree(
        self, tiles: HashReader, head: Head, claims: list[_MustHold]
    ) -> tuple[_Name, ...]:
        """Hold `head` against its tiles and all claims; give it and what it is known to extend."""
        open_checkpoint(head.note, self._verifier)
        tree = Tree(head.size, tiles)
        if tree.root() != head.root:
            raise VerificationError(
                "log.root",
                "the tiles do not lead to the head's root",
                expected=head.root.hex(),
                found=tree.root().hex(),
            )
        held, recent = self._held_before(tiles, head)
        known = held.union(recent)
        for claimed, behind, what in claims:
            if (claimed.size, claimed.root) in known:
                continue
            if isinstance(claimed, Head):
                try:
                    open_checkpoint(claimed.note, self._verifier)
                except VerificationError as error:
                    raise _unreadable(error) from error
            _check_holds(tiles, head, claimed, behind, what)
        return _latest(recent, head)

    def _held_before(
        self, tiles: HashReader, head: Head
    ) -> tuple[frozenset[_Name], tuple[_Name, ...]]:
        """Give what `head` holds because it extends the last head that was looked at.

        Another process' append costs one comparison then, however much there is to be held.
        """
        fit = self._fit
        if fit is None or fit.head.size > head.size:
            return frozenset(), ()
        extends = Tree(fit.head.size, tiles).root() == fit.head.root
        return (fit.held, fit.recent) if extends else (frozenset(), ())


def _latest(recent: tuple[_Name, ...], head: Head) -> tuple[_Name, ...]:
    name = head.size, head.root
    return recent if name in recent else (*recent, name)[-_RECENT:]


def _check_holds(
    tiles: HashReader, head: Head, claimed: Head | AnchoredHead, behind: str, what: str
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
    found = Tree(claimed.size, tiles).root()
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
