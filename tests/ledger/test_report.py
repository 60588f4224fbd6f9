"""Reports: one verdict, one schema, and words for everything in both languages."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import errors
from ledger.anchor import Anchor, ChainIdentity
from ledger.errors import MalformedError, VerificationError
from ledger.report import LANGUAGES, Check, Report, Status, catalogue, worst
from tests.mutations import anything, at, places, replaced, schema, without

_SCHEMA = schema("report")
_NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
_ANCHOR = Anchor(
    chain=ChainIdentity(31337, b"\x01" * 32, b"\x02" * 20),
    sandbox=True,
    log_id=b"\x03" * 32,
    size=12,
    root=b"\x04" * 32,
    transaction=b"\x05" * 32,
    block_number=7,
    block_hash=b"\x06" * 32,
    block_time=1_700_000_000,
)
_ENGLISH = catalogue("en")

_texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))
_codes = st.sampled_from(sorted(_ENGLISH["checks"]))
_checks = st.one_of(
    st.builds(
        Check,
        code=_codes,
        status=st.sampled_from([Status.FAILED, Status.UNDETERMINED, Status.SKIPPED]),
        reason=st.sampled_from([*sorted(_ENGLISH["reasons"]), "a-reason.without-words"]),
        subject=_texts,
        expected=_texts,
        found=_texts,
    ),
    st.builds(Check.verified, _codes, _texts),
)
_times = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9.5))]),
)
_reports = st.one_of(
    st.builds(Report, checks=st.lists(_checks, min_size=1, max_size=4).map(tuple), as_of=_times),
    st.builds(
        Report,
        checks=st.lists(_checks, min_size=1, max_size=4).map(tuple),
        as_of=_times,
        origin=st.just("example.com/log"),
        index=st.integers(0, 2**53 - 2),
        anchor=st.sampled_from([None, _ANCHOR]),
        statement=st.one_of(st.none(), st.dictionaries(st.text(max_size=5), anything, max_size=3)),
    ),
)


# The verdict


def test_verdict_failed_beats_undetermined_beats_verified_and_skipped_counts_for_nothing() -> None:
    rank = [Status.FAILED, Status.UNDETERMINED, Status.VERIFIED]
    for statuses in product(Status, repeat=3):
        want = next((status for status in rank if status in statuses), Status.UNDETERMINED)
        assert worst(statuses) is want


def test_verdict_of_nothing_is_undetermined_and_never_green() -> None:
    assert worst([]) is Status.UNDETERMINED
    assert Report((), _NOW).verdict is Status.UNDETERMINED
    assert Report((Check("bundle.format", Status.SKIPPED, "none"),), _NOW).verdict is (
        Status.UNDETERMINED
    )


# The JSON form


@given(_reports)
def test_report_is_of_its_schema(report: Report) -> None:
    value = json.loads(report.to_json())
    assert value == report.to_value()
    _SCHEMA.validate(value)
    assert value["verdict"] == report.verdict.value
    assert value["sandbox"] == (report.anchor is not None and report.anchor.sandbox)
    assert [check["status"] for check in value["checks"]] == [c.status for c in report.checks]


@given(_times)
def test_report_time_is_utc_whatever_the_zone(time: datetime) -> None:
    text = Report((Check.verified("bundle.format"),), time).to_value()["as_of"]
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == time.replace(microsecond=0)


def test_schema_refuses_what_no_report_is() -> None:
    value = Report(
        (Check("log.trusted", Status.UNDETERMINED, "log.unknown", "a", "b", "c"),),
        _NOW,
        origin="example.com/log",
        index=3,
        anchor=_ANCHOR,
        statement={"kind": "transfer"},
    ).to_value()
    _SCHEMA.validate(value)
    optional = {
        ("log",), ("anchor",), ("statement",), ("statement", "kind"),
        *(("checks", 0, name) for name in ("subject", "expected", "found", "text", "hint")),
    }  # fmt: skip
    for place in places(value):
        if place[:1] == ("statement",) and len(place) > 1:
            continue
        here = at(value, place)
        assert not _SCHEMA.is_valid(replaced(value, place, None))
        if isinstance(here, dict) and place != ("statement",):
            assert not _SCHEMA.is_valid(replaced(value, place, {**here, "unknown": 1}))
        if place and isinstance(place[-1], str) and place not in optional:
            assert not _SCHEMA.is_valid(without(value, place))
    green = {"code": "log.trusted", "status": "verified", "title": "t", "reason": "log.unknown"}
    assert not _SCHEMA.is_valid({**value, "checks": [green]})


def test_schemas_describe_one_and_the_same_anchor(repository: Path) -> None:
    anchors = [
        json.loads((repository / f"ledger/schemas/{name}.v1.schema.json").read_text())["$defs"]
        for name in ("bundle", "trust", "report")
    ]
    assert anchors[0]["Anchor"] == anchors[1]["Anchor"] == anchors[2]["Anchor"]


# What a check says


def test_failed_check_carries_the_errors_code_and_values() -> None:
    error = VerificationError("merkle.inclusion", "no", expected="aa", found="bb")
    check = Check.failed("entry.inclusion", error, "7")
    assert (check.status, check.reason, check.subject) == (Status.FAILED, error.code, "7")
    assert (check.expected, check.found) == ("aa", "bb")
    bare = Check.failed("bundle.format", MalformedError("json.depth", "too deep"))
    assert bare.found == "too deep"


def test_verified_check_has_nothing_to_explain() -> None:
    check = Check.verified("bundle.format")
    assert (check.reason, check.text(), check.hint()) == (None, None, None)
    assert set(check.to_value()) == {"code", "status", "title"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_reason_without_words_of_its_own_gets_an_honest_sentence(language: str) -> None:
    check = Check("bundle.format", Status.FAILED, "a-reason.without-words")
    assert check.text(language) == catalogue(language)["reasons"]["other"]["text"]
    assert check.hint(language)


# The catalogues


def _leaves(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place in places(value):
        found = at(value, place)
        if not isinstance(found, dict):
            yield place, found


def test_catalogues_have_the_same_keys_and_no_empty_text() -> None:
    texts = {language: dict(_leaves(catalogue(language))) for language in LANGUAGES}
    for language in LANGUAGES:
        assert set(texts[language]) == set(texts["en"])
        assert all(text.strip() for text in texts[language].values())


def test_catalogue_chinese_is_chinese() -> None:
    english = dict(_leaves(_ENGLISH))
    for place, text in _leaves(catalogue("zh")):
        assert text != english[place]
        assert any("\u4e00" <= character <= "\u9fff" for character in text)


def test_catalogue_english_is_ascii_but_for_punctuation() -> None:
    for _, text in _leaves(_ENGLISH):
        assert not any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text_and_a_hint(language: str) -> None:
    for reason in catalogue(language)["reasons"].values():
        assert set(reason) == {"text", "hint"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_verdict_has_a_word(language: str) -> None:
    words = catalogue(language)
    assert set(words["statuses"]) == {status.value for status in Status}
    assert set(words["verdicts"]) == {status.value for status in Status} - {"skipped"}


# What the verifier may say: its own reasons, and the codes of whatever it calls.
_VERIFYING = (
    "anchor", "base64url", "bundle", "canonical", "checkpoint", "disclosure", "fingerprint",
    "members", "merkle", "note", "statement", "entry", "accreditation", "claims", "jwk", "jws",
    "manifest", "organisation", "receipt", "status", "status_list",
)  # fmt: skip
# Raised by the same modules for those who sign, conceal, submit or audit, and where a caller of
# theirs tells it under a code of its own.
_NEVER_REPORTED = {
    "base64url.invalid",
    "disclosure.path",
    "merkle.consistency",
    "note.signer-key",
    "status-list.unfit",
    "statement.record-id-future",
}


def test_every_check_and_reason_of_the_verifier_has_words(repository: Path) -> None:
    """Read from the source, so that a new code without words does not get by."""
    ledger = repository / "ledger"
    sources = [
        path
        for path in ledger.rglob("*.py")
        if (path.parent == ledger and path.stem in _VERIFYING)
        or path.parent.name in {"attestation", "kinds", "stages", "verify"}
    ]
    reasons = {code for path in sources for code in _raised(path)}
    reasons |= {code for path in sources for code in _reasons(path)}
    assert len(reasons) > 30
    assert sorted(reasons - set(_ENGLISH["reasons"]) - _NEVER_REPORTED) == []


def _calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _raised(path: Path) -> Iterator[str]:
    for call in _calls(path):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in errors.__all__ and call.args and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def _reasons(path: Path) -> Iterator[str]:
    for call in _calls(path):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "Check" and len(call.args) > 2:
            yield from (
                str(node.value)
                for node in ast.walk(call.args[2])
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )
