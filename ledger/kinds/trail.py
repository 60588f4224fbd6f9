"""`trail`: the head of the ledger's access trail, logged by the ledger itself (`ledger.trail`)."""

from __future__ import annotations

from ledger.kinds.common import Kind
from ledger.kinds.formats import check_hash, check_time
from ledger.kinds.members import Count, Hash, Time

__all__ = ["Trail"]


class Trail(Kind, frozen=True, kw_only=True, tag_field="kind", tag="trail"):
    """How many rows the trail has, the hash that they come to, and the time since the last head."""

    head: Hash
    count: Count
    since: Time
    until: Time

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        check_hash(self.head)
        check_time(self.since)
        check_time(self.until)
