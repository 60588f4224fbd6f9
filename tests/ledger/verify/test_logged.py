"""Keys, entries, disclosures and plans: what a bundle says of its record."""

from __future__ import annotations

from dataclasses import replace

from ledger.bundle import Bundle, LoggedEntry
from ledger.disclosure import conceal
from ledger.note import Signer, add_signatures, sign
from ledger.report import Status
from ledger.statement import Statement, new_record_id
from ledger.trust import Trust
from ledger.verify import verify
from tests.ledger.verify.answers import FILE, INDEX, only, unsound
from tests.samples import ORIGIN, SampleLog, sample_log, transfer


def test_verify_key_inside_the_bundle_counts_for_nothing(log: SampleLog, trust: Trust) -> None:
    """A forger who signs with a key of his own, even under the log's name, is not believed."""
    forger = SampleLog(list(log.entries), Signer.generate(ORIGIN))
    report = verify(forger.bundle(INDEX), trust=trust, files=[FILE])
    assert only(report, "checkpoint.signature").reason == "note.unsigned"


def test_verify_unknown_cosignatures_are_passed_over(bundle: Bundle, trust: Trust) -> None:
    note = add_signatures(bundle.checkpoint, Signer.generate("witness.example/w"))
    report = verify(replace(bundle, checkpoint=note), trust=trust, files=[FILE])
    assert report.verdict is Status.VERIFIED


def test_verify_key_trusted_for_another_log_signs_nothing_here(log: SampleLog) -> None:
    """Trusting a key for its own log must not let it speak for a second one."""
    theirs = SampleLog(list(log.entries), Signer.generate("example.org/theirs"))
    text = log.checkpoint.text()
    bundle = replace(log.bundle(INDEX), checkpoint=sign(text, theirs.signer))
    report = verify(bundle, trust=log.trust(), files=[FILE])
    assert only(report, "checkpoint.signature").status is Status.FAILED


def test_verify_head_without_its_operator_fails_where_one_is_trusted(log: SampleLog) -> None:
    bundle = log.bundle(INDEX)
    bare = sign(log.checkpoint.text(), log.signer)
    report = verify(replace(bundle, checkpoint=bare), trust=log.trust(), files=[FILE])
    assert unsound(report) == [("checkpoint.operator", "failed", "note.unsigned")]


def test_verify_renamed_log_fails_by_its_own_key(log: SampleLog, trust: Trust) -> None:
    """A changed origin is a false signature, not an unknown log."""
    bundle = log.bundle(INDEX)
    renamed = replace(bundle, checkpoint=bundle.checkpoint.replace(ORIGIN, "example.com/1og", 1))
    report = verify(renamed, trust=trust, files=[FILE])
    assert only(report, "log.trusted").status is Status.UNDETERMINED
    assert only(report, "checkpoint.signature").reason == "note.signature"
    assert report.verdict is Status.FAILED


def test_verify_logged_bytes_that_are_no_statement_fail() -> None:
    for body in (b"\x00\xff", b"{}", b'{"kind": "transfer"}', transfer(FILE).entry + b" "):
        log = SampleLog([body, transfer().entry])
        report = verify(log.bundle(0), trust=log.trust())
        assert only(report, "entry.inclusion").status is Status.VERIFIED
        assert only(report, "entry.statement").status is Status.FAILED
        assert report.statement is None


def test_verify_inner_node_does_not_pass_for_an_entry(log: SampleLog, trust: Trust) -> None:
    """The attack on trees without prefixes: present two children as if they were a document."""
    node = log.leaves[0] + log.leaves[1]
    path = log.bundle(INDEX).entry.path[1:]
    report = verify(
        replace(log.bundle(INDEX), entry=LoggedEntry(0, node, path)), trust=trust, files=[]
    )
    assert only(report, "entry.inclusion").status is Status.FAILED


def test_verify_disclosures_are_shown_and_strangers_refused() -> None:
    concealed, disclosures = conceal(transfer(FILE, purpose="loan").value, ["purpose"])
    log = sample_log(Statement.build(concealed))
    bundle = log.bundle(INDEX)
    plain = verify(bundle, trust=log.trust(), files=[FILE])
    assert plain.verdict is Status.VERIFIED
    assert plain.statement is not None
    assert "purpose" not in plain.statement
    shown = verify(bundle.with_disclosures(disclosures), trust=log.trust(), files=[FILE])
    assert shown.verdict is Status.VERIFIED
    assert shown.statement is not None
    assert shown.statement["purpose"] == "loan"
    _, strangers = conceal({"purpose": "else"}, ["purpose"])
    wrong = verify(bundle.with_disclosures(strangers), trust=log.trust(), files=[FILE])
    assert unsound(wrong)[0][:2] == ("entry.disclosures", "failed")
    assert wrong.statement is None


def test_verify_member_that_may_not_be_concealed_fails_when_disclosed() -> None:
    """A digest does not say what it hides; once disclosed, the kind's own rules decide."""
    coverage = {
        "plan": {"record_id": transfer().value["record_id"], "leaf_hash": "00" * 32},
        "sequence": 1,
        "persons": {"personal": 1, "sensitive": 0},
    }
    concealed, disclosures = conceal(transfer(covered_by=coverage).value, ["covered_by"])
    log = sample_log(Statement.build(concealed))
    bundle = log.bundle(INDEX).with_disclosures(disclosures)
    report = verify(bundle, trust=log.trust())
    assert unsound(report)[0][:2] == ("entry.disclosures", "failed")
    assert report.statement is None


def planned(**reference: str) -> SampleLog:
    """Make a log whose third record is covered by its first, the plan, or as `reference` says."""
    plan = Statement.build(
        {
            "kind": "plan",
            "exporter": {"id": "example:exporter"},
            "recipient": {"id": "example:recipient"},
            "from": "CN",
            "to": "HK",
            "scenario": "credit-report",
            "data_items": [
                {"name": "report", "class": "general", "personal": True, "sensitive": False}
            ],
            "ceilings": {"personal": 1000, "sensitive": 0},
            "period": {"from": "2026-01-01", "until": "2026-12-31"},
        }
    )
    true = {"record_id": plan.value["record_id"], "leaf_hash": plan.leaf_hash.hex()}
    covered = transfer(
        FILE,
        covered_by={
            "plan": {**true, **reference},
            "sequence": 1,
            "persons": {"personal": 10, "sensitive": 0},
        },
    )
    return SampleLog([plan.entry, transfer().entry, covered.entry])


def test_verify_transfer_with_its_plan_is_verified() -> None:
    log = planned()
    report = verify(log.bundle(2, plan=0), trust=log.trust(), files=[FILE])
    assert unsound(report) == []
    assert only(report, "plan.named").status is Status.VERIFIED


def test_verify_transfer_without_its_plan_is_undetermined() -> None:
    log = planned()
    report = verify(log.bundle(2), trust=log.trust(), files=[FILE])
    assert unsound(report) == [("plan.named", "undetermined", "plan.absent")]


def test_verify_transfer_with_another_plan_fails() -> None:
    log = planned()
    report = verify(log.bundle(2, plan=1), trust=log.trust(), files=[FILE])
    assert unsound(report) == [("plan.named", "failed", "plan.other")]


def test_verify_head_without_its_operator_and_without_an_anchor_is_undetermined(
    log: SampleLog, trust: Trust
) -> None:
    """Before the log first reached its chain: nothing is wrong, and nothing is proved yet."""
    bare = sign(log.checkpoint.text(), log.signer)
    young = replace(log.bundle(INDEX), checkpoint=bare, anchor=None)
    assert unsound(verify(young, trust=trust, files=[FILE])) == [
        ("checkpoint.operator", "undetermined", "checkpoint.no-operator"),
        ("anchor.head", "undetermined", "anchor.none"),
    ]
    other = SampleLog([*log.entries, b"more"], log.signer).bundle(INDEX).checkpoint.splitlines()[-1]
    forged = replace(young, checkpoint=f"{bare}{other}\n")
    check = only(verify(forged, trust=trust, files=[FILE]), "checkpoint.operator")
    assert (check.status, check.reason) == (Status.FAILED, "note.signature")


def test_verify_plan_of_another_record_id_fails() -> None:
    log = planned(record_id=new_record_id())
    report = verify(log.bundle(2, plan=0), trust=log.trust(), files=[FILE])
    assert unsound(report) == [("plan.named", "failed", "plan.other")]


def test_verify_plan_that_is_a_transfer_fails() -> None:
    """The leaf alone would let any logged record stand for a plan."""
    other = transfer()
    reference = {"record_id": other.value["record_id"], "leaf_hash": other.leaf_hash.hex()}
    covered = planned(**reference).entries[2]
    log = SampleLog([other.entry, covered])
    report = verify(log.bundle(1, plan=0), trust=log.trust(), files=[FILE])
    assert unsound(report) == [("plan.named", "failed", "plan.other")]
