r"""A bundle: one file that carries all that is needed to check one record.

    {"mediaType": "application/vnd.crossproof.bundle.v1+json",
     "checkpoint": "example.com/log\n12\n…",        the log's signed head (C2SP signed-note)
     "entry": {"index": 7, "body": base64, "path": [hex, …], "disclosures": […]},
     "plan": {…},                                    the plan that covers a transfer, likewise
     "attestations": {"backup": {…}, …},             one of each stage at most, likewise; each may
                                                     tell of an earlier anchor, "first_anchor"
     "receipts": [{…}], "statuses": [{…}],           likewise, all to the same checkpoint
     "manifest": {"entry": {…}, "index": 3, "path": […]},   who submitted it, and where in the batch
     "status_lists": ["eyJ…"],                       what issuers said of their attestations
     "accreditations": ["eyJ…"],                     what authorities said of the issuers
     "anchor": {…}}                                  the same head on a chain; see `anchor`

Path, checkpoint and anchor belong to one exact size. `body` holds the entry's exact bytes: they
are hashed as they stand, and only then parsed. No key is in a bundle that a verifier would use.
A bundle made by version 1.0 verifies for ever; members that this version does not know are
refused rather than passed over. Published schema: `schemas/bundle.v1.schema.json`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ledger.anchor import Anchor
from ledger.attestation import Stage
from ledger.canonical import MAX_INTEGER, parse
from ledger.errors import MalformedError
from ledger.manifest import Place
from ledger.members import Members, read_text
from ledger.merkle import MAX_SIZE
from ledger.note import MAX_NOTE_SIZE, parse_note
from ledger.tile import MAX_ENTRY_SIZE

__all__ = [
    "MAX_BUNDLE_SIZE",
    "MEDIA_TYPE",
    "Bundle",
    "FirstAnchor",
    "LoggedAttestation",
    "LoggedEntry",
    "LoggedManifest",
]

MEDIA_TYPE = "application/vnd.crossproof.bundle.v1+json"
MAX_BUNDLE_SIZE = 16 * 1024 * 1024
MAX_DISCLOSURES = 10_000
# Receipts, statuses, status lists: of each far more than a transfer has.
MAX_LISTED = 1_000
# Accreditation facts: one a stage and jurisdiction, and some to spare.
MAX_FACTS = 16
# A path of a tree whose size fits MAX_SIZE has at most one hash for each of its 63 levels.
_MAX_PATH = MAX_SIZE.bit_length()


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place in the log, and the disclosures that its holder chose to show."""

    index: int
    body: bytes
    path: tuple[bytes, ...]
    disclosures: tuple[str, ...] = ()

    @classmethod
    def from_value(cls, value: object, where: str) -> LoggedEntry:
        """Read an entry's JSON object; raise MalformedError."""
        return cls.from_members(Members(value, where), where)

    @classmethod
    def from_members(cls, members: Members, where: str) -> LoggedEntry:
        """Read what is left of a JSON object; raise MalformedError."""
        index = members.integer("index", 0, MAX_INTEGER - 1)
        body = members.base64("body")
        path = members.hashes("path", longest=_MAX_PATH)
        disclosures: tuple[str, ...] = ()
        if members.has("disclosures"):
            disclosures = members.array("disclosures", read_text, longest=MAX_DISCLOSURES)
        members.end()
        if len(body) > MAX_ENTRY_SIZE:
            raise MalformedError(
                "bundle.entry-size",
                f"{where}.body",
                expected=f"at most {MAX_ENTRY_SIZE} bytes",
                found=f"{len(body)} bytes",
            )
        return cls(index, body, path, disclosures)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {
            "index": self.index,
            "body": b64encode(self.body).decode(),
            "path": [node.hex() for node in self.path],
        }
        if self.disclosures:
            value["disclosures"] = list(self.disclosures)
        return value


@dataclass(frozen=True, slots=True)
class FirstAnchor:
    """An anchor that held an entry before the bundle's did, and the entry's path to its root."""

    anchor: Anchor
    path: tuple[bytes, ...]

    @classmethod
    def from_value(cls, value: object, where: str) -> FirstAnchor:
        """Read its JSON object; raise MalformedError."""
        members = Members(value, where)
        anchor = Anchor.from_value(members.take("anchor"), f"{where}.anchor")
        path = members.hashes("path", longest=_MAX_PATH)
        members.end()
        return cls(anchor, path)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {"anchor": self.anchor.to_value(), "path": [node.hex() for node in self.path]}


@dataclass(frozen=True, slots=True)
class LoggedAttestation:
    """An attestation's entry, the SD-JWT's disclosures with it; and since when a chain holds it.

    Whether a key spoke for itself is asked of the block time of the first anchor that covers what
    it signed. The bundle's own may be a later one.
    """

    entry: LoggedEntry
    first: FirstAnchor | None = None

    @classmethod
    def from_value(cls, value: object, where: str) -> LoggedAttestation:
        """Read its JSON object; raise MalformedError."""
        members = Members(value, where)
        first = members.optional("first_anchor", FirstAnchor.from_value)
        return cls(LoggedEntry.from_members(members, where), first)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        first = {} if self.first is None else {"first_anchor": self.first.to_value()}
        return {**self.entry.to_value(), **first}


@dataclass(frozen=True, slots=True)
class LoggedManifest:
    """A submitter's manifest, and where in its batch the record was sent."""

    entry: LoggedEntry
    place: Place

    @classmethod
    def from_value(cls, value: object, where: str) -> LoggedManifest:
        """Read a manifest's JSON object; raise MalformedError."""
        members = Members(value, where)
        entry = LoggedEntry.from_value(members.take("entry"), f"{where}.entry")
        index = members.integer("index", 0, MAX_INTEGER - 1)
        path = members.hashes("path", longest=_MAX_PATH)
        members.end()
        return cls(entry, Place(index, path))

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            "entry": self.entry.to_value(),
            "index": self.place.index,
            "path": [node.hex() for node in self.place.path],
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """The record, its proof, what others say of it, and where its head is anchored, if it is."""

    entry: LoggedEntry
    checkpoint: str
    anchor: Anchor | None = None
    plan: LoggedEntry | None = None
    attestations: Mapping[Stage, LoggedAttestation] = field(default_factory=dict)
    receipts: tuple[LoggedEntry, ...] = ()
    statuses: tuple[LoggedEntry, ...] = ()
    manifest: LoggedManifest | None = None
    status_lists: tuple[str, ...] = ()
    accreditations: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: bytes | str) -> Bundle:
        """Read a bundle; raise MalformedError for anything that is none."""
        raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
        if len(raw) > MAX_BUNDLE_SIZE:
            raise MalformedError(
                "bundle.size",
                "bundle: too large",
                expected=f"at most {MAX_BUNDLE_SIZE} bytes",
                found=f"{len(raw)} bytes",
            )
        members = Members(parse(raw), "bundle")
        members.literal("mediaType", MEDIA_TYPE)
        checkpoint = members.text("checkpoint", longest=MAX_NOTE_SIZE)
        parse_note(checkpoint)
        bundle = cls(
            entry=LoggedEntry.from_value(members.take("entry"), "bundle.entry"),
            checkpoint=checkpoint,
            anchor=members.optional("anchor", Anchor.from_value),
            plan=members.optional("plan", LoggedEntry.from_value),
            attestations=members.optional("attestations", _read_attestations) or {},
            receipts=members.listed("receipts", LoggedEntry.from_value, longest=MAX_LISTED),
            statuses=members.listed("statuses", LoggedEntry.from_value, longest=MAX_LISTED),
            manifest=members.optional("manifest", LoggedManifest.from_value),
            status_lists=members.listed("status_lists", read_text, longest=MAX_LISTED),
            accreditations=members.listed("accreditations", read_text, longest=MAX_FACTS),
        )
        members.end()
        return bundle

    def to_value(self) -> dict[str, Any]:
        """Write the bundle as a JSON value; what is not there is left out."""
        value: dict[str, Any] = {
            "mediaType": MEDIA_TYPE,
            "checkpoint": self.checkpoint,
            "entry": self.entry.to_value(),
            "plan": self.plan and self.plan.to_value(),
            "attestations": {
                stage.value: self.attestations[stage].to_value()
                for stage in Stage
                if stage in self.attestations
            },
            "receipts": [receipt.to_value() for receipt in self.receipts],
            "statuses": [status.to_value() for status in self.statuses],
            "manifest": self.manifest and self.manifest.to_value(),
            "status_lists": list(self.status_lists),
            "accreditations": list(self.accreditations),
            "anchor": self.anchor and self.anchor.to_value(),
        }
        return {name: member for name, member in value.items() if member}

    def to_json(self) -> str:
        """Write the bundle as `from_json` reads it, for people."""
        return msgspec.json.format(self.to_line(), indent=2).decode() + "\n"

    def to_line(self) -> bytes:
        """Write the bundle as `from_json` reads it, on one line."""
        return msgspec.json.encode(self.to_value())

    def with_disclosures(self, disclosures: Sequence[str]) -> Bundle:
        """Carry these disclosures with the record, and no others."""
        return replace(self, entry=replace(self.entry, disclosures=tuple(disclosures)))


def _read_attestations(value: object, where: str) -> dict[Stage, LoggedAttestation]:
    members = Members(value, where)
    found = {
        stage: LoggedAttestation.from_value(members.take(stage.value), f"{where}.{stage.value}")
        for stage in Stage
        if members.has(stage.value)
    }
    members.end()
    return found
