"""Checks of signed entries: in the log, of their kind, signed by a key, and whose key that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ledger.bundle import LoggedEntry
from ledger.errors import LedgerError, UnavailableError, VerificationError
from ledger.jwk import PublicKey
from ledger.jws import Jws
from ledger.kinds.signed import Signed
from ledger.organisation import Organisation
from ledger.report import Check, Status
from ledger.statement import Statement
from ledger.trust import Trust
from ledger.verify.case import Case
from ledger.verify.logged import check_logged

if TYPE_CHECKING:
    from ledger.certificate_chain import Certificate

__all__ = [
    "SignedEntry",
    "check_owner",
    "check_signed",
    "find_owner",
    "is_same_owner",
    "signer_of",
]


class _Carries(Protocol):
    @property
    def jws(self) -> Jws:
        """The signature."""


# Of the year 9999: what a time may say is more than a calendar has.
_LAST_SECOND = 253_402_300_799

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


def find_owner(
    signed: SignedEntry[Any], case: Case, *, issued_at: int, anchored: bool = True
) -> Organisation | None:
    """Find whose key signed: in the trust file, or by its certificates up to a root named there.

    A chain must hold as of the time that the signer says, and, where asked, of the anchor's block.
    Raises VerificationError for a chain that does not hold or is of somebody else, UnavailableError
    where it held when it says, and no anchor of that time is shown.
    """
    owner = case.trust.owner(signed.thumbprint)
    chain = signed.says.jws.certificates
    if owner is not None or not chain:
        return owner
    key = signer_of(signed.says.jws, case.trust)
    if key is not None:
        from ledger.certificate_chain import check_links  # noqa: PLC0415 - X.509 starts slowly

        check_links(chain, key)
    named = [
        (known, root)
        for known in case.trust.organisations
        for root in (() if known.certified is None else known.certified.roots)
        if chain[-1].der == root.der or chain[-1].is_issued_by(root)
    ]
    if not named:
        return None
    roots = list({root.der: root for _, root in named}.values())
    at = datetime.fromtimestamp(min(issued_at, _LAST_SECOND), UTC)
    held = _holding(chain, roots, at=at)
    if anchored:
        _check_anchored(chain, held, case)
    found = [
        known for known, root in named if root in held and known.certified_name in chain[0].names
    ]
    if not found:
        raise VerificationError(
            "x5c.name",
            "the certificate is of somebody else",
            expected=" or ".join(sorted({known.certified_name for known, _ in named})),
            found=", ".join(sorted(chain[0].names)) or "no name",
        )
    return found[0]


def _holding(
    chain: Sequence[Certificate], roots: Sequence[Certificate], *, at: datetime
) -> list[Certificate]:
    """Find the roots up to which a chain holds; raise VerificationError where it is none of them.

    An authority may have renewed its root with the same key: one that holds is enough.
    """
    from ledger.certificate_chain import verify_chain  # noqa: PLC0415 - X.509 starts slowly

    held: list[Certificate] = []
    wrong: list[VerificationError] = []
    for root in roots:
        try:
            verify_chain(chain, root, at=at)
        except VerificationError as error:
            wrong.append(error)
        else:
            held.append(root)
    if not held:
        raise wrong[-1]
    return held


def _check_anchored(chain: Sequence[Certificate], roots: Sequence[Certificate], case: Case) -> None:
    anchor = case.bundle.anchor
    if anchor is None:
        return
    try:
        _holding(chain, roots, at=anchor.time)
    except VerificationError as error:
        # A later anchor than the first may cover it, which a bundle does not show of every entry.
        raise UnavailableError(
            "x5c.anchored-later",
            "the certificate held when it says to have signed, and not when that was anchored",
            expected=error.expected,
            found=error.found,
        ) from error


def check_owner(
    code: str,
    says: str,
    signed: SignedEntry[Any],
    *,
    case: Case,
    issued_at: int,
    subject: str | None = None,
) -> tuple[Check, Organisation | None]:
    """Check that a key is of the organisation that its owner says to be."""
    try:
        owner = find_owner(signed, case, issued_at=issued_at)
    except UnavailableError as error:
        late = Check(code, Status.UNDETERMINED, error.code, subject, error.expected, error.found)
        return late, None
    except LedgerError as error:
        return Check.failed(code, error, subject), None
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
