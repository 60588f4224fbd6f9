"""A batch: statements as lines (NDJSON) in, the log's entries out.

One body of at most MAX_BATCH_BYTES and MAX_BATCH_LINES. A line is a statement in any JSON
formatting that needs no line break; the last newline may be absent. One bad line refuses the
whole batch and is named, counted from 1. Only what the log stores is kept of each line: a batch of
100,000 decoded statements would not fit beside the rest of a server.
"""

from __future__ import annotations

from msgspec import Struct

from ledger.errors import MalformedError
from ledger.statement import Statement, decode_canonical

__all__ = ["MAX_BATCH_BYTES", "MAX_BATCH_LINES", "Entry", "LineError", "decode_batch"]

MAX_BATCH_BYTES = 64 * 2**20
MAX_BATCH_LINES = 100_000


# Not tracked by the garbage collector, which would walk all lines of a batch again and again.
class Entry(Struct, frozen=True, gc=False):
    """A statement on its way into the log."""

    record_id: bytes
    data: bytes


class LineError(MalformedError):
    """A line of a batch that is not a statement; `code` says what is wrong with the statement."""

    def __init__(self, line: int, error: MalformedError) -> None:
        super().__init__(
            error.code,
            f"line {line}: {error.message}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        )
        self.line = line


def decode_batch(body: bytes) -> list[Entry]:
    """Read a batch; raise LineError for a bad line, MalformedError for a bad batch."""
    if len(body) > MAX_BATCH_BYTES:
        raise MalformedError(
            "batch.too-long",
            "the batch is too long",
            expected=f"at most {MAX_BATCH_BYTES} bytes",
            found=f"{len(body)} bytes",
        )
    count = body.count(b"\n") + (not body.endswith(b"\n"))
    if not body or count > MAX_BATCH_LINES:
        raise MalformedError(
            "batch.lines",
            "a batch of so many lines is not taken",
            expected=f"1 to {MAX_BATCH_LINES} lines",
            found=f"{count if body else 0} lines",
        )
    entries = []
    lines = body.split(b"\n", count)
    for number, line in enumerate(lines[:count], 1):
        members = decode_canonical(line)
        if members is not None:
            entries.append(Entry(members.record_id.bytes, line))
            continue
        try:
            statement = Statement.parse(line)
        except MalformedError as error:
            raise LineError(number, error) from error
        entries.append(Entry(statement.record_id, statement.entry))
    return entries
