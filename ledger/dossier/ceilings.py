"""How much of its ceilings a transfer has used up, with all that went before it under its plan.

The ceilings are the plan's and its pre-assessment's, whichever is lower; the totals are the
transfer's own word, which the log holds against the plan (`plan_use`). Bytes have no running total.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from ledger.attestation import Attestation, PreAssessment
from ledger.dossier.records import Records, Said
from ledger.kinds.plan import Ceilings

__all__ = ["PER_MILLE", "used_of_ceilings"]

PER_MILLE = 1_000
# What cannot be said as a share: something is moved where nothing may be.
_BEYOND = 1_000 * PER_MILLE


def used_of_ceilings(records: Records, assessed: Said[Attestation] | None) -> int | None:
    """Give the largest share used, in per mille, rounded up; None where nothing limits it."""
    transfer = records.transfer
    if transfer is None or records.plan is None or transfer.says.covered_by is UNSET:
        return None
    place = transfer.says.covered_by
    reached = {
        "transfers": place.sequence,
        "personal": place.persons.personal,
        "sensitive": place.persons.sensitive,
    }
    shares = [
        _share(reached[name], ceiling)
        for ceilings in _ceilings(records, assessed)
        for name in reached
        if (ceiling := getattr(ceilings, name)) is not UNSET
    ]
    return max(shares, default=None)


def _ceilings(records: Records, assessed: Said[Attestation] | None) -> Iterator[Ceilings]:
    if records.plan is not None:
        yield records.plan.says.ceilings
    subject = None if assessed is None else assessed.says.claims.subject
    if isinstance(subject, PreAssessment):
        yield subject.ceilings


def _share(reached: int, ceiling: int) -> int:
    if ceiling == 0:
        return _BEYOND if reached else 0
    return min(-(-reached * PER_MILLE // ceiling), _BEYOND)
