"""Checks of signed entries: in the log, of their kind, signed by a key, and whose key that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ledger.bundle import LoggedEntry
from ledger.errors import LedgerError, VerificationError
from ledger.jwk import PublicKey
from ledger.jws import Jws
from ledger.kinds.signed import Signed
from ledger.organisation import Organisation
from ledger.report import Check, Status
from ledger.statement import Statement
from ledger.trust import Trust
from ledger.verify.case import Case
from ledger.verify.logged import check_logged

__all__ = ["SignedEntry", "check_owner", "check_signed", "is_same_owner", "signer_of"]


class _Carries(Protocol):
    @property
    def jws(self) -> Jws:
        """The signature."""


_T = TypeVar("_T", bound=_Carries)


@dataclass(frozen=True, slots=True)
class SignedEntry(Generic[_T]):
    """A signed entry that is in the log and whose signature is right; `says` is what it says."""

    index: int
    statement: Statement
    says: _T
    thumbprint: bytes


def check_signed(
    part: str,
    entry: LoggedEntry,
    case: Case,
    read: Callable[[str], _T],
    *,
    subject: str | None = None,
) -> tuple[list[Check], SignedEntry[_T] | None]:
    """Check a signed entry as far as the signature; it is returned only where all of it holds."""
    checks, statement = check_logged(part, entry, case.head, subject=subject)
    if statement is None:
        return checks, None
    code = f"{part}.signature"
    if statement.kind != part or not isinstance(statement.members, Signed):
        wrong = VerificationError(
            "entry.other-kind", "the entry is of another kind", expected=part, found=statement.kind
        )
        return [*checks, Check.failed(code, wrong, subject)], None
    try:
        says = read(statement.members.jws)
        key = signer_of(says.jws, case.trust)
        if key is None:
            unknown = Check(code, Status.UNDETERMINED, "key.unknown", subject)
            return [*checks, unknown], None
        says.jws.verify(key)
    except LedgerError as error:
        return [*checks, Check.failed(code, error, subject)], None
    found = SignedEntry(entry.index, statement, says, key.thumbprint)
    return [*checks, Check.verified(code, subject)], found


def signer_of(jws: Jws, trust: Trust) -> PublicKey | None:
    """Find the key that is said to have signed: with the signature, or in the trust file."""
    key = jws.key
    if key is not None or jws.thumbprint is None:
        return key
    owner = trust.owner(jws.thumbprint)
    return None if owner is None else owner.key(jws.thumbprint)


def is_same_owner(one: bytes, other: bytes, trust: Trust) -> bool:
    """Say whether two keys are one, or of one organisation."""
    owner = trust.owner(one)
    return one == other or (owner is not None and owner == trust.owner(other))


def check_owner(
    code: str, says: str, thumbprint: bytes, *, trust: Trust, subject: str | None = None
) -> tuple[Check, Organisation | None]:
    """Check that a key is of the organisation that its owner says to be."""
    owner = trust.owner(thumbprint)
    if owner is None:
        return Check(code, Status.UNDETERMINED, "organisation.unknown", subject, found=says), None
    if owner.id != says:
        other = VerificationError(
            "organisation.other",
            "the key is another organisation's",
            expected=owner.id,
            found=says,
        )
        return Check.failed(code, other, subject), None
    return Check.verified(code, subject or owner.id), owner
