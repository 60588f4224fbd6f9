"""The audit's second part: what entries say, and what joins them."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from ledger import manifest, status
from ledger.attestation import Stage
from ledger.audit import AuditReport, audit
from ledger.batch import decode_batch
from ledger.jwk import PrivateKey
from ledger.log import Log, Submission
from ledger.merkle import leaf_hash
from ledger.status import Action
from tests.log_home import Home, append
from tests.signed_batch import signed_lines
from tests.statement_load import (
    KEY,
    attestation,
    coverage,
    logged,
    plan,
    record_id,
    reference,
    statements,
    transfer,
)

PLAN = plan(0)


@pytest.fixture
def log(sqlite: Home) -> Log:
    return sqlite.open()


def audited(log: Log, *batches: list[Submission], **options: Any) -> AuditReport:
    for batch in batches:
        append(log, batch)
    return audit(log, **options)


def found(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in report.findings]


def covered(number: int, sequence: int, **members: Any) -> Submission:
    return transfer(number, covered_by=coverage(PLAN, sequence), **members)


def test_audit_says_what_it_checked_of_each_kind(log: Log) -> None:
    report = audited(log, list(islice(statements(), 1_002)))
    assert report.clean
    assert report.kinds == {"plan": 2, "attestation": 2, "transfer": 998}
    assert (report.entries, report.records, report.signatures) == (1_002, 1_002, 2)
    # Each transfer its plan, each attestation its subject, and one in a hundred what it corrects.
    assert report.links >= 998 + 2 + 10
    assert report.sequences == 998
    assert not report.untold


def test_audit_finds_an_entry_that_is_no_statement(log: Log) -> None:
    wrong = logged(1, {"kind": "transfer"})
    assert found(audited(log, [transfer(0), wrong])) == [("audit.statement", "entry 1")]


def test_audit_finds_an_entry_that_is_not_canonical(log: Log) -> None:
    sound = transfer(1)
    spaced = Submission(sound.record_id, sound.entry.replace(b'":', b'": ', 1))
    (finding,) = audited(log, [transfer(0), spaced]).findings
    assert (finding.code, finding.where) == ("audit.statement", "entry 1")
    assert "canonical" in finding.found


def test_audit_finds_an_entry_that_states_no_id(log: Log) -> None:
    nothing = Submission(record_id(1).bytes, b"nothing")
    assert found(audited(log, [transfer(0), nothing])) == [("audit.statement", "entry 1")]


# Links


def test_audit_follows_links_over_parts_and_bundles(log: Log) -> None:
    parent = transfer(0)
    others = [transfer(n) for n in range(1, 300)]
    report = audited(log, [parent, *others, transfer(300, parents=[reference(parent)])])
    assert (report.clean, report.links) == (True, 1)


@pytest.mark.parametrize("member", ["parents", "supersedes"])
def test_audit_finds_a_link_to_another_leaf(log: Log, member: str) -> None:
    wrong = {**reference(transfer(0)), "leaf_hash": "ab" * 32}
    named = transfer(1, **{member: [wrong] if member == "parents" else wrong})
    (finding,) = audited(log, [transfer(0), named]).findings
    assert (finding.code, finding.where) == ("audit.link", "entry 1")
    assert "ab" * 32 in finding.expected
    assert leaf_hash(transfer(0).entry).hex() in finding.found


def test_audit_tells_no_link_to_a_record_that_the_log_does_not_hold(log: Log) -> None:
    report = audited(log, [transfer(0, parents=[reference(transfer(7))])])
    assert (report.clean, report.untold) == (True, {"link": 1})


def test_audit_finds_a_transfer_covered_by_what_is_no_plan(log: Log) -> None:
    other = transfer(0)
    report = audited(log, [other, transfer(1, covered_by=coverage(other, 1))])
    assert [(f.code, f.expected, f.found) for f in report.findings] == [
        ("audit.link", "a plan at index 0", "a transfer")
    ]


def test_audit_finds_an_attestation_of_a_record_of_another_kind(log: Log) -> None:
    report = audited(log, [transfer(0), attestation(1, transfer(0))])
    assert found(report) == [("audit.link", "entry 1")]
    assert report.findings[0].expected == "a plan at index 0"


# Signatures


def with_other_signature(made: Submission, number: int) -> Submission:
    text = made.entry.decode().partition('"jws":"')[2].partition('"')[0]
    other = attestation(number, transfer(99)).entry.decode().partition('"jws":"')[2]
    signature = other.partition('"')[0].rpartition(".")[2]
    return logged(number, {"kind": "attestation", "jws": f"{text.rpartition('.')[0]}.{signature}"})


def test_audit_finds_a_signature_that_is_not_its_keys(log: Log) -> None:
    wrong = with_other_signature(attestation(1, PLAN), 1)
    report = audited(log, [PLAN, wrong])
    assert found(report) == [("audit.signed", "entry 1")]
    assert report.signatures == 0


def test_audit_finds_a_signed_entry_that_says_nothing(log: Log) -> None:
    report = audited(log, [logged(0, {"kind": "receipt", "jws": "e30.e30.AA"})])
    assert found(report) == [("audit.signed", "entry 0")]


def test_audit_checks_statuses_by_any_key(log: Log) -> None:
    stranger = PrivateKey.generate("Ed25519")
    said = status.draft(
        stranger.public,
        issuer="someone",
        issued_at=1_790_000_000,
        leaf=leaf_hash(PLAN.entry),
        record_id=str(record_id(0)),
        action=Action.STOP,
        reason="because",
    )
    entry = logged(1, {"kind": "status", "jws": said.sign(stranger).text})
    report = audited(log, [PLAN, entry])
    assert (report.clean, report.signatures, report.links) == (True, 1, 1)


def signed_batch(number: int, batch: list[Submission]) -> Submission:
    leaves = [leaf_hash(submission.entry) for submission in batch]
    waiting = manifest.draft(KEY.public, leaves, issuer="someone", issued_at=1_790_000_000)
    return logged(number, {"kind": "manifest", "jws": waiting.sign(KEY).text})


@pytest.mark.parametrize("first", ["batch", "manifest"])
def test_audit_finds_the_batch_of_a_manifest_near_it(log: Log, first: str) -> None:
    batch = [transfer(n) for n in range(100, 420)]
    batches = [batch, [transfer(7)], [signed_batch(1, batch)]]
    report = audited(log, *(batches if first == "batch" else reversed(batches)))
    assert (report.clean, report.manifests, report.untold) == (True, 1, {})


def test_audit_tells_no_batch_that_is_not_there_as_it_was_signed(log: Log) -> None:
    batch = [transfer(n) for n in range(100, 110)]
    report = audited(log, [transfer(100)], batch, [signed_batch(1, batch)])
    # The log took in nine of the ten: the first was there.
    assert (report.clean, report.manifests, report.untold) == (True, 0, {"manifest": 1})


@pytest.mark.parametrize("repeats", [0, 1, 300])
def test_audit_finds_the_batch_that_a_manifest_came_with(log: Log, repeats: int) -> None:
    batch = [transfer(n) for n in range(100, 420)]
    lines = signed_lines([submission.entry for submission in batch])
    earlier = [batch[:repeats], [transfer(7)]] if repeats else [[transfer(7)]]
    report = audited(log, *earlier, decode_batch(lines))
    assert (report.clean, report.manifests, report.untold) == (True, 1, {})


@pytest.mark.parametrize("repeats", [0, 1])
def test_audit_believes_no_note_of_what_a_manifest_came_with(sqlite: Home, repeats: int) -> None:
    log = sqlite.open()
    batch = [transfer(n) for n in range(100, 110)]
    lines = signed_lines([submission.entry for submission in batch])
    append(log, [transfer(7), *batch[:repeats]])
    append(log, decode_batch(lines))
    sqlite.execute("UPDATE signed_batch SET first_index = 3, leaf_hashes = :l", l=bytes(320))
    report = audit(log)
    assert (report.clean, report.manifests, report.untold) == (True, 0, {"manifest": 1})


# Numbers under plans


def test_audit_takes_numbers_in_any_order(log: Log) -> None:
    numbers = (3, 1, 2, 6, 5, 4)
    report = audited(log, [PLAN, *(covered(n, n) for n in numbers)])
    assert (report.clean, report.sequences) == (True, 6)


def test_audit_finds_a_missing_number(log: Log) -> None:
    report = audited(log, [PLAN, *(covered(n, n) for n in (1, 2, 4, 5))])
    (finding,) = report.findings
    assert finding.code == "audit.sequence"
    assert finding.where.startswith(f"entry 3, under plan {leaf_hash(PLAN.entry).hex()} by acme")
    assert finding.expected == "a transfer of number 3"


def test_audit_finds_a_number_that_is_taken_twice(log: Log) -> None:
    report = audited(log, [PLAN, *(covered(n, n) for n in (1, 2, 3)), covered(9, 2)])
    (finding,) = report.findings
    assert (finding.code, finding.found) == ("audit.sequence", "number 2 again")
    assert finding.where.startswith("entry 4")


def test_audit_lets_a_correction_take_the_number_of_what_it_corrects(log: Log) -> None:
    second = covered(2, 2)
    corrected = covered(9, 2, supersedes=reference(second))
    assert audited(log, [PLAN, covered(1, 1), second, covered(3, 3), corrected]).clean


def test_audit_finds_running_totals_that_fall(log: Log) -> None:
    def of(number: int, personal: int) -> Submission:
        return transfer(number, covered_by=coverage(PLAN, number, personal))

    report = audited(log, [PLAN, of(1, 10), of(2, 9)], [of(4, 8), of(3, 9)])
    assert [f.found for f in report.findings] == [
        "at number 2: (9, 0) after (10, 0)",
        "at number 4: (8, 0) after (9, 0)",
    ]


def test_audit_does_not_blame_a_plan_for_a_strangers_numbers(log: Log) -> None:
    append(log, [PLAN, covered(1, 1), covered(2, 2)], submitter="owner")
    append(log, [covered(9, 700)], submitter="stranger")
    (finding,) = audit(log).findings
    assert "by stranger" in finding.where


def test_audit_takes_numbers_under_another_logs_plan_from_the_first_on(log: Log) -> None:
    report = audited(log, [covered(n, n) for n in (7, 8)])
    assert (report.clean, report.untold) == (True, {"link": 1, "sequence": 1})
    report = audited(log, [covered(10, 10)])
    assert [f.expected for f in report.findings] == ["a transfer of number 9"]


def test_audit_of_a_span_tells_no_gaps(log: Log) -> None:
    numbers = [PLAN, *(covered(n, n) for n in range(1, 600))]
    report = audited(log, numbers, within=range(300, 400))
    assert report.clean
    assert report.entries == 256
    assert report.untold["sequence"] == 1


# In several processes


@pytest.mark.parametrize("wrong", [0, 1])
def test_audit_in_processes_says_what_it_says_in_one(
    log: Log, wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, list(islice(statements(), 40_000)))
    append(log, [covered(70_000, 9)] * wrong)
    monkeypatch.setattr("ledger.audit.MIN_SHARED", 0)
    told: list[int] = []
    alone = audit(log)
    shared = audit(log, processes=2, progress=lambda done, _: told.append(done))
    assert shared == alone
    assert len(alone.findings) == wrong
    assert told == sorted(told)
    assert len(told) > 2


def test_attestations_of_all_stages_are_read(log: Log) -> None:
    sent = transfer(1)
    kept = attestation(2, sent, Stage.BACKUP)
    checked = attestation(
        3, sent, Stage.POST_CHECK, backup=reference(kept), pre_assessment=reference(kept)
    )
    report = audited(log, [PLAN, sent, kept, checked])
    assert (report.clean, report.signatures, report.links) == (True, 2, 4)
