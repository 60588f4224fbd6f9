"""The log against a model of it, a list: random batches, repeats, conflicts and restarts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ledger import merkle
from ledger.audit import audit
from ledger.log import Log, RecordConflictError
from ledger.merkle import leaf_hash
from tests.log_home import NOW, Home, append, record, sqlite_home
from tests.postgres import Server

# Few numbers and texts, so that repeats and conflicts are common; runs of new ones to fill tiles.
_lines = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "", "", "other"])), max_size=8)
_submitters = st.sampled_from(["acme", "globex"])


class LogMachine(RuleBasedStateMachine):
    """Does to a log what the model says that it may, and compares."""

    server: ClassVar[Server | None] = None
    home: Home
    log: Log

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        # Per index: number, text, submitter.
        self.model: list[tuple[int, str, str]] = []
        self.unused = 1_000
        self.published = -1

    @initialize()
    def open(self) -> None:
        path = Path(self._directory.name)
        if self.server is None:
            self.home = sqlite_home(path)
        else:
            self.home = Home(path, self.server.empty_database(), self.server.copy_database)
        self.log = self.home.open()

    @rule(lines=_lines, submitter=_submitters)
    def append(self, lines: list[tuple[int, str]], submitter: str) -> None:
        indexes: list[int] = []
        expected = list(self.model)
        conflict = None
        for line, (number, text) in enumerate(lines, 1):
            known = [i for i, (other, _, _) in enumerate(expected) if other == number]
            if not known:
                known = [len(expected)]
                expected.append((number, text, submitter))
            elif expected[known[0]] != (number, text, submitter):
                foreign = expected[known[0]][2] != submitter
                conflict = ("record.foreign" if foreign else "record.conflict", line)
                break
            indexes += known
        batch = [record(number, text) for number, text in lines]
        if conflict is not None:
            with pytest.raises(RecordConflictError) as caught:
                append(self.log, batch, submitter)
            assert (caught.value.code, caught.value.line) == conflict
            return
        appended = append(self.log, batch, submitter)
        assert appended.indexes == indexes
        assert appended.added == len(expected) - len(self.model)
        assert appended.duplicates == len(lines) - appended.added
        assert appended.batch_root == merkle.root([leaf_hash(r.entry) for r in batch])
        self.model = expected

    @rule(count=st.sampled_from([1, 100, 255, 256, 257, 600]), submitter=_submitters)
    def append_many(self, count: int, submitter: str) -> None:
        self.append([(self.unused + i, "") for i in range(count)], submitter)
        self.unused += count

    @rule()
    def publish(self) -> None:
        published = self.log.publish(now=NOW)
        assert (published is None) == (self.published == len(self.model))
        self.published = len(self.model)

    @rule()
    def restart(self) -> None:
        self.home.close()
        self.log = self.home.open()

    @rule()
    def write_from_another_process(self) -> None:
        self.log = self.home.open()

    @invariant()
    def log_is_the_model(self) -> None:
        entries = [record(number, text).entry for number, text, _ in self.model]
        head = self.log.head()
        assert (head.size, head.root) == (len(entries), merkle.root([*map(leaf_hash, entries)]))
        recorded = self.home.record.read()
        assert recorded is not None
        assert recorded.head == head
        assert self.log.entries(0, len(entries) + 1) == entries

    def teardown(self) -> None:
        assert audit(self.log, entries=False).findings == []
        for index, (number, text, submitter) in enumerate(self.model[:40]):
            assert self.log.find(record(number, text).record_id) == index
            assert self.log.submitter_of(index) == submitter
        self.home.close()
        self._directory.cleanup()


def test_log_under_random_batches_is_what_its_model_says() -> None:
    chosen = settings(max_examples=settings().max_examples // 4, stateful_step_count=15)
    run_state_machine_as_test(LogMachine, settings=chosen)


@pytest.mark.postgres
def test_log_on_postgresql_under_random_batches_is_what_its_model_says(
    postgres_server: Server,
) -> None:
    chosen = settings(max_examples=settings().max_examples // 10, stateful_step_count=15)

    class Machine(LogMachine):
        server = postgres_server

    run_state_machine_as_test(Machine, settings=chosen)
