"""Record ids that entries state, held against the log's index of them: each at its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from ledger.audit.report import Checked
from ledger.store import Reading

__all__ = ["Records"]

# Looked up together: a statement costs what a hundred rows of its answer do.
_AT_ONCE = 4_096


class Records:
    """Takes in what the entries of a part state, in the order of their indexes."""

    def __init__(self, reading: Reading, size: int, checked: Checked) -> None:
        self.located = 0
        """Records found in the index, or taken to be there where the entry cannot be read."""
        self._reading = reading
        self._size = size
        self._checked = checked
        self._first = 0
        self._stated: list[bytes | None] = []
        self._wrong: set[int] = set()

    def add(self, first: int, stated: Sequence[bytes | None], wrong: Collection[int]) -> None:
        """Add what the entries from `first` on state; those at `wrong` places are not the log's."""
        if self._stated and (
            len(self._stated) >= _AT_ONCE or first != self._first + len(self._stated)
        ):
            self.finish()
        if not self._stated:
            self._first = first
        self._stated += stated
        self._wrong.update(first + place for place in wrong)

    def finish(self) -> None:
        """Look up what was added."""
        stated, wrong = self._stated, self._wrong
        self._stated, self._wrong = [], set()
        record_ids = [record_id for record_id in stated if record_id is not None]
        rows = self._reading.rows_close(record_ids)
        self._checked.records += len(record_ids)
        indexes = range(self._first, self._first + len(stated))
        if not wrong and len(record_ids) == len(stated):
            right = sorted(zip(record_ids, indexes, strict=True))
            # Others among them are other entries' affair.
            if rows == right or set(rows).issuperset(right):
                self.located += len(stated)
                return
        asked = set(record_ids)
        located = {record_id: index for record_id, index in rows if record_id in asked}
        self.located += sum(index < self._size for index in located.values())
        for index, record_id in zip(indexes, stated, strict=True):
            if index in wrong:
                # Its record is in the index, whatever id the entry states by now.
                self.located += record_id is None or record_id not in located
            elif record_id is None:
                # Told already; taken to be in the index.
                self.located += 1
            elif located.get(record_id) != index:
                self._tell(index, record_id, located.get(record_id))

    def _tell(self, index: int, record_id: bytes, found: int | None) -> None:
        self._checked.add(
            "audit.record",
            f"entry {index}",
            expected=f"record {UUID(bytes=record_id)} at this index",
            found="no such record" if found is None else f"index {found}",
        )
