"""Claims: what a JSON Web Signature says, as a struct; and how a leaf is named in them.

What is signed is read as strictly as what is logged: no unknown member, no float, no second
spelling of a time. Entries are spoken of by the hash of their leaf, which is what a log proves, and
by their record_id, by which people find them.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from ledger.canonical import MAX_INTEGER
from ledger.entry import check_names_and_numbers, decode_members
from ledger.errors import MalformedError
from ledger.jws import Jws
from ledger.kinds.formats import check_hash, check_record_id
from ledger.kinds.members import Identifier, Member, RecordId

__all__ = [
    "LEAF_PREFIX",
    "LeafName",
    "NumericDate",
    "Spoken",
    "check_leaf_name",
    "leaf_name",
    "read_claims",
]

LEAF_PREFIX = "urn:crossproof:leaf:"

# RFC 7519, 2: whole seconds since 1970; fractions are refused, as everywhere in a log.
NumericDate = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
LeafName = Annotated[str, Meta(extra_json_schema={"pattern": f"^{LEAF_PREFIX}[0-9a-f]{{64}}$"})]

_T = TypeVar("_T", bound=msgspec.Struct)


class Spoken(Member, frozen=True, kw_only=True):
    """What someone says, at a time, of one logged entry."""

    iss: Identifier
    iat: NumericDate
    sub: LeafName
    record_id: RecordId

    def __post_init__(self) -> None:
        check_leaf_name(self.sub)
        check_record_id(self.record_id)

    @property
    def leaf_hash(self) -> bytes:
        """Give the entry's leaf hash."""
        return bytes.fromhex(self.sub.removeprefix(LEAF_PREFIX))


def read_claims(text: str, typ: str, claims: type[_T]) -> tuple[Jws, _T]:
    """Read a signature of a `typ` and what it covers; raise MalformedError."""
    jws = Jws.parse(text, typ=typ)
    value = jws.claims
    check_names_and_numbers(value)
    return jws, decode_members(value, claims)


def leaf_name(leaf_hash: bytes) -> str:
    """Name a leaf."""
    return LEAF_PREFIX + leaf_hash.hex()


def check_leaf_name(text: str) -> None:
    """Check a leaf's name; raise MalformedError."""
    if not text.startswith(LEAF_PREFIX):
        raise MalformedError(
            "claims.leaf",
            "the subject is not a leaf",
            expected=f"{LEAF_PREFIX} and 64 hexadecimal digits",
            found=ascii(text[: len(LEAF_PREFIX)]),
        )
    check_hash(text.removeprefix(LEAF_PREFIX))
