"""What tests of the verifier look for in a report, and a chain that gives one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger.anchor import Anchor, ChainFacts
from ledger.bundle import Bundle
from ledger.errors import UnavailableError
from ledger.fingerprint import Fingerprint
from ledger.report import Check, Report, Status

DATA = b"name,amount\nWang,100\n"
FILE = Fingerprint.of_bytes(DATA, name="report.csv")
OTHER = Fingerprint.of_bytes(DATA + b"\n", name="report.csv")
INDEX = 2


@dataclass
class Answering:
    """A chain source with one answer; the verifier sees nothing else of a chain."""

    answer: ChainFacts | UnavailableError
    asked: int = 0

    def facts(self, anchor: Anchor) -> ChainFacts:  # noqa: ARG002 - the same answer for any
        self.asked += 1
        if isinstance(self.answer, UnavailableError):
            raise self.answer
        return self.answer


def yes(anchor: Anchor) -> ChainFacts:
    return ChainFacts(
        identity=anchor.chain,
        committed=True,
        block_hash=anchor.block_hash,
        transaction_block=anchor.block_hash,
        final=True,
    )


def only(report: Report, code: str) -> Check:
    """Find the one check of a code."""
    (check,) = [check for check in report.checks if check.code == code]
    return check


def unsound(report: Report) -> list[tuple[str, str, str | None]]:
    """List what is neither verified nor skipped."""
    return [
        (check.code, check.status.value, check.reason)
        for check in report.checks
        if check.status in {Status.FAILED, Status.UNDETERMINED}
    ]


Change = Callable[[Bundle], Bundle]


def entry(**changes: Any) -> Change:
    return lambda bundle: replace(bundle, entry=replace(bundle.entry, **changes))


def anchor(**changes: Any) -> Change:
    def change(bundle: Bundle) -> Bundle:
        assert bundle.anchor is not None
        return replace(bundle, anchor=replace(bundle.anchor, **changes))

    return change
