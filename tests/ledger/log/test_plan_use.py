"""Places under a plan: unique, without gaps, below the ceilings, whoever comes at the same time."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import UnavailableError
from ledger.log import Log, PlanConflictError, Submission
from ledger.log.plan_use import Used, count_all, read_used
from ledger.merkle import leaf_hash
from ledger.statement import Statement, new_record_id
from tests.faulty_vfs import Call, faulty_disk
from tests.log_home import Home, append, records, sqlite_home
from tests.plan_log import covered, covered_statement, plan


def used(log: Log, of: Statement) -> Used:
    with log.store.reading() as reading:
        return read_used(reading, reading.locate([of.record_id])[of.record_id], of)


def refused(
    log: Log, submissions: Sequence[Submission], submitter: str = "acme"
) -> tuple[str, int, str | None, str | None]:
    """Hand a batch in that changes nothing; give the code, line, expected and found value."""
    before = log.head()
    with pytest.raises(PlanConflictError) as caught:
        append(log, list(submissions), submitter)
    assert log.head() == before
    assert all(log.find(submission.record_id) is None for submission in submissions)
    error = caught.value
    assert error.hint
    return error.code, error.line, error.expected, error.found


def test_transfers_of_a_plan_count_from_one_without_gaps(home: Home) -> None:
    log, of = home.open(), plan(transfers=100)
    append(log, [Submission.of(of)])
    assert used(log, of) == Used(0, 0, 0)
    assert refused(log, [covered(of, 2)]) == ("plan.sequence", 1, "sequence 1", "sequence 2")
    append(log, [covered(of, 1, 10, 2)])
    append(log, [*records([1]), covered(of, 2, 10, 2), *records([2]), covered(of, 3, 12, 2)])
    for wrong in (1, 3, 5):
        told = refused(log, [covered(of, wrong, 20, 20)])
        assert told == ("plan.sequence", 1, "sequence 4", f"sequence {wrong}")
    assert used(log, of) == Used(3, 12, 2)


def test_lines_of_a_batch_take_places_in_order(home: Home) -> None:
    log, of = home.open(), plan()
    batch = [Submission.of(of), covered(of, 1, 1), covered(of, 2, 1), covered(of, 2, 3)]
    assert refused(log, batch) == ("plan.sequence", 4, "sequence 3", "sequence 2")
    append(log, batch[:3])
    assert used(log, of) == Used(2, 1, 0)
    # Behind its plan or before it: what counts is that both are logged.
    other = plan(transfers=1)
    append(log, [covered(other, 1), Submission.of(other)])
    assert refused(log, [covered(other, 2)])[0] == "plan.ceiling"


def test_totals_never_fall(home: Home) -> None:
    log, of = home.open(), plan()
    append(log, [Submission.of(of), covered(of, 1, 10, 5)])
    assert refused(log, [covered(of, 2, 9, 5)]) == (
        "plan.total", 1, "personal 10 or more", "personal 9",
    )  # fmt: skip
    assert refused(log, [*records([1]), covered(of, 2, 11, 4)]) == (
        "plan.total", 2, "sensitive 5 or more", "sensitive 4",
    )  # fmt: skip
    append(log, [covered(of, 2, 10, 5)])


def test_no_ceiling_is_passed_and_each_may_be_reached(home: Home) -> None:
    log, of = home.open(), plan(transfers=3, personal=10, sensitive=5)
    append(log, [Submission.of(of), covered(of, 1, 10, 4)])
    told = refused(log, [covered(of, 2, 11, 4)])
    assert told == ("plan.ceiling", 1, "personal up to 10", "personal 11")
    told = refused(log, [covered(of, 2, 10, 6)])
    assert told == ("plan.ceiling", 1, "sensitive up to 5", "sensitive 6")
    append(log, [covered(of, 2, 10, 5), covered(of, 3, 10, 5)])
    told = refused(log, [covered(of, 4, 10, 5)])
    assert told == ("plan.ceiling", 1, "transfers up to 3", "transfers 4")


def test_a_repeat_takes_no_place_and_is_answered_as_ever(home: Home) -> None:
    log, of = home.open(), plan(transfers=2)
    batch = [Submission.of(of), covered(of, 1, 3), covered(of, 2, 4)]
    appended = append(log, [*batch, batch[1]])
    assert (appended.added, appended.duplicates) == (3, 1)
    assert append(log, batch).indexes == [0, 1, 2]
    assert append(log, [batch[1]]).indexes == [1]
    assert used(log, of) == Used(2, 4, 0)


def test_a_strangers_transfer_takes_no_place_of_a_plan_that_is_logged(home: Home) -> None:
    log, of = home.open(), plan(transfers=2)
    append(log, [Submission.of(of)], "acme")
    named = str(of.members.record_id)
    expected = ("plan.foreign", 1, "a plan that you have logged", named)
    assert refused(log, [covered(of, 1)], "stranger") == expected
    # The same answer for a wrong leaf hash: which one it is, nobody is told.
    guess = Submission.of(covered_statement(of, 1, leaf_hash="0" * 64))
    assert refused(log, [guess], "stranger") == expected
    append(log, [covered(of, 1)], "acme")


def test_a_plan_is_named_by_its_own_leaf_hash_and_is_a_plan(home: Home) -> None:
    log, of = home.open(), plan()
    moved = covered_statement(of, 1)
    append(log, [Submission.of(of), Submission.of(moved)])
    wrong = Submission.of(covered_statement(of, 2, leaf_hash="0" * 64))
    assert refused(log, [wrong])[:2] == ("plan.other", 1)
    assert refused(log, [covered(moved, 1)])[:2] == ("plan.other", 1)


def test_a_plan_that_is_not_here_is_counted_by_submitter_from_any_number_on(home: Home) -> None:
    log, of = home.open(), plan(transfers=5)
    append(log, [covered(of, 4, 7)], "acme")
    append(log, [covered(of, 1, 1)], "stranger")
    assert refused(log, [covered(of, 4, 7)], "acme")[2] == "sequence 5"
    append(log, [covered(of, 5, 7)], "acme")
    # Once it is here, only its owner uses it, and goes on where he was.
    append(log, [Submission.of(of)], "acme")
    assert refused(log, [covered(of, 2, 1)], "stranger")[0] == "plan.foreign"
    assert refused(log, [covered(of, 6, 7)], "acme")[0] == "plan.ceiling"


def test_another_id_for_a_plan_of_the_same_leaf_shares_its_places(home: Home) -> None:
    log, of = home.open(), plan(transfers=3)
    append(log, [Submission.of(of)])
    twin = covered_statement(of, 2, record_id=new_record_id())
    batch = [covered(of, 1), Submission.of(twin), covered(of, 3)]
    append(log, batch)
    assert refused(log, [covered(of, 4)])[0] == "plan.ceiling"
    wrong = Submission.of(covered_statement(of, 2, record_id=new_record_id()))
    assert refused(log, [wrong])[2] == "sequence 4"


def test_records_without_a_plan_ask_the_database_nothing_more(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = sqlite.open()

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ledger.store.plan_uses.read", fail)
    monkeypatch.setattr("ledger.store.plan_uses.put", fail)
    assert append(log, records(range(300))).added == 300


@pytest.mark.parametrize("threads", [2, 6])
def test_of_concurrent_transfers_at_the_ceiling_one_wins(home: Home, threads: int) -> None:
    of = plan(transfers=1)
    logs = [home.open() for _ in range(threads)]
    append(logs[0], [Submission.of(of)])
    barrier = threading.Barrier(threads)

    def write(log: Log) -> str:
        mine = covered(of, 1, 1)
        barrier.wait()
        try:
            append(log, [mine])
        except PlanConflictError as error:
            return error.code
        return "logged"

    with ThreadPoolExecutor(threads) as pool:
        outcomes = sorted(pool.map(write, logs))
    assert outcomes == ["logged", *["plan.sequence"] * (threads - 1)]
    assert used(logs[0], of) == Used(1, 1, 0)
    assert logs[0].head().size == 2


_WRITER = """
import sys
from pathlib import Path
from ledger.log import Log, PlanConflictError, Submission
from ledger.log.head_record import HeadRecord
from ledger.statement import Statement
from ledger.store import Store
from tests.log_home import SIGNER, append

log = Log.open(Store.open(sys.argv[1]), SIGNER, HeadRecord(Path(sys.argv[2]) / "head"))
print("open", flush=True)
for line in sys.stdin.buffer:
    try:
        append(log, [Submission.of(Statement.parse(line.strip()))])
        print("logged", flush=True)
    except PlanConflictError as error:
        print(error.code, flush=True)
log.close()
"""


def test_of_two_processes_at_each_place_one_wins(home: Home, repository: Path) -> None:
    places = 8
    of, log = plan(transfers=places), home.open()
    append(log, [Submission.of(of)])
    command = [sys.executable, "-c", _WRITER, home.url, str(home.directory)]
    writers = [
        subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
    for place in range(1, places + 2):
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write(covered(of, place, place).entry + b"\n")
            writer.stdin.flush()
        told = {w.stdout.readline().decode().strip() for w in writers if w.stdout is not None}
        last = {"plan.ceiling"} if place > places else {"logged", "plan.sequence"}
        assert told == last
    for writer in writers:
        writer.communicate(timeout=60)
    assert used(log, of) == Used(places, places, 0)
    assert log.head().size == places + 1


def test_a_log_of_before_is_counted_when_it_is_opened_once(home: Home) -> None:
    log, of = home.open(), plan(transfers=4)
    append(log, [Submission.of(of), *records(range(300)), covered(of, 1, 2)], "acme")
    append(log, [covered(of, 2, 3)], "acme")
    append(log, [covered(plan(), 7, 9)], "globex")
    home.close()
    # Half filled, by whatever; and a mark that nobody has set.
    home.execute("UPDATE plan_use SET sequence = 1, personal = 0")
    home.execute("DELETE FROM plan_use_count")
    log = home.open()
    assert used(log, of) == Used(2, 3, 0)
    assert refused(log, [covered(of, 2, 3)], "acme")[2] == "sequence 3"
    home.close()
    home.execute("UPDATE plan_use SET sequence = 3 WHERE sequence = 2")
    log = home.open()
    assert used(log, of) == Used(3, 3, 0), "what is counted once is not counted again"


def test_entries_of_before_that_claim_a_place_twice_are_counted_by_the_highest(
    sqlite: Home,
) -> None:
    log, of = sqlite.open(), plan()
    twice = [covered(of, 3, 5, 1), covered(of, 3, 4, 2), covered(of, 1, 9, 0)]
    append(log, [Submission.of(of), *(Submission(s.record_id, s.entry) for s in twice)])
    sqlite.close()
    sqlite.execute("DELETE FROM plan_use_count")
    assert used(sqlite.open(), of) == Used(3, 9, 2)


def test_kill_at_random_moments_leaves_every_place_counted(home: Home, repository: Path) -> None:
    log, of = home.open(), plan()
    append(log, [Submission.of(of)])
    moments = random.Random(4)  # noqa: S311 - no secret
    command = [sys.executable, "-c", _WRITER, home.url, str(home.directory)]
    place = 0
    for _ in range(6):
        home.close()
        acknowledged = place
        with subprocess.Popen(
            command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"open\n"
            lines = [covered(of, place + n, place + n).entry for n in range(1, 60)]
            writer.stdin.write(b"\n".join(lines) + b"\n")
            writer.stdin.flush()
            # Some work is done, and some is under way.
            for _ in range(moments.randrange(1, 30)):
                assert writer.stdout.readline() == b"logged\n"
                acknowledged += 1
            writer.kill()
        log = home.open()
        place = used(log, of).sequence
        assert acknowledged <= place == log.head().size - 1
        assert place - acknowledged < len(lines)
        check_counted(log)


@pytest.mark.parametrize("call", list(Call))
def test_a_failing_disk_leaves_a_place_taken_where_its_transfer_is_logged(
    tmp_path: Path, call: Call
) -> None:
    of = plan(transfers=4)
    batch = [Submission.of(of), covered(of, 1, 1), covered(of, 2, 2)]
    with faulty_disk() as disk:
        for nth in range(1, 13):
            directory = tmp_path / str(nth)
            directory.mkdir()
            home = sqlite_home(directory)
            log = home.open()
            append(log, records([1]))
            disk.arm(call, nth, lasting=nth % 2 == 0)
            with suppress(UnavailableError):
                append(log, batch)
            disk.heal()
            check_counted(log)
            assert append(log, batch).indexes == [1, 2, 3]
            assert used(log, of) == Used(2, 2, 0)
            home.close()


def check_counted(log: Log) -> None:
    """Hold the table against the entries."""
    with log.store.sequencing() as sequencing:
        plans = [
            leaf_hash(entry)
            for entry in log.entries(0, log.head().size)
            if b'"kind":"plan"' in entry
        ]
        there = [sequencing.plan_uses(leaf) for leaf in plans]
        count_all(sequencing)
        assert there == [sequencing.plan_uses(leaf) for leaf in plans]


_STEPS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(steps=_STEPS)
def test_any_order_leaves_a_row_of_places_and_the_same_when_counted_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int]]
) -> None:
    home, of = sqlite_home(tmp_path_factory.mktemp("plans")), plan(transfers=4, personal=5)
    log = home.open()
    append(log, [Submission.of(of)])
    last = Used()
    for step in steps:
        right = (
            step[0] == last.sequence + 1 <= 4
            and last.personal <= step[1] <= 5
            and last.sensitive <= step[2]
        )
        if right:
            append(log, [covered(of, *step)])
            last = Used(*step)
        else:
            assert refused(log, [covered(of, *step)])[0].startswith("plan.")
        assert used(log, of) == last
    home.close()
    home.execute("DELETE FROM plan_use_count")
    assert used(home.open(), of) == last
    home.close()
