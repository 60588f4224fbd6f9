from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.audit import MAX_FINDINGS, AuditReport, Finding, _jobs, audit
from ledger.audit.part import PART
from ledger.checkpoint import Checkpoint
from ledger.head import Head
from ledger.log import Log, Submission
from ledger.log.head_record import AnchoredHead
from ledger.note import Signer, sign
from ledger.store import AnchorState
from tests.log_home import NOW, SIGNER, Home, anchor_of, append
from tests.statement_load import transfer

SIZE = 66_000  # Full tiles on two levels, a partial one on each of three.


def records(numbers: Iterable[int]) -> list[Submission]:
    return [transfer(number) for number in numbers]


def findings(log: Log) -> set[tuple[str, str]]:
    return {(finding.code, finding.where) for finding in audit(log).findings}


@pytest.fixture
def log(home: Home) -> Log:
    log = home.open()
    append(log, records(range(300)))
    log.publish(now=NOW)
    append(log, records(range(300, 900)))
    log.publish(now=NOW)
    log.record_anchor(anchor_of(log, 300), AnchorState.FINAL)
    append(log, records(range(900, 1_000)))
    return log


def flip(log: Log, table: str, column: str, where: str, *, byte: int) -> None:
    """Flip a bit of a stored value, in the database itself."""
    with log.store.sequencing() as sequencing:
        connection = sequencing._connection
        select = text(f"SELECT {column} FROM {table} WHERE {where}")  # noqa: S608 - our own words
        value = bytearray(connection.execute(select).scalar_one())
        value[byte] ^= 1
        update = text(f"UPDATE {table} SET {column} = :value WHERE {where}")  # noqa: S608
        assert connection.execute(update, {"value": bytes(value)}).rowcount == 1


def test_audit_of_a_whole_log_finds_nothing_and_says_what_it_looked_at(log: Log) -> None:
    report = audit(log)
    assert report.clean
    assert (report.size, report.root) == (1_000, log.head().root)
    assert (report.entries, report.checkpoints, report.anchors) == (1_000, 2, 1)
    assert report.tiles == 5


def test_audit_of_structure_alone_reads_no_entry(log: Log) -> None:
    report = audit(log, entries=False)
    assert report.clean
    assert report.entries == 0
    assert report.tiles == 5


def test_audit_of_an_empty_log_finds_nothing(home: Home) -> None:
    log = home.open()
    assert audit(log).clean
    log.publish(now=NOW)
    assert audit(log).clean


def test_audit_tells_its_progress(log: Log) -> None:
    told: list[tuple[int, int]] = []
    audit(log, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (1_000, 1_000)


def test_parts_cover_the_log_and_are_smaller_at_its_end(log: Log) -> None:
    checkpoint = Checkpoint(log.origin, 500_001, bytes(32))
    jobs = list(_jobs(log, Head(checkpoint, ""), range(0), {1, 500_001}))
    assert [number for job in jobs for number in job.numbers] == list(range(1_954))
    assert [len(job.numbers) for job in jobs] == [*[PART] * 27, *[PART // 4] * 14, 2]
    assert [*jobs[0].sizes, *jobs[-1].sizes] == [1, 500_001]


def test_audit_over_three_levels_of_tiles(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(SIZE)))
    report = audit(log)
    assert report.clean
    assert report.tiles == 258 + 2 + 1
    flip(log, "hash_tile", "hashes", "level = 1 AND number = 0", byte=32 * 200)
    assert findings(log) == {("audit.tile", "tile/1/000, hash 200")}
    flip(log, "hash_tile", "hashes", "level = 1 AND number = 0", byte=32 * 200)
    flip(log, "hash_tile", "hashes", "level = 2 AND number = 0", byte=0)
    assert findings(log) == {("audit.tile", "tile/2/000.p/1, hash 0")}


# One wrong thing, one finding, at its place


def byte_of_entry(index: int, within: int) -> int:
    """Find the place in its segment of a byte of entry `index`, from 0 or 768 on."""
    first = index // 256 * 256
    before = sum(2 + len(transfer(i).entry) for i in range(first, index))
    return before + 2 + within


TEXT = transfer(0).entry.index(b"loan approval")


@pytest.mark.parametrize("index", [0, 255, 256, 511])
def test_audit_finds_a_flipped_bit_in_an_entry(home: Home, index: int) -> None:
    log = home.open()
    append(log, records(range(600)))
    segment = f"first_index = {index // 256 * 256}"
    flip(log, "entry_segment", "entries", segment, byte=byte_of_entry(index, TEXT))
    assert findings(log) == {("audit.entry", f"entry {index}")}
    assert audit(log, entries=False).clean


def test_audit_finds_a_flipped_bit_in_an_entry_at_the_right_edge(home: Home) -> None:
    log = home.open()
    append(log, records(range(600)))
    flip(log, "entry_segment", "entries", "first_index = 512", byte=byte_of_entry(530, TEXT))
    assert findings(log) == {("audit.entry", "entry 530")}


def test_audit_finds_a_flipped_bit_in_a_record_id_within_an_entry(home: Home) -> None:
    log = home.open()
    append(log, records(range(600)))
    place = byte_of_entry(300, transfer(300).entry.index(b'"record_id":"') + len('"record_id":"'))
    flip(log, "entry_segment", "entries", "first_index = 256", byte=place)
    assert findings(log) == {("audit.entry", "entry 300")}


def test_audit_finds_a_flipped_bit_in_a_tile(log: Log) -> None:
    flip(log, "hash_tile", "hashes", "level = 0 AND number = 1", byte=32 * 7 + 3)
    assert findings(log) == {("audit.tile", "tile/0/001, hash 7")}


def test_audit_finds_a_flipped_bit_in_a_partial_tile(log: Log) -> None:
    flip(log, "hash_tile", "hashes", "level = 0 AND number = 3", byte=32 * 100)
    assert findings(log) == {("audit.tile", "tile/0/003.p/232, hash 100")}


def test_audit_finds_a_flipped_bit_in_an_upper_tile(log: Log) -> None:
    flip(log, "hash_tile", "hashes", "level = 1 AND number = 0", byte=32 * 2)
    assert findings(log) == {("audit.tile", "tile/1/000.p/3, hash 2")}


def test_audit_finds_a_missing_tile(log: Log, home: Home) -> None:
    home.execute("DELETE FROM hash_tile WHERE level = 0 AND number = 1")
    assert findings(log) == {("audit.tile", "tile/0/001")}


def test_audit_finds_a_tile_cut_short(log: Log, home: Home) -> None:
    home.execute(
        "UPDATE hash_tile SET hashes = substr(hashes, 1, 100) WHERE level = 0 AND number = 2"
    )
    assert findings(log) == {("audit.tile", "tile/0/002")}


def test_audit_finds_a_missing_entry(log: Log, home: Home) -> None:
    home.execute("DELETE FROM entry_segment WHERE first_index = 256")
    assert findings(log) == {("audit.bundle", "tile/entries/001")}


def test_audit_finds_missing_entries_at_the_right_edge(log: Log, home: Home) -> None:
    home.execute("DELETE FROM entry_segment WHERE first_index = 900")
    assert findings(log) == {("audit.bundle", "tile/entries/003.p/232")}


def test_audit_finds_two_entries_exchanged(home: Home) -> None:
    log = home.open()
    append(log, records([0]))
    append(log, records([1]))
    append(log, records([2]))
    for old, new in ((1, 9), (2, 1), (9, 2)):
        home.execute(f"UPDATE entry_segment SET first_index = {new} WHERE first_index = {old}")  # noqa: S608
    assert findings(log) == {("audit.entry", "entry 1"), ("audit.entry", "entry 2")}


def test_audit_finds_a_record_at_another_index(log: Log, home: Home) -> None:
    home.execute("UPDATE record SET entry_index = 5 WHERE entry_index = 300")
    assert findings(log) == {("audit.record", "entry 300")}


@pytest.mark.parametrize("stride", [1, 2, 10])
def test_audit_looks_record_ids_up_however_many_lie_among_them(
    home: Home, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids in the order of the log, those of two submitters in turns, and scattered ones."""
    monkeypatch.setattr("ledger.audit.records._AT_ONCE", 1)
    log = home.open()
    append(log, records(sorted(range(2_560), key=lambda number: number % stride)))
    report = audit(log)
    assert report.clean
    assert report.records == 2_560
    home.execute("UPDATE record SET entry_index = 5 WHERE entry_index = 700")
    assert findings(log) == {("audit.record", "entry 700")}


def test_audit_finds_a_record_that_is_not_in_the_index(log: Log, home: Home) -> None:
    home.execute("DELETE FROM record WHERE entry_index = 300")
    assert findings(log) == {("audit.record", "entry 300")}


def test_audit_finds_a_record_that_no_entry_states(log: Log, home: Home) -> None:
    home.execute("INSERT INTO record (record_id, entry_index) VALUES (:id, 7)", id=b"\xff" * 16)
    assert findings(log) == {("audit.record", "the index of record ids")}
    assert not audit(log, entries=False).clean


def test_audit_finds_indexes_that_nobody_or_two_submitted(log: Log, home: Home) -> None:
    home.execute("UPDATE submission SET length = 500 WHERE first_index = 300")
    assert findings(log) == {("audit.submission", "entry 800")}
    home.execute("UPDATE submission SET length = 700 WHERE first_index = 300")
    assert findings(log) == {("audit.submission", "entry 900")}
    home.execute("DELETE FROM submission WHERE first_index = 900")
    home.execute("UPDATE submission SET length = 600 WHERE first_index = 300")
    assert findings(log) == {("audit.submission", "entry 900")}
    home.execute("DELETE FROM submission")
    assert findings(log) == {("audit.submission", "entry 0")}


def test_audit_finds_a_checkpoint_of_another_root(log: Log) -> None:
    other = Checkpoint(log.origin, 500, bytes(32))
    with log.store.sequencing() as sequencing:
        sequencing.add_checkpoint(Head(other, sign(other.text(), SIGNER)), NOW)
    assert findings(log) == {("audit.checkpoint", "the checkpoint published at size 500")}


def test_audit_finds_a_checkpoint_beyond_the_log(log: Log) -> None:
    other = Checkpoint(log.origin, 5_000, bytes(32))
    with log.store.sequencing() as sequencing:
        sequencing.add_checkpoint(Head(other, sign(other.text(), SIGNER)), NOW)
    assert findings(log) == {("audit.checkpoint", "the checkpoint published at size 5000")}


def test_audit_finds_a_checkpoint_that_another_key_signed(log: Log) -> None:
    text_ = Checkpoint(log.origin, 500, log.tree(500).root()).text()
    foreign = Head.parse(sign(text_, Signer.generate(log.origin)))
    with log.store.sequencing() as sequencing:
        sequencing.add_checkpoint(foreign, NOW)
    assert findings(log) == {("audit.signature", "the checkpoint published at size 500")}


def test_audit_finds_a_head_of_another_root(log: Log) -> None:
    old = log.head()
    wrong = Checkpoint(log.origin, 1_000, bytes(32))
    with log.store.sequencing() as sequencing:
        sequencing.move_head(old, Head(wrong, sign(wrong.text(), SIGNER)))
    assert ("audit.head", "the head") in findings(log)


def test_audit_holds_the_log_against_kept_anchors_and_those_on_chain(log: Log) -> None:
    right = AnchoredHead.of(anchor_of(log, 900))
    assert audit(log, anchors=[right, anchor_of(log, 300)]).clean
    wrong = replace(right, root=bytes(32))
    beyond = replace(right, size=1_001)
    report = audit(log, anchors=[right, wrong, beyond])
    assert [(f.code, f.where.partition(",")[0]) for f in report.findings] == [
        ("audit.anchor", "the anchor on chain at size 900"),
        ("audit.anchor", "the anchor on chain at size 1001"),
    ]
    with log.store.sequencing() as sequencing:
        sequencing.put_anchor(anchor_of(log, 400, root=bytes(32)), AnchorState.FINAL)
    (finding,) = audit(log).findings
    assert finding.where.startswith("the anchor kept at size 400")


def test_audit_of_a_log_that_was_rewritten_with_its_own_key_fails_at_the_anchor(
    home: Home,
) -> None:
    """Everything derives and every signature holds; only what others hold tells."""
    log = home.open()
    append(log, records(range(100, 200)))
    anchored = AnchoredHead.of(anchor_of(log, 100))
    home.close()
    for table in ("log", "hash_tile", "entry_segment", "record", "submission"):
        home.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
    (home.directory / "head").unlink()
    log = home.open()
    append(log, records(range(150)))
    assert audit(log).clean
    (finding,) = audit(log, anchors=[anchored]).findings
    assert finding.code == "audit.anchor"


def test_audit_says_that_a_log_is_read_only(home: Home) -> None:
    append(home.open(), records(range(3)))
    older = home.copy()
    append(home.open(), records(range(3, 6)))
    home.close()
    home.url = older
    (finding,) = audit(home.open()).findings
    assert finding.code == "log.behind-head-record"


def test_audit_of_a_growing_log_looks_as_far_as_its_head_of_the_start(log: Log) -> None:
    grown = False

    def grow(done: int, total: int) -> None:
        nonlocal grown
        if not grown:
            append(log, records(range(2_000, 2_300)))
            log.publish(now=NOW)
            grown = True
        assert done <= total == 1_000

    report = audit(log, progress=grow)
    assert report.findings == []
    assert report.size == 1_000


def large(number: int) -> Submission:
    return transfer(number, purpose="x" * 2_000)


def test_audit_memory_does_not_grow_with_the_log(sqlite: Home) -> None:
    log = sqlite.open()

    def peak() -> int:
        tracemalloc.start()
        assert audit(log).clean
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    append(log, [large(n) for n in range(1_000)])
    audit(log)
    small = peak()
    append(log, [large(n) for n in range(1_000, 6_000)])
    assert peak() < 1.5 * small + 1_000_000


def test_report_keeps_a_bounded_number_of_findings() -> None:
    report = AuditReport(size=0, root=bytes(32))
    for i in range(MAX_FINDINGS + 5):
        report.add("audit.entry", f"entry {i}", expected="this", found="that")
    assert len(report.findings) == MAX_FINDINGS
    assert str(report.findings[3]) == "entry 3: expected this; found that (audit.entry)"
    assert report.findings[3] == Finding("audit.entry", "entry 3", "this", "that")
