"""Overviews of many transfers at once: what was said of them is read together, not one by one.

As `gathering` reads one record: the plan only where whoever logged it logged the transfer too, and
receipts only of the transfer's own parties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from ledger.attestation import Attestation
from ledger.dossier import Overview, Placed, Records, Said, read_said
from ledger.kinds import Plan, Transfer
from ledger.log import LogReader
from ledger.merkle import leaf_hash
from ledger.receipt import Receipt
from ledger.related import MAX_RELATED, receipt_keys_by
from ledger.stages import Entry
from ledger.statement import Statement
from ledger.status import Status
from ledger.store import Reading
from ledger.trust import Trust

__all__ = ["Found", "read_overviews", "submitters_of"]

# What is said of all transfers of one page together; of more, each leaf is asked for alone.
_MANY = 20_000
_LEAVES = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A transfer at its place, and who submitted it."""

    index: int
    statement: Statement
    submitter: str | None

    @property
    def transfer(self) -> Transfer:
        """Give what it says."""
        members = self.statement.members
        if not isinstance(members, Transfer):
            raise TypeError(self.statement.kind)
        return members


def read_overviews(log: LogReader, transfers: Sequence[Found], trust: Trust) -> Iterator[Overview]:
    """Give the overview of each transfer, in their order; nothing in it depends on the time."""
    plans = _plans(log, transfers)
    keys = {found.index: _keys(found, plans.get(found.index)) for found in transfers}
    said = _Heard(log, trust)
    first = said.hear({key for of in keys.values() for key in of})
    attested = {
        one.leaf_hash for of in first.values() for one in of if isinstance(one.says, Attestation)
    }
    first |= said.hear(attested)
    for found in transfers:
        own = {one.index: one for key in keys[found.index] for one in first.get(key, ())}
        for one in list(own.values()):
            if isinstance(one.says, Attestation):
                own |= {word.index: word for word in first.get(one.leaf_hash, ())}
        yield Overview.of(_records(found, plans.get(found.index), own), as_of=0, trust=trust)


def submitters_of(reading: Reading, indexes: Iterable[int]) -> dict[int, str | None]:
    """Say who submitted each entry; the indexes rise."""
    found: dict[int, str | None] = {}
    last = None
    for index in indexes:
        if last is None or not last.first_index <= index < last.first_index + last.length:
            last = reading.submission_of(index)
        found[index] = last.submitter
    return found


class _Heard:
    """Signed entries that were read, each once."""

    def __init__(self, log: LogReader, trust: Trust) -> None:
        self._log = log
        self._trust = trust
        self._read: dict[int, Said[Any] | None] = {}

    def hear(self, leaves: set[bytes]) -> dict[bytes, list[Said[Any]]]:
        """Read what speaks of leaves."""
        found: dict[bytes, list[Said[Any]]] = {}
        listed = sorted(leaves)
        for start in range(0, len(listed), _LEAVES):
            chunk = listed[start : start + _LEAVES]
            related = self._log.store.related(chunk, limit=_MANY)
            if sum(map(len, related.values())) == _MANY:
                # So much that the limit may have cut off what others said: each for itself.
                related = {
                    leaf: self._log.store.related([leaf], limit=MAX_RELATED)[leaf] for leaf in chunk
                }
            for leaf, indexes in related.items():
                says = [self._one(index) for index in indexes[:MAX_RELATED]]
                found[leaf] = [one for one in says if one is not None]
        return found

    def _one(self, index: int) -> Said[Any] | None:
        if index not in self._read:
            self._read[index] = read_said(Placed(index, self._log.entry(index)), self._trust)
        return self._read[index]


def _plans(log: LogReader, transfers: Sequence[Found]) -> dict[int, Entry[Plan]]:
    """Find the plan of each transfer that is under one, where it may be shown with it."""
    named = {
        found.index: covered_by.plan
        for found in transfers
        if (covered_by := getattr(found.statement.members, "covered_by", UNSET)) is not UNSET
    }
    if not named:
        return {}
    with log.store.reading() as reading:
        places = reading.locate(sorted({plan.record_id.bytes for plan in named.values()}))
        entries = {index: reading.entry(index) for index in set(places.values())}
        owners = submitters_of(reading, sorted(entries))
    held = {index: (leaf_hash(entry).hex(), entry) for index, entry in entries.items()}
    read: dict[int, Entry[Plan] | None] = {}
    plans = {}
    for found in transfers:
        plan = named.get(found.index)
        place = None if plan is None else places.get(plan.record_id.bytes)
        if plan is None or place is None or held[place][0] != plan.leaf_hash:
            continue
        if found.submitter is None or owners[place] != found.submitter:
            continue
        if place not in read:
            read[place] = _plan(place, held[place][1])
        entry = read[place]
        if entry is not None:
            plans[found.index] = entry
    return plans


def _plan(index: int, entry: bytes) -> Entry[Plan] | None:
    statement = Statement.from_entry(entry)
    return _entry(index, statement) if isinstance(statement.members, Plan) else None


def _entry(index: int, statement: Statement) -> Entry[Any]:
    members = statement.members
    return Entry(index, str(members.record_id), statement.leaf_hash, members)


def _keys(found: Found, plan: Entry[Plan] | None) -> list[bytes]:
    keys = [found.statement.leaf_hash, *receipt_keys_by(found.statement, found.submitter)]
    return keys if plan is None else [*keys, plan.leaf_hash]


def _records(found: Found, plan: Entry[Plan] | None, said: Mapping[int, Said[Any]]) -> Records:
    ordered = [said[index] for index in sorted(said)]
    if not isinstance(found.statement.members, Transfer):
        raise TypeError(found.statement.kind)
    return Records(
        _entry(found.index, found.statement),
        plan,
        *(
            tuple(one for one in ordered if isinstance(one.says, kind))
            for kind in (Attestation, Receipt, Status)
        ),
    )
