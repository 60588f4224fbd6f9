"""Writing a store in the one transaction that may move the head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import bindparam, insert, text, update

from ledger.anchor import Anchor
from ledger.errors import ConflictError
from ledger.head import Head
from ledger.store import anchors, plan_uses, record_index, signed_batches
from ledger.store.anchors import AnchorState
from ledger.store.leasing import check_token
from ledger.store.plan_uses import UseRow
from ledger.store.reading import LOG, LogRow, Reading, Submitted
from ledger.store.signed_batches import SignedBatch
from ledger.store.tables import checkpoint, entry_segment, log, submission
from ledger.tile import WIDTH, encode_entries

__all__ = ["Sequencing"]

# Rows of one statement: bounds what an append holds beside the batch itself.
_CHUNK = 64

# The same on both databases, and beyond what SQLAlchemy's common INSERT can say.
_CREATE_LOG = text(
    "INSERT INTO log (id, origin, verifier, size, root, note) "
    "VALUES (1, :origin, :verifier, :size, :root, :note) ON CONFLICT (id) DO NOTHING"
)
_PUT_TILE = text(
    "INSERT INTO hash_tile (level, number, hashes) VALUES (:level, :number, :hashes) "
    "ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes"
)
_ADD_ENTRIES = insert(entry_segment)
_ADD_SUBMISSION = insert(submission)
_MOVE_HEAD = (
    update(log)
    .where(log.c.size == bindparam("old_size"), log.c.root == bindparam("old_root"))
    .values(size=bindparam("size"), root=bindparam("root"), note=bindparam("note"))
)


class Sequencing(Reading):
    """A transaction to write in; what it reads is what it will write upon."""

    def check_token(self, token: int) -> None:
        """Raise ConflictError where the lease of this token is over, now or at the commit."""
        check_token(self._connection, token)

    def create_log(self, verifier: str, head: Head) -> LogRow:
        """Write the log's row, unless another process is faster; return the one that stands.

        An empty table has no row to lock: this waits for whoever is writing the first one.
        """
        self._connection.execute(
            _CREATE_LOG,
            {
                "origin": head.origin,
                "verifier": verifier,
                "size": head.size,
                "root": head.root,
                "note": head.note,
            },
        )
        return LogRow(*self._connection.execute(LOG).one())

    def insert_records(self, record_ids: Sequence[bytes], first_index: int) -> bool:
        """Insert ids under consecutive indexes; say False, nothing changed, where one is there."""
        return record_index.insert(self._connection, record_ids, first_index)

    def put_tiles(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Write hash tiles, in the place of narrower ones."""
        rows = (
            {"level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in tiles.items()
        )
        while chunk := list(islice(rows, _CHUNK)):
            self._connection.execute(_PUT_TILE, chunk)

    def add_entries(self, first_index: int, entries: Sequence[bytes]) -> None:
        """Write entries from `first_index` on."""
        rows = _segments(first_index, entries)
        while chunk := list(islice(rows, _CHUNK)):
            self._connection.execute(_ADD_ENTRIES, chunk)

    def add_submission(self, submitted: Submitted) -> None:
        """Write down who submitted a range."""
        self._connection.execute(_ADD_SUBMISSION, submitted._asdict())

    def add_signed_batch(self, batch: SignedBatch) -> None:
        """Write down that a batch was signed."""
        signed_batches.add(self._connection, batch)

    def put_plan_uses(self, rows: Iterable[UseRow]) -> None:
        """Write what was used of plans, in the place of what was before."""
        plan_uses.put(self._connection, rows)

    def are_plans_counted(self) -> bool:
        """Say whether all that the log held before plans were counted is counted now."""
        return plan_uses.is_counted(self._connection)

    def replace_plan_uses(self, rows: Iterable[UseRow], *, size: int) -> None:
        """Write what was used of all plans in a log of `size`, and nothing else."""
        plan_uses.replace(self._connection, rows, size=size)

    def move_head(self, old: Head, new: Head) -> None:
        """Put `new` in the place of `old`; raise ConflictError where `old` does not stand there."""
        moved = self._connection.execute(
            _MOVE_HEAD,
            {
                "old_size": old.size,
                "old_root": old.root,
                "size": new.size,
                "root": new.root,
                "note": new.note,
            },
        )
        if moved.rowcount != 1:
            raise ConflictError("store.head-moved", "the log has another writer")

    def add_checkpoint(self, head: Head, published_at: datetime) -> None:
        """Write a published checkpoint."""
        self._connection.execute(
            insert(checkpoint).values(size=head.size, note=head.note, published_at=published_at)
        )

    def replace_note(self, published: Head, cosigned: Head) -> None:
        """Write more signature lines under a published checkpoint, unless another writer has."""
        self._connection.execute(
            update(checkpoint)
            .where(checkpoint.c.size == published.size, checkpoint.c.note == published.note)
            .values(note=cosigned.note)
        )

    def put_anchor(self, anchor: Anchor, state: AnchorState) -> None:
        """Write an anchor, in the place of an earlier one of the same size."""
        anchors.put_anchor(self._connection, anchor, state)


def _segments(first_index: int, entries: Sequence[bytes]) -> Iterator[dict[str, object]]:
    start = 0
    while start < len(entries):
        index = first_index + start
        end = start + WIDTH - index % WIDTH
        yield {"first_index": index, "entries": encode_entries(entries[start:end])}
        start = end
