"""What entries say, read one after the other: form, signatures, links, places under plans.

Of each entry: RFC 8785 form and a known kind; the signature of a signed one, by the key that it
brings along (whose key that is, a verifier asks); whom it names. The links that were collected are
followed afterwards, all of a part at once (see `links`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from itertools import compress, count, pairwise
from operator import ne
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET

from ledger import kinds
from ledger.attestation import Attestation, PostCheck, Stage
from ledger.audit.columns import Columns, Rows, raw_ids
from ledger.audit.pieces import Cut, references_of
from ledger.audit.report import Checked
from ledger.audit.sequences import Runs
from ledger.audit.submissions import Submitters
from ledger.errors import LedgerError
from ledger.kinds import Kind
from ledger.kinds.signed import Signed
from ledger.manifest import Manifest
from ledger.receipt import Receipt
from ledger.signed import READERS
from ledger.statement import Statement
from ledger.status import Status

__all__ = ["Content", "Link", "SignedBatch"]

_SUBJECTS = {
    Stage.PRE_ASSESSMENT: "plan",
    Stage.BACKUP: "transfer",
    Stage.POST_CHECK: "transfer",
}


class _Identity(msgspec.Struct):
    record_id: UUID


_identity = msgspec.json.Decoder(_Identity).decode
_integers = msgspec.json.Decoder(list[int]).decode


class Link(NamedTuple):
    """A record that is named: its id, its leaf hash in hexadecimal, and its kind, "" for any.

    Parents and what is superseded may be anywhere, and each of another kind is read: a price that
    only the few plans and subjects are worth.
    """

    record_id: bytes
    leaf_hash: str
    kind: str


class SignedBatch(NamedTuple):
    """What the manifest at index `entry` says of a batch."""

    entry: int
    root: str
    length: int


class Content:
    """Reads entries in the order of their indexes, and counts into `checked`."""

    def __init__(self, checked: Checked, columns: Columns) -> None:
        self.links: dict[Link, int] = {}
        """Each with the index of the first entry that names it."""
        self.manifests: list[SignedBatch] = []
        self.kinds: dict[int, str] = {}
        """Of entries that are no transfers, by index."""
        self.runs = Runs()
        self._checked = checked
        self._columns = columns

    def read(
        self, first: int, cut: Cut, wrong: Collection[int], submitters: Submitters
    ) -> list[bytes | None]:
        """Read a tile's entries; give the record ids that they state, None where one states none.

        Those at the places in `wrong` are not what was logged: which records they are, if they
        still say so, is all that counts of them.
        """
        entries = cut.entries
        rows = self._columns.read(entries, wrong, cut.columns)
        self._checked.kinds["transfer"] += len(rows.places)
        self._name_others(first, rows)
        self._cover(first, rows, submitters)
        of_transfers = raw_ids(rows.column["record_id"])
        if len(of_transfers) == len(entries):
            return list(of_transfers)
        record_ids: list[bytes | None] = [None] * len(entries)
        for place, record_id in zip(rows.places, of_transfers, strict=True):
            record_ids[place] = record_id
        for place in wrong:
            record_ids[place] = self._identify(entries[place])
        for place, row in sorted(rows.others.items()):
            index, entry = first + place, entries[place]
            if row is None:
                record_ids[place] = self._read_malformed(index, entry)
            else:
                record_ids[place] = self._read_other(index, row)
        return record_ids

    def _name_others(self, first: int, rows: Rows) -> None:
        """Collect what transfers correct, and what they were made from."""
        for name in ("supersedes", "parents"):
            column = rows.column[name]
            self._checked.links += b"".join(column).count(b"{")
            # The first that names them is the one that is told of.
            named: dict[bytes, int] = {}
            for place, piece in compress(zip(rows.places, column, strict=True), column):
                named.setdefault(piece, first + place)
            references = [
                (*reference, index)
                for piece, index in named.items()
                for reference in references_of(piece)
            ]
            record_ids = raw_ids([record_id for _, record_id, _ in references])
            for (leaf_hash, _, index), record_id in zip(references, record_ids, strict=True):
                self.links.setdefault(Link(record_id, leaf_hash.decode(), ""), index)

    def _cover(self, first: int, rows: Rows, submitters: Submitters) -> None:
        """Take down the places of transfers under their plans."""
        plans = rows.column["plan"]
        # Most are under the plan of the one before.
        changes = compress(count(1), map(ne, plans, plans[1:]))
        for start, end in pairwise([0, *changes, len(plans)]):
            if plans[start:end] and plans[start]:
                self._number(plans[start], first, rows, slice(start, end), submitters)

    def _number(
        self, piece: bytes, first: int, rows: Rows, under: slice, submitters: Submitters
    ) -> None:
        """Take down the places of those rows that are under one plan."""
        plan = self._columns.plans[piece]
        indexes = [first + place for place in rows.places[under]]
        sequence, personal, sensitive = (
            _integers(b"[%s]" % b",".join(rows.column[name][under]))
            for name in ("sequence", "personal", "sensitive")
        )
        corrections = rows.column["supersedes"][under]
        self._checked.links += len(indexes)
        self._checked.sequences += len(indexes)
        link = Link(plan.record_id.bytes, plan.leaf_hash, "plan")
        self.links.setdefault(link, indexes[0])
        start = 0
        while start < len(indexes):
            submitter, until = submitters.of(indexes[start])
            some = slice(start, bisect_left(indexes, until, start))
            series = (plan.leaf_hash, submitter or "")
            totals = personal[some], sensitive[some]
            self.runs.extend(series, sequence[some], totals, indexes[some])
            if any(corrections[some]):
                corrected = compress(sequence[some], corrections[some])
                self.runs.corrected.update((series, number) for number in corrected)
            start = some.stop

    def _read_other(self, index: int, members: Kind) -> bytes:
        self.kinds[index] = str(members.__struct_config__.tag)
        self._checked.kinds[self.kinds[index]] += 1
        if members.supersedes is not UNSET:
            self._name(index, members.supersedes, "")
        if isinstance(members, Signed):
            self._read_signed(index, members)
        return members.record_id.bytes

    def _read_malformed(self, index: int, entry: bytes) -> bytes | None:
        try:
            Statement.from_entry(entry)
        except LedgerError as error:
            expected = error.expected or "a statement in its canonical form"
            found = f"{error.message}; {error.found or ''}".rstrip("; ")
            self._checked.add("audit.statement", f"entry {index}", expected=expected, found=found)
        return self._identify(entry)

    @staticmethod
    def _identify(entry: bytes) -> bytes | None:
        """Read the record id alone, None where the entry states none."""
        try:
            return _identity(entry).record_id.bytes
        except msgspec.MsgspecError:
            return None

    def _name(self, index: int, reference: kinds.members.Reference, kind: str) -> None:
        self._checked.links += 1
        link = Link(reference.record_id.bytes, reference.leaf_hash, kind)
        self.links.setdefault(link, index)

    def _read_signed(self, index: int, members: Signed) -> None:
        try:
            said = READERS[str(members.__struct_config__.tag)](members.jws)
            key = said.jws.key
            if key is None:
                self._checked.untold["signature"] += 1
            else:
                said.jws.verify(key)
                self._checked.signatures += 1
        except LedgerError as error:
            self._checked.add(
                "audit.signed",
                f"entry {index}",
                expected=error.expected or "what its kind says, signed",
                found=f"{error.message}; {error.found or ''}".rstrip("; "),
            )
            return
        match said:
            case Attestation():
                subject = said.claims.subject
                self._name_leaf(
                    index, subject.record_id.bytes, said.leaf_hash, _SUBJECTS[said.stage]
                )
                if isinstance(subject, PostCheck):
                    for reference in (subject.backup, subject.pre_assessment):
                        if isinstance(reference, kinds.members.Reference):
                            self._name(index, reference, "attestation")
            case Receipt():
                claims = said.claims
                self._name_leaf(index, claims.record_id.bytes, said.leaf_hash, "transfer")
            case Status():
                self._name_leaf(index, said.claims.record_id.bytes, said.leaf_hash, "")
            case Manifest():
                self.manifests.append(SignedBatch(index, said.claims.root, said.claims.count))

    def _name_leaf(self, index: int, record_id: bytes, leaf_hash: bytes, kind: str) -> None:
        self._checked.links += 1
        self.links.setdefault(Link(record_id, leaf_hash.hex(), kind), index)
