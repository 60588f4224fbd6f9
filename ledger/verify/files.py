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
    """Pair the files that the record names with those given: by digest, then by name.

    One file given may stand for several of the record's, and may be given more than once: what has
    the digest is the file.
    """
    code = "file.digest"
    if statement is None:
        return [Check(code, Status.SKIPPED, "entry.unsound", f.name) for f in given]
    checks = []
    record = [Fingerprint.from_value(value) for value in statement.value.get("files", ())]
    by_digest = {_digest(f): f for f in reversed(given)}
    left = {digest: by_digest[digest] for digest in dict.fromkeys(map(_digest, given))}
    missing = []
    for named in record:
        match = by_digest.get(_digest(named))
        if match is None:
            missing.append(named)
            continue
        left.pop(_digest(named), None)
        try:
            named.verify(match)
        except VerificationError as error:
            checks.append(Check.failed(code, error, subject=_name(named)))
        else:
            checks.append(Check.verified(code, subject=_name(named)))
    by_name = {f.name: f for f in reversed(left.values())}
    only = next(iter(left.values())) if len(left) == len(missing) == 1 else None
    for named in missing:
        expected = _digest(named)
        wrong = by_name.pop(named.name, only)
        if wrong is not None:
            left.pop(_digest(wrong), None)
            checks.append(
                Check(
                    code, Status.FAILED, "file.changed", _name(named),
                    expected=expected, found=_digest(wrong),
                )
            )  # fmt: skip
        elif without_files:
            checks.append(Check(code, Status.SKIPPED, "file.waived", _name(named)))
        else:
            checks.append(
                Check(code, Status.UNDETERMINED, "file.not-given", _name(named), expected=expected)
            )
    checks += [
        Check(code, Status.FAILED, "file.not-named", _name(f), found=digest)
        for digest, f in left.items()
    ]
    return checks


def _digest(fingerprint: Fingerprint) -> str:
    return fingerprint.digests["sha-256"]


def _name(fingerprint: Fingerprint) -> str:
    return fingerprint.name or _digest(fingerprint)[:16]
