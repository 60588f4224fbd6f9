"""A part of an audit: a range of leaf tiles, examined by itself, in whichever process.

    entries ──► leaf hashes ──► compared with the tile of level 0 ──► its root
    entries ──► form, record ids, signatures, links, places under plans
    checkpoints of sizes in the range ──► signatures, and the roots of what they cover here

What is true of a part alone is found here; what joins parts (the tiles above, the roots, runs of
numbers) is handed back, a few bytes for each tile. Where the entries and a tile of level 0
disagree, the hash one level above, or at the right edge the head's root, says which of them is
wrong; the part goes on with the other. So one flipped bit makes one finding, at its place.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.audit.columns import Columns
from ledger.audit.content import Content
from ledger.audit.hashing import hashing_for
from ledger.audit.links import Known, follow
from ledger.audit.manifests import match_batches
from ledger.audit.pieces import Cut, cut_bundle, cut_each
from ledger.audit.records import Records
from ledger.audit.report import Checked
from ledger.audit.sequences import Runs
from ledger.audit.submissions import Submitters, check_submissions
from ledger.checkpoint import open_checkpoint
from ledger.errors import MalformedError, VerificationError
from ledger.head import Head
from ledger.merkle import HASH_SIZE, root
from ledger.note import Verifier
from ledger.store import Reading, Store
from ledger.tile import ENTRIES, HEIGHT, WIDTH, Tile, cut_hashes, decode_entries
from ledger.tree import edge_root
from ledger.verified_tiles import split_hashes

__all__ = ["PART", "Job", "Memory", "Part", "check_note", "examine"]

# In tiles: 16,384 entries, a few tenths of a second, and half a megabyte of leaf hashes.
PART = 64

# So many kinds of named records are remembered from part to part.
_MAX_KINDS = 65_536


class Memory:
    """What a process remembers from part to part, so as not to read it again."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.kinds: dict[int, str] = {}
        """Kinds of records that were named, by index."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be examined: leaf tiles of a log of which this is the head."""

    numbers: range
    head: Head
    verifier: Verifier
    content: range
    """Indexes of entries that are wanted; their bundles are read whole."""
    sizes: frozenset[int] = frozenset()
    """Sizes in the range whose roots are asked for, beside those of checkpoints."""


@dataclass(slots=True)
class Part:
    """What became of a job."""

    numbers: range
    checked: Checked = field(default_factory=Checked)
    roots: bytearray = field(default_factory=bytearray)
    """Of each full tile."""
    prefixes: dict[int, bytes] = field(default_factory=dict)
    """For each size asked for, the root of its leaves beyond the last full tile before it."""
    checkpoints: list[tuple[int, bytes]] = field(default_factory=list)
    runs: Runs = field(default_factory=Runs)
    located: int = 0
    """Records found in the index, or taken to be there where the entry cannot be read."""


def examine(store: Store, job: Job, memory: Memory | None = None) -> Part:
    """Examine a part in one transaction."""
    part = Part(job.numbers)
    memory = memory or Memory()
    if len(memory.kinds) > _MAX_KINDS:
        memory.kinds.clear()
    with store.reading() as reading:
        _Examiner(reading, job, part, memory).examine()
    return part


def check_note(head: Head, verifier: Verifier, checked: Checked, where: str) -> None:
    """Tell where a head is not signed by the log's key."""
    try:
        open_checkpoint(head.note, verifier)
    except (MalformedError, VerificationError) as error:
        expected = f"a signature by {verifier}"
        checked.add("audit.signature", where, expected=expected, found=error.message)


class _Examiner:
    def __init__(self, reading: Reading, job: Job, part: Part, memory: Memory) -> None:
        self._reading = reading
        self._job = job
        self._part = part
        self._checked = part.checked
        self._memory = memory
        self._hashing = hashing_for(job.head.size)
        self._content = Content(part.checked, memory.columns)
        self._records = Records(reading, job.head.size, part.checked)
        self._end = min(job.numbers.stop * WIDTH, job.head.size)

    def examine(self) -> None:
        numbers, head = self._job.numbers, self._job.head
        start = numbers.start * WIDTH
        check_submissions(self._reading, range(start, self._end), head.size, self._checked)
        sizes = sorted(self._checkpoint_sizes(start) | self._job.sizes)
        submitters = Submitters(self._reading, start)
        tiles = self._reading.tiles(0, numbers)
        bundles = self._bundles()
        for number in numbers:
            tile = Tile.holding(0, number * WIDTH, head.size)
            kept = self._kept_leaves(tile, tiles.get(number))
            leaves = self._leaves(tile, kept, bundles, submitters)
            within = [size for size in sizes if size - number * WIDTH in range(1, WIDTH)]
            for size in within:
                row = split_hashes(leaves[: size % WIDTH * HASH_SIZE])
                self._part.prefixes[size] = root(row)
            if tile.width == WIDTH:
                self._part.roots += self._hashing.perfect_root(leaves)
                self._checked.hashes += WIDTH - 1
        self._records.finish()
        self._part.located += self._records.located
        known = Known(tiles, ChainMap(self._memory.kinds, self._content.kinds))
        self._content.runs.foreign = follow(
            self._reading, self._content.links, self._checked, known
        )
        match_batches(self._reading, self._content.manifests, head.size, self._checked)
        self._part.runs = self._content.runs

    def _checkpoint_sizes(self, start: int) -> set[int]:
        """Verify the checkpoints that end in this part, and say where."""
        # The empty log's belongs to the first part, and no other part ends at 0.
        position = start + 1 if start else 0
        while position <= self._end:
            page = self._reading.checkpoints(position, WIDTH)
            if not page:
                break
            for head, _ in page:
                if head.size <= self._end:
                    where = f"the checkpoint published at size {head.size}"
                    check_note(head, self._job.verifier, self._checked, where)
                    self._checked.checkpoints += 1
                    self._part.checkpoints.append((head.size, head.root))
            position = page[-1].head.size + 1
        return {size for size, _ in self._part.checkpoints}

    def _bundles(self) -> Iterator[tuple[int, bytes]]:
        """Read the bundles that hold a wanted index."""
        wanted, numbers = self._job.content, self._job.numbers
        if not wanted:
            return iter(())
        start = max(numbers.start, wanted.start // WIDTH)
        stop = min(numbers.stop, -(-wanted.stop // WIDTH))
        return self._reading.bundles(range(start, max(start, stop)))

    def _leaves(
        self,
        tile: Tile,
        kept: bytes | None,
        bundles: Iterator[tuple[int, bytes]],
        submitters: Submitters,
    ) -> bytes:
        first = tile.number * WIDTH
        wanted = max(first, self._job.content.start) < min(first + WIDTH, self._job.content.stop)
        bundle = next(bundles)[1] if wanted else b""
        cut = self._kept_entries(tile, bundle) if wanted else None
        if cut is None:
            self._part.located += tile.width
            return kept or bytes(HASH_SIZE * tile.width)
        derived = self._hashing.leaf_row(bundle, cut.entries)
        self._checked.hashes += tile.width
        wrong: set[int] = set()
        leaves = derived
        if kept is not None and kept != derived:
            left, right = split_hashes(kept), split_hashes(derived)
            places = [i for i in range(tile.width) if left[i] != right[i]]
            if self._vouched(tile, kept):
                leaves = kept
                wrong.update(places)
                self._tell_wrong_entries(tile, places, left, right)
            else:
                tell_wrong_hashes(self._checked, tile, derived, kept)
        stated = self._content.read(first, cut, wrong, submitters)
        self._records.add(first, stated, wrong)
        return leaves

    def _kept_leaves(self, tile: Tile, hashes: bytes | None) -> bytes | None:
        try:
            kept = cut_hashes(hashes or b"", tile.width)
        except MalformedError as error:
            found = error.message if hashes else "nothing"
            self._checked.add(
                "audit.tile", tile.path(), expected=f"{tile.width} hashes", found=found
            )
            return None
        self._checked.tiles += 1
        return kept

    def _kept_entries(self, tile: Tile, bundle: bytes) -> Cut | None:
        try:
            cut = cut_bundle(bundle, tile.width) or cut_each(decode_entries(bundle, tile.width))
        except MalformedError as error:
            path = Tile(ENTRIES, tile.number, tile.width).path()
            self._checked.add(
                "audit.bundle", path, expected=f"{tile.width} entries", found=error.message
            )
            return None
        self._checked.entries += len(cut.entries)
        return cut

    def _vouched(self, tile: Tile, leaves: bytes) -> bool:
        """Say whether the tree above holds just these leaves."""
        size = self._job.head.size
        try:
            if tile.width < WIDTH:
                edge = [leaves, *self._kept_edge(size)]
                return edge_root(edge) == self._job.head.root
            above = Tile.holding(1, tile.number, size)
            hashes = cut_hashes(self._reading.tile(above), above.width)
        except (MalformedError, VerificationError):
            return False
        place = tile.number % WIDTH * HASH_SIZE
        return hashes[place : place + HASH_SIZE] == self._hashing.perfect_root(leaves)

    def _kept_edge(self, size: int) -> Iterator[bytes]:
        """Read the partial tiles above the leaves."""
        level = 1
        while count := size >> (HEIGHT * level):
            tile = Tile(level, count // WIDTH, count % WIDTH)
            yield cut_hashes(self._reading.tile(tile), tile.width) if tile.width else b""
            level += 1

    def _tell_wrong_entries(
        self, tile: Tile, places: list[int], kept: list[bytes], derived: list[bytes]
    ) -> None:
        for i in places:
            self._checked.add(
                "audit.entry",
                f"entry {tile.number * WIDTH + i}",
                expected=f"leaf {kept[i].hex()}",
                found=derived[i].hex(),
            )


def tell_wrong_hashes(checked: Checked, tile: Tile, derived: bytes, kept: bytes) -> None:
    """Tell which hashes of a kept tile are not the derived ones."""
    pairs = zip(split_hashes(derived), split_hashes(kept), strict=True)
    for i, (right, wrong) in enumerate(pairs):
        if right != wrong:
            checked.add(
                "audit.tile", f"{tile.path()}, hash {i}", expected=right.hex(), found=wrong.hex()
            )
