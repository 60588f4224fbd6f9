"""The stages of a dossier as the certificate shows them: there, undetermined, or not there.

A stage's claims are shown only where every check of it was passed; of one that could not be
checked the reason is told, and nothing that it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from ledger.attestation import Attestation, Stage
from ledger.attestation.backup import BackupClaims
from ledger.attestation.post_check import PostCheckClaims
from ledger.attestation.pre_assessment import PreAssessmentClaims
from ledger.bundle import Bundle, LoggedEntry
from ledger.certificate.wording import Row, Text, choice, row, text, time_text, told_by, words
from ledger.kinds import Plan
from ledger.kinds.signed import Signed
from ledger.receipt import Receipt
from ledger.report import Check, Report, Status
from ledger.statement import Statement, record_id_text

__all__ = ["reason_of", "steps"]

# One recipient signs one; of a crowd the bundle has all.
MAX_RECEIPTS_SHOWN = 3
_ABSENT = "absent"


def steps(bundle: Bundle, report: Report, record: Row) -> list[Row]:
    """List what a transfer's dossier has, in the order of events; `record` is its own step."""
    return [
        _plan(bundle, report),
        _stage(Stage.PRE_ASSESSMENT, bundle, report),
        record,
        *_receipts(bundle, report),
        _stage(Stage.BACKUP, bundle, report),
        _stage(Stage.POST_CHECK, bundle, report),
    ]


def reason_of(checks: Iterable[Check]) -> Text | None:
    """Say why a check could not be made, the first of them."""
    for check in checks:
        if check.status is Status.UNDETERMINED:
            title, reason = told_by(check.title), told_by(check.text)
            return {
                language: words("certificate", "not-known")[language].format(
                    check=title[language], reason=reason[language]
                )
                for language in title
            }
    return None


def _plan(bundle: Bundle, report: Report) -> Row:
    title = text("plan")
    if bundle.plan is None:
        return _step(title, _ABSENT)
    checks = [check for check in report.checks if check.code.startswith("plan.")]
    if not _passed(checks):
        return _step(title, Status.UNDETERMINED, reason=reason_of(checks))
    statement = Statement.from_entry(bundle.plan.body)
    rows = []
    if isinstance(statement.members, Plan):
        period = statement.members.period
        rows.append(row("period", f"{period.from_} to {period.until}"))
    return _step(title, Status.VERIFIED, [*rows, *_place(bundle.plan, statement)])


def _stage(stage: Stage, bundle: Bundle, report: Report) -> Row:
    title = words("stages", stage.value)
    logged = bundle.attestations.get(stage)
    if logged is None:
        return _step(title, _ABSENT)
    checks = [
        check
        for check in report.checks
        if check.subject == stage.value or check.code.startswith(f"{stage.value}.")
    ]
    if not _passed(checks):
        return _step(title, Status.UNDETERMINED, reason=reason_of(checks))
    statement = Statement.from_entry(logged.entry.body)
    attestation = Attestation.read(_jws(statement), logged.entry.disclosures)
    claims = attestation.shown
    rows = [row("issuer", claims.iss), row("issued-at", time_text(claims.iat))]
    if isinstance(claims, PreAssessmentClaims):
        rows += _assessed(claims)
    elif isinstance(claims, BackupClaims):
        rows += _kept(claims)
    else:
        rows += _checked(claims)
    rows.append(_key(attestation.jws.thumbprint))
    return _step(title, Status.VERIFIED, [*rows, *_place(logged.entry, statement)])


def _assessed(claims: PreAssessmentClaims) -> list[Row]:
    subject = claims.subject
    basis = subject.legal_basis
    rows = [
        row("outcome", choice(subject.outcome)),
        row("valid", f"{time_text(claims.nbf)} to {time_text(claims.exp)}"),
        row("legal-basis", f"{basis.route}, {basis.rule} ({basis.rule_set})"),
    ]
    if subject.filing is not UNSET:
        number = "" if subject.filing.number is UNSET else f", {subject.filing.number}"
        rows.append(row("filing", f"{subject.filing.authority}{number}"))
    return rows


def _kept(claims: BackupClaims) -> list[Row]:
    subject = claims.subject
    rows = [
        row("deposited-at", subject.deposited_at),
        row("retained-until", f"{subject.retained_until}, {subject.place.jurisdiction}"),
    ]
    if subject.restore_check is not UNSET:
        rows.append(row("restore-check", choice(subject.restore_check.outcome)))
    return rows


def _checked(claims: PostCheckClaims) -> list[Row]:
    subject = claims.subject
    method = subject.method
    return [
        row("checked-at", subject.checked_at),
        row("method", choice(method.kind, size=method.size, population=method.population)),
        row("outcome", choice(subject.outcome)),
    ]


def _receipts(bundle: Bundle, report: Report) -> list[Row]:
    """List receipts; what one check says of them all, the verifier says of each by its subject."""
    found = []
    title = text("receipt")
    for entry in bundle.receipts[:MAX_RECEIPTS_SHOWN]:
        statement = Statement.from_entry(entry.body)
        subject = f"{entry.index}"
        checks = [
            check
            for check in report.checks
            if check.code.startswith("receipt.") and check.subject == subject
        ]
        if not _passed(checks):
            found.append(_step(title, Status.UNDETERMINED, reason=reason_of(checks)))
            continue
        receipt = Receipt.parse(_jws(statement))
        rows = [
            row("issuer", receipt.claims.iss),
            row("issued-at", time_text(receipt.claims.iat)),
            row("outcome", choice(receipt.claims.outcome)),
            row("purpose", receipt.claims.purpose),
            _key(receipt.jws.thumbprint),
        ]
        found.append(_step(title, Status.VERIFIED, [*rows, *_place(entry, statement)]))
    rest = len(bundle.receipts) - MAX_RECEIPTS_SHOWN
    if rest > 0:
        found.append(_step(title, "more", reason=text("more", count=rest)))
    return found or [_step(title, _ABSENT)]


def _jws(statement: Statement) -> str:
    members: Any = statement.members
    return str(members.jws) if isinstance(members, Signed) else ""


def _key(thumbprint: bytes | None) -> Row:
    return row("key", f"0x{(thumbprint or b'').hex()}", mono=True)


def _place(entry: LoggedEntry, statement: Statement) -> list[Row]:
    return [
        row("record-id", f"{record_id_text(statement.record_id)} · #{entry.index}", mono=True),
        row("leaf", statement.leaf_hash.hex(), mono=True),
    ]


def _passed(checks: list[Check]) -> bool:
    """Say whether something was checked, and all of it that was not skipped was passed."""
    answers = {check.status for check in checks} - {Status.SKIPPED}
    return answers == {Status.VERIFIED}


def _step(
    title: Text, status: str, rows: list[Row] | None = None, reason: Text | None = None
) -> Row:
    state = text("absent") if status == _ABSENT else None
    if status in set(Status):
        state = words("statuses", status)
    return {"title": title, "status": status, "state": state, "rows": rows or [], "reason": reason}
