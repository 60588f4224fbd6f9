"""An API key: 256 random bits, of which only the SHA-256 is kept; its prefix finds it again.

    cpk_<prefix>_<secret>      Authorization: Bearer …

256 random bits need no slow hash. The file of keys and the store keep the same of each: prefix,
digest, organisation, scopes, jurisdictions; the store also when it was made, ends and was revoked.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from api.auth.principal import MAX_JURISDICTIONS, Principal
from api.auth.refusal import unauthorized
from api.auth.scope import Scope
from ledger.members import Members, read_hash, read_text

__all__ = ["MARK", "ApiKey", "Presented", "make_key"]

MARK = "cpk"
PREFIX_BYTES = 6
SECRET_BYTES = 32
# What nobody has: compared with where there is no such key, so that it takes the same time.
_NOTHING = bytes(32)


class Presented(NamedTuple):
    """What a caller shows: the prefix, and the digest of the secret."""

    prefix: str
    digest: bytes

    @classmethod
    def parse(cls, token: str) -> Presented | None:
        """Take a token apart; None where it is no API key."""
        mark, _, rest = token.partition("_")
        prefix, _, secret = rest.partition("_")
        if mark != MARK:
            return None
        return cls(prefix[: 2 * PREFIX_BYTES + 1], sha256(secret.encode(errors="replace")).digest())


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept."""

    prefix: str
    digest: bytes
    principal: Principal
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @classmethod
    def from_value(cls, value: object, where: str) -> ApiKey:
        """Read a key's JSON object in the keys file; raise MalformedError."""
        members = Members(value, where)
        prefix = members.text("prefix")
        entry = cls(
            prefix,
            read_hash(members.take("sha256"), f"{where}.sha256"),
            Principal.read(
                members.text("organisation"),
                members.array("scopes", read_text, longest=len(Scope)),
                members.listed("jurisdictions", read_text, longest=MAX_JURISDICTIONS),
                credential=f"key:{prefix}",
                where=where,
            ),
        )
        members.end()
        return entry

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value = {
            "prefix": self.prefix,
            "sha256": self.digest.hex(),
            "organisation": self.principal.organisation,
            "scopes": sorted(self.principal.scopes),
        }
        if self.principal.jurisdictions:
            value["jurisdictions"] = sorted(self.principal.jurisdictions)
        return value


def admit(key: ApiKey | None, presented: Presented, *, now: datetime) -> Principal:
    """Give the principal of a key whose secret was presented; raise RequestError (401).

    Why a key is refused is told to whoever has its secret alone.
    """
    matches = hmac.compare_digest(presented.digest, _NOTHING if key is None else key.digest)
    if key is None or not matches:
        raise unauthorized("auth.unknown-key", "This API key is not known.")
    if key.revoked_at is not None:
        raise unauthorized("auth.revoked", "This API key was revoked.")
    if key.expires_at is not None and key.expires_at <= now:
        raise unauthorized("auth.expired", "This API key has ended.")
    return key.principal


def make_key(
    organisation: str, scopes: Iterable[str], jurisdictions: Iterable[str] = ()
) -> tuple[str, ApiKey]:
    """Make a key: the secret, to be shown once, and what is kept of it.

    Raises MalformedError for a scope or a jurisdiction that there is not.
    """
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    principal = Principal.read(
        organisation, scopes, jurisdictions, credential=f"key:{prefix}", where="key"
    )
    return f"{MARK}_{prefix}_{secret}", ApiKey(prefix, sha256(secret.encode()).digest(), principal)
