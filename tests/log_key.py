"""The key of the logs that tests and measurements make."""

from __future__ import annotations

from ledger.note import Signer

SIGNER = Signer.from_seed("example.com/log", bytes(range(32)))
