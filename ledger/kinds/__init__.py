"""The kinds of statements: one file each, registered here and nowhere else."""

from __future__ import annotations

from ledger.kinds.common import Kind
from ledger.kinds.plan import Plan
from ledger.kinds.signed import Attestation, Manifest, Receipt, Status
from ledger.kinds.trail import Trail
from ledger.kinds.transfer import Transfer

__all__ = [
    "KINDS",
    "Attestation",
    "Kind",
    "Manifest",
    "Plan",
    "Receipt",
    "Status",
    "Trail",
    "Transfer",
]

KINDS: dict[str, type[Kind]] = {
    "attestation": Attestation,
    "manifest": Manifest,
    "plan": Plan,
    "receipt": Receipt,
    "status": Status,
    "trail": Trail,
    "transfer": Transfer,
}
