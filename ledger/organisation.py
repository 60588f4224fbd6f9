"""An organisation as a verifier knows it: its identifier, what it is, and its keys.

    {"id": "uscc:…", "name"?, "roles": ["enterprise"], "jurisdictions": ["CN"],
     "keys": [JWK or "did:jwk:…", …],
     "certified"?: {"roots": [base64 of DER, …], "name"?: "…"}, "web"?: {"did": "did:web:…", …}}

`certified` lets certificates bring keys along (`x5c`): under one of these roots, for this `name`
(the id where none is given), which is a URI or DNS name of the certificate or its subject's
organizationIdentifier. `web` has the keys of a did:web as they were fetched (`did_web`).

Statements name parties by `id`; signatures name keys by thumbprint; that the one belongs to the
other is what a trust file says. A regulator's jurisdictions are those for which its orders count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ledger.did_web import DidWeb
from ledger.errors import MalformedError
from ledger.jwk import PublicKey
from ledger.kinds.formats import check_jurisdiction
from ledger.kinds.members import MAX_IDENTIFIER, MAX_TEXT
from ledger.members import Members, read_text

if TYPE_CHECKING:
    from ledger.certificate_chain import Certificate

__all__ = ["MAX_KEYS", "Certified", "Organisation", "Role"]

MAX_KEYS = 1_000
MAX_ROOTS = 100


class Role(StrEnum):
    """What an organisation does here."""

    ENTERPRISE = "enterprise"
    ASSESSOR = "assessor"
    CUSTODIAN = "custodian"
    CHECKER = "checker"
    REGULATOR = "regulator"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Certified:
    """Who may certify an organisation's keys, and under which name."""

    roots: tuple[Certificate, ...]
    name: str | None = None

    @classmethod
    def from_value(cls, value: object, where: str) -> Certified:
        """Read its JSON object; raise MalformedError."""
        members = Members(value, where)
        roots = members.array("roots", _read_certificate, longest=MAX_ROOTS)
        name = members.text("name", longest=MAX_TEXT) if members.has("name") else None
        members.end()
        if not roots or len({root.der for root in roots}) < len(roots) or name == "":
            raise _malformed(where, "each root once, at least one")
        return cls(roots, name)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        name = {} if self.name is None else {"name": self.name}
        return {"roots": [root.text for root in self.roots], **name}


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation and its public keys, old ones included: what they signed stays signed."""

    id: str
    roles: frozenset[Role]
    keys: tuple[PublicKey, ...]
    jurisdictions: frozenset[str] = frozenset()
    name: str | None = None
    certified: Certified | None = None
    web: DidWeb | None = None
    # Asked for at every signature that is checked: hashed once.
    _by_thumbprint: Mapping[bytes, PublicKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Name the keys."""
        named = {key.thumbprint: key for key in self.all_keys}
        object.__setattr__(self, "_by_thumbprint", named)

    @classmethod
    def from_value(cls, value: object, where: str) -> Organisation:
        """Read an organisation's JSON object; raise MalformedError."""
        members = Members(value, where)
        identifier = members.text("id", longest=MAX_IDENTIFIER)
        name = members.text("name", longest=MAX_TEXT) if members.has("name") else None
        roles = members.array("roles", _read_role, longest=len(Role))
        jurisdictions = members.listed("jurisdictions", _read_jurisdiction, longest=26 * 26)
        keys = members.array("keys", _read_key, longest=MAX_KEYS)
        certified = members.optional("certified", Certified.from_value)
        web = members.optional("web", DidWeb.from_value)
        members.end()
        if not identifier or not roles:
            raise _malformed(where, "an id, and at least one role")
        for listed in (roles, jurisdictions, keys):
            if len(set(listed)) < len(listed):
                raise _malformed(where, "each role, jurisdiction and key once")
        return cls(
            identifier, frozenset(roles), keys, frozenset(jurisdictions), name, certified, web
        )

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "roles": [role.value for role in Role if role in self.roles],
            "jurisdictions": sorted(self.jurisdictions),
        }
        told = {name: member for name, member in value.items() if member}
        certified = {} if self.certified is None else {"certified": self.certified.to_value()}
        web = {} if self.web is None else {"web": self.web.to_value()}
        return {**told, "keys": [key.to_jwk() for key in self.keys], **certified, **web}

    def key(self, thumbprint: bytes) -> PublicKey | None:
        """Find a key by its thumbprint."""
        return self._by_thumbprint.get(thumbprint)

    @property
    def all_keys(self) -> tuple[PublicKey, ...]:
        """Give its keys, those that its did:web brought too, each once."""
        fetched = () if self.web is None else self.web.keys
        return tuple(dict.fromkeys((*self.keys, *fetched)))

    @property
    def certified_name(self) -> str:
        """Give the name that its certificates are for."""
        return self.id if self.certified is None else self.certified.name or self.id


def _read_role(value: object, where: str) -> Role:
    text = read_text(value, where)
    if text not in set(Role):
        raise _malformed(where, " or ".join(Role))
    return Role(text)


def _read_jurisdiction(value: object, where: str) -> str:
    text = read_text(value, where)
    check_jurisdiction(text)
    return text


def _read_certificate(value: object, where: str) -> Certificate:
    # X.509 starts slowly, and few trust files name roots.
    from ledger.certificate_chain import Certificate  # noqa: PLC0415

    try:
        return Certificate.read(read_text(value, where))
    except MalformedError as error:
        raise _malformed(where, error.expected or "a certificate") from error


def _read_key(value: object, where: str) -> PublicKey:
    try:
        return PublicKey.from_did(value) if isinstance(value, str) else PublicKey.from_jwk(value)
    except MalformedError as error:
        raise _malformed(where, error.expected or "a key") from error


def _malformed(where: str, expected: str) -> MalformedError:
    return MalformedError("organisation.malformed", where, expected=expected)
