"""Recovery: a log that has forgotten what it acknowledged learns it again from published files.

    restore   an empty database is filled from an archive
    recover   an older database is filled up, then held against the head record and the anchor

All happens in one transaction, every tile, entry and head verified on the way: what does not fit
leaves the database as it was. Where the source ends before the head record does, the log is filled
as far as the source goes, stays read-only, and the report says how many entries are still missing.

Who submitted what, and when, is taken from side files alone, and those only as the log's key has
signed them. Without them nobody is known to have submitted anything: such an entry is shown to the
recipient that it names and to auditors. Whoever submits the very same entry again is told its
index, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.anchor import Anchor
from ledger.archive.source import Source, SourceReader
from ledger.checkpoint import open_checkpoint
from ledger.errors import ConfigurationError, ConflictError, MalformedError, VerificationError
from ledger.head import Head
from ledger.log.head_record import AnchoredHead, HeadRecord, Recorded, newest_anchored
from ledger.log.plan_use import count_all
from ledger.log.signed_batch import find_signed
from ledger.note import Verifier
from ledger.store import Sequencing, Store, Submitted
from ledger.submission import Submission
from ledger.tree import TileReader, Tree, grow

__all__ = ["Recovered", "recover", "restore"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did: the sizes before and after, and what is still missing.

    `missing` entries were acknowledged or anchored, and are neither in the database nor in the
    source; while there are any, the log stays read-only.
    """

    old_size: int
    size: int
    missing: int


def restore(store: Store, source: Source, *, verifier: Verifier) -> Recovered:
    """Fill an empty store; whether the log may be written then, its head record says at `open`.

    Raises ConflictError where the store is not empty, VerificationError for a wrong source,
    NotFoundError for one that lacks a file, the signed manifest of its side files included.
    """
    reader = SourceReader(source, verifier, side_files=True)
    with store.sequencing() as sequencing:
        old = _old_size(sequencing, verifier)
        if old:
            raise ConflictError(
                "recovery.not-empty",
                "the database holds a log already",
                expected="an empty database",
                found=f"{old} entries",
                hint="Use `crossproof recover` to fill up an older copy.",
            )
        _fill(sequencing, reader, old, verifier)
    return Recovered(old_size=0, size=reader.head.size, missing=0)


def recover(
    store: Store,
    source: Source,
    head_record: HeadRecord,
    *,
    verifier: Verifier,
    anchored_head: AnchoredHead | None = None,
    side_files: bool = True,
    without_record: bool = False,
) -> Recovered:
    """Fill an older store up, and bring the head record along.

    A source of tiles and entries alone is one without `side_files`. `without_record` begins a new
    head record where the old one is lost: whoever says so answers for it that nothing beyond the
    source was acknowledged. Raises VerificationError where store, source, head record and anchor
    are not of one history; then restore into an empty database.
    """
    reader = SourceReader(source, verifier, side_files=side_files)
    recorded = _recorded(head_record, verifier, without_record=without_record)
    records = head_record.others() if recorded is None else (recorded, *head_record.others())
    claims = [claim for record in records for claim in (record.head, record.anchored)]
    with store.sequencing() as sequencing:
        old_size = _old_size(sequencing, verifier)
        if reader.head.size > old_size or sequencing.log() is None:
            _fill(sequencing, reader, old_size, verifier)
        head = _own_head(sequencing, verifier)
        missing = 0
        for claim in (*claims, anchored_head):
            if claim is not None and claim.size > head.size:
                missing = max(missing, claim.size - head.size)
            elif claim is not None:
                _check_holds(sequencing.tile, claim, "the head that was acknowledged or anchored")
    if not missing:
        anchored = newest_anchored(None if recorded is None else recorded.anchored, anchored_head)
        head_record.advance(recorded, Recorded(head, anchored))
    return Recovered(old_size=old_size, size=head.size, missing=missing)


def _recorded(
    head_record: HeadRecord, verifier: Verifier, *, without_record: bool
) -> Recorded | None:
    recorded, others = head_record.read(), head_record.others()
    for record in others if recorded is None else (recorded, *others):
        open_checkpoint(record.head.note, verifier)
    if recorded is None and not others and not without_record:
        raise ConfigurationError(
            "recovery.no-head-record",
            "there is no head record, so nobody knows how many entries were acknowledged",
            hint="Bring it back, or say that it is lost and that the source is complete.",
        )
    return recorded


def _old_size(sequencing: Sequencing, verifier: Verifier) -> int:
    row = sequencing.log()
    if row is None:
        return 0
    if row.verifier != str(verifier):
        raise ConfigurationError(
            "log.other-key",
            "the database holds the log of another key",
            expected=str(verifier),
            found=row.verifier,
        )
    return row.size


def _own_head(sequencing: Sequencing, verifier: Verifier) -> Head:
    """Read the database's head, held against the log's key and against the tiles under it.

    It is about to become the head record, which nothing afterwards is believed against.
    """
    row = sequencing.log()
    try:
        head = sequencing.head()
        open_checkpoint(head.note, verifier)
        _check_holds(sequencing.tile, head, "it")
    except (MalformedError, VerificationError) as error:
        raise _foreign_head(str(error)) from error
    if row is None or (row.size, row.root) != (head.size, head.root):
        raise _foreign_head("another size or root beside the note")
    return head


def _foreign_head(found: str) -> VerificationError:
    return VerificationError(
        "recovery.head",
        "the database's head is not one that the log has signed and holds",
        found=found,
        hint="Restore into an empty database.",
    )


def _fill(sequencing: Sequencing, reader: SourceReader, old_size: int, verifier: Verifier) -> None:
    """Write all that the source has beyond `old_size`, and move the head to its checkpoint."""
    row = sequencing.log()
    if row is not None:
        _check_holds(reader.tiles, sequencing.head(), "the database's head")
    size, edge = old_size, Tree(old_size, reader.tiles).edge()
    for run in reader.entries(old_size):
        record_ids = [Submission.from_entry(entry).record_id for entry in run.entries]
        if not sequencing.insert_records(record_ids, run.first_index):
            raise VerificationError(
                "recovery.repeated",
                "the source logs a record twice",
                found=f"among entries {run.first_index} to {run.first_index + len(record_ids) - 1}",
            )
        sequencing.add_entries(run.first_index, run.entries)
        growth = grow(size, edge, run.leaf_hashes)
        sequencing.put_tiles(growth.tiles)
        size, edge = growth.size, growth.edge
    for submitted in _submissions(reader, old_size):
        sequencing.add_submission(submitted)
    _fill_checkpoints(sequencing, reader, verifier)
    for anchor, state in reader.anchors():
        if anchor.size <= size:
            _check_holds(reader.tiles, anchor, "an anchored head")
            sequencing.put_anchor(anchor, state)
    if row is None:
        if sequencing.create_log(str(verifier), reader.head).note != reader.head.note:
            raise ConflictError(
                "recovery.overtaken",
                "another process began a log in this database meanwhile",
                hint="Stop it, and bring the log back into an empty database.",
            )
    else:
        sequencing.move_head(sequencing.head(), reader.head)
    # From the entries, the older ones too: an older copy may not have counted at all.
    count_all(sequencing)
    find_signed(sequencing, old_size)


def _submissions(reader: SourceReader, start: int) -> Iterator[Submitted]:
    """Yield who submitted the entries from `start` on, as far as the source tells it whole."""
    size = reader.head.size
    for submitted in reader.submissions():
        if submitted.first_index == start and start + submitted.length <= size:
            yield submitted
            start += submitted.length
    if start < size:
        yield Submitted(start, size - start, None, None)


def _fill_checkpoints(sequencing: Sequencing, reader: SourceReader, verifier: Verifier) -> None:
    newest = sequencing.published_size()
    for head, published_at in reader.checkpoints():
        if newest < head.size <= reader.head.size:
            open_checkpoint(head.note, verifier)
            _check_holds(reader.tiles, head, "a published checkpoint")
            sequencing.add_checkpoint(head, published_at)
            newest = head.size


def _check_holds(read: TileReader, claim: Head | AnchoredHead | Anchor, what: str) -> None:
    found = Tree(claim.size, read).root()
    if found != claim.root:
        raise VerificationError(
            "recovery.forked",
            f"{what} belongs to another history",
            expected=f"root {claim.root.hex()} at size {claim.size}",
            found=found.hex(),
            hint="Restore into an empty database from files of the same history.",
        )
