"""Records: a transfer or a plan, and what others said of it, read from entries of a log.

Entries come with their indexes, from a store or from a server; each is parsed, its leaf hash is
derived here, and its signature is checked. What cannot be read, or is signed wrongly, says nothing
and is left out: a log may hold what could not be refused at its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ledger.attestation import Attestation
from ledger.errors import ConflictError, LedgerError
from ledger.jws import Jws
from ledger.kinds import Plan, Transfer
from ledger.kinds.signed import Signed
from ledger.receipt import Receipt
from ledger.signed import READERS
from ledger.stages import Entry
from ledger.statement import Statement
from ledger.status import Status
from ledger.trust import Trust
from ledger.verify.signed import signer_of

__all__ = ["Placed", "Records", "Said", "is_one_speaker", "read_said"]


class _Carries(Protocol):
    @property
    def jws(self) -> Jws: ...


_T_co = TypeVar("_T_co", bound=_Carries, covariant=True)


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """An entry at its index."""

    index: int
    entry: bytes


@dataclass(frozen=True, slots=True)
class Said(Generic[_T_co]):
    """A signed entry and what it says; `thumbprint` is None where nobody here knows the key."""

    index: int
    statement: Statement
    says: _T_co
    thumbprint: bytes | None

    @property
    def record_id(self) -> str:
        """Name the entry for people."""
        return str(self.statement.members.record_id)

    @property
    def leaf_hash(self) -> bytes:
        """Name the entry for the log."""
        return self.statement.leaf_hash


@dataclass(frozen=True, slots=True)
class Records:
    """What there is about `subject`, each in the log's order.

    `plan` is the one that a transfer names, or None where it is not there, or not shown.
    """

    subject: Entry[Transfer] | Entry[Plan]
    plan: Entry[Plan] | None = None
    attestations: tuple[Said[Attestation], ...] = ()
    receipts: tuple[Said[Receipt], ...] = ()
    statuses: tuple[Said[Status], ...] = ()

    @classmethod
    def read(
        cls,
        subject: Placed,
        *,
        plan: Placed | None = None,
        said: Iterable[Placed] = (),
        trust: Trust | None = None,
    ) -> Records:
        """Read entries; raise MalformedError, ConflictError for a subject that has no stages."""
        record = Statement.from_entry(subject.entry)
        if not isinstance(record.members, Transfer | Plan):
            raise ConflictError(
                "dossier.kind",
                "stages are attested of plans and transfers",
                expected="plan or transfer",
                found=record.kind,
            )
        planned = None
        if plan is not None:
            named = Statement.from_entry(plan.entry)
            if isinstance(named.members, Plan):
                planned = _entry(plan.index, named)
        found = [read_said(placed, trust or Trust()) for placed in sorted(set(said))]
        return cls(
            _entry(subject.index, record),
            planned,
            *(
                tuple(one for one in found if one is not None and isinstance(one.says, kind))
                for kind in (Attestation, Receipt, Status)
            ),
        )

    @property
    def transfer(self) -> Entry[Transfer] | None:
        """Give the subject where it is a transfer."""
        subject: Entry[Any] = self.subject
        return subject if isinstance(subject.says, Transfer) else None

    @property
    def assessable(self) -> Entry[Plan] | None:
        """Give the plan that a pre-assessment may speak of here."""
        subject: Entry[Any] = self.subject
        return subject if isinstance(subject.says, Plan) else self.plan

    def attestation(self, leaf_hash: bytes) -> Said[Attestation] | None:
        """Find an attestation by its leaf hash."""
        return next((one for one in self.attestations if one.leaf_hash == leaf_hash), None)

    def words(
        self, leaf_hash: bytes, speaker: bytes | None, trust: Trust
    ) -> Sequence[Said[Status]]:
        """List what one speaker, by any key of his, has said of a leaf, oldest first."""
        return [
            word
            for word in self.statuses
            if word.says.leaf_hash == leaf_hash and is_one_speaker(word.thumbprint, speaker, trust)
        ]


def _entry(index: int, statement: Statement) -> Entry[Any]:
    record_id = str(statement.members.record_id)
    return Entry(index, record_id, statement.leaf_hash, statement.members)


def read_said(placed: Placed, trust: Trust) -> Said[Any] | None:
    """Read a signed entry; None where it says nothing, or its signature is wrong."""
    try:
        statement = Statement.from_entry(placed.entry)
        if not isinstance(statement.members, Signed):
            return None
        says = READERS[statement.kind](statement.members.jws)
        key = signer_of(says.jws, trust)
        if key is not None:
            says.jws.verify(key)
    except LedgerError:
        return None
    return Said(placed.index, statement, says, None if key is None else key.thumbprint)


def is_one_speaker(one: bytes | None, other: bytes | None, trust: Trust) -> bool:
    """Say whether two keys are one, or of one organisation."""
    if one is None or other is None:
        return False
    owner = trust.owner(one)
    return one == other or (owner is not None and owner == trust.owner(other))
