"""Bundles with what others said: which attestation of a stage, and when it joins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger import receipt, related, status
from ledger.attestation import Stage, draft
from ledger.bundle import Bundle
from ledger.claims import leaf_name
from ledger.follower import catch_up
from ledger.jwk import PrivateKey
from ledger.kinds.members import Digests
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.merkle import leaf_hash
from ledger.prover import prove
from ledger.receipt import Received
from ledger.report import Status as Outcome
from ledger.statement import Statement
from ledger.status import Action
from ledger.store import AnchorState, Store, StoredAnchor
from ledger.trust import Trust, TrustedChain, TrustedLog
from ledger.verify import verify
from tests.attestation_claims import claims_of
from tests.covered_transfer import KEY, records
from tests.log_home import CHAIN, NOW, SIGNER, anchor_of
from tests.logged_dossier import accredited

_LOG_ID = bytes(32)
_PRE, _BACKUP, _CHECK = Stage


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    with store:
        yield Log.open(store, SIGNER, HeadRecord(tmp_path / "head"))


def append(log: Log, *statements: Statement, anchored: bool = False) -> None:
    submissions = [Submission.of(s) for s in statements]
    log.append(submissions, submitter="tester", now=NOW)
    assert log.publish(now=NOW) is not None
    if anchored:
        log.record_anchor(anchor_of(log, log.head().size), AnchorState.FINAL)


def bundle(log: Log, statement: Statement) -> Bundle:
    assert catch_up(log)

    def covering(index: int) -> StoredAnchor | None:
        return log.store.covering_anchor(CHAIN, _LOG_ID, index)

    return prove(log, statement.record_id, covering=covering)


def shown(found: Bundle) -> dict[Stage, bytes]:
    return {stage: leaf_hash(attested.entry.body) for stage, attested in found.attestations.items()}


def attest(stage: Stage, about: Statement, **claims: Any) -> Statement:
    value = claims_of(stage)
    value["credentialSubject"] |= {
        "id": leaf_name(about.leaf_hash),
        "record_id": str(about.members.record_id),
        **claims,
    }
    waiting, _ = draft(KEY.public, value)
    return Statement.build({"kind": "attestation", "jws": waiting.sign(KEY).text})


def say(about: Statement, action: Action) -> Statement:
    waiting = status.draft(
        KEY.public, issuer="someone", issued_at=1, leaf=about.leaf_hash,
        record_id=str(about.members.record_id), action=action, reason="because",
    )  # fmt: skip
    return Statement.build({"kind": "status", "jws": waiting.sign(KEY).text})


def test_bundle_carries_what_was_said_of_record_plan_and_attestations(log: Log) -> None:
    made = records()
    received = receipt.draft(
        KEY.public, issuer="hkbr:12345678", issued_at=1, transfer=made["transfer"].leaf_hash,
        record_id=str(made["transfer"].members.record_id), sent=[], received=[],
        purpose="p", scope="s",
    )  # fmt: skip
    more = [
        Statement.build({"kind": "receipt", "jws": received.sign(KEY).text}),
        say(made["backup"], Action.SUSPEND),
        say(made["plan"], Action.STOP),
        say(made["backup"], Action.REINSTATE),
    ]
    append(log, *made.values(), *more, anchored=True)
    found = bundle(log, made["transfer"])
    assert shown(found) == {
        _PRE: made["pre_assessment"].leaf_hash,
        _BACKUP: made["backup"].leaf_hash,
        _CHECK: made["post_check"].leaf_hash,
    }
    assert [entry.index for entry in found.receipts] == [5]
    assert [entry.index for entry in found.statuses] == [6, 7, 8]
    anchor = anchor_of(log, log.head().size)
    trust = Trust(
        (TrustedLog(SIGNER.name, (SIGNER.verifier,), _LOG_ID),),
        (TrustedChain(CHAIN, sandbox=anchor.sandbox),),
        (anchor,),
        accreditations=(accredited(),),
    )
    report = verify(
        replace(found, receipts=()).to_json(),
        trust=trust,
        without_files=True,
        required=list(Stage),
    )
    wrong = [check.code for check in report.checks if check.status is Outcome.FAILED]
    assert wrong == []


def test_bundle_of_each_stage_carries_the_newest(log: Log) -> None:
    made = records()
    append(log, *made.values())
    newer = attest(_BACKUP, made["transfer"])
    append(log, newer)
    found = bundle(log, made["transfer"])
    # The post-check names the backup that it is against: that one, not the newest.
    assert shown(found)[_BACKUP] == made["backup"].leaf_hash
    checked = attest(
        _CHECK,
        made["transfer"],
        backup={"record_id": str(newer.members.record_id), "leaf_hash": newer.leaf_hash.hex()},
    )
    append(log, checked)
    found = bundle(log, made["transfer"])
    assert shown(found)[_BACKUP] == newer.leaf_hash
    assert shown(found)[_CHECK] == checked.leaf_hash


def test_bundle_prefers_the_assessment_before_the_transfer(log: Log) -> None:
    made = records()
    append(log, *(made[case] for case in ("plan", "pre_assessment", "transfer")))
    append(log, attest(_PRE, made["plan"]))
    assert shown(bundle(log, made["transfer"])) == {_PRE: made["pre_assessment"].leaf_hash}


def test_bundle_that_is_anchored_is_not_made_to_wait_for_what_was_said_since(log: Log) -> None:
    made = records()
    append(log, made["plan"], made["pre_assessment"], made["transfer"], anchored=True)
    append(log, made["backup"])
    early = bundle(log, made["transfer"])
    assert early.anchor is not None
    assert list(early.attestations) == [_PRE]
    append(log, made["post_check"], anchored=True)
    late = bundle(log, made["transfer"])
    assert late.anchor is not None
    assert late.anchor.size > early.anchor.size
    assert list(late.attestations) == list(Stage)
    first = late.attestations[_PRE].first
    assert first is not None
    assert first.anchor == early.anchor
    assert late.attestations[_BACKUP].first is None


def test_bundle_before_the_first_anchor_carries_what_is_published(log: Log) -> None:
    made = records()
    append(log, *made.values())
    found = bundle(log, made["transfer"])
    assert found.anchor is None
    assert list(found.attestations) == list(Stage)
    assert all(attested.first is None for attested in found.attestations.values())
    # What is not published yet does not join, and breaks nothing.
    log.append(
        [Submission((s := say(made["backup"], Action.REVOKE)).record_id, s.entry)],
        submitter="tester",
        now=NOW,
    )
    assert bundle(log, made["transfer"]).statuses == ()


def test_bundle_of_a_plan_carries_its_assessment(log: Log) -> None:
    made = records()
    append(log, made["plan"], made["pre_assessment"])
    assert shown(bundle(log, made["plan"])) == {_PRE: made["pre_assessment"].leaf_hash}


def test_bundle_carries_receipts_of_its_parties_alone(log: Log) -> None:
    """Anyone who may log at all can log a receipt of any leaf."""
    made = records()
    append(log, made["transfer"])

    def receive(submitter: str) -> int:
        waiting = receipt.draft(
            KEY.public, issuer=submitter, issued_at=1, transfer=made["transfer"].leaf_hash,
            record_id=str(made["transfer"].members.record_id), sent=[], received=[],
            purpose="p", scope="s",
        )  # fmt: skip
        made_one = Statement.build({"kind": "receipt", "jws": waiting.sign(KEY).text})
        submission = Submission.of(made_one)
        return log.append([submission], submitter=submitter, now=NOW).indexes[0]

    theirs, ours = receive("hkbr:12345678"), receive("tester")
    receive("a stranger")
    assert log.publish(now=NOW) is not None
    assert [entry.index for entry in bundle(log, made["transfer"]).receipts] == [theirs, ours]


@pytest.mark.parametrize("last", ["matches", "differs"])
def test_later_receipt_of_the_same_signer_corrects_the_earlier_one(log: Log, last: str) -> None:
    made = records()
    append(log, made["transfer"])
    strange = Received(size=1, digests=Digests(sha_256="ab" * 32))

    def receive(outcome: str, by: PrivateKey) -> int:
        waiting = receipt.draft(
            by.public, issuer="hkbr:12345678", issued_at=1, transfer=made["transfer"].leaf_hash,
            record_id=str(made["transfer"].members.record_id), sent=[],
            received=[] if outcome == "matches" else [strange], purpose="p", scope="s",
        )  # fmt: skip
        said = Statement.build({"kind": "receipt", "jws": waiting.sign(by).text})
        return log.append([Submission.of(said)], submitter="hkbr:12345678", now=NOW).indexes[0]

    # Somebody else's key corrects nothing.
    other = receive("differs", PrivateKey.generate())
    receive("matches" if last == "differs" else "differs", KEY)
    newest = receive(last, KEY)
    assert log.publish(now=NOW) is not None
    assert [entry.index for entry in bundle(log, made["transfer"]).receipts] == [other, newest]


def test_bundle_is_not_crowded_out_by_strangers_receipts(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one leaf only so many entries are looked at: strangers' must not be among them."""
    monkeypatch.setattr(related, "MAX_RELATED", 2)
    made = records()
    append(log, made["transfer"], made["backup"])
    waiting = receipt.draft(
        KEY.public, issuer="a stranger", issued_at=1, transfer=made["transfer"].leaf_hash,
        record_id=str(made["transfer"].members.record_id), sent=[], received=[],
        purpose="p", scope="s",
    )  # fmt: skip
    jws = waiting.sign(KEY).text
    flood = [Statement.build({"kind": "receipt", "jws": jws}) for _ in range(5)]
    submissions = [Submission.of(s) for s in flood]
    log.append(submissions, submitter="a stranger", now=NOW)
    assert log.publish(now=NOW) is not None
    found = bundle(log, made["transfer"])
    assert shown(found) == {_BACKUP: made["backup"].leaf_hash}
    assert found.receipts == ()
