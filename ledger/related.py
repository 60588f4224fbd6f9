"""What others said of a record: the attestations of its stages, receipts and statuses, by index.

Of each stage one attestation goes into a bundle: the newest, but a post-check names the backup and
the pre-assessment that it is against, and a pre-assessment after the transfer covers nothing. Of a
recipient's receipts it is the newest: a later one corrects an earlier. What the others were, the
log still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from ledger.attestation import Attestation, Stage
from ledger.dossier import Said, choose
from ledger.errors import LedgerError
from ledger.follower import receipt_key
from ledger.kinds import Transfer
from ledger.log.snapshot import LogView
from ledger.merkle import leaf_hash
from ledger.receipt import Receipt
from ledger.statement import Statement

__all__ = [
    "MAX_RELATED",
    "Related",
    "find_plan",
    "find_related",
    "receipt_keys",
    "receipt_keys_by",
]

# Of one leaf; a bundle takes no more receipts or statuses either.
MAX_RELATED = 1_000


@dataclass(frozen=True, slots=True)
class Related:
    """Indexes of the entries that speak of a record, of its plan, or of what is here itself."""

    attestations: Mapping[Stage, int]
    receipts: tuple[int, ...]
    statuses: tuple[int, ...]
    bodies: Mapping[int, bytes]
    """All of these entries, and perhaps some more."""

    @property
    def indexes(self) -> list[int]:
        """List all of them."""
        return [*self.attestations.values(), *self.receipts, *self.statuses]


@dataclass(frozen=True, slots=True)
class _Said:
    index: int
    statement: Statement


def find_related(
    log: LogView,
    index: int,
    record: Statement,
    plan: bytes | None,
    *,
    is_wanted: Callable[[int], bool],
) -> Related:
    """Find what was said of the record at `index`, and of the plan of that leaf hash.

    As far as it `is_wanted`, by its index.
    """
    leaves = [record.leaf_hash, *([] if plan is None else [plan])]
    found = _said_of(log, [*leaves, *receipt_keys(log, index, record)], is_wanted)
    chosen = choose(list(_attestations(found)), before=index)
    if chosen:
        found += _said_of(log, [said.leaf_hash for said in chosen.values()], is_wanted)
    receipts = _newest_receipts(found)
    statuses = {said.index for said in found if said.statement.kind == "status"}
    return Related(
        {stage: said.index for stage, said in chosen.items()},
        tuple(sorted(receipts)[:MAX_RELATED]),
        tuple(sorted(statuses)[:MAX_RELATED]),
        {said.index: said.statement.entry for said in found},
    )


def find_plan(log: LogView, record: Statement) -> tuple[int, bytes] | None:
    """Find the plan that a transfer says covers it, where this log holds that very plan."""
    covered_by = getattr(record.members, "covered_by", UNSET)
    if covered_by is UNSET:
        return None
    index = log.find(covered_by.plan.record_id.bytes)
    if index is None:
        return None
    entry = log.entry(index)
    return (index, entry) if leaf_hash(entry).hex() == covered_by.plan.leaf_hash else None


def receipt_keys(log: LogView, index: int, record: Statement) -> list[bytes]:
    """Name the receipts of a record that count: those that its parties logged."""
    if not isinstance(record.members, Transfer):
        return []
    return receipt_keys_by(record, log.submitter_of(index))


def receipt_keys_by(record: Statement, submitter: str | None) -> list[bytes]:
    """Name them likewise, of a record that this one submitted."""
    leaf = record.leaf_hash
    return [receipt_key(leaf, party) for party in _parties(record, submitter)]


def _parties(record: Statement, submitter: str | None) -> set[str | None]:
    """Name those whose receipts travel with a record: its recipients, and whoever logged it.

    Leaf hashes are public: a stranger's receipt would make the whole bundle undetermined.
    """
    members = record.members
    if not isinstance(members, Transfer):
        return set()
    onward = members.onward_recipients or ()
    return {submitter, members.recipient.id, *(party.id for party in onward)}


def _said_of(
    log: LogView, leaves: Sequence[bytes], is_wanted: Callable[[int], bool]
) -> list[_Said]:
    """Read what speaks of leaves, the newest first."""
    indexes = {i for of in log.related(leaves, limit=MAX_RELATED).values() for i in of}
    return [
        _Said(index, Statement.from_entry(log.entry(index)))
        for index in sorted(indexes, reverse=True)
        if is_wanted(index)
    ]


def _newest_receipts(said: Iterable[_Said]) -> set[int]:
    """Choose of each speaker's receipts, the newest first, that which counts."""
    newest: dict[tuple[bytes | None, str], int] = {}
    for one in said:
        if one.statement.kind != "receipt":
            continue
        try:
            receipt = Receipt.parse(one.statement.value["jws"])
        except LedgerError:
            # Logged before it could be refused.
            continue
        # With his own key alone: another's must not stand for what he said.
        newest.setdefault((receipt.jws.thumbprint, receipt.claims.iss), one.index)
    return set(newest.values())


def _attestations(said: Iterable[_Said]) -> Iterator[Said[Attestation]]:
    for one in said:
        if one.statement.kind != "attestation":
            continue
        try:
            attestation = Attestation.read(one.statement.value["jws"])
        except LedgerError:
            # Logged before it could be refused.
            continue
        # Whose key signed, the bundle's verifier looks at.
        yield Said(one.index, one.statement, attestation, None)
