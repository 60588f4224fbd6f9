"""Both verifiers judge the same bundles alike: every check, in order, with all that it says."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from ledger.report import catalogue
from tests.browser.corpus import Case, cases
from tests.browser.node import answers

_LEAST = 200


@pytest.fixture(scope="module")
def judged(pytestconfig: pytest.Config) -> list[tuple[Case, Any, Any]]:
    """Every case with Python's answer and the page's."""
    share = 1.0 if pytestconfig.getoption("--profile") == "full" else 0.15
    corpus = list(cases(share))
    ours = [json.loads(json.dumps(case.report())) for case in corpus]
    theirs = answers("judge.mjs", (case.to_value() for case in corpus))
    return list(zip(corpus, ours, theirs, strict=True))


def test_reports_are_the_same(judged: list[tuple[Case, Any, Any]]) -> None:
    differing = [
        (case.name, *_first(ours, theirs)) for case, ours, theirs in judged if ours != theirs
    ]
    assert differing == []


def test_corpus_has_every_verdict_and_most_reasons(judged: list[tuple[Case, Any, Any]]) -> None:
    reports = [ours for _, ours, _ in judged if "verdict" in ours]
    verdicts = Counter(report["verdict"] for report in reports)
    assert len(judged) >= _LEAST
    assert min(verdicts[v] for v in ("verified", "failed", "undetermined")) >= 20
    checks = {check["code"] for report in reports for check in report["checks"]}
    assert checks <= set(catalogue("en")["checks"])
    assert len(checks) >= 55
    reasons = {check.get("reason") for report in reports for check in report["checks"]}
    assert len(reasons) >= 80


def _first(ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Show the first check that differs, or all where that is not where they do."""
    pairs = zip(ours.get("checks", ()), theirs.get("checks", ()), strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), (ours, theirs))
