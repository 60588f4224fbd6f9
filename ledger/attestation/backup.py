"""The backup (事中备份存证): that record and evidence of a transfer are kept, and can be restored.

What was deposited is named by the RFC 9162 root over its items' canonical bytes, in order. The
items themselves come along where they fit into an entry; a longer list stays with the custodian,
and whoever is shown it derives the root again (`deposit_root`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from ledger.attestation.claims import Claims, Stage, Subject
from ledger.errors import MalformedError, VerificationError
from ledger.kinds.formats import check_date, check_hash, check_time
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Concealing,
    Count,
    Date,
    File,
    Hash,
    Identifier,
    Party,
    StoragePlace,
    Time,
)
from ledger.merkle import leaf_hash, root

__all__ = ["Backup", "BackupClaims", "Deposit", "RestoreCheck", "deposit_of", "deposit_root"]

_encode = msgspec.json.Encoder(order="sorted").encode


class Deposit(Concealing, frozen=True, kw_only=True):
    """What was deposited: how many files of how many bytes, and the root over their list."""

    CONCEALABLE = frozenset({"items"})

    root: Hash
    count: Annotated[int, Meta(ge=1)]
    size: Count
    items: Annotated[list[File], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_hash(self.root)


class RestoreCheck(Concealing, frozen=True, kw_only=True):
    """When the deposit was last restored to see whether it can be, and what came of it."""

    CONCEALABLE = frozenset({"by"})

    at: Time
    by: Identifier | UnsetType = UNSET
    outcome: Literal["restored", "failed"]

    def __post_init__(self) -> None:
        check_time(self.at)


class Backup(Subject, frozen=True, kw_only=True):
    """What is kept, where in general terms, by whom and until when."""

    custodian: Party
    deposit: Deposit
    deposited_at: Time
    place: StoragePlace
    retained_until: Date
    restore_check: RestoreCheck | UnsetType = UNSET

    def __post_init__(self) -> None:
        Subject.__post_init__(self)
        check_time(self.deposited_at)
        check_date(self.retained_until)
        # Times begin with their date.
        if self.retained_until <= self.deposited_at[: len(self.retained_until)]:
            raise MalformedError(
                "attestation.retention",
                "what is deposited is kept for no time",
                expected=f"retained_until after {self.deposited_at}",
                found=self.retained_until,
            )

    def check_complete(self) -> None:
        """Check that the items, where they are shown, are what the root stands for."""
        if self.deposit.items is UNSET:
            return
        derived = deposit_of(self.deposit.items)
        if (derived.root, derived.count, derived.size) != (
            self.deposit.root,
            self.deposit.count,
            self.deposit.size,
        ):
            raise VerificationError(
                "attestation.deposit",
                "the items are not those that were deposited",
                expected=f"{self.deposit.count} items, root {self.deposit.root}",
                found=f"{derived.count} items, root {derived.root}",
            )


class BackupClaims(Claims, frozen=True, kw_only=True, tag_field="vct", tag=Stage.BACKUP.vct):
    """The claims of a backup."""

    subject: Backup = field(name="credentialSubject")


def deposit_of(items: Sequence[File]) -> Deposit:
    """Describe a list of files without the list."""
    return Deposit(
        root=deposit_root(items).hex(), count=len(items), size=sum(item.size for item in items)
    )


def deposit_root(items: Sequence[File]) -> bytes:
    """Derive the root over the canonical bytes of each file's fingerprint, in order."""
    return root([leaf_hash(_encode(item)) for item in items])
