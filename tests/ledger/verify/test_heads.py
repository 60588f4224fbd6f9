"""Many bundles of one checkpoint: its signatures are checked once, and rightly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.checkpoint import open_checkpoint
from ledger.report import Status
from ledger.trust import Trust
from ledger.verify import CheckedHeads, heads, logged, verify
from tests.samples import ORIGIN, SampleLog, transfer


@pytest.fixture
def log() -> SampleLog:
    return SampleLog([transfer().entry for _ in range(5)])


def test_many_bundles_have_the_reports_that_each_has_alone(
    log: SampleLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, trust = [log.bundle(index) for index in range(5)], log.trust()
    alone = [verify(bundle, trust=trust, without_files=True) for bundle in bundles]
    assert {report.verdict for report in alone} == {Status.VERIFIED}
    opened: list[str] = []

    def counting(note: str, *keys: object) -> object:
        opened.append(note)
        return open_checkpoint(note, *keys)  # type: ignore[arg-type]

    monkeypatch.setattr(logged, "open_checkpoint", counting)
    known = CheckedHeads()
    for bundle, report in zip(bundles, alone, strict=True):
        again = verify(bundle, trust=trust, without_files=True, heads=known)
        assert again.checks == report.checks
    # The log's key, and its operator's.
    assert len(opened) == 2


def test_false_signature_after_a_sound_one_is_false(log: SampleLog) -> None:
    bundle, trust, known = log.bundle(1), log.trust(), CheckedHeads()
    assert verify(bundle, trust=trust, without_files=True, heads=known).verdict == "verified"
    other = SampleLog([*log.entries, transfer().entry], log.signer).bundle(1)
    # The signatures of one head under the text of another.
    text, lines = other.checkpoint.split("\n\n")[0], bundle.checkpoint.split("\n\n")[1]
    forged = replace(other, checkpoint=f"{text}\n\n{lines}", anchor=None)
    report = verify(forged, trust=trust, without_files=True, heads=known)
    assert report.verdict is Status.FAILED


def test_another_trust_is_asked_anew(log: SampleLog) -> None:
    bundle, known = log.bundle(1), CheckedHeads()
    assert verify(bundle, trust=log.trust(), without_files=True, heads=known).verdict == "verified"
    stranger = verify(bundle, trust=Trust(), without_files=True, heads=known)
    assert stranger.verdict is Status.UNDETERMINED
    theirs = SampleLog(log.entries).trust()
    assert verify(bundle, trust=theirs, without_files=True, heads=known).verdict == "failed"


def test_operator_line_that_is_missing_is_judged_with_and_without_an_anchor(log: SampleLog) -> None:
    """Before the first anchor it may be missing, and must not be remembered as allowed."""
    sealed = log.bundle(1)
    block = sealed.checkpoint.splitlines(keepends=True)
    bare = "".join(block[:5])
    assert bare.count(ORIGIN) == 2
    known, trust = CheckedHeads(), log.trust()
    early = replace(sealed, checkpoint=bare, anchor=None)
    waiting = verify(early, trust=trust, without_files=True, heads=known)
    assert waiting.verdict is Status.UNDETERMINED
    late = replace(sealed, checkpoint=bare)
    assert verify(late, trust=trust, without_files=True, heads=known).verdict == "failed"


def test_no_more_checkpoints_are_remembered_than_there_is_room_for() -> None:
    known = CheckedHeads()
    trust = SampleLog([transfer().entry]).trust()
    for _ in range(heads._CAPACITY + 3):
        other = SampleLog([transfer().entry])
        known.check(other.bundle(0).checkpoint, other.checkpoint, trust, anchored=True)
    assert len(known._known) == heads._CAPACITY
