"""Manifests: the signed root of a batch, held against what the log took in of that batch.

A manifest names no indexes. Where it came as the last line of its batch, the log has written down
which entries that batch is, and what was sent where repeats were among it. Otherwise the batch is
looked for: a submission of as many entries, among the nearest before and behind the manifest. Its
root is that of the batch *as sent*, and a batch may have been cut to pieces on its way: one that is
not found is untold, and no finding.
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
        if _written_down(reading, manifest, checked) == manifest.root:
            checked.manifests += 1
            continue
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


def _written_down(reading: Reading, manifest: SignedBatch, checked: Checked) -> str | None:
    """Compute the root of the batch that the log says it took in with this manifest."""
    batch = reading.signed_batch(manifest.entry)
    if batch is None or batch.manifest_index != manifest.entry or batch.length > MAX_BATCH_LINES:
        return None
    before = manifest.entry - batch.first_index
    if batch.leaf_hashes is None:
        return _root(reading, batch.first_index, before, checked).hex()
    sent = split_hashes(batch.leaf_hashes)
    # What was new of it must be what the log has there; the rest it had already.
    if not set(_leaves(reading, batch.first_index, before)) <= set(sent):
        return None
    checked.hashes += len(sent) - 1
    return root(sent).hex()


def _root(reading: Reading, first: int, length: int, checked: Checked) -> bytes:
    leaves = _leaves(reading, first, length)
    if not leaves:
        return b""
    checked.hashes += length - 1
    return root(leaves)


def _leaves(reading: Reading, first: int, length: int) -> list[bytes]:
    """Read leaf hashes, none where a tile is not there."""
    leaves: list[bytes] = []
    if length <= 0:
        return leaves
    for number in range(first // WIDTH, (first + length - 1) // WIDTH + 1):
        start = max(first - number * WIDTH, 0)
        end = min(first + length - number * WIDTH, WIDTH)
        hashes = reading.tiles(0, [number]).get(number, b"")
        try:
            leaves += split_hashes(cut_hashes(hashes, end)[start * HASH_SIZE :])
        except MalformedError:
            return []
    return leaves
