"""Pinning: a bundle and its report in, the anchors that a trust file may keep out.

An anchor is kept where the report shows that the chain holds it: the bundle's own, and the earlier
ones in which its attestations were first anchored. What became of the attestations, who was
accredited and whether the files are at hand is open then without harm: a pin says nothing of it.
Whatever failed, nothing of that bundle is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.anchor import Anchor
from ledger.bundle import Bundle
from ledger.report import Check, Report, Status

__all__ = ["pinnable"]

_FIRST_ANCHOR = "attestation.first-anchor"
_CHAIN = "anchor.chain"
_UNASKED = "anchor.unpinned"
# What an anchor rests on: a trusted log, its signature, the record under it.
_FOUNDATION = frozenset({"anchor", "bundle", "checkpoint", "entry", "log"})


def pinnable(bundle: Bundle, report: Report, *, unasked: bool = False) -> list[Anchor]:
    """List the anchors of a bundle that may be kept, its own first; none where any check failed.

    With `unasked` also those of a sandbox that nobody but its own process could ask about.
    """
    if report.verdict is Status.FAILED or bundle.anchor is None:
        return []
    foundation = [c for c in report.checks if c.code.partition(".")[0] in _FOUNDATION]
    answered = {check.code for check in foundation}
    if _CHAIN not in answered or not all(_holds(c, report, unasked=unasked) for c in foundation):
        return []
    return [bundle.anchor, *_first_anchors(bundle, report, unasked=unasked)]


def _first_anchors(bundle: Bundle, report: Report, *, unasked: bool) -> Iterator[Anchor]:
    answers = {check.subject: check for check in report.checks if check.code == _FIRST_ANCHOR}
    for stage, logged in bundle.attestations.items():
        answer = answers.get(stage.value)
        if logged.first is None or answer is None:
            continue
        is_sandbox = logged.first.anchor.sandbox
        if _holds(answer, report, unasked=unasked and is_sandbox):
            yield logged.first.anchor


def _holds(check: Check, report: Report, *, unasked: bool) -> bool:
    if check.status is Status.UNDETERMINED:
        return unasked and report.sandbox and check.reason == _UNASKED
    return check.status is not Status.FAILED
