"""The walk of an audit: from the first entry to the last, deriving leaves, tiles and roots anew.

Where the entries and a tile of level 0 disagree, the hash one level above, or at the right edge the
head's root, says which of them is wrong; the walk goes on with the other. So one flipped bit makes
one finding, at its place.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.audit.report import AuditReport
from ledger.errors import MalformedError, VerificationError
from ledger.head import Head
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, root
from ledger.store import Reading, Store
from ledger.submission import Submission
from ledger.tile import ENTRIES, WIDTH, Tile, cut_hashes, decode_entries
from ledger.tree import grow
from ledger.verified_tiles import split_hashes

__all__ = ["Walk"]


class Walk:
    """Goes over a store once, up to `head`, and tells a report what is wrong.

    Entries are read where their bundle holds an index of `content`.
    """

    def __init__(
        self,
        store: Store,
        head: Head,
        report: AuditReport,
        *,
        content: range,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._store = store
        self._head = head
        self._report = report
        self._content = content
        self._progress = progress
        self._size = 0
        self._root = EMPTY_ROOT
        self._edge: tuple[bytes, ...] = ()
        # The leaves of the bundle that `_size` lies in.
        self._leaves: list[bytes] = []
        # Of each level above the leaves the tile that grows; compared once it is as wide as kept.
        self._growing: dict[int, tuple[int, bytes]] = {}
        # Records found in the index, or taken to be there where the entry cannot be read.
        self._located = 0

    def root_at(self, size: int) -> bytes:
        """Go on to `size` and say which root the log had there."""
        while self._size < size:
            number = self._size // WIDTH
            first = number * WIDTH
            if self._size == first:
                with self._store.reading() as reading:
                    self._leaves = self._read_leaves(reading, number)
            end = min(size, first + WIDTH)
            growth = grow(self._size, self._edge, self._leaves[self._size - first : end - first])
            self._size, self._root, self._edge = growth.size, growth.root, growth.edge
            for (level, place), hashes in growth.tiles.items():
                if level:
                    self._grow_tile(level, place, hashes)
            if self._progress is not None:
                self._progress(self._size, self._head.size)
        return self._root

    def finish(self) -> None:
        """Compare what is left over, the walk being at the head."""
        for level, (number, hashes) in self._growing.items():
            self._compare_tile(level, number, hashes)
        with self._store.reading() as reading:
            records = reading.record_count(self._head.size)
        if records != self._located:
            self._report.add(
                "audit.record",
                "the index of record ids",
                expected=f"{self._located} records",
                found=f"{records}",
            )

    def _read_leaves(self, reading: Reading, number: int) -> list[bytes]:
        tile = Tile.holding(0, number * WIDTH, self._head.size)
        kept = self._kept_leaves(reading, tile)
        first = number * WIDTH
        wanted = max(first, self._content.start) < min(first + WIDTH, self._content.stop)
        entries = self._kept_entries(reading, tile) if wanted else None
        if entries is None:
            self._located += tile.width
            return kept or [bytes(HASH_SIZE)] * tile.width
        derived = [leaf_hash(entry) for entry in entries]
        wrong_entries: set[int] = set()
        leaves = derived
        if kept is not None and kept != derived:
            places = [i for i in range(tile.width) if kept[i] != derived[i]]
            if self._vouched(reading, tile, kept):
                leaves = kept
                wrong_entries.update(places)
                self._tell_wrong_entries(tile, places, kept, derived)
            else:
                self._tell_wrong_hashes(tile, places, derived, kept)
        self._check_records(reading, number * WIDTH, entries, wrong_entries)
        return leaves

    def _kept_leaves(self, reading: Reading, tile: Tile) -> list[bytes] | None:
        try:
            hashes = cut_hashes(reading.tile(tile), tile.width)
        except (MalformedError, VerificationError) as error:
            self._report.add(
                "audit.tile", tile.path(), expected=f"{tile.width} hashes", found=error.message
            )
            return None
        self._report.tiles += 1
        return split_hashes(hashes)

    def _kept_entries(self, reading: Reading, tile: Tile) -> list[bytes] | None:
        try:
            entries = decode_entries(reading.bundle(tile.number), tile.width)
        except MalformedError as error:
            path = Tile(ENTRIES, tile.number, tile.width).path()
            self._report.add(
                "audit.bundle", path, expected=f"{tile.width} entries", found=error.message
            )
            return None
        self._report.entries += len(entries)
        return entries

    def _vouched(self, reading: Reading, tile: Tile, leaves: list[bytes]) -> bool:
        """Say whether the tree above holds just these leaves."""
        if tile.width < WIDTH:
            return grow(self._size, self._edge, leaves).root == self._head.root
        above = Tile.holding(1, tile.number, self._head.size)
        try:
            hashes = cut_hashes(reading.tile(above), above.width)
        except (MalformedError, VerificationError):
            return False
        place = tile.number % WIDTH * HASH_SIZE
        return hashes[place : place + HASH_SIZE] == root(leaves)

    def _tell_wrong_entries(
        self, tile: Tile, places: list[int], kept: list[bytes], derived: list[bytes]
    ) -> None:
        for i in places:
            self._report.add(
                "audit.entry",
                f"entry {tile.number * WIDTH + i}",
                expected=f"leaf {kept[i].hex()}",
                found=derived[i].hex(),
            )

    def _tell_wrong_hashes(
        self, tile: Tile, places: list[int], derived: list[bytes], kept: list[bytes]
    ) -> None:
        for i in places:
            self._report.add(
                "audit.tile",
                f"{tile.path()}, hash {i}",
                expected=derived[i].hex(),
                found=kept[i].hex(),
            )

    def _check_records(
        self, reading: Reading, first: int, entries: list[bytes], wrong: set[int]
    ) -> None:
        record_ids: dict[int, bytes] = {}
        for i, entry in enumerate(entries):
            try:
                record_ids[i] = Submission.from_entry(entry).record_id
            except MalformedError as error:
                if i not in wrong:
                    where = f"entry {first + i}"
                    self._report.add("audit.record", where, expected="an id", found=error.message)
        located = reading.locate(list(record_ids.values()))
        self._located += sum(index < self._head.size for index in located.values())
        # A wrong entry's record is in the index, whatever id the entry states by now.
        self._located += sum(record_ids.get(i, b"") not in located for i in wrong)
        for i, record_id in record_ids.items():
            index = located.get(record_id)
            if index != first + i and i not in wrong:
                self._report.add(
                    "audit.record",
                    f"entry {first + i}",
                    expected=f"record {record_id.hex()} at this index",
                    found="no such record" if index is None else f"index {index}",
                )

    def _grow_tile(self, level: int, number: int, hashes: bytes) -> None:
        last = self._growing.get(level)
        if last is not None and last[0] != number:
            self._compare_tile(level, *last)
        self._growing[level] = (number, hashes)

    def _compare_tile(self, level: int, number: int, derived: bytes) -> None:
        tile = Tile(level, number, len(derived) // HASH_SIZE)
        with self._store.reading() as reading:
            kept = self._kept_leaves(reading, tile)
        if kept is None:
            return
        hashes = split_hashes(derived)
        places = [i for i in range(tile.width) if kept[i] != hashes[i]]
        self._tell_wrong_hashes(tile, places, hashes, kept)
