"""The members that kinds of statements share: parties, data items, files, references.

Each class is one JSON object: what it does not name is refused, what may be absent is UNSET (so an
explicit null is refused too), and `__post_init__` checks formats while msgspec decodes. `_sd` holds
the digests of concealed members (RFC 9901, 4.2.4.1); CONCEALABLE names those that may be.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from ledger.canonical import MAX_INTEGER
from ledger.kinds.formats import (
    FORMATS,
    SD_DIGEST_LENGTH,
    check_hash,
    check_jurisdiction,
    check_period,
    check_record_id,
    check_time,
)

__all__ = [
    "MAX_ELEMENTS",
    "MAX_IDENTIFIER",
    "MAX_TEXT",
    "Channel",
    "Concealing",
    "Count",
    "DataItem",
    "Date",
    "Digests",
    "File",
    "Hash",
    "Identifier",
    "Jurisdiction",
    "Member",
    "OriginLabel",
    "Party",
    "Persons",
    "RecordId",
    "Reference",
    "Retention",
    "Salt",
    "SdDigests",
    "Software",
    "StoragePlace",
    "Text",
    "Time",
]

MAX_IDENTIFIER = 256
MAX_TEXT = 4096
# Far more than fit into an entry: the entry's own limit is what binds.
MAX_ELEMENTS = 4096

Identifier = Annotated[str, Meta(min_length=1, max_length=MAX_IDENTIFIER)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]

# Checked by `formats`: a pattern here would be run by msgspec, at twice the price of the record.
Date = Annotated[str, Meta(extra_json_schema=FORMATS["date"])]
Hash = Annotated[str, Meta(extra_json_schema=FORMATS["hash"])]
Jurisdiction = Annotated[str, Meta(extra_json_schema=FORMATS["jurisdiction"])]
RecordId = Annotated[UUID, Meta(extra_json_schema=FORMATS["record-id"])]
Salt = Annotated[str, Meta(extra_json_schema=FORMATS["salt"])]
Time = Annotated[str, Meta(extra_json_schema=FORMATS["time"])]
# Rare, so msgspec may run the pattern. The length is for `$`, which also matches before a newline.
SdDigest = Annotated[
    str,
    Meta(max_length=SD_DIGEST_LENGTH, pattern=FORMATS["sd-digest"]["pattern"]),
]
SdDigests = Annotated[list[SdDigest], Meta(min_length=1, max_length=MAX_ELEMENTS)]


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One JSON object inside a statement."""

    CONCEALABLE: ClassVar[frozenset[str]] = frozenset()


class Concealing(Member, frozen=True, kw_only=True):
    """An object whose CONCEALABLE members may be replaced by digests."""

    sd: SdDigests | UnsetType = field(name="_sd", default=UNSET)


class Digests(Member, frozen=True, kw_only=True):
    """Digests of one document by algorithm: SHA-256 always, SM3 where the regime asks for it."""

    sha_256: Hash = field(name="sha-256")
    sm3: Hash | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_hash(self.sha_256)
        if self.sm3 is not UNSET:
            check_hash(self.sm3)


class Reference(Member, frozen=True, kw_only=True):
    """Another statement of the log: its identifier, and the leaf hash that pins its content."""

    record_id: RecordId
    leaf_hash: Hash

    def __post_init__(self) -> None:
        check_record_id(self.record_id)
        check_hash(self.leaf_hash)


class Party(Concealing, frozen=True, kw_only=True):
    """An organisation or person, by an identifier such as `uscc:…`, `hkbr:…` or `did:…`."""

    CONCEALABLE = frozenset({"address", "contact", "name"})

    id: Identifier
    name: Text | UnsetType = UNSET
    country: Jurisdiction | UnsetType = UNSET
    address: Text | UnsetType = UNSET
    contact: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.country is not UNSET:
            check_jurisdiction(self.country)


class DataItem(Concealing, frozen=True, kw_only=True):
    """One kind of data that moves: what it is called and what the rules call it."""

    CONCEALABLE = frozenset({"description", "necessity"})

    name: Identifier
    class_: Literal["general", "important", "core"] = field(name="class")
    personal: bool
    sensitive: bool
    deidentified: bool | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    necessity: Text | UnsetType = UNSET


class Persons(Concealing, frozen=True, kw_only=True):
    """How many distinct natural persons the data speaks of, and how they were counted."""

    CONCEALABLE = frozenset({"method", "personal", "sensitive", "year_personal", "year_sensitive"})

    personal: Count | UnsetType = UNSET
    sensitive: Count | UnsetType = UNSET
    year_personal: Count | UnsetType = UNSET
    year_sensitive: Count | UnsetType = UNSET
    as_of: Time | UnsetType = UNSET
    method: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.as_of is not UNSET:
            check_time(self.as_of)


class Channel(Concealing, frozen=True, kw_only=True):
    """The way the data takes: the channel's identifier and its endpoints."""

    CONCEALABLE = frozenset({"endpoints"})

    id: Identifier
    endpoints: Annotated[list[Text], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = (
        UNSET
    )


class StoragePlace(Concealing, frozen=True, kw_only=True):
    """Where the recipient keeps the data."""

    CONCEALABLE = frozenset({"place"})

    jurisdiction: Jurisdiction
    place: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_jurisdiction(self.jurisdiction)


class Retention(Member, frozen=True, kw_only=True):
    """How long the recipient keeps the data, and what happens then."""

    from_: Date | UnsetType = field(name="from", default=UNSET)
    until: Date
    end_action: Identifier | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_period(self.from_, self.until)


class File(Concealing, frozen=True, kw_only=True):
    """A file's fingerprint (`ledger.fingerprint`), as a statement carries it."""

    CONCEALABLE = frozenset({"name"})

    name: Text | UnsetType = UNSET
    size: Count
    digests: Digests


class OriginLabel(Concealing, frozen=True, kw_only=True):
    """Where data was made: place, system, producer and time; `label` pins the signed label."""

    CONCEALABLE = frozenset({"producer", "system"})

    place: Text | UnsetType = UNSET
    system: Text | UnsetType = UNSET
    producer: Text | UnsetType = UNSET
    produced_at: Time | UnsetType = UNSET
    label: Digests | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.produced_at is not UNSET:
            check_time(self.produced_at)


class Software(Member, frozen=True, kw_only=True):
    """The program that made the record: its publisher's name for it, and the build by hash."""

    name: Identifier
    version: Identifier
    publisher: Identifier | UnsetType = UNSET
    build: Digests | UnsetType = UNSET
