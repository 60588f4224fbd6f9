"""What a message says: which records, what happened to them, and where to ask for more.

    {"type": "record.final", "timestamp": …, "data": {"webhook": "wh_…", "records": [
        {"id": "evt_…", "record_id": …, "kind": "transfer", "index": 7, "leaf_hash": …,
         "state": "final", "time": …, "links": {"record": …, "bundle": …, "dossier": …}, …}]}}

One message tells of up to MAX_TOLD records, so that a batch does not become as many requests. It
says which records, never what is in them: whoever wants to know asks with a key. An event's `id`
follows from what happened alone, so that it is the same whenever, and to whomever, it is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from ledger.base64url import encode
from ledger.errors import LedgerError
from ledger.log import State
from ledger.news.audience import Audience
from ledger.news.topic import Topic
from ledger.search_terms import terms
from ledger.statement import Statement, record_id_text
from ledger.store.webhook_row import NewMessage
from ledger.webhook import Event

__all__ = ["MAX_TOLD", "Seen", "Sheet", "Words", "message"]

# Records that one message tells of: some 50 KiB.
MAX_TOLD = 100

_ID_BYTES = 16
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_WITH_DOSSIER = frozenset({"transfer", "plan"})


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, and the webhooks that are to be told of it."""

    index: int
    statement: Statement
    audiences: tuple[Audience, ...]

    @classmethod
    def by(
        cls,
        audiences: Sequence[Audience],
        topic: Topic,
        *,
        index: int,
        entry: bytes,
        submitter: str | None,
    ) -> Seen | None:
        """Ask who is to be told of an entry under a topic; None where nobody is."""
        wanting = [audience for audience in audiences if audience.wants(topic)]
        if not wanting:
            return None
        found_by, _ = terms(entry, submitter)
        try:
            seeing = [a for a in wanting if a.sees(entry, submitter, found_by)]
            statement = Statement.from_entry(entry) if seeing else None
        except LedgerError:
            # It was logged by another version.
            return None
        if statement is None:
            return None
        told = tuple(a for a in seeing if a.follows(statement.record_id))
        return cls(index, statement, told) if told else None


@dataclass(frozen=True, slots=True)
class Words:
    """How things are named: after the log, with links that begin at `base`."""

    origin: str
    base: str

    def event_id(self, topic: Topic, *facts: object) -> str:
        """Name what happened: the same facts have the same name."""
        text = "\0".join([self.origin, topic.value, *map(str, facts)])
        return f"evt_{encode(sha256(text.encode()).digest()[:_ID_BYTES])}"

    def item(
        self, seen: Seen, state: State, happened: str, *, time: datetime | None
    ) -> dict[str, Any]:
        """Tell of one record that something happened to; no time where nobody knows it."""
        statement = seen.statement
        record_id = record_id_text(statement.record_id)
        place = f"{self.base}/v1/records/{record_id}"
        links = {"record": place, "bundle": f"{place}/bundle"}
        if statement.kind in _WITH_DOSSIER:
            links["dossier"] = f"{place}/dossier"
        item = {
            "id": happened,
            "record_id": record_id,
            "kind": statement.kind,
            "index": seen.index,
            "leaf_hash": statement.leaf_hash.hex(),
            "state": state.value,
            "links": links,
        }
        return item if time is None else item | {"time": time.astimezone(UTC).strftime(_TIME)}


@dataclass(slots=True)
class Sheet:
    """What is to be told, by webhook and topic, in the log's order."""

    _items: dict[tuple[str, Topic], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, seen: Seen, topic: Topic, item: dict[str, Any]) -> None:
        """Tell something to all who are to be told of an entry."""
        for audience in seen.audiences:
            self._items[audience.webhook_id, topic].append(item)

    def messages(self, now: datetime) -> Iterator[NewMessage]:
        """Write the messages."""
        for (webhook_id, topic), items in self._items.items():
            for start in range(0, len(items), MAX_TOLD):
                told = {"records": items[start : start + MAX_TOLD]}
                yield message(webhook_id, topic, told, now=now)


def message(webhook_id: str, topic: Topic, told: Mapping[str, Any], *, now: datetime) -> NewMessage:
    """Write one message to a webhook."""
    event = Event.make(topic.value, {"webhook": webhook_id, **told}, at=now)
    return NewMessage(webhook_id, event.id, topic.value, event.body, now)
