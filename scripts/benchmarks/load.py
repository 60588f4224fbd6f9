"""The load: transfer statements of about 600 bytes, as a client would send them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

from ledger.statement import Statement, new_record_id, new_salt

__all__ = ["batches", "lines"]

_NUMBER = 7_777_777_777
_DIGEST = "00" * 32


@cache
def _pieces() -> tuple[str, ...]:
    """Cut a statement at what differs from one to the next, in their order in its bytes."""
    made = Statement.build(
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
            "files": [{"name": f"{_NUMBER}.csv", "size": _NUMBER, "digests": {"sha-256": _DIGEST}}],
        }
    )
    rest = made.entry.decode()
    value = made.value
    pieces = []
    for part in (_DIGEST, str(_NUMBER), str(_NUMBER), value["record_id"], value["salt"]):
        piece, rest = rest.split(part, 1)
        pieces.append(piece)
    return (*pieces, rest)


def lines(count: int, *, first: int = 0) -> Iterator[bytes]:
    """Make `count` statements, each a line of a batch; every one has an id and salt of its own."""
    a, b, c, d, e, f = _pieces()
    for number in range(first, first + count):
        digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
        made = f"{a}{digest}{b}{number}{c}{number}{d}{new_record_id()}{e}{new_salt()}{f}"
        yield made.encode()


def batches(count: int, size: int, *, first: int = 0) -> list[bytes]:
    """Make `count` bodies of `size` lines (NDJSON)."""
    made = lines(count * size, first=first)
    return [b"\n".join(next(made) for _ in range(size)) + b"\n" for _ in range(count)]
