"""The hashes of an audit, a tile at once: entries in, their leaf hashes and the tile's root out.

In pure Python, or by the processor's own instructions where the extra `fast` is installed and the
log is large enough to be worth the loading (`sha_instructions`). Either gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from ledger import hash_tile
from ledger.audit.sha_instructions import sha_instructions

__all__ = ["MIN_COMPILED", "Hashing", "StandardHashing", "hashing_for"]

# To load and compile takes a fifth of a second, as long as it saves in so many entries.
MIN_COMPILED = 200_000

_LEAF = sha256(b"\x00")


class Hashing(Protocol):
    """Hashes whole tiles."""

    def leaf_row(self, bundle: bytes, entries: Sequence[bytes]) -> bytes:
        """Hash a bundle's first entries into their leaves (RFC 9162, 2.1.1), joined as in a tile.

        `entries` are what `tile.decode_entries` has cut the bundle into.
        """

    def perfect_root(self, row: bytes) -> bytes:
        """Hash a perfect subtree given as its lowest row."""


class StandardHashing:
    """The standard library's SHA-256, a call for each hash."""

    def leaf_row(self, bundle: bytes, entries: Sequence[bytes]) -> bytes:  # noqa: ARG002 - see there
        """Hash entries into their leaves."""
        row = []
        # The copied prefix object and one update measured fastest, and a call for each entry dear.
        prefix = _LEAF.copy
        for entry in entries:
            leaf = prefix()
            leaf.update(entry)
            row.append(leaf.digest())
        return b"".join(row)

    def perfect_root(self, row: bytes) -> bytes:
        """Hash a perfect subtree given as its lowest row."""
        return hash_tile.perfect_root(row)


def hashing_for(size: int) -> Hashing:
    """Choose how to hash in an audit of so many entries."""
    compiled = sha_instructions() if size >= MIN_COMPILED else None
    return compiled or StandardHashing()
