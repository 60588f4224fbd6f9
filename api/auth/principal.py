"""The principal: for which organisation someone asks, and what he may do.

A key, a token and a session all end here; what they are good for does not depend on which it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.auth.scope import ALL_SCOPES, Scope, read_scope
from ledger.errors import MalformedError
from ledger.kinds.formats import check_jurisdiction

__all__ = ["LOCAL", "MAX_ORGANISATION", "Principal"]

# The log tells it of every submission, and archives take no longer one.
MAX_ORGANISATION = 1_000
# Every code of two letters.
MAX_JURISDICTIONS = 676
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Principal:
    """The organisation that asks, its scopes and, of a regulator, its jurisdictions.

    `credential` names by what it was known, never the secret: `key:PREFIX`, `oidc:SUBJECT`.
    """

    organisation: str
    scopes: frozenset[Scope]
    jurisdictions: frozenset[str] = frozenset()
    credential: str = "local"

    @classmethod
    def read(
        cls,
        organisation: str,
        scopes: Iterable[str],
        jurisdictions: Iterable[str],
        *,
        credential: str,
        where: str,
    ) -> Principal:
        """Check what a file, a row or a token says of someone; raise MalformedError."""
        if not organisation.strip() or len(organisation) > MAX_ORGANISATION:
            raise MalformedError(
                "auth.organisation",
                f"{where}.organisation",
                expected=f"a name of at most {MAX_ORGANISATION} characters",
                found=organisation[:_SHOWN] or "nothing",
            )
        granted = frozenset(read_scope(name, f"{where}.scopes") for name in scopes)
        places = frozenset(jurisdictions)
        for place in places:
            check_jurisdiction(place)
        if bool(places) != (Scope.REGULATE in granted):
            raise MalformedError(
                "auth.jurisdictions",
                f"{where}.jurisdictions",
                expected="jurisdictions where the scope regulate is given, and nowhere else",
                found=", ".join(sorted(places)) or "none",
            )
        return cls(organisation, granted, places, credential)


# Whoever asks where a ledger serves its own machine alone.
LOCAL = Principal("local", ALL_SCOPES - {Scope.REGULATE})
