"""A batch: statements as lines (NDJSON) in, submissions out.

One body of at most MAX_BATCH_BYTES and MAX_BATCH_LINES. A line is a statement in any JSON
formatting that needs no line break; the last newline may be absent. One bad line refuses the
whole batch and is named, counted from 1. The last line may be a manifest, which signs those before
it; whether it does is told where they are hashed (see `submission`). Only what the log stores is
kept of each line: a batch of 100,000 decoded statements would not fit beside the rest of a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.entry import decode_canonical
from ledger.errors import MalformedError
from ledger.kinds import Kind
from ledger.kinds import Manifest as ManifestEntry
from ledger.manifest import Manifest
from ledger.shape import Shape, Shapes
from ledger.signed import check_signed
from ledger.statement import LineError, Statement
from ledger.submission import PlanUse, Submission

__all__ = ["MAX_BATCH_BYTES", "MAX_BATCH_LINES", "decode_batch"]

MAX_BATCH_BYTES = 64 * 2**20
MAX_BATCH_LINES = 100_000

# Of whatever this process reads: they hold no value of anybody's but one line's of each.
_shapes = Shapes()


def decode_batch(body: bytes, *, check: Callable[[Kind], None] = check_signed) -> list[Submission]:
    """Read a batch; raise LineError for a bad line, MalformedError for a bad batch.

    `check` looks at each statement; a MalformedError of it names the line. What it says of one
    transfer counts for all that look alike (see `shape`): it goes by a statement's kind, or by what
    a signed one says.
    """
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
    submissions = []
    manifest: tuple[int, ManifestEntry] | None = None
    lines = body.split(b"\n", count)
    shapes = _shapes.passing(check)
    for number, line in enumerate(lines[:count], 1):
        submission = _looking_alike(shapes, line)
        if submission is not None:
            submissions.append(submission)
            continue
        members = decode_canonical(line)
        try:
            if members is not None:
                check(members)
                entry = line
            else:
                statement = Statement.parse(line)
                entry, members = statement.entry, statement.members
                check(members)
        except MalformedError as error:
            raise LineError(number, error) from error
        submissions.append(Submission(members.record_id.bytes, entry, PlanUse.of(members)))
        if _shapes.miss(entry, members):
            shapes = _shapes.passing(check)
        if manifest is None and isinstance(members, ManifestEntry):
            manifest = number, members
    return submissions if manifest is None else _signed(submissions, *manifest)


def _looking_alike(shapes: Sequence[Shape], line: bytes) -> Submission | None:
    for shape in shapes:
        submission = shape.read(line)
        if submission is not None:
            return submission
    return None


def _signed(submissions: list[Submission], number: int, members: ManifestEntry) -> list[Submission]:
    """Say of the last line that it signs the others; refuse a manifest that is not the last."""
    if number != len(submissions):
        misplaced = MalformedError(
            "manifest.place",
            "a manifest is the last line of its batch",
            expected=f"line {len(submissions)}",
            found=f"line {number}",
        )
        raise LineError(number, misplaced)
    try:
        claims = Manifest.parse(members.jws).claims
    except MalformedError as error:
        raise LineError(number, error) from error
    submissions[-1] = submissions[-1]._replace(signs=claims)
    return submissions
