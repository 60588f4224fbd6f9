"""An audience: one webhook, what it wants to hear, and what may be told to it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ledger.news.topic import Topic

__all__ = ["Audience"]


@dataclass(frozen=True, slots=True)
class Audience:
    """One webhook. Empty `topics` and `records` are all there are.

    `scope` is what it may see as terms of the search (None: everything), which sorts out at once
    what is none of its business; `may_see` is asked of the rest, with the entry and its submitter.
    """

    webhook_id: str
    topics: frozenset[Topic]
    records: frozenset[bytes]
    scope: frozenset[bytes] | None
    may_see: Callable[[bytes, str | None], bool]

    def wants(self, topic: Topic) -> bool:
        """Say whether it wants to hear of a topic."""
        return not self.topics or topic in self.topics

    def sees(self, entry: bytes, submitter: str | None, found_by: Collection[bytes]) -> bool:
        """Say whether it may see a record, whose entry is found by these terms."""
        if self.scope is not None and self.scope.isdisjoint(found_by):
            return False
        return self.may_see(entry, submitter)

    def follows(self, record_id: bytes) -> bool:
        """Say whether it wants to hear of a record."""
        return not self.records or record_id in self.records
