"""A dossier: a transfer with its plan and what was attested of it, each at its place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ledger.attestation.backup import BackupClaims
from ledger.attestation.post_check import PostCheckClaims
from ledger.attestation.pre_assessment import PreAssessmentClaims
from ledger.kinds import Plan, Transfer
from ledger.kinds.members import Reference

__all__ = ["Dossier", "Entry"]

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Entry(Generic[_T_co]):
    """A logged record: its place, its names, and what it says."""

    index: int
    record_id: str
    leaf_hash: bytes
    says: _T_co

    def is_named_by(self, reference: Reference) -> bool:
        """Say whether a reference names this very record."""
        names = (str(reference.record_id), reference.leaf_hash)
        return names == (self.record_id, self.leaf_hash.hex())


@dataclass(frozen=True, slots=True)
class Dossier:
    """What there is of a transfer; None where a record is not there, or is not shown."""

    transfer: Entry[Transfer]
    plan: Entry[Plan] | None = None
    pre_assessment: Entry[PreAssessmentClaims] | None = None
    backup: Entry[BackupClaims] | None = None
    post_check: Entry[PostCheckClaims] | None = None
