"""did:web: a name in the trust file, and the keys that its document gave (W3C did:web method).

    did:web:example.com            https://example.com/.well-known/did.json
    did:web:example.com%3A8443:a   https://example.com:8443/a/did.json

    {"did": "did:web:…", "fetched_at"?: 1790000000, "keys"?: [JWK, …]}

Pure: who fetches is `did_resolver`, and nobody does while verifying. The keys that count are those
under `assertionMethod`, as JWK of P-256 or Ed25519; others are passed over. What an earlier
document gave and this one does not is gone; whose old signatures still count, `keys` say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ledger.canonical import MAX_INTEGER, parse
from ledger.errors import MalformedError
from ledger.jwk import PublicKey
from ledger.members import Members

__all__ = ["MAX_DOCUMENT", "DidWeb", "document_url", "read_document"]

MAX_DOCUMENT = 256 * 1024
_MAX_DID = 1_024
_MAX_KEYS = 1_000
_SHOWN = 80
# Names and path segments as they stand in an address: nothing that could end the one or the other.
_DID = re.compile(
    r"did:web:[A-Za-z0-9][A-Za-z0-9.-]*(%3A[0-9]{1,5})?(:[A-Za-z0-9_-][A-Za-z0-9._-]*)*"
)


@dataclass(frozen=True, slots=True)
class DidWeb:
    """A did:web, and what its document said when it was fetched, if it was."""

    did: str
    fetched_at: int | None = None
    keys: tuple[PublicKey, ...] = ()

    @classmethod
    def from_value(cls, value: object, where: str) -> DidWeb:
        """Read its JSON object; raise MalformedError."""
        members = Members(value, where)
        did = members.text("did", longest=_MAX_DID)
        document_url(did)
        fetched_at = None
        if members.has("fetched_at"):
            fetched_at = members.integer("fetched_at", 0, MAX_INTEGER)
        keys = members.listed("keys", lambda each, _: PublicKey.from_jwk(each), longest=_MAX_KEYS)
        members.end()
        if len(set(keys)) < len(keys) or (keys and fetched_at is None):
            raise _malformed("each key once, and when they were fetched", where)
        return cls(did, fetched_at, keys)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {"did": self.did}
        if self.fetched_at is not None:
            value["fetched_at"] = self.fetched_at
        return {**value, "keys": [key.to_jwk() for key in self.keys]} if self.keys else value


def document_url(did: str) -> str:
    """Say where a did:web has its document; raise MalformedError for any other text."""
    if len(did) > _MAX_DID or _DID.fullmatch(did) is None:
        raise _malformed("did:web: and a host, a port or path behind it at will", did)
    host, *path = did.removeprefix("did:web:").split(":")
    return f"https://{unquote(host)}/{'/'.join(path) or '.well-known'}/did.json"


def read_document(data: bytes, did: str) -> tuple[PublicKey, ...]:
    """Read the keys by which a document's subject makes statements; raise MalformedError."""
    document = parse(data) if len(data) <= MAX_DOCUMENT else None
    if not isinstance(document, dict) or document.get("id") != did:
        raise _malformed(f"a document of {did}, of at most {MAX_DOCUMENT} bytes", "another")
    methods = {_full(did, one.get("id")): one for one in _objects(document, "verificationMethod")}
    keys: dict[PublicKey, None] = {}
    for one in _listed(document, "assertionMethod"):
        method = one if isinstance(one, dict) else methods.get(_full(did, one))
        # A key of somebody else's, or of a kind that signs nothing here, is none of his.
        if method is None or method.get("controller") != did or "publicKeyJwk" not in method:
            continue
        try:
            keys[PublicKey.from_jwk(method["publicKeyJwk"])] = None
        except MalformedError:
            continue
    if len(keys) > _MAX_KEYS:
        raise _malformed(f"at most {_MAX_KEYS} keys", f"{len(keys)}")
    return tuple(keys)


def _listed(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name, [])
    if not isinstance(value, list):
        raise _malformed(f"{name}: a list", type(value).__name__)
    return value


def _objects(document: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    return (one for one in _listed(document, name) if isinstance(one, dict))


def _full(did: str, name: object) -> str | None:
    if not isinstance(name, str):
        return None
    return f"{did}{name}" if name.startswith("#") else name


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "did.malformed", "did:web", expected=expected, found=ascii(found)[:_SHOWN]
    )
