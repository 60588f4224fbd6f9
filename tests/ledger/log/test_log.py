from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import merkle
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    ReadOnlyError,
)
from ledger.head import Head
from ledger.log import Log, Range, RecordConflictError, State, Submission
from ledger.log.head_record import AnchoredHead, HeadRecord, Recorded
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.note import Signer, sign
from ledger.store import AnchorState, Store
from ledger.tile import Tile, decode_entries, encode_entries
from tests.log_home import (
    CHAIN,
    NOW,
    SIGNER,
    Home,
    anchor_of,
    append,
    fresh_records,
    record,
    records,
)


def root_of(submissions: list[Submission]) -> bytes:
    return merkle.root([leaf_hash(submission.entry) for submission in submissions])


# Appending


def test_append_new_records_gives_consecutive_indexes_and_a_signed_head(home: Home) -> None:
    log = home.open()
    first = append(log, records(range(3)))
    second = append(log, records(range(3, 700)))
    assert first.ranges == (Range(1, 0, 3),)
    assert second.ranges == (Range(1, 3, 697),)
    assert (second.count, second.added, second.duplicates) == (697, 697, 0)
    assert second.batch_root == root_of(records(range(3, 700)))
    checkpoint, _ = open_checkpoint(log.head().note, log.verifier)
    assert checkpoint == Checkpoint("example.com/log", 700, root_of(records(range(700))))


def test_append_is_in_the_head_record_when_it_returns(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.head == log.head()


def test_append_repeated_batch_answers_with_the_first_indexes(home: Home) -> None:
    log = home.open()
    batch = records(range(300))
    first = append(log, batch)
    again = append(log, batch)
    assert (again.added, again.duplicates) == (0, 300)
    assert again.ranges == first.ranges
    assert again.batch_root == first.batch_root
    assert log.head().size == 300


def test_append_mixed_repeats_are_told_line_by_line(home: Home) -> None:
    log = home.open()
    append(log, records([0, 1, 2]))
    sent = records([9, 1, 9, 2, 3, 4, 0])
    appended = append(log, sent)
    assert appended.indexes == [3, 1, 3, 2, 4, 5, 0]
    assert (appended.added, appended.duplicates) == (3, 4)
    assert appended.batch_root == root_of(sent)
    assert log.entries(0, 10) == [r.entry for r in records([0, 1, 2, 9, 3, 4])]


def test_append_empty_batch_changes_nothing(home: Home) -> None:
    log = home.open()
    appended = append(log, [])
    assert (appended.count, appended.ranges, appended.batch_root) == (0, (), EMPTY_ROOT)
    assert log.head().size == 0


def test_append_other_content_conflicts_naming_the_line(home: Home) -> None:
    log = home.open()
    append(log, records([0, 1]))
    with pytest.raises(RecordConflictError) as caught:
        append(log, [record(7), record(1, "other"), record(0, "other")])
    assert (caught.value.code, caught.value.line) == ("record.conflict", 2)
    assert isinstance(caught.value, ConflictError)


def test_append_other_content_within_one_batch_conflicts(home: Home) -> None:
    log = home.open()
    with pytest.raises(RecordConflictError) as caught:
        append(log, [record(0), record(1), record(0, "other")])
    assert (caught.value.code, caught.value.line) == ("record.conflict", 3)
    assert log.head().size == 0


def test_append_foreign_repeat_is_told_neither_index_nor_whether_it_is_the_same(
    home: Home,
) -> None:
    log = home.open()
    append(log, records(range(1_234)))
    messages = set()
    for text in ("", "other"):
        with pytest.raises(RecordConflictError) as caught:
            append(log, [record(1_233, text)], "someone else")
        assert (caught.value.code, caught.value.line) == ("record.foreign", 1)
        messages.add(str(caught.value))
    (message,) = messages
    assert "1233" not in message


def test_append_batch_with_one_conflict_logs_nothing_of_it(home: Home) -> None:
    log = home.open()
    append(log, records([0]))
    with pytest.raises(RecordConflictError):
        append(log, [*records(range(1, 600)), record(0, "other")])
    assert log.head().size == 1
    assert log.find(record(1).record_id) is None
    # What was refused leaves no trace: the good lines can be logged.
    assert append(log, records(range(1, 600))).ranges == (Range(1, 1, 599),)


@pytest.mark.parametrize(
    "wrong",
    [
        Submission(b"short", b"{}"),
        Submission(bytes(17), b"{}"),
        Submission(bytes(16), bytes(65536)),
    ],
)
def test_append_wrong_sizes_are_malformed(sqlite: Home, wrong: Submission) -> None:
    log = sqlite.open()
    with pytest.raises(MalformedError) as caught:
        append(log, [record(0), wrong])
    assert caught.value.code == "record.size"
    assert "line 2" in str(caught.value)
    assert log.head().size == 0


def test_append_longest_entry_is_read_back(home: Home) -> None:
    log = home.open()
    longest = Submission(record(0).record_id, b"x" * 65_535)
    append(log, [longest, record(1)])
    assert log.entries(0, 2) == [longest.entry, record(1).entry]


# Reading


def test_read_entries_and_tiles_at_every_border_agree_with_what_was_sent(home: Home) -> None:
    log = home.open()
    sent = records(range(800))
    for start, end in ((0, 1), (1, 255), (255, 256), (256, 257), (257, 513), (513, 800)):
        append(log, sent[start:end])
    everything = [r.entry for r in sent]
    assert log.entries(0, 800) == everything
    for start, count in ((0, 1), (255, 2), (250, 300), (511, 1), (799, 9), (800, 5)):
        assert log.entries(start, count) == everything[start : start + count]
    for index in (0, 254, 255, 256, 512, 799):
        assert log.entry(index) == everything[index]
        assert log.find(sent[index].record_id) == index
    leaves = [leaf_hash(e) for e in everything]
    assert log.read_tile(Tile(0, 1)) == b"".join(leaves[256:512])
    assert log.read_tile(Tile(0, 3, 7)) == b"".join(leaves[768:775])
    assert log.read_tile(Tile(1, 0, 3)) == b"".join(
        merkle.root(leaves[i : i + 256]) for i in (0, 256, 512)
    )
    assert log.read_tile(Tile.parse("tile/entries/000")) == encode_entries(everything[:256])
    assert decode_entries(log.read_tile(Tile.parse("tile/entries/003.p/20"))) == everything[768:788]


def test_tree_of_any_size_has_the_root_and_proofs_of_rfc_9162(home: Home) -> None:
    log = home.open()
    append(log, records(range(600)))
    leaves = [leaf_hash(r.entry) for r in records(range(600))]
    for size in (0, 1, 255, 256, 257, 600):
        assert log.tree(size).root() == merkle.root(leaves[:size])
    assert log.tree(600).inclusion_proof(300) == merkle.inclusion_proof(leaves, 300)
    assert log.tree(600).consistency_proof(257) == merkle.consistency_proof(leaves, 257)


@pytest.mark.parametrize(
    "path", ["tile/0/001", "tile/0/000.p/6", "tile/1/000.p/1", "tile/entries/000.p/6", "tile/7/000"]
)
def test_read_tile_beyond_the_log_is_not_found(sqlite: Home, path: str) -> None:
    log = sqlite.open()
    append(log, records(range(5)))
    with pytest.raises(NotFoundError):
        log.read_tile(Tile.parse(path))


def test_read_outside_the_log_is_not_found(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(5)))
    reads: list[Callable[[int], object]] = [
        log.entry,
        log.submitter_of,
        log.received_at,
        log.state_of,
    ]
    for read in reads:
        for index in (-1, 5):
            with pytest.raises(NotFoundError):
                read(index)
    with pytest.raises(NotFoundError):
        log.tree(6)
    assert log.find(record(9).record_id) is None


def test_submitter_and_time_of_an_entry_are_those_of_its_batch(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)), "acme")
    append(log, records(range(3, 5)), "globex")
    assert [log.submitter_of(i) for i in range(5)] == ["acme"] * 3 + ["globex"] * 2
    assert log.received_at(4) == NOW


# Publishing and anchoring


def test_publish_puts_out_the_first_head_and_then_only_news(home: Home) -> None:
    log = home.open()
    assert log.published() is None
    first = log.publish(now=NOW)
    assert first is not None
    assert (first.size, first.root) == (0, EMPTY_ROOT)
    assert log.publish(now=NOW) is None
    append(log, records(range(2)))
    second = log.publish(now=NOW)
    assert second == log.published() == log.checkpoint_at(2)
    assert log.checkpoint_at(1) is None


def test_publish_adds_the_lines_of_cosigners(home: Home) -> None:
    log = home.open()
    append(log, records(range(2)))
    witness, late = Signer.generate("example.com/witness"), Signer.generate("example.com/late")
    published = log.publish(witness, now=NOW)
    assert published is not None
    _, opened = open_checkpoint(published.note, log.verifier, witness.verifier)
    assert [line.name for line in opened.verified] == ["example.com/log", "example.com/witness"]
    cosigned = log.publish(witness, late, now=NOW)
    assert cosigned is not None
    _, opened = open_checkpoint(cosigned.note, log.verifier, witness.verifier, late.verifier)
    assert len(opened.verified) == 3
    assert log.published() == cosigned
    assert log.publish(witness, late, now=NOW) is None


def test_publish_from_two_logs_puts_out_one_checkpoint_a_size(home: Home) -> None:
    one, other = home.open(), home.open()
    append(one, records(range(2)))
    assert one.publish(now=NOW) is not None
    assert other.publish(now=NOW) is None
    assert other.published() == one.published()


def test_state_of_an_entry_goes_from_logged_to_final(home: Home) -> None:
    log = home.open()
    append(log, records(range(2)))
    assert log.state_of(1) == "logged"
    log.publish(now=NOW)
    assert log.state_of(1) == "published"
    log.record_anchor(anchor_of(log, 2), AnchorState.INCLUDED)
    assert log.state_of(1) == "anchored"
    log.record_anchor(anchor_of(log, 2), AnchorState.FINAL)
    assert log.state_of(1) == "final"
    append(log, records([2]))
    assert log.state_of(2) is State.LOGGED
    log.store.set_anchor_state(anchor_of(log, 2), AnchorState.GONE)
    assert log.state_of(1) == "published"


def test_record_anchor_replaces_a_reorganised_one_and_keeps_a_final_one(home: Home) -> None:
    log = home.open()
    append(log, records(range(2)))
    log.record_anchor(anchor_of(log, 2), AnchorState.INCLUDED)
    moved = anchor_of(log, 2, transaction=b"\x07" * 32, block_number=9)
    log.record_anchor(moved, AnchorState.INCLUDED)
    assert log.store.anchors() == [(moved, AnchorState.INCLUDED)]
    log.record_anchor(moved, AnchorState.FINAL)
    log.record_anchor(anchor_of(log, 2), AnchorState.INCLUDED)
    assert log.store.anchors() == [(moved, AnchorState.FINAL)]


def test_record_anchor_keeps_the_largest_anchored_head_in_the_head_record(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    for size in (2, 4, 3):
        log.record_anchor(anchor_of(log, size), AnchorState.INCLUDED)
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.anchored == AnchoredHead.of(anchor_of(log, 4))
    assert recorded.head == log.head()


@pytest.mark.parametrize(
    ("size", "root", "code"),
    [(9, None, "log.behind-anchor"), (2, b"\x01" * 32, "log.forked")],
)
def test_check_anchored_head_that_is_not_the_logs_closes_it_to_writing(
    home: Home, size: int, root: bytes | None, code: str
) -> None:
    log = home.open()
    append(log, records(range(5)))
    log.check_anchored(AnchoredHead(CHAIN, bytes(32), 2, log.tree(2).root()))
    with pytest.raises(ReadOnlyError) as caught:
        log.check_anchored(AnchoredHead(CHAIN, bytes(32), size, root or bytes(32)))
    assert caught.value.code == code
    for write in (lambda: append(log, records([5])), lambda: log.publish(now=NOW)):
        with pytest.raises(ReadOnlyError) as caught:
            write()
        assert caught.value.code == code
        assert "crossproof recover" in str(caught.value)
    assert log.entry(4) == record(4).entry


# Opening


def test_open_again_goes_on_where_the_log_was(home: Home) -> None:
    append(home.open(), records(range(300)))
    home.close()
    log = home.open()
    assert log.read_only_reason is None
    assert append(log, records(range(300, 600))).ranges == (Range(1, 300, 300),)
    assert log.head().root == root_of(records(range(600)))


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        (Signer.generate("example.com/log"), "log.other-key"),
        (Signer.from_seed("example.com/other", bytes(range(32))), "log.other-origin"),
    ],
)
def test_open_store_of_another_log_is_a_configuration_error(
    home: Home, signer: Signer, code: str
) -> None:
    home.open()
    with pytest.raises(ConfigurationError) as caught:
        Log.open(home.store(), signer, home.record)
    assert caught.value.code == code


def test_open_head_that_was_committed_and_not_recorded_is_recorded(home: Home) -> None:
    """A process may die between the commit and the head record: nothing is lost by going on."""
    log = home.open()
    append(log, records(range(3)))
    before = (home.directory / "head").read_bytes()
    append(log, records(range(3, 6)))
    home.close()
    (home.directory / "head").write_bytes(before)
    log = home.open()
    assert log.read_only_reason is None
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.head.size == 6


def refuses_to_write(log: Log, code: str) -> bool:
    with pytest.raises(ReadOnlyError) as caught:
        append(log, fresh_records(1))
    return caught.value.code == code


def test_open_copy_older_than_the_last_acknowledged_head_is_read_only(home: Home) -> None:
    """Newer than the last anchor: no chain can tell, only the head record."""
    log = home.open()
    append(log, records(range(3)))
    log.record_anchor(anchor_of(log, 2), AnchorState.FINAL)
    older = home.copy()
    append(home.open(), records(range(3, 6)))
    home.close()
    home.url = older
    log = home.open(anchored_head=AnchoredHead.of(anchor_of(home.open(), 2)))
    assert refuses_to_write(log, "log.behind-head-record")


def test_open_copy_older_than_the_last_anchor_is_read_only(home: Home) -> None:
    """With the head record brought back from the same backup, the anchored head tells."""
    log = home.open()
    append(log, records(range(3)))
    older, older_record = home.copy(), (home.directory / "head").read_bytes()
    log = home.open()
    append(log, records(range(3, 6)))
    anchored = AnchoredHead.of(anchor_of(log, 6))
    home.close()
    (home.directory / "head").write_bytes(older_record)
    home.url = older
    assert home.open().read_only_reason is None
    assert refuses_to_write(home.open(anchored_head=anchored), "log.behind-anchor")


def test_open_copy_older_than_the_locally_kept_anchored_head_is_read_only(home: Home) -> None:
    """With no node at start, the anchored head beside the head in the record serves."""
    log = home.open()
    append(log, records(range(3)))
    head, older = log.head(), home.copy()
    log = home.open()
    append(log, records(range(3, 6)))
    anchored = AnchoredHead.of(anchor_of(log, 6))
    home.close()
    (home.directory / "head").write_bytes(Recorded(head, anchored).to_json())
    home.url = older
    assert refuses_to_write(home.open(), "log.behind-anchor")


def test_open_rewritten_history_is_read_only(home: Home, tmp_path: Path) -> None:
    """Whoever holds the log's key can sign another history, and not make the record forget."""
    append(home.open(), records(range(5)))
    home.close()
    rewritten = Home(tmp_path / "rewritten", home.copy_database(home.url), home.copy_database)
    rewritten.directory.mkdir()
    for table in ("log", "hash_tile", "entry_segment", "record", "submission"):
        rewritten.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
    append(rewritten.open(), records(range(100, 110)))
    rewritten.close()
    home.url = rewritten.url
    log = home.open()
    assert refuses_to_write(log, "log.forked")
    assert log.entry(0) == record(100).entry


def test_open_without_the_head_record_is_read_only_unless_the_log_is_empty(home: Home) -> None:
    home.open()
    (home.directory / "head").unlink()
    log = home.open()
    assert log.read_only_reason is None
    append(log, records(range(3)))
    (home.directory / "head").unlink()
    assert refuses_to_write(home.open(), "log.head-record-missing")
    assert refuses_to_write(log, "log.head-record-missing")


@pytest.mark.parametrize("data", [b"", b"{}", b"not a record", b'{"anchored":null,"head":""}'])
def test_open_with_an_unreadable_head_record_is_read_only(sqlite: Home, data: bytes) -> None:
    append(sqlite.open(), records(range(3)))
    (sqlite.directory / "head").write_bytes(data)
    assert refuses_to_write(sqlite.open(), "log.head-record-unreadable")


def test_open_with_a_head_record_of_another_key_is_read_only(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    stranger = Signer.generate("example.com/log")
    forged = Head.parse(sign(log.head().checkpoint.text(), stranger))
    (sqlite.directory / "head").write_bytes(Recorded(forged).to_json())
    assert refuses_to_write(sqlite.open(), "log.head-record-unreadable")


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM hash_tile WHERE level = 0 AND number = 1",
        "UPDATE hash_tile SET hashes = substr(hashes, 2) WHERE level = 0 AND number = 1",
        "UPDATE hash_tile SET number = 2 WHERE level = 0 AND number = 1",
        "UPDATE log SET note = replace(note, '300', '301')",
    ],
)
def test_open_damaged_right_edge_is_read_only(home: Home, damage: str) -> None:
    append(home.open(), records(range(300)))
    home.close()
    assert home.execute(damage) == 1
    assert refuses_to_write(home.open(), "log.damaged")


def test_open_store_without_its_published_checkpoint_in_it_is_read_only(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    other = Checkpoint("example.com/log", 2, bytes(32))
    with log.store.sequencing() as sequencing:
        sequencing.add_checkpoint(Head(other, sign(other.text(), SIGNER)), NOW)
    assert refuses_to_write(home.open(), "log.forked")


# Several writers


def test_append_two_logs_on_one_store_take_turns(home: Home) -> None:
    one, other = home.open(), home.open()
    for turn in range(6):
        writer = (one, other)[turn % 2]
        first = turn * 100
        appended = append(writer, records(range(first, first + 100)))
        assert appended.ranges == (Range(1, first, 100),)
    assert append(one, records(range(600))).added == 0
    assert one.head().root == root_of(records(range(600)))


def test_append_many_threads_and_logs_leave_no_gap_and_lose_nothing(home: Home) -> None:
    logs = [home.open() for _ in range(3)]
    batches = [records(range(i * 7, i * 7 + 7)) for i in range(36)]

    def write(i: int) -> list[int]:
        return append(logs[i % 3], batches[i]).indexes

    with ThreadPoolExecutor(6) as pool:
        indexes = list(pool.map(write, range(len(batches))))
    assert sorted(i for some in indexes for i in some) == list(range(7 * 36))
    for batch, some in zip(batches, indexes, strict=True):
        assert some == list(range(some[0], some[0] + 7))
        assert logs[0].entries(some[0], 7) == [r.entry for r in batch]
    entries = logs[0].entries(0, 7 * 36)
    assert logs[0].head().root == merkle.root([leaf_hash(e) for e in entries])
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.head == logs[0].head()


def test_append_same_record_from_two_writers_at_once_is_logged_once(home: Home) -> None:
    logs = [home.open(), home.open()]
    barrier = threading.Barrier(2)

    def write(log: Log) -> list[int]:
        barrier.wait()
        return append(log, records(range(20))).indexes

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(write, logs)
    assert one == other == list(range(20))
    assert logs[0].head().size == 20


def test_append_second_writer_with_a_copy_of_the_store_is_refused(home: Home) -> None:
    """Two machines, two databases, one head record: the first to write wins, the other stops."""
    log = home.open()
    append(log, records(range(3)))
    elsewhere = home.copy()
    log = home.open()
    other = Log.open(Store.open(elsewhere), SIGNER, HeadRecord(home.directory / "head"))
    append(log, records([3]))
    assert refuses_to_write(other, "log.behind-head-record")
    other.close()


def test_append_second_writer_that_lost_the_race_after_its_commit_is_refused(home: Home) -> None:
    """Both have committed to their copies; only one can move the head record."""
    log = home.open()
    append(log, records(range(3)))
    elsewhere = home.copy()
    log = home.open()
    moved_meanwhile = HeadRecord(home.directory / "head")
    advance = moved_meanwhile.advance

    def overtaken(old: Recorded | None, new: Recorded) -> None:
        if new.head.size > 3 and log.head().size == 3:
            append(log, records([100]))
        advance(old, new)

    moved_meanwhile.advance = overtaken  # type: ignore[method-assign]
    other = Log.open(Store.open(elsewhere), SIGNER, moved_meanwhile)
    assert refuses_to_write(other, "log.forked")
    other.close()
    assert append(log, records([101])).ranges == (Range(1, 4, 1),)
