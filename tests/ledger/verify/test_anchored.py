"""What is not trusted or could not be asked: logs, anchors and chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.anchor import MAX_BLOCK_TIME, ChainFacts, ChainIdentity, LogStanding, LogStatus
from ledger.bundle import Bundle
from ledger.errors import UnavailableError
from ledger.report import Status
from ledger.trust import Trust
from ledger.verify import verify
from tests.ledger.verify.answers import FILE, INDEX, Answering, anchor, only, unsound, yes
from tests.samples import BLOCK_TIME, CHAIN, SampleLog


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
        (lambda f: replace(f, block_hash=None), Status.UNDETERMINED, "chain.pruned"),
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


@pytest.mark.parametrize(
    ("standing", "reason", "found"),
    [
        (LogStanding(LogStatus.ACTIVE), None, None),
        (LogStanding(LogStatus.ACTIVE, struck=1), "log.struck", "1"),
        (LogStanding(LogStatus.FROZEN, struck=2), "log.frozen", None),
        (LogStanding(LogStatus.CLOSED), "log.closed", None),
        (LogStanding(LogStatus.CLOSED, 1, b"\x07" * 32), "log.continued", "0x" + "07" * 32),
    ],
)
def test_verify_how_the_log_stands_is_told_and_decides_nothing(
    log: SampleLog, bundle: Bundle, standing: LogStanding, reason: str | None, found: str | None
) -> None:
    assert bundle.anchor is not None
    trust = log.trust(pinned=False)
    told = verify(
        bundle, trust=trust, files=[FILE],
        chain=Answering(replace(yes(bundle.anchor), standing=standing)),
    )  # fmt: skip
    check = only(told, "log.standing")
    assert (check.status, check.reason, check.found) == (Status.VERIFIED, reason, found)
    assert told.verdict is Status.VERIFIED
    for language in ("en", "zh"):
        assert (check.text(language) is None) == (reason is None)
    gone = replace(yes(bundle.anchor), standing=standing, committed=False)
    assert verify(bundle, trust=trust, files=[FILE], chain=Answering(gone)).verdict is Status.FAILED


def test_verify_without_an_answer_says_nothing_of_how_the_log_stands(
    log: SampleLog, bundle: Bundle
) -> None:
    assert bundle.anchor is not None
    for answer in (yes(bundle.anchor), UnavailableError("chain.unreachable", "no answer")):
        chain = Answering(answer)
        report = verify(bundle, trust=log.trust(pinned=False), files=[FILE], chain=chain)
        assert "log.standing" not in {check.code for check in report.checks}


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


@pytest.mark.parametrize("block_time", [MAX_BLOCK_TIME, MAX_BLOCK_TIME // 1_000, 0])
def test_verify_at_a_time_takes_any_block_time(
    log: SampleLog, trust: Trust, block_time: int
) -> None:
    """Seconds or milliseconds, what a bundle says of its block is judged and never breaks."""
    changed = anchor(block_time=block_time)(log.bundle(INDEX))
    report = verify(changed, trust=trust, files=[FILE], now=datetime(2026, 12, 1, tzinfo=UTC))
    assert ("anchor.chain", "failed", "anchor.contradicts-pin") in unsound(report)
    assert changed.anchor is not None
    text = changed.to_json().replace(f'"block_time": {block_time}', f'"block_time": {2**53 - 1}')
    assert text != changed.to_json()
    assert only(verify(text, trust=trust), "bundle.format").status is Status.FAILED
