"""The dossier of a transfer, or of a plan: what others said of it, and how its stages stand.

    Records.read(entries)       what the log holds, read, signatures checked
    Overview.of(records, …)     stages, flags and a timeline, as of a time

Pure: entries come from a store (`gathering`) or from a server, and both tell the same.
"""

from __future__ import annotations

from ledger.dossier.attestor import check_accredited, check_issuer
from ledger.dossier.choice import choose
from ledger.dossier.overview import Flag, Overview, StageOverview, StageState, dossier_of
from ledger.dossier.records import Placed, Records, Said, is_one_speaker, read_said
from ledger.dossier.standing import check_orders, check_standing
from ledger.dossier.terms import Terms
from ledger.dossier.timeline import Event

__all__ = [
    "Event",
    "Flag",
    "Overview",
    "Placed",
    "Records",
    "Said",
    "StageOverview",
    "StageState",
    "Terms",
    "check_accredited",
    "check_issuer",
    "check_orders",
    "check_standing",
    "choose",
    "dossier_of",
    "is_one_speaker",
    "read_said",
]
