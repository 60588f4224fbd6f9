"""What entries say, read one after the other: form, signatures, links, places under plans.

Of each entry: RFC 8785 form and a known kind; the signature of a signed one, by the key that it
brings along (whose key that is, a verifier asks); whom it names. The links that were collected are
followed afterwards, all of a part at once (see `links`).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET

from ledger.attestation import Attestation, PostCheck, Stage
from ledger.audit.report import Checked
from ledger.audit.sequences import Runs
from ledger.entry import decode_canonical
from ledger.errors import LedgerError
from ledger.kinds import Kind, Transfer
from ledger.kinds.members import Reference
from ledger.kinds.signed import Signed
from ledger.manifest import Manifest
from ledger.receipt import Receipt
from ledger.signed import READERS
from ledger.statement import RECORD_ID_SIZE, Statement
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

    def __init__(self, checked: Checked) -> None:
        self.links: dict[Link, int] = {}
        """Each with the index of the first entry that names it."""
        self.manifests: list[SignedBatch] = []
        self.runs = Runs()
        self._checked = checked
        self._kinds: dict[type[Kind], int] = {}
        self._named: dict[str, tuple[int, str]] = {}

    def finish(self) -> None:
        """Count what was read, by kind."""
        self._checked.kinds += Counter(
            {str(kind.__struct_config__.tag): count for kind, count in self._kinds.items()}
        )

    def read(self, index: int, entry: bytes, submitter: str | None) -> bytes | None:
        """Read an entry; give the record id that it states, None where it states none."""
        members = decode_canonical(entry)
        if members is None:
            return self._read_malformed(index, entry)
        kind = type(members)
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if members.supersedes is not UNSET:
            self._name(index, members.supersedes, "")
        if isinstance(members, Transfer):
            self._read_transfer(index, members, submitter)
        elif isinstance(members, Signed):
            self._read_signed(index, members)
        return members.record_id.int.to_bytes(RECORD_ID_SIZE)

    def _read_malformed(self, index: int, entry: bytes) -> bytes | None:
        try:
            Statement.from_entry(entry)
        except LedgerError as error:
            expected = error.expected or "a statement in its canonical form"
            found = f"{error.message}; {error.found or ''}".rstrip("; ")
            self._checked.add("audit.statement", f"entry {index}", expected=expected, found=found)
        return self.identify(entry)

    @staticmethod
    def identify(entry: bytes) -> bytes | None:
        """Read the record id alone, None where the entry states none."""
        try:
            return _identity(entry).record_id.bytes
        except msgspec.MsgspecError:
            return None

    def _name(self, index: int, reference: Reference, kind: str) -> None:
        self._checked.links += 1
        # A plan is named by each of its transfers, so the record id is compared, not hashed, and as
        # a number: a UUID's own comparison is Python's.
        known = self._named.get(reference.leaf_hash)
        number = reference.record_id.int
        if known is not None and known[0] == number and known[1] == kind:
            return
        self._named[reference.leaf_hash] = (number, kind)
        self.links.setdefault(Link(reference.record_id.bytes, reference.leaf_hash, kind), index)

    def _read_transfer(self, index: int, transfer: Transfer, submitter: str | None) -> None:
        if transfer.parents is not UNSET:
            for parent in transfer.parents:
                self._name(index, parent, "")
        covered_by = transfer.covered_by
        if covered_by is not UNSET:
            self._name(index, covered_by.plan, "plan")
            self._checked.sequences += 1
            self.runs.add(
                (covered_by.plan.leaf_hash, submitter or ""),
                covered_by.sequence,
                (covered_by.persons.personal, covered_by.persons.sensitive),
                index,
                corrects=transfer.supersedes is not UNSET,
            )

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
                        if isinstance(reference, Reference):
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
