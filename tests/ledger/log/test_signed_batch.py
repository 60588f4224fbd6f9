"""Signed batches: refused where the manifest is of others, found again for each record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.archive import write_archive
from ledger.archive.recovery import recover, restore
from ledger.archive.source import Directory
from ledger.batch import decode_batch
from ledger.jws import unsigned
from ledger.log import Appended, Log, Submission
from ledger.log import signed_batch as module
from ledger.manifest import TYP, Manifest
from ledger.merkle import leaf_hash
from ledger.statement import LineError, Statement
from ledger.submission import Lines
from tests.log_home import NOW, SIGNER, Home, append, sqlite_home
from tests.samples import transfer
from tests.signed_batch import KEY, manifest, signed_lines


def hand_in(log: Log, entries: Sequence[bytes], submitter: str = "acme") -> Appended:
    return append(log, decode_batch(b"\n".join(entries)), submitter)


def fresh(count: int) -> list[bytes]:
    return [transfer().entry for _ in range(count)]


def check_signed(log: Log, index: int) -> Manifest | None:
    """Hold an entry against the manifest that is found for it."""
    leaf = leaf_hash(log.entry(index))
    found = log.signed_place(index, leaf)
    if found is None:
        return None
    signed = Manifest.parse(Statement.from_entry(log.entry(found.manifest_index)).value["jws"])
    signed.jws.verify(KEY.public)
    signed.verify_record(leaf, found.place)
    return signed


@pytest.mark.parametrize("count", [1, 2, 255, 256, 300])
def test_each_record_of_a_signed_batch_finds_its_manifest_and_its_path(
    sqlite: Home, count: int
) -> None:
    log = sqlite.open()
    hand_in(log, fresh(3))
    entries = fresh(count)
    hand_in(log, [*entries, manifest(entries).entry])
    hand_in(log, fresh(2))
    for index in {3, 3 + count // 2, 2 + count}:
        signed = check_signed(log, index)
        assert signed is not None
        assert signed.claims.count == count
    for index in (0, 2, 3 + count, 4 + count, 5 + count):
        assert check_signed(log, index) is None


def test_a_batch_with_repeats_keeps_the_order_that_was_signed(home: Home) -> None:
    log = home.open()
    old, new = fresh(2), fresh(3)
    hand_in(log, old)
    # A repeat of what was logged before, and one within the batch.
    entries = [new[0], old[1], new[1], new[0], new[2]]
    appended = hand_in(log, [*entries, manifest(entries).entry])
    assert (appended.added, appended.duplicates) == (4, 2)
    assert [check_signed(log, index) is not None for index in range(6)] == [
        False, False, True, True, True, False,
    ]  # fmt: skip
    hand_in(log, fresh(1))
    assert check_signed(log, 6) is None


def test_a_signed_batch_sent_again_changes_nothing(home: Home) -> None:
    log, entries = home.open(), fresh(3)
    lines = [*entries, manifest(entries).entry]
    first = hand_in(log, lines)
    again = hand_in(log, lines)
    assert (again.added, again.indexes) == (0, first.indexes)
    assert check_signed(log, 1) is not None


def test_a_manifest_over_what_was_logged_before_takes_its_place_from_nobody(sqlite: Home) -> None:
    log, entries = sqlite.open(), fresh(3)
    hand_in(log, entries)
    assert hand_in(log, [*entries, manifest(entries).entry]).added == 1
    assert check_signed(log, 1) is None


def told(lines: Sequence[bytes]) -> tuple[str, int]:
    with pytest.raises(LineError) as caught:
        log_batch(lines)
    return caught.value.code, caught.value.line


def log_batch(lines: Sequence[bytes]) -> None:
    Lines.of(decode_batch(b"\n".join(lines)))


def test_a_manifest_of_other_lines_is_refused_with_its_line() -> None:
    entries = fresh(4)
    right = manifest(entries).entry
    log_batch([*entries, right])
    assert told([*entries[:3], right]) == ("manifest.count", 4)
    assert told([*entries, entries[0], right]) == ("manifest.count", 6)
    assert told([*reversed(entries), right]) == ("manifest.root", 5)
    assert told([*entries[:3], entries[0], right]) == ("manifest.root", 5)
    assert told([right]) == ("manifest.count", 1)


def test_a_manifest_is_the_last_line_and_the_only_one() -> None:
    entries = fresh(2)
    right = manifest(entries).entry
    assert told([right, *entries]) == ("manifest.place", 1)
    assert told([*entries, right, right]) == ("manifest.place", 3)


def test_a_manifest_with_a_wrong_signature_is_refused_with_its_line() -> None:
    entries = fresh(1)
    claims = Manifest.parse(manifest(entries).value["jws"]).jws.claims
    signed = unsigned(KEY.public, claims, typ=TYP).sign(KEY).text
    forged = f"{signed[:-8]}AAAAAAAA"
    line = Statement.build({"kind": "manifest", "jws": forged}).entry
    assert told([*entries, line]) == ("jws.signature", 2)


def test_a_refused_manifest_logs_nothing(home: Home) -> None:
    log, entries = home.open(), fresh(3)
    lines = [*entries[:2], manifest(entries).entry]
    with pytest.raises(LineError):
        hand_in(log, lines)
    assert log.head().size == 0
    hand_in(log, lines[:2])


def test_a_lone_manifest_is_logged_and_signs_nothing(sqlite: Home) -> None:
    log, entries = sqlite.open(), fresh(2)
    single = [Submission.of(Statement.from_entry(e)) for e in (*entries, manifest(entries).entry)]
    append(log, single)
    assert check_signed(log, 0) is None


def test_batches_beyond_what_is_kept_are_computed_anew(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CAPACITY", 5)
    log = sqlite.open()
    for _ in range(4):
        entries = fresh(3)
        hand_in(log, [*entries, manifest(entries).entry])
    for _ in range(2):
        assert [check_signed(log, index) is not None for index in range(16)] == [
            *([True] * 3), False,
        ] * 4  # fmt: skip


@pytest.mark.parametrize("side_files", [True, False], ids=["side files", "none"])
def test_recover_finds_signed_batches_by_their_submissions(
    home: Home, tmp_path: Path, *, side_files: bool
) -> None:
    log = home.open()
    hand_in(log, fresh(2))
    older = home.copy()
    log = home.open()
    entries = fresh(300)
    hand_in(log, [*entries, manifest(entries).entry], "acme")
    # A stranger's, over what stands before it: it came by itself.
    last = log.entries(301, 2)
    append(log, [Submission.of(manifest(last))], "stranger")
    log.publish(now=NOW)
    write_archive(log, tmp_path / "archive", signer=SIGNER)
    home.close()
    home.url = older
    recover(
        home.store(), Directory(tmp_path / "archive"), home.record, verifier=SIGNER.verifier,
        side_files=side_files,
    )  # fmt: skip
    log = home.open()
    found = [index for index in (0, 1, 2, 150, 301, 302, 303) if check_signed(log, index)]
    assert found == ([2, 150, 301] if side_files else [])


def test_restore_finds_signed_batches(sqlite: Home, tmp_path: Path) -> None:
    log, entries = sqlite.open(), fresh(2)
    hand_in(log, [*entries, manifest(entries).entry])
    log.publish(now=NOW)
    write_archive(log, tmp_path / "archive", signer=SIGNER)
    (tmp_path / "new").mkdir()
    new = sqlite_home(tmp_path / "new")
    restore(new.store(), Directory(tmp_path / "archive"), verifier=SIGNER.verifier)
    assert check_signed(new.open(), 1) is not None
    new.close()


_LINES = st.lists(st.sampled_from([transfer().entry for _ in range(5)]), min_size=1, max_size=9)


@given(before=_LINES, batch=_LINES)
def test_any_repeats_leave_every_new_record_with_its_path(
    tmp_path_factory: pytest.TempPathFactory, before: list[bytes], batch: list[bytes]
) -> None:
    home = sqlite_home(tmp_path_factory.mktemp("signed"))
    log = home.open()
    hand_in(log, before)
    size = log.head().size
    append(log, decode_batch(signed_lines(batch)))
    for index in range(log.head().size - 1):
        assert (check_signed(log, index) is not None) == (index >= size)
    home.close()
