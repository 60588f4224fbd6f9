"""The load: transfer statements of about 600 bytes, as a client would send them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ledger.statement import Statement

__all__ = ["batches", "lines"]


def lines(count: int, *, first: int = 0) -> Iterator[bytes]:
    """Make `count` statements, each a line of a batch; every one has an id and salt of its own."""
    for number in range(first, first + count):
        digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
        yield Statement.build(
            {
                "kind": "transfer",
                "occurred_at": "2026-01-31T12:00:00Z",
                "exporter": {"id": "bench:exporter", "name": "Exporter", "country": "CN"},
                "recipient": {"id": "bench:recipient", "name": "Recipient", "country": "HK"},
                "from": "CN",
                "to": "HK",
                "scenario": "benchmark",
                "purpose": "to measure how many records a second a ledger takes",
                "data_items": [
                    {"name": "order", "class": "general", "personal": False, "sensitive": False}
                ],
                "files": [
                    {"name": f"{number}.csv", "size": number, "digests": {"sha-256": digest}}
                ],
            }
        ).entry


def batches(count: int, size: int, *, first: int = 0) -> list[bytes]:
    """Make `count` bodies of `size` lines (NDJSON)."""
    made = lines(count * size, first=first)
    return [b"\n".join(next(made) for _ in range(size)) + b"\n" for _ in range(count)]
