"""The docket of one log: follows it, and answers what is asked of all dossiers.

A page of entries is one transaction, which moves the docket's place by compare-and-swap: several
processes may follow the same log. A later word about a transfer, its plan or one of its
attestations marks rows as stale; those are read anew, and a row that was marked again meanwhile
stays marked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby

from msgspec import UNSET

from ledger.docket.case import Case, Standing, flag_condition, row_of, standing_row
from ledger.docket.overviews import Found, read_overviews, submitters_of
from ledger.dossier import Flag, Terms
from ledger.entry import decode_logged
from ledger.follower import catch_up, subject_of
from ledger.kinds import Plan, Transfer
from ledger.log import LogReader
from ledger.merkle import leaf_hash
from ledger.related import receipt_keys_by
from ledger.statement import Statement
from ledger.store import Condition, Count, DocketRow, Place, Reach, Wanted
from ledger.tile import WIDTH, decode_entries
from ledger.trust import Trust

__all__ = ["PAGE", "Docket", "Lag", "Tally"]

# Entries looked through in one transaction.
PAGE = 1_024
_RENEWED_AT_ONCE = 256
_SIGNED = b'{"jws":"'


@dataclass(frozen=True, slots=True)
class Lag:
    """What the docket does not tell yet: entries not looked at, and rows to be read anew."""

    entries: int
    rows: int

    def __bool__(self) -> bool:
        return bool(self.entries or self.rows)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many dossiers of one group there are, and how many have each flag, or any."""

    value: str
    dossiers: int
    flags: dict[Flag, int]
    flagged: int


class Docket:
    """The docket. Methods may be called from any thread; one at a time follows the log.

    `trust` says whose word counts: with another one the docket is built anew.
    """

    def __init__(self, log: LogReader, *, trust: Trust, terms: Terms) -> None:
        self._log = log
        self._trust = trust
        self._believed = _digest(trust)
        self.terms = terms
        self._following = threading.Lock()
        # How a transfer stands of which nobody has spoken yet; owned by the lock.
        self._alone: Standing | None = None

    def begin(self) -> None:
        """Forget what was found under another trust file."""
        with self._log.store.docket() as rows:
            is_other = rows.place().trust != self._believed
        if is_other:
            self.rebuild()

    def rebuild(self) -> None:
        """Forget every row: the log will be read again from its beginning."""
        with self._following, self._log.store.docket(write=True) as rows:
            rows.begin_again(self._believed)

    def lag(self) -> Lag:
        """Say how far the docket is behind the log."""
        return _lag(self._place())

    def catch_up(self, *, pages: int | None = None, until: int | None = None) -> Lag:
        """Look through what was logged since the last time, and say what is left.

        At most so many pages (1,024 new entries, or 256 rows to be read anew), and entries before
        `until`, where numbers are given. What is logged meanwhile is for the next time.
        """
        with self._following:
            place = self._place()
            end = place.log_size if until is None else min(place.log_size, until)
            while pages is None or pages > 0:
                if place.size < end:
                    is_done = self._follow(place.size, end)
                elif place.stale:
                    is_done = self._renew()
                else:
                    break
                place = self._place()
                if not is_done:
                    break
                pages = None if pages is None else pages - 1
            return _lag(place)

    def find(
        self,
        reach: Reach,
        wanted: Wanted,
        *,
        flags: Sequence[Flag] = (),
        below: int | None = None,
        limit: int,
    ) -> list[Case]:
        """List cases within reach that have any of these flags, the newest first."""
        now = _now()
        asked = replace(wanted, any_of=self._conditions(flags, now))
        with self._log.store.docket() as rows:
            found = rows.find(reach, asked, below=below, limit=limit)
        return [Case.of(row, self.terms, now=now) for row in found]

    def tally(self, reach: Reach, wanted: Wanted, *, flags: Sequence[Flag] = ()) -> Tally:
        """Count cases within reach that have any of these flags, and the flags that they have."""
        now = _now()
        asked = replace(wanted, any_of=self._conditions(flags, now))
        with self._log.store.docket() as rows:
            return _tally(rows.count(reach, asked, self._conditions(tuple(Flag), now)))

    def tally_by(
        self, by: str, reach: Reach, wanted: Wanted, *, flags: Sequence[Flag] = (), limit: int
    ) -> list[Tally]:
        """Count likewise, by one of GROUPINGS."""
        now = _now()
        asked = replace(wanted, any_of=self._conditions(flags, now))
        conditions = self._conditions(tuple(Flag), now)
        with self._log.store.docket() as rows:
            found = rows.count_by(by, reach, asked, conditions, limit=limit)
        return [_tally(count) for count in found]

    def _conditions(self, flags: Sequence[Flag], now: int) -> tuple[Condition, ...]:
        return tuple(flag_condition(flag, self.terms, now=now) for flag in flags)

    def _place(self) -> Place:
        with self._log.store.docket() as rows:
            return rows.place()

    def _follow(self, old: int, end: int) -> bool:
        """Take one page of new entries in; False where another process believes another trust."""
        log = self._log
        entries = log.entries(old, min(PAGE, end - old))
        new = old + len(entries)
        # What speaks of the transfers of this page is found through it.
        catch_up(log, until=new)
        page = _Page.read(old, entries)
        made = self._rows(self._owned(page.transfers))
        with log.store.docket(write=True) as rows:
            if not rows.move(old_size=old, new_size=new, trust=self._believed):
                return rows.place().trust == self._believed
            rows.add_subjects(page.attested)
            subjects = rows.subjects_of(page.spoken_of)
            rows.mark_stale({*page.spoken_of, *subjects.values()})
            rows.add(made)
        return True

    def _rows(self, transfers: Sequence[Found]) -> list[DocketRow]:
        """Make the rows of new transfers.

        Nearly all are under no plan and nobody has spoken of them: what their dossiers say is the
        same of all, and asked of the first one only.
        """
        alone = {
            found.index: [
                found.statement.leaf_hash,
                *receipt_keys_by(found.statement, found.submitter),
            ]
            for found in transfers
            if found.transfer.covered_by is UNSET
        }
        keys = [key for of in alone.values() for key in of]
        spoken_of = self._log.store.spoken_of(keys)
        if spoken_of:
            alone = {i: of for i, of in alone.items() if spoken_of.isdisjoint(of)}
        others = [found for found in transfers if found.index not in alone]
        made = self._told(others)
        for found in transfers:
            if found.index not in alone:
                continue
            if self._alone is None:
                (row,) = self._told([found])
                self._alone = Standing(row.stages, row.marks, row.used)
            leaf = alone[found.index][0]
            made.append(
                standing_row(found.index, leaf, found.transfer, found.submitter, self._alone)
            )
        made.sort(key=lambda row: row.entry_index)
        return made

    def _told(self, transfers: Sequence[Found]) -> list[DocketRow]:
        overviews = read_overviews(self._log, transfers, self._trust)
        return [
            row_of(overview, found.submitter)
            for found, overview in zip(transfers, overviews, strict=True)
        ]

    def _renew(self) -> bool:
        log = self._log
        with log.store.docket() as rows:
            if rows.place().trust != self._believed:
                return False
            waiting = rows.stale(_RENEWED_AT_ONCE)
        catch_up(log)
        entries = self._entries([row.entry_index for row in waiting])
        found = [
            Found(row.entry_index, Statement.from_entry(entries[row.entry_index]), row.submitter)
            for row in waiting
        ]
        made: list[DocketRow] = [
            row_of(overview, row.submitter, stale=row.stale)
            for row, overview in zip(waiting, read_overviews(log, found, self._trust), strict=True)
        ]
        with log.store.docket(write=True) as rows:
            rows.renew(made)
        return True

    def _entries(self, indexes: Sequence[int]) -> dict[int, bytes]:
        """Read entries, each bundle of them once."""
        found: dict[int, bytes] = {}
        with self._log.store.reading() as reading:
            for number, of in groupby(indexes, lambda index: index // WIDTH):
                bundle = decode_entries(reading.bundle(number))
                found |= {index: bundle[index % WIDTH] for index in of}
        return found

    def _owned(self, transfers: Sequence[tuple[int, Statement]]) -> list[Found]:
        with self._log.store.reading() as reading:
            owners = submitters_of(reading, (index for index, _ in transfers))
        return [Found(index, statement, owners[index]) for index, statement in transfers]


def _lag(place: Place) -> Lag:
    return Lag(place.log_size - place.size, place.stale)


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page of entries holds for the docket."""

    transfers: list[tuple[int, Statement]]
    attested: list[tuple[bytes, bytes]]
    spoken_of: set[bytes]

    @classmethod
    def read(cls, start: int, entries: Sequence[bytes]) -> _Page:
        page = cls([], [], set())
        for index, entry in enumerate(entries, start):
            if entry.startswith(_SIGNED):
                page._hear(entry)
                continue
            members = decode_logged(entry)
            if isinstance(members, Transfer):
                page.transfers.append((index, Statement(entry, members)))
            elif isinstance(members, Plan):
                # Transfers under it may have been logged before.
                page.spoken_of.add(leaf_hash(entry))
        return page

    def _hear(self, entry: bytes) -> None:
        about = subject_of(entry)
        if about is None:
            return
        self.spoken_of.add(about)
        statement = Statement.from_entry(entry)
        if statement.kind == "attestation":
            self.attested.append((statement.leaf_hash, about))


def _tally(count: Count) -> Tally:
    flags = dict(zip(Flag, count.met, strict=True))
    return Tally(count.value, count.dossiers, flags, count.met_any)


def _digest(trust: Trust) -> bytes:
    """Name those who are believed; nothing else of a trust file changes a dossier here."""
    known = [organisation.to_value() for organisation in trust.organisations]
    return sha256(json.dumps(known, sort_keys=True).encode()).digest()


def _now() -> int:
    return int(datetime.now(UTC).timestamp())
