"""Checks of what is in the log: the checkpoint's signature, the record, its plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.bundle import LoggedEntry
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.disclosure import reveal
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.note import NoteVerifier, parse_note
from ledger.report import Check, Status
from ledger.statement import Statement
from ledger.trust import Trust

__all__ = ["check_entry", "check_log", "check_logged", "check_plan"]


def check_log(note: str, claimed: Checkpoint, trust: Trust, *, anchored: bool) -> list[Check]:
    """Check that the checkpoint's log is trusted, and who signed it.

    Before the log has reached its chain for the first time no operator can sign for a contract, so
    the line may be missing where nothing is `anchored` yet. A false one fails all the same.
    """
    log = trust.log(claimed.origin)
    if log is None:
        unknown = Check("log.trusted", Status.UNDETERMINED, "log.unknown", found=claimed.origin)
        return [unknown, _check_stranger(note, trust)]
    checks = [
        Check.verified("log.trusted", subject=claimed.origin),
        _check_signature("checkpoint.signature", note, log.keys),
    ]
    if log.operators:
        operator = _check_signature("checkpoint.operator", note, log.operators)
        if operator.reason == "note.unsigned" and not anchored:
            operator = Check(operator.code, Status.UNDETERMINED, "checkpoint.no-operator")
        checks.append(operator)
    return checks


def _check_signature(code: str, note: str, keys: Sequence[NoteVerifier]) -> Check:
    try:
        checkpoint, _ = open_checkpoint(note, *keys)
    except LedgerError as error:
        return Check.failed(code, error)
    return Check.verified(code, subject=f"{checkpoint.origin} {checkpoint.size}")


def _check_stranger(note: str, trust: Trust) -> Check:
    """Judge a checkpoint of an unknown log: false where it claims the signature of a known key.

    A changed origin must not turn "failed" into "I do not know this log".
    """
    lines = {(line.name, line.key_id) for line in parse_note(note).signatures}
    keys = [key for log in trust.logs for key in log.keys if (key.name, key.key_id) in lines]
    if keys:
        return _check_signature("checkpoint.signature", note, keys)
    return Check("checkpoint.signature", Status.UNDETERMINED, "log.unknown")


def check_logged(
    part: str, entry: LoggedEntry, head: Checkpoint, *, subject: str | None = None
) -> tuple[list[Check], Statement | None]:
    """Check that an entry is in the log, and a statement; it is returned only where it is."""
    code = f"{part}.inclusion"
    try:
        verify_inclusion(
            leaf_hash=leaf_hash(entry.body),
            index=entry.index,
            size=head.size,
            proof=entry.path,
            root=head.root,
        )
    except VerificationError as error:
        return [Check.failed(code, error, subject)], None
    included = Check.verified(code, subject or f"{entry.index}")
    code = f"{part}.statement"
    try:
        statement = Statement.from_entry(entry.body)
    except MalformedError as error:
        return [included, Check.failed(code, error, subject)], None
    return [included, Check.verified(code, subject or statement.kind)], statement


def check_entry(
    part: str, entry: LoggedEntry, head: Checkpoint
) -> tuple[list[Check], Statement | None]:
    """Check one logged entry and what is disclosed of it; its statement only where all holds."""
    checks, statement = check_logged(part, entry, head)
    if statement is None:
        return checks, None
    try:
        statement.check_revealed(reveal(statement.value, entry.disclosures))
    except LedgerError as error:
        return [*checks, Check.failed(f"{part}.disclosures", error)], None
    shown = Status.VERIFIED if entry.disclosures else Status.SKIPPED
    checks.append(Check(f"{part}.disclosures", shown, None if entry.disclosures else "none"))
    return checks, statement


def check_plan(
    plan: LoggedEntry | None, transfer: Statement | None, head: Checkpoint
) -> tuple[list[Check], Statement | None]:
    """Check that the plan in the bundle is the one that the transfer says covers it.

    The plan is returned only where it is sound, and that one.
    """
    named = _named_plan(transfer.value) if transfer is not None else None
    if plan is None:
        if named is None:
            return [], None
        return [Check("plan.named", Status.UNDETERMINED, "plan.absent", expected=named)], None
    checks, statement = check_entry("plan", plan, head)
    if transfer is None or statement is None:
        return checks, None
    found = _reference(statement.kind, statement.value["record_id"], statement.leaf_hash.hex())
    if named == found:
        return [*checks, Check.verified("plan.named")], statement
    expected = named or "no plan"
    other = Check("plan.named", Status.FAILED, "plan.other", expected=expected, found=found)
    return [*checks, other], None


def _named_plan(statement: dict[str, Any]) -> str | None:
    covered_by = statement.get("covered_by")
    if covered_by is None:
        return None
    plan = covered_by["plan"]
    return _reference("plan", plan["record_id"], plan["leaf_hash"])


def _reference(kind: str, record_id: str, leaf: str) -> str:
    """Name a logged entry by all that a reference to it states."""
    return f"{kind} {record_id}, leaf {leaf}"
