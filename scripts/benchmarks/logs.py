"""New logs to measure, without a server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ledger.batch import decode_batch
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.store import Store

__all__ = ["append", "bare_log"]


@contextmanager
def bare_log(database_url: str | None = None) -> Iterator[Log]:
    """Open a new log, on SQLite or on the database given."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        path = Path(directory)
        store = Store.open(database_url or f"sqlite:///{path / 'ledger.sqlite3'}")
        log = Log.open(store, Signer.generate("bench.example/log"), HeadRecord(path / "head"))
        try:
            yield log
        finally:
            log.close()


def append(log: Log, bodies: Sequence[bytes]) -> int:
    """Decode, canonicalise, hash, de-duplicate and write batches; count their records."""
    return sum(
        log.append(decode_batch(body), submitter="bench", now=datetime.now(UTC)).added
        for body in bodies
    )
