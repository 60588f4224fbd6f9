"""Terms: from when on something of a dossier is missing, and how near a ceiling is near.

They are an authority's to set, not a law of the format; a ledger's settings name its own.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BACKUP_DUE_SECONDS",
    "CEILING_NEAR_PERCENT",
    "POST_CHECK_DUE_SECONDS",
    "RECEIPT_DUE_SECONDS",
    "Terms",
]

DAY = 24 * 3600
# A backup is of the time of the transfer itself; a post-check and a receipt are of the weeks after.
BACKUP_DUE_SECONDS = DAY
POST_CHECK_DUE_SECONDS = 30 * DAY
RECEIPT_DUE_SECONDS = 30 * DAY
CEILING_NEAR_PERCENT = 90


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds after a transfer by which something is due, and a share of a ceiling in percent."""

    backup: int = BACKUP_DUE_SECONDS
    post_check: int = POST_CHECK_DUE_SECONDS
    receipt: int = RECEIPT_DUE_SECONDS
    ceiling_near: int = CEILING_NEAR_PERCENT
