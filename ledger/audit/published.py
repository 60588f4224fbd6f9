"""The structure of a log that somebody else serves: its hash tiles, held against its signed head.

    tile/0/… ──► tiles above ──► root      which must be the checkpoint's
    roots at the sizes of anchors, pinned or on chain

Anyone may: hash tiles and checkpoints are open to everyone, entries are not. A source is believed
in nothing. Where the derived root is the checkpoint's, a tile above that differs is wrong itself;
where it is not, the tiles are held against the root from above, and the first that is not the
tree's is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ledger.anchor import Anchor
from ledger.archive.source import CHECKPOINT, Source
from ledger.audit.part import tell_wrong_hashes
from ledger.audit.report import AuditReport
from ledger.audit.spine import Spine
from ledger.checkpoint import open_checkpoint
from ledger.errors import MalformedError, NotFoundError, VerificationError
from ledger.hash_tile import perfect_root
from ledger.head import Head
from ledger.log.head_record import AnchoredHead
from ledger.merkle import HASH_SIZE, root
from ledger.note import MAX_NOTE_SIZE
from ledger.tile import WIDTH, Tile, cut_hashes
from ledger.trust import TrustedLog
from ledger.verified_tiles import VerifiedTiles, split_hashes

__all__ = ["audit_published", "read_head", "read_tile"]


def read_head(source: Source, log: TrustedLog) -> Head:
    """Read a source's checkpoint, signed by a key of the log.

    Raises MalformedError, VerificationError, and what the source raises.
    """
    data = source.read(CHECKPOINT)
    try:
        note = data[: MAX_NOTE_SIZE + 1].decode()
    except UnicodeDecodeError as error:
        raise MalformedError("note.malformed", "not a signed note", found="not UTF-8") from error
    checkpoint, _ = open_checkpoint(note, *log.keys)
    return Head(checkpoint, note)


def read_tile(source: Source, tile: Tile) -> bytes:
    """Read a hash tile; the full one serves where the partial one is gone (C2SP tlog-tiles)."""
    try:
        data = source.read(tile.path())
    except NotFoundError:
        if tile.width == WIDTH:
            raise
        data = source.read(Tile(tile.level, tile.number).path())
    return cut_hashes(data, tile.width)


def audit_published(
    source: Source,
    log: TrustedLog,
    *,
    anchors: Iterable[Anchor | AnchoredHead] = (),
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Derive a served log's tree from its leaf tiles; `anchors` are pinned, or what a chain holds.

    Raises what `read_head` does: without a head that its key has signed there is no claim to audit.
    """
    head = read_head(source, log)
    report = AuditReport(size=head.size, root=head.root, checkpoints=1)
    claims = sorted(anchors, key=lambda anchor: anchor.size)
    report.anchors = len(claims)
    prefixes = _derive(source, head, report, {claim.size for claim in claims}, progress)
    for claim in claims:
        where = f"the anchor at size {claim.size}, {claim.chain}"
        if claim.size > head.size:
            expected, found = f"{claim.size} entries", f"a log of {head.size}"
            report.add("audit.anchor", where, expected=expected, found=found)
        elif prefixes[claim.size] != claim.root:
            expected, found = claim.root.hex(), prefixes[claim.size].hex()
            report.add("audit.anchor", where, expected=expected, found=found)
    return report


def _derive(
    source: Source,
    head: Head,
    report: AuditReport,
    sizes: set[int],
    progress: Callable[[int, int], None] | None,
) -> dict[int, bytes]:
    """Derive the tree from the leaf tiles; give its roots at some sizes."""
    spine, roots = Spine(), {}
    above: list[tuple[Tile, bytes]] = []
    due = sorted({size for size in sizes if size <= head.size} | {head.size})
    if due[0] == 0:
        roots[due.pop(0)] = spine.root()
    for number in range(-(-head.size // WIDTH)):
        tile = Tile.holding(0, number * WIDTH, head.size)
        try:
            leaves = read_tile(source, tile)
            report.tiles += 1
        except (MalformedError, NotFoundError) as error:
            leaves = bytes(tile.width * HASH_SIZE)
            expected = f"{tile.width} hashes"
            report.add("audit.tile", tile.path(), expected=expected, found=error.message)
        end = number * WIDTH + tile.width
        while due and due[0] <= end and due[0] < (number + 1) * WIDTH:
            row = split_hashes(leaves[: (due[0] - number * WIDTH) * HASH_SIZE])
            roots[due.pop(0)] = spine.root(root(row))
        if tile.width == WIDTH:
            for full in spine.add(perfect_root(leaves)):
                _compare(source, *full, report=report, above=above)
            if due and due[0] == end:
                roots[due.pop(0)] = spine.root()
        report.hashes += tile.width - 1
        if progress is not None:
            progress(end, head.size)
    for partial in spine.edge():
        _compare(source, *partial, report=report, above=above)
    _tell(source, head, roots[head.size], report, above)
    return roots


def _compare(
    source: Source,
    tile: Tile,
    derived: bytes,
    *,
    report: AuditReport,
    above: list[tuple[Tile, bytes]],
) -> None:
    """Read a tile above the leaves; keep those that are not the derived ones."""
    report.hashes += tile.width - 1
    try:
        kept = read_tile(source, tile)
    except (MalformedError, NotFoundError) as error:
        expected = f"{tile.width} hashes"
        report.add("audit.tile", tile.path(), expected=expected, found=error.message)
        return
    report.tiles += 1
    if kept != derived:
        above.append((tile, derived))


def _tell(
    source: Source,
    head: Head,
    derived: bytes,
    report: AuditReport,
    above: list[tuple[Tile, bytes]],
) -> None:
    if derived == head.root:
        for tile, hashes in above:
            tell_wrong_hashes(report, tile, hashes, read_tile(source, tile))
        return
    wrong = _first_wrong(source, head)
    if wrong is not None:
        expected, found = wrong.expected or "the tree's tile", wrong.found or "another"
        report.add("audit.tile", wrong.message, expected=expected, found=found)
    expected = head.root.hex()
    report.add("audit.head", "the checkpoint", expected=expected, found=derived.hex())


def _first_wrong(source: Source, head: Head) -> VerificationError | None:
    """Go down from the root to the first leaf tile that it does not vouch for."""
    try:
        tiles = VerifiedTiles(head.size, head.root, lambda tile: read_tile(source, tile))
        for number in range(-(-head.size // WIDTH)):
            tiles(Tile.holding(0, number * WIDTH, head.size))
    except VerificationError as error:
        return error
    except (MalformedError, NotFoundError):
        # Told when it was read.
        return None
    return None
