"""The timeline of a dossier: each record, when by its maker's clock, and where in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.dossier.records import Records
from ledger.kinds import Transfer
from ledger.stages.comparison import seconds, time_text

__all__ = ["Event", "timeline"]


@dataclass(frozen=True, slots=True)
class Event:
    """One record of the timeline: when by its maker's clock, where in the log, and what it says."""

    index: int
    at: int
    kind: str
    what: str
    record_id: str
    by: str

    def to_value(self) -> dict[str, Any]:
        """Write the JSON value."""
        return {
            "index": self.index,
            "at": time_text(self.at),
            "kind": self.kind,
            "what": self.what,
            "record_id": self.record_id,
            "by": self.by,
        }


def timeline(records: Records) -> list[Event]:
    """List them in the log's order."""
    return sorted(_events(records), key=lambda event: event.index)


def _events(records: Records) -> Iterator[Event]:
    for entry in (records.plan, records.subject):
        if entry is None:
            continue
        says = entry.says
        is_transfer = isinstance(says, Transfer)
        at = seconds(says.occurred_at if is_transfer else f"{says.period.from_}T00:00:00Z")  # type: ignore[union-attr]  # as the kind has it
        kind = "transfer" if is_transfer else "plan"
        yield Event(entry.index, at, kind, says.scenario, entry.record_id, says.exporter.id)
    for said in records.attestations:
        claims = said.says.claims
        what = said.says.stage.value
        yield Event(said.index, claims.iat, "attestation", what, said.record_id, claims.iss)
    for receipt in records.receipts:
        received = receipt.says.claims
        yield Event(
            receipt.index, received.iat, "receipt", received.outcome, receipt.record_id,
            received.iss,
        )  # fmt: skip
    for status in records.statuses:
        word = status.says.claims
        yield Event(status.index, word.iat, "status", word.action.value, status.record_id, word.iss)
