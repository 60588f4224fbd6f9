"""Checks of who handed a record in, and of what its recipient says to have received."""

from __future__ import annotations

from ledger.bundle import LoggedEntry
from ledger.errors import LedgerError, VerificationError
from ledger.kinds import Transfer
from ledger.kinds.common import Movement
from ledger.manifest import Manifest
from ledger.receipt import Receipt
from ledger.report import Check, Status
from ledger.statement import Statement
from ledger.verify.case import Case
from ledger.verify.signed import check_owner, check_signed

__all__ = ["check_manifest", "check_receipts"]


def check_manifest(case: Case, record: Statement | None) -> list[Check]:
    """Check that the record stands in a batch which its exporter signed."""
    manifest = case.bundle.manifest
    if manifest is None:
        return []
    checks, found = check_signed("manifest", manifest.entry, case, Manifest.parse)
    if found is None or record is None:
        return checks
    try:
        found.says.verify_record(record.leaf_hash, manifest.place)
    except VerificationError as error:
        return [*checks, Check.failed("manifest.record", error)]
    checks.append(Check.verified("manifest.record", f"{manifest.place.index}"))
    submitter = found.says.claims.iss
    owner, known = check_owner(
        "manifest.submitter", submitter, found, case=case, issued_at=found.says.claims.iat
    )
    members = record.members
    if known is not None and isinstance(members, Movement) and members.exporter.id != known.id:
        other = VerificationError(
            "manifest.other-submitter",
            "the batch was signed by someone else than the exporter",
            expected=members.exporter.id,
            found=known.id,
        )
        owner = Check.failed("manifest.submitter", other)
    return [*checks, owner]


def check_receipts(case: Case, transfer: Statement | None) -> list[Check]:
    """Check every receipt: by a recipient of this transfer, and its outcome from its digests.

    What was received after the time that is asked about says nothing of that time.
    """
    return [
        check for entry in case.bundle.receipts for check in _check_receipt(entry, case, transfer)
    ]


def _check_receipt(entry: LoggedEntry, case: Case, transfer: Statement | None) -> list[Check]:
    subject = f"{entry.index}"
    checks, found = check_signed("receipt", entry, case, Receipt.parse, subject=subject)
    if found is None or transfer is None or not isinstance(transfer.members, Transfer):
        return checks
    receipt, members = found.says, transfer.members
    if receipt.claims.iat > case.latest:
        return [*checks, Check("receipt.outcome", Status.SKIPPED, "receipt.later", subject)]
    recipients = [members.recipient, *(members.onward_recipients or [])]
    owner, known = check_owner(
        "receipt.recipient",
        receipt.claims.iss,
        found,
        case=case,
        issued_at=receipt.claims.iat,
        subject=subject,
    )
    if known is not None and known.id not in {party.id for party in recipients}:
        stranger = VerificationError(
            "receipt.stranger",
            "the receipt is by someone to whom nothing was transferred",
            expected=" or ".join(party.id for party in recipients),
            found=known.id,
        )
        owner = Check.failed("receipt.recipient", stranger, subject)
    return [*checks, owner, _check_outcome(receipt, transfer, members, subject)]


def _check_outcome(receipt: Receipt, transfer: Statement, members: Transfer, subject: str) -> Check:
    code = "receipt.outcome"
    try:
        if receipt.leaf_hash != transfer.leaf_hash:
            raise VerificationError(
                "receipt.other",
                "the receipt is of another transfer",
                expected=transfer.leaf_hash.hex(),
                found=receipt.leaf_hash.hex(),
            )
        receipt.check_outcome(members.files or [])
        if receipt.claims.outcome != "matches":
            raise VerificationError(
                "receipt.differs",
                "the recipient received something else",
                expected="matches",
                found="differs",
            )
    except LedgerError as error:
        return Check.failed(code, error, subject)
    return Check.verified(code, subject)
