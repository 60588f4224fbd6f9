"""What the verifier answers, and why: each way in which a bundle can be wrong, by its code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchor import Anchor, ChainFacts, ChainIdentity
from ledger.bundle import Bundle, LoggedEntry
from ledger.checkpoint import Checkpoint
from ledger.disclosure import conceal
from ledger.errors import UnavailableError
from ledger.fingerprint import Fingerprint
from ledger.merkle import leaf_hash
from ledger.note import Signer, add_signatures, sign
from ledger.report import LANGUAGES, Check, Report, Status
from ledger.statement import Statement
from ledger.trust import Trust
from ledger.verify import verify
from tests.samples import BLOCK_TIME, CHAIN, ORIGIN, SampleLog, sample_log, transfer

DATA = b"name,amount\nWang,100\n"
FILE = Fingerprint.of_bytes(DATA, name="report.csv")
OTHER = Fingerprint.of_bytes(DATA + b"\n", name="report.csv")
INDEX = 2


@pytest.fixture(scope="module")
def log() -> SampleLog:
    return sample_log(transfer(FILE))


@pytest.fixture(scope="module")
def bundle(log: SampleLog) -> Bundle:
    return log.bundle(INDEX)


@pytest.fixture(scope="module")
def trust(log: SampleLog) -> Trust:
    return log.trust()


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


def test_verify_untouched_bundle_and_file_is_verified(bundle: Bundle, trust: Trust) -> None:
    report = verify(bundle, trust=trust, files=[FILE])
    assert unsound(report) == []
    assert report.verdict is Status.VERIFIED
    assert report.origin == ORIGIN
    assert report.index == INDEX
    assert report.statement is not None
    assert report.statement["recipient"]["id"] == "example:recipient"


def test_verify_takes_json_and_paths(bundle: Bundle, trust: Trust, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_bytes(DATA)
    for form in (bundle.to_json(), bundle.to_json().encode()):
        assert verify(form, trust=trust, files=[file]).verdict is Status.VERIFIED
        assert verify(form, trust=trust, files=[str(file)]).verdict is Status.VERIFIED


def test_verify_malformed_bundle_is_failed_with_one_check(trust: Trust, bundle: Bundle) -> None:
    text = bundle.to_json()
    for broken in (b"", b"\xff", "[]", text[: len(text) // 2], text.replace("entry", "entri", 1)):
        report = verify(broken, trust=trust, files=[FILE])
        assert report.verdict is Status.FAILED
        assert [check.code for check in report.checks] == ["bundle.format"]
        assert report.statement is None


Change = Callable[[Bundle], Bundle]


def entry(**changes: Any) -> Change:
    return lambda bundle: replace(bundle, entry=replace(bundle.entry, **changes))


def anchor(**changes: Any) -> Change:
    def change(bundle: Bundle) -> Bundle:
        assert bundle.anchor is not None
        return replace(bundle, anchor=replace(bundle.anchor, **changes))

    return change


def swap_path(bundle: Bundle) -> Bundle:
    first, second, *rest = bundle.entry.path
    return entry(path=(second, first, *rest))(bundle)


def shorten_path(bundle: Bundle) -> Bundle:
    return entry(path=bundle.entry.path[:-1])(bundle)


def lengthen_path(bundle: Bundle) -> Bundle:
    return entry(path=(*bundle.entry.path, b"\0" * 32))(bundle)


def flip_body(bundle: Bundle) -> Bundle:
    body = bytearray(bundle.entry.body)
    body[len(body) // 2] ^= 1
    return entry(body=bytes(body))(bundle)


def other_signer(bundle: Bundle) -> Bundle:
    text = bundle.checkpoint.partition("\n\n")[0] + "\n"
    return replace(bundle, checkpoint=sign(text, Signer.generate(ORIGIN)))


def other_root(bundle: Bundle) -> Bundle:
    text = Checkpoint(ORIGIN, 7, b"\x09" * 32).text()
    signatures = bundle.checkpoint.partition("\n\n")[2]
    return replace(bundle, checkpoint=f"{text}\n{signatures}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (flip_body, ("entry.inclusion", "merkle.inclusion")),
        (swap_path, ("entry.inclusion", "merkle.inclusion")),
        (shorten_path, ("entry.inclusion", "merkle.proof-length")),
        (lengthen_path, ("entry.inclusion", "merkle.proof-length")),
        (entry(index=3), ("entry.inclusion", "merkle.inclusion")),
        (entry(index=7), ("entry.inclusion", "merkle.index")),
        (entry(disclosures=("WyJhIiwgImIiLCAxXQ",)), ("entry.disclosures", None)),
        (other_signer, ("checkpoint.signature", "note.unsigned")),
        (other_root, ("checkpoint.signature", "note.signature")),
        (anchor(root=b"\x09" * 32), ("anchor.head", "anchor.other-head")),
        (anchor(size=6), ("anchor.head", "anchor.other-head")),
        (anchor(log_id=b"\x09" * 32), ("anchor.log", "anchor.other-log")),
        (anchor(transaction=b"\x09" * 32), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_number=8), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_hash=b"\x09" * 32), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_time=8), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(sandbox=True), ("anchor.chain", "anchor.contradicts-pin")),
        (
            anchor(chain=replace(CHAIN, genesis_hash=b"\x09" * 32)),
            ("anchor.chain", "anchor.contradicts-pin"),
        ),
        (anchor(chain=replace(CHAIN, chain_id=1)), ("anchor.chain", "anchor.contradicts-pin")),
        (
            anchor(chain=replace(CHAIN, contract=b"\x09" * 20)),
            ("anchor.chain", "anchor.contradicts-pin"),
        ),
    ],
)
def test_verify_changed_bundle_fails_where_it_was_changed(
    bundle: Bundle, trust: Trust, change: Change, expected: tuple[str, str | None]
) -> None:
    code, reason = expected
    report = verify(change(bundle), trust=trust, files=[FILE])
    assert report.verdict is Status.FAILED
    check = only(report, code)
    assert check.status is Status.FAILED
    if reason is not None:
        assert check.reason == reason
    assert report.statement is None


def test_verify_every_changed_character_of_a_bundle_fails(log: SampleLog) -> None:
    """No byte of a bundle, spaces and line ends aside, can be another one."""
    bundle, trust = log.bundle(INDEX), log.trust()
    text = json.dumps(bundle.to_value(), separators=(",", ":"))
    assert verify(text, trust=trust, files=[FILE]).verdict is Status.VERIFIED
    for position, character in enumerate(text):
        other = "0" if character != "0" else "1"
        changed = f"{text[:position]}{other}{text[position + 1 :]}"
        report = verify(changed, trust=trust, files=[FILE])
        assert report.verdict is Status.FAILED, (position, text[position - 20 : position + 20])


@given(cut=st.integers(min_value=0), trust_file=st.booleans())
def test_verify_bundle_cut_anywhere_is_malformed(cut: int, trust_file: bool) -> None:  # noqa: FBT001
    log = SampleLog([transfer(FILE).entry])
    text = log.bundle(0).to_json().rstrip()
    report = verify(text[: cut % len(text)], trust=log.trust(pinned=trust_file))
    assert unsound(report)[0][:2] == ("bundle.format", "failed")


# --- files ---------------------------------------------------------------------------------------


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


# --- what is not trusted, or could not be asked ---------------------------------------------------


def test_verify_unknown_log_is_undetermined_and_shows_no_claim(bundle: Bundle) -> None:
    report = verify(bundle, trust=Trust(), files=[FILE])
    assert report.verdict is Status.UNDETERMINED
    assert only(report, "log.trusted").reason == "log.unknown"
    assert report.statement is None


def test_verify_log_without_id_believes_no_anchor(bundle: Bundle, trust: Trust) -> None:
    (known,) = trust.logs
    bare = replace(trust, logs=(replace(known, log_id=None),))
    report = verify(bundle, trust=bare, files=[FILE])
    assert unsound(report) == [("anchor.log", "undetermined", "log.no-id")]


def test_verify_bundle_without_anchor_is_undetermined(bundle: Bundle, trust: Trust) -> None:
    report = verify(replace(bundle, anchor=None), trust=trust, files=[FILE])
    assert unsound(report) == [("anchor.head", "undetermined", "anchor.none")]


def test_verify_unpinned_anchor_offline_is_undetermined(log: SampleLog, bundle: Bundle) -> None:
    report = verify(bundle, trust=log.trust(pinned=False), files=[FILE])
    assert unsound(report) == [("anchor.chain", "undetermined", "anchor.unpinned")]


def test_verify_chain_that_is_not_trusted_is_never_asked(log: SampleLog, bundle: Bundle) -> None:
    stranger = replace(log.trust(pinned=False), chains=())
    assert bundle.anchor is not None
    chain = Answering(yes(bundle.anchor))
    report = verify(bundle, trust=stranger, files=[FILE], chain=chain)
    assert unsound(report) == [("anchor.chain", "undetermined", "chain.unknown")]
    assert chain.asked == 0


def test_verify_restarted_sandbox_is_undetermined_not_failed(log: SampleLog) -> None:
    (chain,) = log.trust().chains
    today = replace(CHAIN, genesis_hash=b"\x08" * 32)
    trust = replace(log.trust(pinned=False), chains=(replace(chain, identity=today, sandbox=True),))
    bundle = anchor(sandbox=True)(log.bundle(INDEX))
    report = verify(bundle, trust=trust, files=[FILE])
    assert unsound(report) == [("anchor.chain", "undetermined", "chain.gone")]


def test_verify_pin_of_a_gone_sandbox_still_holds(log: SampleLog) -> None:
    """The pin is enough; that the sandbox is gone since denies nothing."""
    bundle = anchor(sandbox=True)(log.bundle(INDEX))
    assert bundle.anchor is not None
    trust = replace(log.trust(pinned=False), chains=(), anchors=(bundle.anchor,))
    report = verify(bundle, trust=trust, files=[FILE])
    assert report.verdict is Status.VERIFIED
    assert report.sandbox


FactChange = Callable[[ChainFacts], ChainFacts | UnavailableError]


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        (lambda facts: facts, Status.VERIFIED, None),
        (lambda f: replace(f, transaction_block=None), Status.VERIFIED, None),
        (lambda f: replace(f, committed=False), Status.FAILED, "anchor.not-on-chain"),
        (lambda f: replace(f, block_hash=b"\x09" * 32), Status.FAILED, "anchor.block"),
        (lambda f: replace(f, block_hash=None), Status.FAILED, "anchor.block"),
        (
            lambda f: replace(f, transaction_block=b"\x09" * 32),
            Status.FAILED,
            "anchor.transaction",
        ),
        (lambda f: replace(f, final=False), Status.UNDETERMINED, "anchor.not-final"),
        (
            lambda f: replace(f, identity=ChainIdentity(1, b"\x09" * 32, b"\x02" * 20)),
            Status.UNDETERMINED,
            "chain.other",
        ),
        (
            lambda _: UnavailableError("chain.unreachable", "no answer"),
            Status.UNDETERMINED,
            "chain.unavailable",
        ),
    ],
)
def test_verify_chain_answers_decide_about_an_unpinned_anchor(
    log: SampleLog, bundle: Bundle, change: FactChange, status: Status, reason: str | None
) -> None:
    assert bundle.anchor is not None
    chain = Answering(change(yes(bundle.anchor)))
    report = verify(bundle, trust=log.trust(pinned=False), files=[FILE], chain=chain)
    check = only(report, "anchor.chain")
    assert (check.status, check.reason) == (status, reason)
    assert report.verdict is status
    assert chain.asked == 1


def test_verify_pinned_anchor_asks_nobody(bundle: Bundle, trust: Trust) -> None:
    chain = Answering(UnavailableError("chain.unreachable", "no answer"))
    assert verify(bundle, trust=trust, files=[FILE], chain=chain).verdict is Status.VERIFIED
    assert chain.asked == 0


def test_verify_at_a_time_before_the_anchor_is_undetermined(bundle: Bundle, trust: Trust) -> None:
    before = datetime.fromtimestamp(BLOCK_TIME - 1, UTC)
    report = verify(bundle, trust=trust, files=[FILE], now=before)
    assert unsound(report) == [("anchor.time", "undetermined", "anchor.later")]
    after = datetime.fromtimestamp(BLOCK_TIME, UTC)
    assert verify(bundle, trust=trust, files=[FILE], now=after).verdict is Status.VERIFIED


# --- keys ----------------------------------------------------------------------------------------


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


# --- the entry's content --------------------------------------------------------------------------


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


# --- plans ---------------------------------------------------------------------------------------


def planned() -> SampleLog:
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
    reference = {
        "record_id": plan.value["record_id"],
        "leaf_hash": plan.leaf_hash.hex(),
    }
    covered = transfer(
        FILE,
        covered_by={
            "plan": reference,
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


# --- the report ----------------------------------------------------------------------------------


def test_verify_report_speaks_both_languages_completely(bundle: Bundle, trust: Trust) -> None:
    for change in (flip_body, other_signer, anchor(block_time=8)):
        for check in verify(change(bundle), trust=trust, files=[OTHER]).checks:
            for language in LANGUAGES:
                assert check.title(language)
                assert (check.text(language) is None) == (check.reason is None)


def test_verify_imports_no_server_database_settings_or_socket() -> None:
    """Held by a fresh interpreter: what verifying an anchored bundle loads, all in all."""
    program = (
        "import sys, ledger.verify, ledger.cli.verify\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert loaded.isdisjoint(
        {
            "aiohttp", "alembic", "api", "eth_account", "eth_tester", "fastapi", "httpx2",
            "psycopg", "pydantic", "pydantic_settings", "requests", "sqlalchemy", "sqlite3",
            "starlette", "uvicorn", "web3",
        }
    )  # fmt: skip


def test_verify_leaf_of_the_bundle_is_the_bytes_it_carries(bundle: Bundle) -> None:
    """Formatting of the entry matters: the same JSON in other bytes is another leaf."""
    value = json.loads(bundle.entry.body)
    spaced = json.dumps(value).encode()
    assert leaf_hash(spaced) != leaf_hash(bundle.entry.body)
