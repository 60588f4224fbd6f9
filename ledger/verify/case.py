"""A case: the bundle that is judged, what is believed, who may be asked, and as of when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.accreditation import AccreditationSource
from ledger.anchor import ChainSource
from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint
from ledger.trust import Trust, TrustedLog

__all__ = ["Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """All that checks are made of. `head` is what the bundle's checkpoint claims.

    `accreditations` is the trust file itself where nobody else may be asked.
    """

    bundle: Bundle
    head: Checkpoint
    trust: Trust
    log: TrustedLog | None
    chain: ChainSource | None
    accreditations: AccreditationSource
    as_of: datetime
