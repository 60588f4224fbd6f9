"""A case: the bundle that is judged, what is believed, who may be asked, and as of when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.accreditation import Accreditation, AccreditationSource
from ledger.anchor import ChainSource
from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint
from ledger.errors import UnavailableError
from ledger.status_source import StatusListSource, StatusRegistry
from ledger.trust import Trust, TrustedLog

__all__ = ["AsOf", "Case"]


class AsOf:
    """An `AccreditationSource` as it would have answered at a time; asks another one once a key."""

    def __init__(self, source: AccreditationSource, latest: int) -> None:
        self._source = source
        self._latest = latest
        self._known: dict[tuple[str, bytes], Accreditation | UnavailableError | None] = {}

    @property
    def asks_chain(self) -> bool:
        """Say whether the other one asks a chain."""
        return self._source.asks_chain

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Tell the changes up to then; None where there are none. Raises UnavailableError."""
        name = (jurisdiction, key)
        if name not in self._known:
            self._known[name] = self._ask(jurisdiction, key)
        answer = self._known[name]
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    def _ask(self, jurisdiction: str, key: bytes) -> Accreditation | UnavailableError | None:
        try:
            found = self._source.accreditation(jurisdiction, key)
        except UnavailableError as error:
            return error
        return None if found is None else found.up_to(self._latest)


@dataclass(frozen=True, slots=True)
class Case:
    """All that checks are made of. `head` is what the bundle's checkpoint claims.

    `accreditations` is the trust file itself where nobody else may be asked. `latest` is `as_of` in
    seconds since 1970; of the present it is as much later as clocks may differ.
    """

    bundle: Bundle
    head: Checkpoint
    trust: Trust
    log: TrustedLog | None
    chain: ChainSource | None
    accreditations: AccreditationSource
    status_lists: StatusListSource | None
    registry: StatusRegistry | None
    as_of: datetime
    latest: int
