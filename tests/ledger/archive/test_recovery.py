from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.archive import write_archive
from ledger.archive.manifest import SIDE_FILES, Manifest, SideFile, manifest_path
from ledger.archive.recovery import Recovered, recover, restore
from ledger.archive.sidecar import ANCHORS, SUBMISSIONS, submission_line
from ledger.archive.source import Directory
from ledger.audit import audit
from ledger.checkpoint import Checkpoint
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    ReadOnlyError,
    VerificationError,
)
from ledger.head import Head
from ledger.log import Log, PlanConflictError, Range, RecordConflictError, Submission
from ledger.log.head_record import AnchoredHead, Recorded
from ledger.merkle import leaf_hash
from ledger.note import Signer, sign
from ledger.statement import Statement
from ledger.store import AnchorState, Submitted
from ledger.tree import grow
from tests.log_home import (
    NOW,
    SIGNER,
    Home,
    anchor_of,
    append,
    fresh_records,
    record,
    records,
    sqlite_home,
)
from tests.plan_log import covered, plan

VERIFIER = SIGNER.verifier


class Loss:
    """A log of 1,000 entries: an archive of all of them, and a copy of the database at 300."""

    def __init__(self, home: Home, directory: Path) -> None:
        self.home = home
        self.archive = directory / "archive"
        log = home.open()
        append(log, records(range(300)), "acme")
        log.publish(now=NOW)
        self.older = home.copy()
        log = home.open()
        append(log, records(range(300, 700)), "globex")
        log.publish(now=NOW)
        write_archive(log, directory / "shorter archive", signer=SIGNER)
        self.shorter = directory / "shorter archive"
        append(log, records(range(700, 1_000)), "acme")
        log.publish(now=NOW)
        log.record_anchor(anchor_of(log, 700), AnchorState.FINAL)
        self.head = log.head()
        self.anchored = AnchoredHead.of(anchor_of(log, 700))
        write_archive(log, self.archive, signer=SIGNER)
        home.close()

    @property
    def source(self) -> Directory:
        return Directory(self.archive)

    def side_file(self, name: str) -> Path:
        """Find the one version of a side file that there is."""
        (path,) = (self.archive / "side").glob(f"{name.split('.', maxsplit=1)[0]}-*.ndjson")
        return path

    def sign_again(
        self, name: str, change: Callable[[bytes], bytes], signer: Signer = SIGNER
    ) -> None:
        """Change a side file, and sign a manifest that says so."""
        files = []
        for each in SIDE_FILES:
            path = self.side_file(each)
            data = change(path.read_bytes()) if each == name else path.read_bytes()
            path.unlink()
            files.append(SideFile(each, len(data), hashlib.sha256(data).digest()))
            (self.archive / files[-1].path).write_bytes(data)
        note = Manifest(self.head.checkpoint, tuple(files)).sign(signer)
        (self.archive / manifest_path(self.head.size)).write_text(note)

    def go_back(self) -> None:
        self.home.url = self.older

    def check_whole(self, log: Log) -> None:
        assert log.read_only_reason is None
        assert log.head().root == self.head.root
        assert log.entries(0, 1_001) == [r.entry for r in records(range(1_000))]
        assert [log.submitter_of(i) for i in (0, 299, 300, 999)] == [
            "acme",
            "acme",
            "globex",
            "acme",
        ]
        assert log.checkpoint_at(700) is not None
        assert log.store.anchors() == [(anchor_of(log, 700), AnchorState.FINAL)]
        assert log.state_of(699) == "final"
        assert audit(log, entries=False).findings == []
        assert append(log, records(range(300))).added == 0
        assert append(log, fresh_records(1)).ranges == (Range(1, 1_000, 1),)


@pytest.fixture
def loss(home: Home, tmp_path: Path) -> Loss:
    return Loss(home, tmp_path)


def test_recover_fills_an_older_copy_up_to_the_head_record(loss: Loss) -> None:
    loss.go_back()
    assert loss.home.open().read_only_reason is not None
    done = recover(
        loss.home.store(),
        loss.source,
        loss.home.record,
        verifier=VERIFIER,
        anchored_head=loss.anchored,
    )
    assert done == Recovered(old_size=300, size=1_000, missing=0)
    loss.check_whole(loss.home.open(anchored_head=loss.anchored))


def test_recover_without_side_files_knows_no_submitter_and_takes_the_entry_for_one(
    loss: Loss,
) -> None:
    """Published tiles and entries are enough; whoever has the entry with its salt is its owner."""
    shutil.rmtree(loss.archive / "side")
    loss.go_back()
    recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER, side_files=False)
    log = loss.home.open()
    assert log.read_only_reason is None
    assert log.store.anchors() == []
    assert audit(log, entries=False).findings == []
    assert [log.submitter_of(i) for i in (299, 300, 999)] == ["acme", None, None]
    assert append(log, [record(500)], "anyone").indexes == [500]
    with pytest.raises(RecordConflictError):
        append(log, [record(500, "other")], "globex")
    with pytest.raises(RecordConflictError):
        append(log, [record(299)], "globex")


def test_recover_from_a_source_that_ends_too_early_says_what_is_missing(loss: Loss) -> None:
    loss.go_back()
    shorter = Directory(loss.shorter)
    done = recover(loss.home.store(), shorter, loss.home.record, verifier=VERIFIER)
    assert done == Recovered(old_size=300, size=700, missing=300)
    log = loss.home.open()
    assert log.read_only_reason is not None
    assert log.read_only_reason.code == "log.behind-head-record"
    assert log.entry(699) == record(699).entry
    again = recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert again == Recovered(old_size=700, size=1_000, missing=0)
    loss.check_whole(loss.home.open())


def test_recover_counts_what_only_an_anchor_knows_of_as_missing(loss: Loss) -> None:
    loss.go_back()
    beyond = replace(loss.anchored, size=1_234)
    done = recover(
        loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER, anchored_head=beyond
    )
    assert done.missing == 234
    assert loss.home.open(anchored_head=beyond).read_only_reason is not None


def test_recover_a_whole_log_changes_nothing(loss: Loss) -> None:
    done = recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert done == Recovered(old_size=1_000, size=1_000, missing=0)
    loss.check_whole(loss.home.open())


def test_recover_into_an_empty_database(loss: Loss, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    done = recover(new.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert done == Recovered(old_size=0, size=1_000, missing=0)
    loss.home.url = new.url
    loss.check_whole(loss.home.open())
    new.close()


def test_recover_without_a_head_record_only_where_somebody_answers_for_it(loss: Loss) -> None:
    loss.go_back()
    (loss.home.directory / "head").unlink()
    with pytest.raises(ConfigurationError) as caught:
        recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert caught.value.code == "recovery.no-head-record"
    done = recover(
        loss.home.store(),
        loss.source,
        loss.home.record,
        verifier=VERIFIER,
        anchored_head=loss.anchored,
        without_record=True,
    )
    assert done.missing == 0
    recorded = loss.home.record.read()
    assert recorded is not None
    assert recorded.anchored == loss.anchored
    loss.check_whole(loss.home.open())


# What does not fit leaves everything as it was


def is_unchanged_by(loss: Loss, source: Directory, *errors: type[Exception]) -> Exception:
    record_before = (loss.home.directory / "head").read_bytes()
    with pytest.raises(errors) as caught:
        recover(loss.home.store(), source, loss.home.record, verifier=VERIFIER)
    assert (loss.home.directory / "head").read_bytes() == record_before
    log = loss.home.open()
    assert log.head().size == 300
    assert log.read_only_reason is not None
    assert log.find(record(300).record_id) is None
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001", "tile/0/003.p/232", "tile/1/000.p/3", "tile/entries/001",
        "side/manifest-1000", "side/anchors-*", "side/submissions-*", "side/checkpoints-*",
    ],
)  # fmt: skip
def test_recover_from_a_damaged_source_is_refused(loss: Loss, path: str) -> None:
    loss.go_back()
    (file,) = loss.archive.glob(path)
    data = file.read_bytes()
    file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    is_unchanged_by(loss, loss.source, VerificationError, MalformedError)
    file.unlink()
    is_unchanged_by(loss, loss.source, NotFoundError)


def test_recover_from_a_source_with_an_anchor_of_another_root_is_refused(loss: Loss) -> None:
    loss.go_back()
    root = loss.anchored.root.hex().encode()
    loss.sign_again(ANCHORS, lambda data: data.replace(root, b"00" * 32))
    error = is_unchanged_by(loss, loss.source, VerificationError)
    assert "anchored head" in str(error)


def test_recover_from_a_source_of_another_history_is_refused(loss: Loss, tmp_path: Path) -> None:
    """Signed by the log's own key, and still not what was acknowledged."""
    (tmp_path / "other").mkdir()
    other = sqlite_home(tmp_path / "other")
    log = other.open()
    append(log, records(range(300)))
    append(log, records(range(5_000, 6_000)))
    log.publish(now=NOW)
    write_archive(log, tmp_path / "other archive", signer=SIGNER)
    other.close()
    loss.go_back()
    error = is_unchanged_by(loss, Directory(tmp_path / "other archive"), VerificationError)
    assert "the head that was acknowledged or anchored" in str(error)


def test_recover_a_rewritten_database_is_refused_and_an_empty_one_is_filled(
    loss: Loss, tmp_path: Path
) -> None:
    (tmp_path / "rewritten").mkdir()
    rewritten = sqlite_home(tmp_path / "rewritten")
    append(rewritten.open(), records(range(7_000, 7_200)))
    with pytest.raises(VerificationError) as caught:
        recover(rewritten.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert caught.value.code == "recovery.forked"
    rewritten.close()
    (tmp_path / "empty").mkdir()
    empty = sqlite_home(tmp_path / "empty")
    assert restore(empty.store(), loss.source, verifier=VERIFIER).size == 1_000
    loss.home.url = empty.url
    loss.check_whole(loss.home.open())
    empty.close()


def test_restore_from_a_source_that_logs_a_record_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "twice").mkdir()
    twice = sqlite_home(tmp_path / "twice")
    log = twice.open()
    append(log, records(range(300)))
    with log.store.sequencing() as sequencing:
        old = sequencing.head()
        sequencing.insert_records([record(9_000).record_id], 300)
        growth = grow(300, log.tree(300).edge(), [leaf_hash(record(5).entry)])
        sequencing.put_tiles(growth.tiles)
        sequencing.add_entries(300, [record(5).entry])
        text = Checkpoint(log.origin, 301, growth.root).text()
        sequencing.move_head(old, Head.parse(sign(text, SIGNER)))
    log.publish(now=NOW)
    write_archive(log, tmp_path / "archive of twice", signer=SIGNER)
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    with pytest.raises(VerificationError) as caught:
        restore(new.store(), Directory(tmp_path / "archive of twice"), verifier=VERIFIER)
    assert caught.value.code == "recovery.repeated"
    twice.close()
    new.close()


def test_recover_with_the_key_of_another_log_is_refused(loss: Loss) -> None:
    stranger = Signer.generate("example.com/log").verifier
    with pytest.raises(VerificationError):
        recover(loss.home.store(), loss.source, loss.home.record, verifier=stranger)


def test_recover_with_a_head_record_of_another_key_is_refused(loss: Loss) -> None:
    text = loss.head.checkpoint.text()
    foreign = Head.parse(sign(text, Signer.generate("example.com/log")))
    (loss.home.directory / "head").write_bytes(Recorded(foreign).to_json())
    with pytest.raises(VerificationError):
        recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)


def test_recover_the_database_of_another_key_is_refused(loss: Loss, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    foreign = sqlite_home(tmp_path / "foreign")
    foreign.signer = Signer.generate("example.com/log")
    append(foreign.open(), records(range(3)))
    with pytest.raises(ConfigurationError):
        recover(foreign.store(), loss.source, loss.home.record, verifier=VERIFIER)
    foreign.close()


def signed(size: int, root: bytes, signer: Signer = SIGNER) -> dict[str, object]:
    note = sign(Checkpoint(SIGNER.name, size, root).text(), signer)
    return {"size": size, "root": root, "note": note}


@pytest.mark.parametrize(
    "forged",
    [
        signed(1_009, bytes(32), Signer.generate(SIGNER.name)),
        signed(1_009, bytes(32)),
        signed(1_000, bytes(32)),
        {**signed(1_000, bytes(32)), "note": None},
        {**signed(1_000, bytes(32)), "note": "no note"},
    ],
    ids=["another key", "beyond the tiles", "another root", "other columns", "no note"],
)
def test_recover_a_database_whose_head_the_log_never_had_moves_no_head_record(
    loss: Loss, forged: dict[str, object]
) -> None:
    note = forged["note"] or loss.head.note
    loss.home.execute(
        "UPDATE log SET size=:size, root=:root, note=:note", **{**forged, "note": note}
    )
    before = (loss.home.directory / "head").read_bytes()
    with pytest.raises(VerificationError) as caught:
        recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)
    assert caught.value.code == "recovery.head"
    assert (loss.home.directory / "head").read_bytes() == before


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ([Submitted(0, 300, "a", NOW), Submitted(300, 100, "b", NOW)], ["b"] + [None] * 2),
        ([Submitted(0, 300, "a", NOW), Submitted(400, 600, "b", NOW)], [None] * 3),
        ([Submitted(300, 700, "b", NOW), Submitted(300, 700, "c", NOW)], ["b"] * 3),
        ([Submitted(300, 10**9, "b", NOW)], [None] * 3),
    ],
)
def test_recover_takes_submissions_as_far_as_they_are_whole(
    loss: Loss, lines: list[Submitted], known: list[str | None]
) -> None:
    loss.go_back()
    loss.sign_again(SUBMISSIONS, lambda _: b"".join(submission_line(line) for line in lines))
    recover(loss.home.store(), loss.source, loss.home.record, verifier=VERIFIER)
    log = loss.home.open()
    assert [log.submitter_of(index) for index in (300, 500, 999)] == known
    assert audit(log, entries=False).findings == []


LIE = submission_line(Submitted(0, 1_000, "mallory", NOW))


def test_restore_and_recover_believe_no_side_file_that_the_log_has_not_signed(
    loss: Loss, tmp_path: Path
) -> None:
    """Who submitted an entry may read it: whoever can write to the backups must not say who."""
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    loss.go_back()
    true = loss.side_file(SUBMISSIONS).read_bytes()
    loss.side_file(SUBMISSIONS).write_bytes(LIE)
    for code in ("archive.side-file", "note.unsigned"):
        with pytest.raises(VerificationError) as caught:
            restore(new.store(), loss.source, verifier=VERIFIER)
        assert caught.value.code == code
        is_unchanged_by(loss, loss.source, VerificationError)
        loss.sign_again(SUBMISSIONS, lambda _: LIE, Signer.generate(SIGNER.name))
    loss.sign_again(SUBMISSIONS, lambda _: true)
    restore(new.store(), loss.source, verifier=VERIFIER)
    assert new.open().submitter_of(300) == "globex"
    new.close()


def test_restore_and_recover_take_no_manifest_of_another_checkpoint(
    loss: Loss, tmp_path: Path
) -> None:
    """The log has signed it, for the shorter archive, or for another log by the same key."""
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    manifest = loss.archive / manifest_path(1_000)
    older = (loss.shorter / manifest_path(700)).read_text()
    checkpoint = (loss.archive / "checkpoint").read_text()
    for note in (older, checkpoint):
        manifest.write_text(note)
        with pytest.raises(VerificationError) as caught:
            restore(new.store(), loss.source, verifier=VERIFIER)
        assert caught.value.code == "archive.manifest"
    new.close()


def test_restore_from_tiles_and_entries_alone_is_refused_and_says_what_to_do(
    loss: Loss, tmp_path: Path
) -> None:
    shutil.rmtree(loss.archive / "side")
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    with pytest.raises(NotFoundError, match="--without-side-files") as caught:
        restore(new.store(), loss.source, verifier=VERIFIER)
    assert caught.value.code == "archive.no-manifest"
    new.close()


# Restoring


def test_restore_fills_an_empty_database_and_the_head_record_says_whether_it_is_whole(
    loss: Loss, tmp_path: Path
) -> None:
    for archive, code in ((loss.archive, None), (loss.shorter, "log.behind-head-record")):
        directory = tmp_path / f"restored from {archive.name}"
        directory.mkdir()
        restored = sqlite_home(directory)
        assert restore(restored.store(), Directory(archive), verifier=VERIFIER).old_size == 0
        shutil.copy(loss.home.directory / "head", directory / "head")
        reason = restored.open().read_only_reason
        assert (reason.code if reason else None) == code
        restored.close()


def test_restore_without_a_head_record_is_read_only_until_recovered(
    loss: Loss, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    restore(new.store(), loss.source, verifier=VERIFIER)
    with pytest.raises(ReadOnlyError) as caught:
        append(new.open(), records([5_000]))
    assert caught.value.code == "log.head-record-missing"
    recover(new.store(), loss.source, new.record, verifier=VERIFIER, without_record=True)
    loss.check_whole(new.open())
    new.close()


def test_restore_into_a_log_that_has_entries_is_refused(loss: Loss) -> None:
    with pytest.raises(ConflictError) as caught:
        restore(loss.home.store(), loss.source, verifier=VERIFIER)
    assert caught.value.code == "recovery.not-empty"


def test_restore_into_a_database_where_the_log_was_only_begun(loss: Loss, tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    begun = sqlite_home(tmp_path / "begun")
    begun.open().publish(now=NOW)
    begun.close()
    restore(begun.store(), loss.source, verifier=VERIFIER)
    log = begun.open()
    loss.check_whole(log)
    begun.close()


@pytest.mark.parametrize("side_files", [True, False])
def test_recover_counts_places_under_plans_from_the_entries(
    home: Home, tmp_path: Path, *, side_files: bool
) -> None:
    of = plan(transfers=4, personal=9)
    log = home.open()
    append(log, [Submission.of(of), covered(of, 1, 3)], "acme")
    older = home.copy()
    log = home.open()
    append(log, [covered(of, 2, 5), *records(range(300)), covered(of, 3, 7)], "acme")
    log.publish(now=NOW)
    write_archive(log, tmp_path / "archive", signer=SIGNER)
    home.close()
    home.url = older
    recover(
        home.store(), Directory(tmp_path / "archive"), home.record, verifier=VERIFIER,
        side_files=side_files,
    )  # fmt: skip
    check_next_place_is_the_fourth(home.open(), of)


def test_restore_counts_places_under_plans_from_the_entries(home: Home, tmp_path: Path) -> None:
    of = plan(transfers=4, personal=9)
    log = home.open()
    append(log, [Submission.of(of), *(covered(of, n, 2 * n + 1) for n in (1, 2, 3))], "acme")
    log.publish(now=NOW)
    write_archive(log, tmp_path / "archive", signer=SIGNER)
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    restore(new.store(), Directory(tmp_path / "archive"), verifier=VERIFIER)
    shutil.copy(home.record.path, new.record.path)
    check_next_place_is_the_fourth(new.open(), of)
    new.close()


def check_next_place_is_the_fourth(log: Log, of: Statement) -> None:
    for wrong, code in (
        (covered(of, 3, 7), "plan.sequence"),
        (covered(of, 4, 6), "plan.total"),
        (covered(of, 4, 10), "plan.ceiling"),
    ):
        with pytest.raises(PlanConflictError) as caught:
            append(log, [wrong], "acme")
        assert caught.value.code == code
    append(log, [covered(of, 4, 9)], "acme")
