"""The log: appended, read again, published and anchored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from ledger import merkle
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    ReadOnlyError,
    UnavailableError,
)
from ledger.head import Head
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.log import Range, RecordConflictError, State, Submission
from ledger.log.head_record import AnchoredHead
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.note import Signer, parse_note
from ledger.remote_key import RemoteKey
from ledger.store import AnchorState
from ledger.tile import Tile, decode_entries, encode_entries
from tests.log_home import (
    CHAIN,
    NOW,
    Home,
    anchor_of,
    append,
    record,
    records,
    root_of,
)
from tests.rpc_server import Reply, saying
from tests.signer import Signer as ExternalSigner
from tests.signer import answering, heads_by, refusing, serving_signer

OPERATOR = LocalKey(b"\x11" * 32)

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


def remote_operator(signer: ExternalSigner) -> HeadSigner:
    key = RemoteKey.connect(signer.named(OPERATOR), timeout=30, rest=0)
    return HeadSigner("example.com/log", HeadDomain(1337, bytes(20), bytes(32)), key)


def lines(head: Head | None) -> int:
    assert head is not None
    return len(parse_note(head.note).signatures)


@pytest.mark.parametrize(
    "answer",
    [saying(b"", status=500), answering(lambda *_: refusing("no"))],
    ids=["away", "refusing"],
)
def test_publish_goes_on_without_a_cosigner_who_cannot_sign(home: Home, answer: Reply) -> None:
    log = home.open()
    witness = Signer.generate("example.com/witness")
    with serving_signer() as signer:
        signer.reply = answer
        operator = remote_operator(signer)
        append(log, records(range(2)))
        published = log.publish(operator, witness, now=NOW)
        assert (lines(published), log.published()) == (2, published)
        # There is no news but the line, which still cannot be had: nothing, and no error.
        assert log.publish(operator, now=NOW) is None
        assert published is not None
        with pytest.raises((UnavailableError, ConfigurationError)):
            log.cosign(published, operator)
        signer.sign(heads_by(OPERATOR))
        cosigned = log.publish(operator, now=NOW)
        assert (lines(cosigned), log.published()) == (3, cosigned)
        assert cosigned is not None
        open_checkpoint(cosigned.note, log.verifier, operator.verifier)
        assert log.publish(operator, now=NOW) is None


def test_append_goes_on_while_a_cosigner_is_asked(home: Home) -> None:
    """No lock, in the process or the database, is held while somebody thinks a head over."""
    log = home.open()
    append(log, records(range(2)))
    asked, answered = Event(), Event()

    def slow(method: str, parameters: list[Any]) -> dict[str, Any]:
        asked.set()
        assert answered.wait(30)
        return heads_by(OPERATOR)(method, parameters)

    with serving_signer(slow) as signer:
        published: list[Head | None] = []
        operator = remote_operator(signer)
        worker = Thread(target=lambda: published.append(log.publish(operator, now=NOW)))
        worker.start()
        assert asked.wait(30)
        assert append(log, records(range(2, 5))).added == 3
        assert log.published() is None
        answered.set()
        worker.join()
    assert [head and head.size for head in published] == [2]
    assert lines(published[0]) == 2
    assert log.head().size == 5


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


def test_objection_to_a_head_is_told_and_closes_nothing(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    assert log.objection(AnchoredHead(CHAIN, bytes(32), 2, log.tree(2).root())) is None
    for size, code in ((9, "log.behind-anchor"), (2, "log.forked")):
        objection = log.objection(AnchoredHead(CHAIN, bytes(32), size, bytes(32)))
        assert objection is not None
        assert objection.code == code
    assert log.read_only_reason is None
    assert append(log, records([5])).indexes == [5]


def test_reopen_a_log_that_a_chain_has_closed(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    with pytest.raises(ReadOnlyError):
        log.check_anchored(AnchoredHead(CHAIN, bytes(32), 9, bytes(32)))
    log.reopen()
    assert log.read_only_reason is None
    assert append(log, records([5])).indexes == [5]


def test_reopen_looks_at_all_that_closes_a_log(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    with pytest.raises(ReadOnlyError):
        log.check_anchored(AnchoredHead(CHAIN, bytes(32), 9, bytes(32)))
    (home.directory / "head").unlink()
    for _ in range(2):
        log.reopen()
        assert log.read_only_reason is not None
        assert log.read_only_reason.code == "log.head-record-missing"


def test_state_of_counts_anchors_on_the_logs_own_chain_only(home: Home) -> None:
    log = home.open()
    append(log, records(range(5)))
    log.publish(now=NOW)
    other = replace(CHAIN, contract=b"\7" * 20)
    log.record_anchor(anchor_of(log, 5, chain=other), AnchorState.FINAL)
    log.record_anchor(anchor_of(log, 3), AnchorState.FINAL)
    assert log.state_of(4) == "final"
    for on, state in (
        ((CHAIN, bytes(32)), "published"),
        ((CHAIN, b"\7" * 32), "published"),
        ((other, bytes(32)), "final"),
    ):
        log.anchored_on = on
        assert log.state_of(4) == state
    log.anchored_on = (CHAIN, bytes(32))
    assert log.state_of(2) == "final"
