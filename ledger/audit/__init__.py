"""The audit: a log derived again from its entries, and held against all that it has claimed.

    entries ──► leaf hashes ──► tiles of level 0 ──► tiles above ──► roots      structure
    roots at their sizes: the head, every published checkpoint, every anchor, kept or on chain
    every record id at its index, and nowhere else; every index submitted once
    entries: form, signatures, links, numbers under plans                        content

Once from the first entry to the last, in parts (`part`) and in bounded memory: in one process, in
several (`workers`) or on a cluster (`cluster`). Where two things disagree, the hash in the tile
above says which of them is wrong, so that one flipped bit makes one finding.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

from ledger.anchor import Anchor
from ledger.audit.part import PART, Job, Part, check_note, tell_wrong_hashes
from ledger.audit.report import MAX_FINDINGS, AuditReport, Finding
from ledger.audit.sequences import Sequences
from ledger.audit.spine import Spine
from ledger.audit.workers import examine_all
from ledger.errors import MalformedError, VerificationError
from ledger.head import Head
from ledger.merkle import HASH_SIZE
from ledger.tile import WIDTH, Tile, cut_hashes

if TYPE_CHECKING:
    # Not loaded here: workers have no log, and begin the sooner.
    from ledger.log import Log
    from ledger.log.head_record import AnchoredHead

__all__ = ["MAX_FINDINGS", "AuditReport", "Finding", "audit"]

_PAGE = 1_000
# A process takes about a second to begin: no log below this many entries is worth it.
MIN_SHARED = 100_000
# The last tiles come in smaller parts, so that no process waits for another one's last part.
_TAIL = 4 * PART


class _Claim(NamedTuple):
    """A root that something says the log had at `size`."""

    size: int
    root: bytes
    where: str
    code: str


def audit(
    log: Log,
    *,
    anchors: Iterable[Anchor | AnchoredHead] = (),
    entries: bool = True,
    within: range | None = None,
    processes: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Derive the log again up to its head of now; `anchors` are what a chain was found to hold.

    Without `entries` the hash tiles are taken for the leaves (structure alone); with `within` they
    are for entries of other indexes, give or take a bundle. The work is done by `processes` here,
    or by the Dask cluster of `scheduler` (see `cluster`). `progress` is told how many entries of
    how many have been looked at.
    """
    head = log.head()
    report = AuditReport(size=head.size, root=head.root)
    if log.read_only_reason is not None:
        reason = log.read_only_reason
        found = reason.found or "nothing"
        report.add(reason.code, reason.message, expected=reason.expected or "", found=found)
    content = range(head.size if entries else 0) if within is None else within
    claims = sorted(_anchor_claims(log, anchors, report), key=_size)
    beyond = [claim for claim in claims if claim.size > head.size]
    claims = [claim for claim in claims if claim.size <= head.size]
    claims.append(_Claim(head.size, head.root, "the head", "audit.head"))
    jobs = _jobs(log, head, content, {claim.size for claim in claims})
    if scheduler is not None:
        # Imported here: few audits have a cluster, and every process of one loads this package.
        from ledger.audit.cluster import examine_on_cluster  # noqa: PLC0415

        parts = examine_on_cluster(scheduler, log.store, jobs, processes=processes)
    else:
        processes = processes if head.size >= MIN_SHARED else 1
        parts = examine_all(log.store, jobs, processes=processes)
    derivation = _Derivation(log, claims, report)
    for part in parts:
        derivation.include(part)
        if progress is not None:
            progress(min(part.numbers.stop * WIDTH, head.size), head.size)
    derivation.finish(whole=content == range(head.size))
    _check_beyond(log, head, beyond, report)
    check_note(head, log.verifier, report, "the head")
    return report


def _jobs(log: Log, head: Head, content: range, sizes: set[int]) -> Iterator[Job]:
    tiles = -(-head.size // WIDTH)
    # An empty log has a part too: the checkpoint of size 0 is in it.
    start, stop = 0, max(tiles, 1)
    while start < stop:
        numbers = range(start, min(start + (PART if stop - start > _TAIL else PART // 4), tiles))
        end = min(numbers.stop * WIDTH, head.size)
        own = frozenset(size for size in sizes if start * WIDTH < size <= end)
        yield Job(numbers, head, log.verifier, content, own)
        start = max(numbers.stop, start + 1)


class _Derivation:
    """Puts parts together: the tree above their tiles, and the roots that were claimed."""

    def __init__(self, log: Log, claims: list[_Claim], report: AuditReport) -> None:
        self._log = log
        self._report = report
        self._claims = deque(claims)
        self._spine = Spine()
        self._sequences = Sequences()
        self._located = 0

    def include(self, part: Part) -> None:
        """Go on by a part, in the order of the log."""
        self._report.include(part.checked)
        self._sequences.include(part.runs)
        self._located += part.located
        for claim in merge(self._checkpoints(part), self._due(part), key=_size):
            while self._spine.tiles < claim.size // WIDTH:
                self._add_tile(part)
            root = self._spine.root(part.prefixes.get(claim.size, b""))
            if root != claim.root:
                self._report.add(
                    claim.code, claim.where, expected=claim.root.hex(), found=root.hex()
                )
        while self._spine.tiles < part.numbers.start + len(part.roots) // HASH_SIZE:
            self._add_tile(part)

    def finish(self, *, whole: bool) -> None:
        """Compare what is left over, all parts being there."""
        for tile, hashes in self._spine.edge():
            self._compare(tile, hashes)
        self._sequences.finish(self._report, whole=whole)
        with self._log.store.reading() as reading:
            records = reading.record_count(self._report.size)
        if records != self._located:
            self._report.add(
                "audit.record",
                "the index of record ids",
                expected=f"{self._located} records",
                found=f"{records}",
            )

    def _add_tile(self, part: Part) -> None:
        place = (self._spine.tiles - part.numbers.start) * HASH_SIZE
        for tile, hashes in self._spine.add(bytes(part.roots[place : place + HASH_SIZE])):
            self._compare(tile, hashes)

    def _checkpoints(self, part: Part) -> Iterator[_Claim]:
        for size, root in part.checkpoints:
            where = f"the checkpoint published at size {size}"
            yield _Claim(size, root, where, "audit.checkpoint")

    def _due(self, part: Part) -> Iterator[_Claim]:
        """Take the claims of sizes up to a part's end."""
        while self._claims and self._claims[0].size <= part.numbers.stop * WIDTH:
            yield self._claims.popleft()

    def _compare(self, tile: Tile, derived: bytes) -> None:
        """Hold a tile above the leaves against the one that is kept."""
        self._report.hashes += tile.width - 1
        try:
            with self._log.store.reading() as reading:
                kept = cut_hashes(reading.tile(tile), tile.width)
        except (MalformedError, VerificationError) as error:
            self._report.add(
                "audit.tile", tile.path(), expected=f"{tile.width} hashes", found=error.message
            )
            return
        self._report.tiles += 1
        if kept != derived:
            tell_wrong_hashes(self._report, tile, derived, kept)


def _size(claim: _Claim) -> int:
    return claim.size


def _anchor_claims(
    log: Log, anchors: Iterable[Anchor | AnchoredHead], report: AuditReport
) -> Iterator[_Claim]:
    kept = (stored.anchor for stored in log.store.anchors())
    for what, heads in (("kept", kept), ("on chain", anchors)):
        for head in heads:
            report.anchors += 1
            where = f"the anchor {what} at size {head.size}, {head.chain}"
            yield _Claim(head.size, head.root, where, "audit.anchor")


def _check_beyond(log: Log, head: Head, beyond: list[_Claim], report: AuditReport) -> None:
    """Tell of claims of more entries than there are: of anchors, and of checkpoints."""
    start = head.size + 1
    while True:
        with log.store.reading() as reading:
            page = reading.checkpoints(start, _PAGE)
        for found, _ in page:
            where = f"the checkpoint published at size {found.size}"
            check_note(found, log.verifier, report, where)
            report.checkpoints += 1
            beyond.append(_Claim(found.size, found.root, where, "audit.checkpoint"))
        if not page:
            break
        start = page[-1].head.size + 1
    # The log may grow meanwhile; what it has added is another audit's affair.
    now = log.head().size
    for claim in sorted(beyond, key=_size):
        if claim.size > now:
            expected = f"{claim.size} entries"
            report.add(claim.code, claim.where, expected=expected, found=f"a log of {now}")
