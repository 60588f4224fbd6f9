"""The docket: how the dossier of every transfer stands, kept beside the log for those who oversee.

    Docket.catch_up()    entries of the log  →  a row for each transfer
    Docket.find(…)       rows within someone's reach, by flags, parties, places, scenario and time

It is a convenience, built anew from the log at any time; what it says of a record, its own
dossier (`dossier.Overview`) says with reasons. What depends on the clock alone (an overdue
backup) is asked when somebody asks, and never stored.
"""

from __future__ import annotations

from ledger.docket.case import Case, flag_condition
from ledger.docket.docket import PAGE, Docket, Lag, Tally

__all__ = ["PAGE", "Case", "Docket", "Lag", "Tally", "flag_condition"]
