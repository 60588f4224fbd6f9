"""An accreditation fact: all that an authority has said of a key up to now, signed by itself.

    a JWS of typ crossproof-accreditation+jwt over
    {"iss", "iat", "exp", "accreditation": {"jurisdiction", "key", "changes"}}

It travels in bundles, so that who was accredited can be told where no chain can be asked. It holds
until its `exp`: what the authority says after `iat` it does not know. Whose word counts is a trust
file's to say: a regulator's, for his jurisdictions.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.accreditation import Accreditation
from ledger.canonical import MAX_INTEGER
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.members import MAX_IDENTIFIER
from ledger.members import Members

__all__ = ["MAX_FACT_SIZE", "TYP", "AccreditationFact", "draft"]

TYP = "crossproof-accreditation+jwt"
# Thousands of changes of one key.
MAX_FACT_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class AccreditationFact:
    """A signed accreditation; its signature is checked by `jws.verify`."""

    jws: Jws
    issuer: str
    issued_at: int
    expires_at: int
    accreditation: Accreditation

    @classmethod
    def parse(cls, text: str) -> AccreditationFact:
        """Read a fact; raise MalformedError."""
        jws = Jws.parse(text, typ=TYP, longest=MAX_FACT_SIZE)
        members = Members(jws.claims, "accreditation fact")
        issuer = members.text("iss", longest=MAX_IDENTIFIER)
        issued_at = members.integer("iat", 0, MAX_INTEGER)
        expires_at = members.integer("exp", issued_at + 1, MAX_INTEGER)
        known = Accreditation.from_value(members.take("accreditation"), "accreditation")
        members.end()
        return cls(jws, issuer, issued_at, expires_at, known)


def draft(
    key: PublicKey,
    accreditation: Accreditation,
    *,
    issuer: str,
    issued_at: int,
    expires_at: int,
) -> Unsigned:
    """Make a fact that `key` is to sign; times in seconds since 1970."""
    claims = {
        "iss": issuer,
        "iat": issued_at,
        "exp": expires_at,
        "accreditation": accreditation.to_value(),
    }
    return unsigned(key, claims, typ=TYP, longest=MAX_FACT_SIZE)
