"""What is shown, and for what there is no certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.attestation import Stage
from ledger.certificate.content import MAX_FILES_SHOWN, MAX_PAGE_LENGTH, content_of
from ledger.certificate.wording import MAX_SHOWN, shown
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    UnavailableError,
)
from ledger.report import LANGUAGES, Status, catalogue
from ledger.status import Action
from ledger.trust import Trust
from tests.ledger.certificate.conftest import PAGE, Certified, dossier, receive, report_of
from tests.logged_dossier import LoggedDossier
from tests.mutations import at, places
from tests.samples import sample_log, transfer


def content(logged: LoggedDossier, **options: Any) -> dict[str, Any]:
    bundle = logged.bundle(**options).to_json().encode()
    return content_of(bundle, report_of(bundle, logged.trust()))


def stages(shown_content: dict[str, Any]) -> dict[str, str]:
    return {step["title"]["en"]: step["status"] for step in shown_content["stages"]}


def test_what_failed_gets_no_certificate() -> None:
    """A revoked backup: the record is in the log all the same, and the dossier is not in order."""
    logged = dossier()
    logged.say("backup", Action.REVOKE)
    bundle = logged.bundle().to_json().encode()
    report = report_of(bundle, logged.trust())
    assert report.verdict is Status.FAILED
    with pytest.raises(ConflictError) as caught:
        content_of(bundle, report)
    assert caught.value.code == "certificate.refused"
    assert "neither revoked" in str(caught.value.found)


def test_changed_record_gets_no_certificate() -> None:
    logged = dossier()
    bundle = logged.bundle()
    entry = replace(
        bundle.entry, body=bundle.entry.body.replace(b"credit-report", b"credit-repost")
    )
    raw = replace(bundle, entry=entry).to_json().encode()
    with pytest.raises(ConflictError):
        content_of(raw, report_of(raw, logged.trust()))


def test_unknown_log_gets_no_certificate() -> None:
    """Nothing of the record could be shown as verified."""
    bundle = dossier().bundle().to_json().encode()
    with pytest.raises(UnavailableError) as caught:
        content_of(bundle, report_of(bundle, Trust()))
    assert caught.value.code == "certificate.unknown"


def test_other_kinds_get_no_certificate() -> None:
    logged = dossier()
    log = logged.log
    bundle = log.bundle(log.entries.index(logged["backup"].entry)).to_json().encode()
    with pytest.raises(MalformedError) as caught:
        content_of(bundle, report_of(bundle, logged.trust()))
    assert caught.value.code == "certificate.kind"


def test_plan_gets_one_of_its_own_without_stages() -> None:
    logged = dossier()
    log = logged.log
    bundle = log.bundle(log.entries.index(logged["plan"].entry)).to_json().encode()
    made = content_of(bundle, report_of(bundle, logged.trust()))
    assert made["title"]["en"] == catalogue("en")["certificate"]["title-plan"]
    assert made["stages"] == []


def test_stages_are_in_the_order_of_events() -> None:
    logged = dossier()
    receive(logged)
    assert list(stages(content(logged)).items()) == [
        ("Plan", "verified"),
        ("Pre-assessment", "verified"),
        ("Transfer", "verified"),
        ("Receipt", "verified"),
        ("Backup", "verified"),
        ("Post-check", "verified"),
    ]


def test_stage_that_is_not_there_is_absent() -> None:
    made = stages(content(dossier(), without=("post_check",)))
    assert made["Post-check"] == made["Receipt"] == "absent"
    assert made["Backup"] == "verified"


@pytest.mark.parametrize("stage", Stage)
def test_stage_that_cannot_be_told_says_nothing_but_why(stage: Stage) -> None:
    logged = dossier()
    bundle = logged.bundle().to_json().encode()
    (known,) = logged.trust().accreditations
    grant = replace(known.changes[0], stages=frozenset(Stage))
    trust = replace(
        logged.trust(),
        accreditations=(replace(known, changes=(grant,), key=b"\x01" * 32),),
    )
    made = content_of(bundle, report_of(bundle, trust))
    step = next(s for s in made["stages"] if s["title"] == _title(stage))
    assert step["status"] == "undetermined"
    assert step["rows"] == []
    assert step["reason"]["en"]
    assert step["reason"]["zh"]


def _title(stage: Stage) -> dict[str, str]:
    return {language: catalogue(language)["stages"][stage.value] for language in ("zh", "en")}


def test_receipt_of_a_stranger_is_not_shown() -> None:
    logged = dossier()
    receive(logged)
    bundle = logged.bundle().to_json().encode()
    made = content_of(bundle, report_of(bundle, replace(logged.trust(), organisations=())))
    assert stages(made)["Receipt"] == "undetermined"
    assert all(step["rows"] == [] for step in made["stages"] if step["title"]["en"] == "Receipt")


def test_words_are_there_in_both_languages(certified: Certified) -> None:
    made = content_of(certified.bundle, certified.report, page=PAGE)
    pairs = 0
    for place in places(made):
        found = at(made, place)
        if isinstance(found, dict) and LANGUAGES[0] in found:
            assert found["en"].strip()
            assert any("\u4e00" <= character <= "\u9fff" for character in found["zh"])
            pairs += 1
    assert pairs > 50


def test_files_are_listed_up_to_a_number() -> None:
    one = {"size": 1, "digests": {"sha-256": "ab" * 32}}
    whole = content(dossier(files=[one] * MAX_FILES_SHOWN))["files"]
    assert (len(whole["rows"]), whole["more"]) == (MAX_FILES_SHOWN, None)
    cut = content(dossier(files=[one] * (MAX_FILES_SHOWN + 1)))["files"]
    assert len(cut["rows"]) == MAX_FILES_SHOWN
    assert cut["more"]["en"].startswith("and 1 more")


def test_value_is_cut_where_it_is_long_and_says_so() -> None:
    assert shown("a" * MAX_SHOWN) == "a" * MAX_SHOWN
    assert shown("a" * (MAX_SHOWN + 7)).startswith("a" * MAX_SHOWN + "… [")
    assert "7 more characters" in shown("a" * (MAX_SHOWN + 7))


@pytest.mark.parametrize(
    "page",
    [
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://example.com/#x",
        "https://example.com/ x",
        "https://例.com/",
        "https://example.com/" + "a" * MAX_PAGE_LENGTH,
        "",
    ],
)
def test_page_that_cannot_be_printed_is_refused(certified: Certified, page: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        content_of(certified.bundle, certified.report, page=page)
    assert caught.value.code == "certificate.page"


def test_transfer_without_files_needs_none_to_be_verified() -> None:
    log = sample_log(transfer())
    bundle = log.bundle(2).to_json().encode()
    made = content_of(bundle, report_of(bundle, log.trust()))
    assert made["files"] is None
    assert "FILE" not in made["command"]["line"]
