"""How a record's stages stand, as far as whoever asks may see: for the API and the pages alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from api.access import may_see_plan
from api.auth import Principal
from api.beliefs import Beliefs
from api.desk import Desk
from api.docket import terms_of
from ledger.accreditation import AccreditationSource
from ledger.dossier import Overview
from ledger.errors import LedgerError
from ledger.gathering import gather
from ledger.node import Node
from ledger.trust import Trust

__all__ = ["Overviews", "believed_by"]


@dataclass(frozen=True, slots=True)
class Overviews:
    """Whoever asks, the log, whom the node believes, and whom it asks who is accredited."""

    node: Node
    principal: Principal
    beliefs: Beliefs
    verifying: Desk

    def of(self, index: int) -> Overview:
        """Tell how the transfer or plan at `index` stands now; raise as `gather` does."""
        log, trust = self.node.log, self.beliefs.of_others()

        def may_see(place: int, entry: bytes) -> bool:
            return may_see_plan(log, self.principal, index, plan=(place, entry))

        return Overview.of(
            gather(log, index, trust=trust, may_see=may_see),
            as_of=int(datetime.now(UTC).timestamp()),
            trust=trust,
            terms=terms_of(self.node.settings),
            accreditations=self._accreditations(),
        )

    def _accreditations(self) -> AccreditationSource | None:
        """Give who tells who is accredited; none where this node is told by nobody."""
        believed = believed_by(self.beliefs)
        is_told = believed.accreditations or any(chain.attestors for chain in believed.chains)
        return self.verifying.accreditations(believed) if is_told else None


def believed_by(beliefs: Beliefs) -> Trust:
    """Say whom to ask who is accredited: not the chain, while it has never answered."""
    try:
        return beliefs.for_verifying()
    except LedgerError:
        return beliefs.of_others()
