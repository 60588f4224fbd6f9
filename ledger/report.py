"""A report: named checks in order, one verdict, the same on every screen.

    check     verified | failed | undetermined | skipped, with the reason's stable code
    verdict   failed        if any check failed
              undetermined  else if any check is undetermined
              verified      else

"They are wrong" (failed) and "I could not tell" (undetermined) are never mixed, and where
integrity failed the record's claims are withheld: a false document says nothing. Texts are looked
up by code in `catalogue/{en,zh}.json`, both complete. Schema: `schemas/report.v1.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from ledger.anchor import Anchor
from ledger.errors import LedgerError

__all__ = ["LANGUAGES", "MEDIA_TYPE", "Check", "Report", "Status", "catalogue"]

MEDIA_TYPE = "application/vnd.crossproof.report.v1+json"
LANGUAGES = ("en", "zh")

_CATALOGUE = Path(__file__).with_name("catalogue")


class Status(StrEnum):
    """How a check came out."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    `code` names the question, `reason` (a stable code too) why the answer is not "verified", or
    what to know beside it where it is; `subject` tells apart checks of one code, such as files.
    """

    code: str
    status: Status
    reason: str | None = None
    subject: str | None = None
    expected: str | None = None
    found: str | None = None

    @classmethod
    def verified(cls, code: str, subject: str | None = None) -> Check:
        """Answer yes."""
        return cls(code, Status.VERIFIED, subject=subject)

    @classmethod
    def failed(cls, code: str, error: LedgerError, subject: str | None = None) -> Check:
        """Answer no, for the reason that an error gives."""
        found = error.found if error.expected or error.found else error.message
        return cls(code, Status.FAILED, error.code, subject, error.expected, found)

    def title(self, language: str = "en") -> str:
        """Name the question in a person's language."""
        return str(catalogue(language)["checks"][self.code])

    def text(self, language: str = "en") -> str | None:
        """Say the reason in a person's language, None where there is nothing to say."""
        return self._reason(language, "text")

    def hint(self, language: str = "en") -> str | None:
        """Say what to do, in a person's language."""
        return self._reason(language, "hint")

    def _reason(self, language: str, part: str) -> str | None:
        if self.reason is None:
            return None
        reasons = catalogue(language)["reasons"]
        # A reason without words of its own still gets an honest sentence, never a crash.
        return str(reasons.get(self.reason, reasons["other"])[part])

    def to_value(self) -> dict[str, Any]:
        """Write the check as a JSON object, what it has not left out."""
        members = {
            "code": self.code,
            "status": self.status.value,
            "reason": self.reason,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "title": self.title(),
            "text": self.text(),
            "hint": self.hint(),
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """The checks, in the order in which they were made, and what they let one say."""

    checks: tuple[Check, ...]
    as_of: datetime
    origin: str | None = None
    index: int | None = None
    anchor: Anchor | None = None
    statement: dict[str, Any] | None = None

    @property
    def verdict(self) -> Status:
        """The one answer: failed beats undetermined, undetermined beats verified."""
        return worst(check.status for check in self.checks)

    @property
    def sandbox(self) -> bool:
        """Whether the anchor stands on a sandbox chain, which proves nothing to anyone else."""
        return self.anchor is not None and self.anchor.sandbox

    def to_value(self) -> dict[str, Any]:
        """Write the report as a JSON value."""
        value: dict[str, Any] = {
            "mediaType": MEDIA_TYPE,
            "verdict": self.verdict.value,
            "as_of": self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sandbox": self.sandbox,
            "checks": [check.to_value() for check in self.checks],
        }
        if self.origin is not None:
            value["log"] = {"origin": self.origin, "index": self.index}
        if self.anchor is not None:
            value["anchor"] = self.anchor.to_value()
        if self.statement is not None:
            value["statement"] = self.statement
        return value

    def to_json(self) -> str:
        """Write the report as JSON text."""
        return json.dumps(self.to_value(), ensure_ascii=False, indent=2) + "\n"


def worst(statuses: Iterable[Status]) -> Status:
    """Reduce statuses to the worst; skipped ones do not count, and none at all is undetermined."""
    seen = set(statuses)
    for status in (Status.FAILED, Status.UNDETERMINED, Status.VERIFIED):
        if status in seen:
            return status
    return Status.UNDETERMINED


@cache
def catalogue(language: str) -> dict[str, Any]:
    """Load the texts of a language, one of LANGUAGES."""
    loaded: dict[str, Any] = json.loads((_CATALOGUE / f"{language}.json").read_bytes())
    return loaded
