"""Checkpoints that were checked: one signature check for all bundles of a checkpoint.

A checkpoint's two signatures cost as much as twenty inclusion proofs. Whoever verifies many bundles
keeps one of these and hands it to each `verify`; nothing is remembered elsewhere. Only what is
byte for byte the same note, under the same trust, is answered from memory.
"""

from __future__ import annotations

from ledger.checkpoint import Checkpoint
from ledger.report import Check
from ledger.trust import Trust
from ledger.verify.logged import check_log

__all__ = ["CheckedHeads"]

# A note has up to a million bytes: of a log's history this is enough, of an attacker's not much.
_CAPACITY = 64


class CheckedHeads:
    """What was found of checkpoints, sound or false. For one thread."""

    def __init__(self) -> None:
        self._trust: Trust | None = None
        self._known: dict[tuple[str, bool], list[Check]] = {}

    def check(self, note: str, claimed: Checkpoint, trust: Trust, *, anchored: bool) -> list[Check]:
        """Check as `check_log` does, once for each note; another trust begins anew."""
        if trust is not self._trust:
            self._trust = trust
            self._known.clear()
        key = (note, anchored)
        found = self._known.get(key)
        if found is None:
            found = check_log(note, claimed, trust, anchored=anchored)
            if len(self._known) >= _CAPACITY:
                del self._known[next(iter(self._known))]
            self._known[key] = found
        return found
