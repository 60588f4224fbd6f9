"""Checks of accreditation facts that a bundle carries, which answer where nobody else can.

A fact counts where the trust file names its signer as a regulator of the jurisdiction, and until
its `exp`. It never stands against what the trust file or the chain says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ledger.accreditation import Accreditation, AccreditationSource
from ledger.accreditation_fact import AccreditationFact
from ledger.errors import LedgerError, UnavailableError
from ledger.organisation import Role
from ledger.report import Check, Status
from ledger.stages.comparison import time_text
from ledger.trust import Trust
from ledger.verify.signed import signer_of

__all__ = ["Vouched", "check_facts"]

_CODE = "accreditation.fact"


def check_facts(
    texts: Iterable[str], trust: Trust, as_of: datetime
) -> tuple[list[Check], list[AccreditationFact]]:
    """Check each fact; give those that count at that time."""
    checks, sound = [], []
    for text in texts:
        check, fact = _check_fact(text, trust, int(as_of.timestamp()))
        checks.append(check)
        if fact is not None:
            sound.append(fact)
    return checks, sound


class Vouched:
    """An `AccreditationSource`: another one, and the facts where that one knows nothing."""

    def __init__(self, source: AccreditationSource, facts: Iterable[AccreditationFact]) -> None:
        self._source = source
        # Of several the newest, which knows most.
        newest = sorted(facts, key=lambda fact: fact.issued_at)
        self._facts = {
            (fact.accreditation.jurisdiction, fact.accreditation.key): fact for fact in newest
        }

    @property
    def asks_chain(self) -> bool:
        """Say whether the other one asks a chain."""
        return self._source.asks_chain

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Tell all changes; None where there are none. Raises UnavailableError."""
        fact = self._facts.get((jurisdiction, key))
        try:
            known = self._source.accreditation(jurisdiction, key)
        except UnavailableError:
            if fact is None:
                raise
            known = None
        return known if known is not None or fact is None else fact.accreditation


def _check_fact(text: str, trust: Trust, as_of: int) -> tuple[Check, AccreditationFact | None]:
    try:
        fact = AccreditationFact.parse(text)
        key = signer_of(fact.jws, trust)
        if key is not None:
            fact.jws.verify(key)
    except LedgerError as error:
        return Check.failed(_CODE, error), None
    known = fact.accreditation
    subject = f"{known.jurisdiction}, 0x{known.key.hex()}"
    owner = None if key is None else trust.owner(key.thumbprint)
    if (
        owner is None
        or owner.id != fact.issuer
        or Role.REGULATOR not in owner.roles
        or known.jurisdiction not in owner.jurisdictions
    ):
        stranger = "accreditation.stranger"
        return Check(_CODE, Status.SKIPPED, stranger, subject, found=fact.issuer), None
    if as_of >= fact.expires_at:
        over = f"a time before {time_text(fact.expires_at)}"
        return (
            Check(_CODE, Status.SKIPPED, "accreditation.expired", subject, over, time_text(as_of)),
            None,
        )
    return Check.verified(_CODE, subject), fact
