"""The prover: a record of the log in, its bundle out.

Path, checkpoint and anchor are produced together for one exact size. That size is the smallest
anchored one that covers the record, the plan it names and what others said of them (`related`), so
that the bundle tells the earliest time at which the chain held all of it; while no anchor does, it
is the newest published checkpoint's. An attestation that an earlier anchor held says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.anchor import Anchor
from ledger.bundle import Bundle, FirstAnchor, LoggedAttestation, LoggedEntry, LoggedManifest
from ledger.errors import NotFoundError, UnavailableError
from ledger.head import Head
from ledger.log.snapshot import LogView, Snapshot
from ledger.merkle import leaf_hash
from ledger.related import MAX_RELATED, find_plan, find_related, receipt_keys
from ledger.statement import Statement
from ledger.store import StoredAnchor

__all__ = ["Covering", "UnpublishedError", "prepare", "prove"]

# Finds the smallest anchor, on the chain of today, whose size is beyond an index.
Covering = Callable[[int], StoredAnchor | None]


class UnpublishedError(UnavailableError):
    """No checkpoint covers yet what is logged at `index`."""

    def __init__(self, index: int) -> None:
        super().__init__(
            "record.unpublished",
            "the record is logged, and no checkpoint covers it yet",
            hint="Ask again in a moment.",
        )
        self.index = index


def prepare(log: Snapshot, record_ids: Sequence[bytes]) -> None:
    """Read together what the bundles of many records are made of, before each is proved."""
    log.load(record_ids)
    published = log.published()
    keys: list[bytes] = []
    for record_id in record_ids:
        index = log.find(record_id)
        # What is not published has no bundle, and need not be looked for.
        if index is not None and published is not None and index < published.size:
            record = Statement.from_entry(log.entry(index))
            keys += record.leaf_hash, *receipt_keys(log, index, record)
    log.load_related(keys, limit=MAX_RELATED)


def prove(log: LogView, record_id: bytes, *, covering: Covering) -> Bundle:
    """Make a record's bundle.

    Raises NotFoundError for an unknown record, UnpublishedError until a checkpoint covers
    it.
    """
    index = log.find(record_id)
    if index is None:
        raise NotFoundError("record.unknown", "no record of this id")
    body = log.entry(index)
    record = Statement.from_entry(body)
    plan = find_plan(log, record)
    own = index if plan is None else max(index, plan[0])
    earliest = covering(own)
    related = find_related(
        log,
        index,
        record,
        None if plan is None else leaf_hash(plan[1]),
        is_wanted=_wanted(log, covering, anchored=earliest is not None),
    )
    newest = max([own, *related.indexes])
    head, anchor = _head(log, newest, earliest if newest == own else covering(newest), covering)
    tree = log.tree(head.size)
    # Logged with the record or before it, so that what covers the record covers it.
    signed = log.signed_place(index, record.leaf_hash)

    def proven(place: int, entry: bytes) -> LoggedEntry:
        return LoggedEntry(place, entry, tuple(tree.inclusion_proof(place)))

    def logged(place: int) -> LoggedEntry:
        return proven(place, related.bodies[place])

    return Bundle(
        proven(index, body),
        head.note,
        anchor,
        None if plan is None else proven(*plan),
        attestations={
            stage: LoggedAttestation(logged(place), _first_anchor(log, place, anchor, covering))
            for stage, place in related.attestations.items()
        },
        receipts=tuple(map(logged, related.receipts)),
        statuses=tuple(map(logged, related.statuses)),
        manifest=None
        if signed is None
        else LoggedManifest(
            proven(signed.manifest_index, log.entry(signed.manifest_index)), signed.place
        ),
    )


def _wanted(log: LogView, covering: Covering, *, anchored: bool) -> Callable[[int], bool]:
    """Say what may join a bundle: a record that is anchored is not made to wait for its newest.

    Before that, whatever is published may.
    """
    if anchored:
        return lambda index: covering(index) is not None
    published = log.published()
    size = 0 if published is None else published.size
    return lambda index: index < size


def _first_anchor(
    log: LogView, index: int, anchor: Anchor | None, covering: Covering
) -> FirstAnchor | None:
    """Show the anchor that held an entry first, where it is not the bundle's own."""
    found = None if anchor is None else covering(index)
    if found is None or anchor is None or found.anchor.size >= anchor.size:
        return None
    path = log.tree(found.anchor.size).inclusion_proof(index)
    return FirstAnchor(found.anchor, tuple(path))


def _head(
    log: LogView, index: int, found: StoredAnchor | None, covering: Covering
) -> tuple[Head, Anchor | None]:
    while found is not None:
        anchor = found.anchor
        head = log.checkpoint_at(anchor.size)
        # A log that was brought back may lack a checkpoint; the next anchor covers the same.
        if head is not None and head.root == anchor.root:
            return head, anchor
        found = covering(anchor.size)
    published = log.published()
    if published is None or published.size <= index:
        raise UnpublishedError(index)
    return published, None
