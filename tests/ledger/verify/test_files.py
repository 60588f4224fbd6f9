"""Files: changed, missing, waived, told apart by their digests."""

from __future__ import annotations

from dataclasses import replace

from ledger.bundle import Bundle
from ledger.fingerprint import Fingerprint
from ledger.report import Status
from ledger.trust import Trust
from ledger.verify import verify
from tests.ledger.verify.answers import DATA, FILE, INDEX, OTHER, only, unsound
from tests.samples import sample_log, transfer


def test_verify_changed_file_fails_and_names_both_digests(bundle: Bundle, trust: Trust) -> None:
    check = only(verify(bundle, trust=trust, files=[OTHER]), "file.digest")
    assert (check.status, check.reason) == (Status.FAILED, "file.changed")
    assert check.expected == FILE.digests["sha-256"]
    assert check.found == OTHER.digests["sha-256"]


def test_verify_without_its_file_is_undetermined(bundle: Bundle, trust: Trust) -> None:
    report = verify(bundle, trust=trust)
    assert unsound(report) == [("file.digest", "undetermined", "file.not-given")]
    assert report.verdict is Status.UNDETERMINED


def test_verify_waived_file_is_skipped(bundle: Bundle, trust: Trust) -> None:
    report = verify(bundle, trust=trust, without_files=True)
    assert only(report, "file.digest").status is Status.SKIPPED
    assert report.verdict is Status.VERIFIED


def test_verify_file_that_no_record_names_fails(bundle: Bundle, trust: Trust) -> None:
    stranger = Fingerprint.of_bytes(b"else", name="else.csv")
    report = verify(bundle, trust=trust, files=[FILE, stranger])
    assert unsound(report) == [("file.digest", "failed", "file.not-named")]


def test_verify_several_files_are_told_apart_by_digest() -> None:
    files = [Fingerprint.of_bytes(bytes([i]), name=f"{i}.csv") for i in range(3)]
    log = sample_log(transfer(*files))
    report = verify(log.bundle(INDEX), trust=log.trust(), files=reversed(files))
    assert report.verdict is Status.VERIFIED
    assert [c.subject for c in report.checks if c.code == "file.digest"] == [
        "0.csv",
        "1.csv",
        "2.csv",
    ]
    changed = replace(files[1], digests=OTHER.digests)
    report = verify(log.bundle(INDEX), trust=log.trust(), files=[files[0], changed])
    assert unsound(report) == [
        ("file.digest", "failed", "file.changed"),
        ("file.digest", "undetermined", "file.not-given"),
    ]


def test_verify_sm3_digest_that_disagrees_fails() -> None:
    both = Fingerprint.of_bytes(DATA, name="report.csv", sm3=True)
    wrong = replace(both, digests={**both.digests, "sm3": "00" * 32})
    log = sample_log(transfer(wrong))
    report = verify(log.bundle(INDEX), trust=log.trust(), files=[both])
    assert [check[:2] for check in unsound(report)] == [("file.digest", "failed")]


def test_verify_file_given_twice_is_the_file(bundle: Bundle, trust: Trust) -> None:
    again = replace(FILE, name="copy of report.csv")
    assert verify(bundle, trust=trust, files=[FILE, again, FILE]).verdict is Status.VERIFIED


def test_verify_one_file_stands_for_all_that_have_its_digest() -> None:
    log = sample_log(transfer(FILE, replace(FILE, name="the same.csv")))
    report = verify(log.bundle(INDEX), trust=log.trust(), files=[FILE])
    assert [c.status for c in report.checks if c.code == "file.digest"] == [Status.VERIFIED] * 2


def test_verify_stranger_given_twice_is_named_once(bundle: Bundle, trust: Trust) -> None:
    stranger = Fingerprint.of_bytes(b"else", name="else.csv")
    report = verify(bundle, trust=trust, files=[stranger, FILE, stranger])
    assert unsound(report) == [("file.digest", "failed", "file.not-named")]
