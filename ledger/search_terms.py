"""Terms: what an entry can be found by, each as 16 bytes; pure.

    entry  →  terms such as "exporter uscc:9144…", "file 9f86d0…", and when what it tells of was

A term is SHA-256 of what is asked for and its value, cut: all are of one size, whatever strangers
write into their records. What was concealed is not in an entry, and so is in no term. Whoever finds
an entry by a term still has to read it: a term says where to look, never what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from ledger.merkle import leaf_hash

__all__ = ["TERM_SIZE", "Asked", "occurred_at", "term", "terms"]

TERM_SIZE = 16

_TO_SECONDS = len("2026-11-21T08:15:00")
# Parties, places and kinds come again and again; leaves and files do not.
_REMEMBERED = 4_096


class Asked(StrEnum):
    """What may be asked for."""

    LEAF = "leaf"
    FILE = "file"
    SUBMITTER = "submitter"
    EXPORTER = "exporter"
    # Those further on too.
    RECIPIENT = "recipient"
    FROM = "from"
    TO = "to"
    SCENARIO = "scenario"
    KIND = "kind"
    # Entries that name a leaf as their parent, as what they correct, or as their plan.
    NAMES = "names"


class _Party(Struct):
    id: str


class _File(Struct):
    digests: dict[str, str]


class _Reference(Struct):
    leaf_hash: str


class _Coverage(Struct):
    plan: _Reference


class _Entry(Struct):
    """The members that are looked at; entries have been checked before they were logged."""

    kind: str
    exporter: _Party | UnsetType = UNSET
    recipient: _Party | UnsetType = UNSET
    onward_recipients: list[_Party] = field(default_factory=list)
    from_: str | UnsetType = field(name="from", default=UNSET)
    to: str | UnsetType = UNSET
    scenario: str | UnsetType = UNSET
    files: list[_File] = field(default_factory=list)
    parents: list[_Reference] = field(default_factory=list)
    supersedes: _Reference | UnsetType = UNSET
    covered_by: _Coverage | UnsetType = UNSET
    occurred_at: str | UnsetType = UNSET


_decoder = msgspec.json.Decoder(_Entry)


def term(asked: Asked, value: str) -> bytes:
    """Make the term of a value."""
    # No kind of term has a NUL in its name, so no two pairs are written alike.
    return sha256(f"{asked}\0{value}".encode(errors="surrogatepass")).digest()[:TERM_SIZE]


def terms(entry: bytes, submitter: str | None) -> tuple[set[bytes], int | None]:
    """Give an entry's terms, and in seconds since 1970 when what it tells of happened."""
    found = {term(Asked.LEAF, leaf_hash(entry).hex())}
    if submitter is not None:
        found.add(_often(Asked.SUBMITTER, submitter))
    try:
        read = _decoder.decode(entry)
    except msgspec.MsgspecError:
        # Logged by another version: it is still found by its leaf and whoever logged it.
        return found, None
    found.update([_often(asked, value) for asked, value in _values(read)])
    found.update([term(asked, value) for asked, value in _digests(read)])
    return found, None if read.occurred_at is UNSET else occurred_at(read.occurred_at)


_often = lru_cache(maxsize=_REMEMBERED)(term)


def occurred_at(text: str) -> int | None:
    """Read a statement's time in whole seconds since 1970; None for what is no time."""
    try:
        time = datetime.fromisoformat(text[:_TO_SECONDS])
    except ValueError:
        return None
    return int(time.replace(tzinfo=UTC).timestamp())


def _values(entry: _Entry) -> Iterator[tuple[Asked, str]]:
    yield Asked.KIND, entry.kind
    for asked, word in (
        (Asked.FROM, entry.from_),
        (Asked.TO, entry.to),
        (Asked.SCENARIO, entry.scenario),
    ):
        if word is not UNSET:
            yield asked, word
    if entry.exporter is not UNSET:
        yield Asked.EXPORTER, entry.exporter.id
    first = [] if entry.recipient is UNSET else [entry.recipient]
    for party in (*first, *entry.onward_recipients):
        yield Asked.RECIPIENT, party.id


def _digests(entry: _Entry) -> Iterator[tuple[Asked, str]]:
    for file in entry.files:
        for digest in file.digests.values():
            yield Asked.FILE, digest
    plan = UNSET if entry.covered_by is UNSET else entry.covered_by.plan
    for reference in (*entry.parents, entry.supersedes, plan):
        if reference is not UNSET:
            yield Asked.NAMES, reference.leaf_hash
