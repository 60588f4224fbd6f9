"""The audit: a log derived again from its entries, and held against all that it has claimed.

    entries ──► leaf hashes ──► tiles of level 0 ──► tiles above ──► roots
    roots at their sizes: the head, every published checkpoint, every anchor, kept or on chain
    every record id at its index, and nowhere else; every index submitted once

One pass from the first entry to the last, in bounded memory. Where two things disagree, the hash in
the tile above says which of them is wrong, so that one flipped bit makes one finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import NamedTuple

from ledger.anchor import Anchor
from ledger.audit.report import MAX_FINDINGS, AuditReport, Finding
from ledger.audit.walk import Walk
from ledger.checkpoint import open_checkpoint
from ledger.errors import MalformedError, VerificationError
from ledger.head import Head
from ledger.log import Log
from ledger.log.head_record import AnchoredHead

__all__ = ["MAX_FINDINGS", "AuditReport", "Finding", "audit"]

_PAGE = 1_000


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
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Derive the log again up to its head of now; `anchors` are what a chain was found to hold.

    Without `entries` the hash tiles are taken for the leaves (structure alone); with `within` they
    are for entries of other indexes, give or take a bundle. `progress` is told how many entries of
    how many have been looked at.
    """
    head = log.head()
    report = AuditReport(head.size, head.root)
    if log.read_only_reason is not None:
        reason = log.read_only_reason
        found = reason.found or "nothing"
        report.add(reason.code, reason.message, expected=reason.expected or "", found=found)
    content = range(head.size if entries else 0) if within is None else within
    walk = Walk(log.store, head, report, content=content, progress=progress)
    claims = merge(
        _checkpoint_claims(log, report),
        sorted(_anchor_claims(log, anchors, report), key=_size),
        [_Claim(head.size, head.root, "the head", "audit.head")],
        key=_size,
    )
    for claim in claims:
        if claim.size > head.size:
            # The log may grow meanwhile; what it has added is another audit's affair.
            if claim.size > log.head().size:
                found = f"a log of {head.size}"
                report.add(claim.code, claim.where, expected=f"{claim.size} entries", found=found)
            continue
        root = walk.root_at(claim.size)
        if root != claim.root:
            report.add(claim.code, claim.where, expected=claim.root.hex(), found=root.hex())
    walk.finish()
    _check_note(log, head, report, "the head")
    _check_submissions(log, head.size, report)
    return report


def _size(claim: _Claim) -> int:
    return claim.size


def _checkpoint_claims(log: Log, report: AuditReport) -> Iterator[_Claim]:
    start = 0
    while True:
        with log.store.reading() as reading:
            page = reading.checkpoints(start, _PAGE)
        for head, _ in page:
            where = f"the checkpoint published at size {head.size}"
            _check_note(log, head, report, where)
            report.checkpoints += 1
            yield _Claim(head.size, head.root, where, "audit.checkpoint")
        if not page:
            return
        start = page[-1].head.size + 1


def _anchor_claims(
    log: Log, anchors: Iterable[Anchor | AnchoredHead], report: AuditReport
) -> Iterator[_Claim]:
    kept = (stored.anchor for stored in log.store.anchors())
    for what, heads in (("kept", kept), ("on chain", anchors)):
        for head in heads:
            report.anchors += 1
            where = f"the anchor {what} at size {head.size}, {head.chain}"
            yield _Claim(head.size, head.root, where, "audit.anchor")


def _check_note(log: Log, head: Head, report: AuditReport, where: str) -> None:
    try:
        open_checkpoint(head.note, log.verifier)
    except (MalformedError, VerificationError) as error:
        expected = f"a signature by {log.verifier}"
        report.add("audit.signature", where, expected=expected, found=error.message)


def _check_submissions(log: Log, size: int, report: AuditReport) -> None:
    """Find the indexes that nobody, or more than one, submitted."""
    start = index = 0
    while True:
        with log.store.reading() as reading:
            page = reading.submissions(start, _PAGE)
        for first, length, _, _ in page:
            if first >= size:
                break
            if first != index:
                where, found = f"entry {min(first, index)}", f"a submission from {first} on"
                expected = f"a submission from {index} on"
                report.add("audit.submission", where, expected=expected, found=found)
            index = first + length
        if not page or page[-1].first_index >= size:
            break
        start = page[-1].first_index + 1
    if index < size:
        found = f"submissions up to {index}"
        report.add("audit.submission", f"entry {index}", expected=f"up to {size}", found=found)
