"""Both verifiers judge the same bundles alike: every check, in order, with all that it says."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from ledger.report import catalogue
from ledger.values import value_text
from tests.browser.corpus import Case, cases
from tests.browser.node import answers

_LEAST = 200
_ENGLISH = re.compile(r"(?<!['\"])\b[A-Za-z]{2,},? [a-z]{2,}")
# What records and headers hold themselves.
_OF_THE_RECORDS = {
    "credit score",
    "NTRCN-1, a.example, uscc:91440300MA5EXPORT1",
    "typ crossproof-receipt+jwt",
    "typ crossproof-status+jwt",
    "typ dc+sd-jwt",
}


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


def test_values_are_told_alike_in_chinese_and_none_stays_in_english(
    judged: list[tuple[Case, Any, Any]],
) -> None:
    checks = [check for _, ours, _ in judged for check in ours.get("checks", ())]
    trust = [ours["error"] for _, ours, _ in judged if "error" in ours]
    values = {check.get(name) for check in checks for name in ("expected", "found")}
    values |= {value for _, expected, found in trust for value in (expected, found)}
    shown = sorted(value for value in values if value is not None)
    assert len(shown) > 300
    told = [value_text(value, "zh") for value in shown]
    assert answers("values.mjs", shown) == told
    assert sum(one != other for one, other in zip(shown, told, strict=True)) > 150
    english = {text for text in told if _ENGLISH.search(text)}
    assert english <= _OF_THE_RECORDS, english - _OF_THE_RECORDS


def _first(ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Show the first check that differs, or all where that is not where they do."""
    pairs = zip(ours.get("checks", ()), theirs.get("checks", ()), strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), (ours, theirs))
