"""Writing a store in the one transaction that may move the head.

Others wait for as long as it takes, and on PostgreSQL each question takes a journey. So what an
append will ask is asked for together with the lock (`store.standing`), and what it writes waits for
the next question, or for the head to be moved, and is sent together with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, text, update

from ledger.anchor import Anchor
from ledger.errors import ConflictError
from ledger.head import Head
from ledger.store import anchors, plan_uses, record_index, signed_batches
from ledger.store.anchors import AnchorState
from ledger.store.leasing import check_token
from ledger.store.plan_uses import UseRow
from ledger.store.reading import LOG, LogRow, Reading, Submitted
from ledger.store.signed_batches import SignedBatch
from ledger.store.standing import Standing
from ledger.store.tables import checkpoint, entry_segment, log, submission
from ledger.store.together import Question, ask_together
from ledger.tile import WIDTH, Tile, encode_entries

__all__ = ["Sequencing"]

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

    def __init__(self, connection: Connection, standing: Standing) -> None:
        super().__init__(connection)
        self._standing = standing
        self._unsent: list[Question] = []

    @property
    def _connection(self) -> Connection:
        self.send()
        return self._opened

    def send(self) -> None:
        """Send what waits to be written."""
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            ask_together(self._opened, unsent)

    def log(self) -> LogRow | None:
        """Read the log's row, None before there is one."""
        if self._standing.row is None:
            return super().log()
        return self._standing.row

    def tile(self, tile: Tile) -> bytes:
        """Read a hash tile, of which there may be more than its width."""
        found = self._standing.tiles.get((tile.level, tile.number))
        return super().tile(tile) if found is None else found

    def newest_checkpoint(self) -> Head | None:
        """Read the checkpoint published last."""
        if not self._standing.is_read:
            return super().newest_checkpoint()
        note = self._standing.published
        return None if note is None else Head.parse(note)

    def locate(self, record_ids: Sequence[bytes]) -> dict[bytes, int]:
        """Find the indexes of those records that are there."""
        located = self._standing.located
        if located is None or not self._standing.record_ids.issuperset(record_ids):
            return super().locate(record_ids)
        return {name: located[name] for name in record_ids if name in located}

    def check_token(self, token: int) -> None:
        """Raise ConflictError where the lease of this token is over, now or at the commit."""
        check_token(self._connection, token)

    def create_log(self, verifier: str, head: Head) -> LogRow:
        """Write the log's row, unless another process is faster; return the one that stands.

        An empty table has no row to lock: this waits for whoever is writing the first one.
        """
        self._standing = Standing()
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
        standing = self._standing
        if standing.located is None or not standing.record_ids.issuperset(record_ids):
            return record_index.insert(self._connection, record_ids, first_index)
        if not standing.located.keys().isdisjoint(record_ids):
            return False
        if record_ids:
            self._standing = standing.without_ids()
            self._unsent.append(record_index.inserting(record_ids, first_index))
        return True

    def put_tiles(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Write hash tiles, in the place of narrower ones."""
        self._standing = self._standing.without_tiles()
        rows = (
            {"level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in tiles.items()
        )
        self._unsent.append((_PUT_TILE, rows))

    def add_entries(self, first_index: int, entries: Sequence[bytes]) -> None:
        """Write entries from `first_index` on."""
        self._unsent.append((_ADD_ENTRIES, _segments(first_index, entries)))

    def add_submission(self, submitted: Submitted) -> None:
        """Write down who submitted a range."""
        self._unsent.append((_ADD_SUBMISSION, [submitted._asdict()]))

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
        self._standing = Standing()
        moving = {
            "old_size": old.size,
            "old_root": old.root,
            "size": new.size,
            "root": new.root,
            "note": new.note,
        }
        unsent, self._unsent = self._unsent, []
        *_, moved = ask_together(self._opened, [*unsent, (_MOVE_HEAD, [moving])])
        if moved.changed != 1:
            raise ConflictError("store.head-moved", "the log has another writer")

    def add_checkpoint(self, head: Head, published_at: datetime) -> None:
        """Write a published checkpoint."""
        self._standing = Standing()
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
