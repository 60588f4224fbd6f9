"""A signed head: a checkpoint together with the note that carries it.

In goes a signed note (see `note`), out come the origin, size and root that it states. The note is
kept as it was written, whatever its further signature lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, parse_checkpoint

__all__ = ["Head"]


@dataclass(frozen=True, slots=True)
class Head:
    """A log's head. Whoever reads one from outside verifies its note first."""

    checkpoint: Checkpoint
    note: str

    @classmethod
    def parse(cls, note: str) -> Head:
        """Read a signed note without verifying it; raise MalformedError."""
        return cls(parse_checkpoint(note), note)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.checkpoint.origin

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """The root hash."""
        return self.checkpoint.root
