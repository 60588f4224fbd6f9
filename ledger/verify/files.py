"""Checks of the files: each that the record names is there and matches, and no other is."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import VerificationError
from ledger.fingerprint import Fingerprint
from ledger.report import Check, Status
from ledger.statement import Statement

__all__ = ["check_files"]


def check_files(
    statement: Statement | None, given: Sequence[Fingerprint], *, without_files: bool
) -> list[Check]:
    """Pair the files that the record names with those given: by digest, then by name."""
    code = "file.digest"
    if statement is None:
        return [Check(code, Status.SKIPPED, "entry.unsound", f.name) for f in given]
    checks = []
    left = list(given)
    missing = []
    for named in (Fingerprint.from_value(value) for value in statement.value.get("files", ())):
        match = next((f for f in left if f.digests["sha-256"] == named.digests["sha-256"]), None)
        if match is None:
            missing.append(named)
            continue
        left.remove(match)
        try:
            named.verify(match)
        except VerificationError as error:
            checks.append(Check.failed(code, error, subject=_name(named)))
        else:
            checks.append(Check.verified(code, subject=_name(named)))
    for named in missing:
        only = left[0] if len(left) == len(missing) == 1 else None
        wrong = next((f for f in left if f.name == named.name), only)
        expected = named.digests["sha-256"]
        if wrong is not None:
            left.remove(wrong)
            checks.append(
                Check(
                    code, Status.FAILED, "file.changed", _name(named),
                    expected=expected, found=wrong.digests["sha-256"],
                )
            )  # fmt: skip
        elif without_files:
            checks.append(Check(code, Status.SKIPPED, "file.waived", _name(named)))
        else:
            checks.append(
                Check(code, Status.UNDETERMINED, "file.not-given", _name(named), expected=expected)
            )
    checks += [
        Check(code, Status.FAILED, "file.not-named", _name(f), found=f.digests["sha-256"])
        for f in left
    ]
    return checks


def _name(fingerprint: Fingerprint) -> str:
    return fingerprint.name or fingerprint.digests["sha-256"][:16]
