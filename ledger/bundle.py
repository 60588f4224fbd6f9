r"""A bundle: one file that carries all that is needed to check one record.

    {"mediaType": "application/vnd.crossproof.bundle.v1+json",
     "checkpoint": "example.com/log\n12\n…",        the log's signed head (C2SP signed-note)
     "entry": {"index": 7, "body": base64, "path": [hex, …], "disclosures": […]},
     "plan": {…},                                    the plan that covers a transfer, likewise
     "anchor": {…}}                                  the same head on a chain; see `anchor`

Path, checkpoint and anchor belong to one exact size. `body` holds the entry's exact bytes: they
are hashed as they stand, and only then parsed. No key is in a bundle that a verifier would use.
A bundle made by version 1.0 verifies for ever; members that this version does not know are
refused rather than passed over. Published schema: `schemas/bundle.v1.schema.json`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.anchor import Anchor
from ledger.canonical import MAX_INTEGER, parse
from ledger.errors import MalformedError
from ledger.members import Members, read_text
from ledger.merkle import MAX_SIZE
from ledger.note import MAX_NOTE_SIZE, parse_note
from ledger.tile import MAX_ENTRY_SIZE

__all__ = ["MAX_BUNDLE_SIZE", "MEDIA_TYPE", "Bundle", "LoggedEntry"]

MEDIA_TYPE = "application/vnd.crossproof.bundle.v1+json"
MAX_BUNDLE_SIZE = 16 * 1024 * 1024
MAX_DISCLOSURES = 10_000
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
        members = Members(value, where)
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
class Bundle:
    """The record, its proof, and where its head is anchored; None where it is not yet."""

    entry: LoggedEntry
    checkpoint: str
    anchor: Anchor | None = None
    plan: LoggedEntry | None = None

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
            anchor=(
                Anchor.from_value(members.take("anchor"), "bundle.anchor")
                if members.has("anchor")
                else None
            ),
            plan=(
                LoggedEntry.from_value(members.take("plan"), "bundle.plan")
                if members.has("plan")
                else None
            ),
        )
        members.end()
        return bundle

    def to_value(self) -> dict[str, Any]:
        """Write the bundle as a JSON value."""
        value: dict[str, Any] = {
            "mediaType": MEDIA_TYPE,
            "checkpoint": self.checkpoint,
            "entry": self.entry.to_value(),
        }
        if self.plan is not None:
            value["plan"] = self.plan.to_value()
        if self.anchor is not None:
            value["anchor"] = self.anchor.to_value()
        return value

    def to_json(self) -> str:
        """Write the bundle as `from_json` reads it."""
        return json.dumps(self.to_value(), ensure_ascii=False, indent=2) + "\n"

    def with_disclosures(self, disclosures: Sequence[str]) -> Bundle:
        """Carry these disclosures with the record, and no others."""
        entry = LoggedEntry(self.entry.index, self.entry.body, self.entry.path, tuple(disclosures))
        return Bundle(entry, self.checkpoint, self.anchor, self.plan)
