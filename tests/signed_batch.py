"""Batches whose last line is a manifest of those before it."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.jwk import PrivateKey
from ledger.manifest import draft
from ledger.merkle import leaf_hash
from ledger.statement import Statement

KEY = PrivateKey.generate()


def manifest(entries: Sequence[bytes], *, key: PrivateKey = KEY) -> Statement:
    """Sign a batch."""
    leaves = [leaf_hash(entry) for entry in entries]
    waiting = draft(key.public, leaves, issuer="example:exporter", issued_at=1_790_000_000)
    return Statement.build({"kind": "manifest", "jws": waiting.sign(key).text})


def signed_lines(entries: Sequence[bytes]) -> bytes:
    """Write a batch and its manifest as lines."""
    return b"\n".join([*entries, manifest(entries).entry])
