"""Manifests: the signed root of a batch, held against what the log took in of that batch.

A manifest names no indexes, so its batch is looked for: a submission of as many entries, among the
nearest before and behind it. Its root is that of the batch *as sent*, repeats included, and a batch
may have been cut to pieces on its way: one that is not found is untold, and no finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.audit.content import SignedBatch
from ledger.audit.report import Checked
from ledger.batch import MAX_BATCH_LINES
from ledger.errors import MalformedError
from ledger.merkle import HASH_SIZE, root
from ledger.store import Reading, Submitted
from ledger.tile import WIDTH, cut_hashes
from ledger.verified_tiles import split_hashes

__all__ = ["match_batches"]

_NEAR = 64


def match_batches(
    reading: Reading, manifests: Sequence[SignedBatch], size: int, checked: Checked
) -> None:
    """Count the manifests whose batch is found, and the others as untold."""
    roots: dict[tuple[int, int], str] = {}
    for manifest in manifests:
        for submitted in _candidates(reading, manifest, size):
            place = (submitted.first_index, submitted.length)
            if place not in roots:
                roots[place] = _root(reading, *place, checked).hex()
            if roots[place] == manifest.root:
                checked.manifests += 1
                break
        else:
            checked.untold["manifest"] += 1


def _candidates(reading: Reading, manifest: SignedBatch, size: int) -> list[Submitted]:
    """Find the nearest submission of that length on either side."""
    if manifest.length > MAX_BATCH_LINES:
        return []
    behind = reading.submissions(manifest.entry + 1, _NEAR)
    before: list[Submitted] = []
    place = manifest.entry
    while len(before) < _NEAR and (found := reading.submission_before(place)) is not None:
        before.append(found)
        place = found.first_index
    nearest = (
        next((s for s in side if s.length == manifest.length), None) for side in (before, behind)
    )
    return [s for s in nearest if s is not None and s.first_index + s.length <= size]


def _root(reading: Reading, first: int, length: int, checked: Checked) -> bytes:
    leaves: list[bytes] = []
    for number in range(first // WIDTH, (first + length - 1) // WIDTH + 1):
        start = max(first - number * WIDTH, 0)
        end = min(first + length - number * WIDTH, WIDTH)
        hashes = reading.tiles(0, [number]).get(number, b"")
        try:
            leaves += split_hashes(cut_hashes(hashes, end)[start * HASH_SIZE :])
        except MalformedError:
            return b""
    checked.hashes += length - 1
    return root(leaves)
