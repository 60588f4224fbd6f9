"""Issuing: from what somebody says of a record to a signed entry, its rules asked before it is.

    claims        fills in what follows from the record, says what is concealed unless told
    rules         asks what may be said of it now: broken rules refuse, what cannot be told warns
    prepared      the exact bytes to sign, and the entry once the signature is there

A key is only ever asked for one signature over those bytes: it may be in a file, in an HSM, or at
somebody else's. Nothing here knows a server or a database.
"""

from __future__ import annotations

from ledger.issuing.claims import RETENTION_YEARS, complete_claims, concealable_paths
from ledger.issuing.prepared import Finished, Prepared, prepare_attestation, prepare_word
from ledger.issuing.rules import SPOKEN_OF, ask_attestation, ask_status, refuse

__all__ = [
    "RETENTION_YEARS",
    "SPOKEN_OF",
    "Finished",
    "Prepared",
    "ask_attestation",
    "ask_status",
    "complete_claims",
    "concealable_paths",
    "prepare_attestation",
    "prepare_word",
    "refuse",
]
