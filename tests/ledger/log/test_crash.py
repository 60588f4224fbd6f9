"""kill -9 at random moments of a batch load: nothing acknowledged is lost, the log is whole."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.audit import audit
from tests.batch_load import batches
from tests.log_home import Home, append, records

_NUMBERS_PER_RUN = 10_000_000


def load_until_killed(home: Home, repository: Path, *, first: int, seconds: float) -> list[str]:
    """Run the load, kill it `seconds` after its start-up, and return what it acknowledged."""
    command = [sys.executable, "-m", "tests.batch_load", home.url, str(home.directory), str(first)]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        process.kill()
        lines = process.stdout.readlines()
    assert process.returncode == -9
    # The kill may have cut the last line.
    return [line for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("kills", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_kill_at_random_moments_loses_nothing_acknowledged(
    home: Home, repository: Path, kills: int
) -> None:
    home.open()
    home.close()
    moments = random.Random(kills)  # noqa: S311 - no secret
    acknowledged = 0
    for run in range(kills):
        first = run * _NUMBERS_PER_RUN
        lines = load_until_killed(home, repository, first=first, seconds=moments.uniform(0, 0.5))
        log = home.open()
        assert log.read_only_reason is None
        load = batches(first)
        for line in lines:
            numbers = next(load)
            start, count, index = map(int, line.split())
            assert (start, count) == (numbers.start, len(numbers))
            expected = records(numbers)
            assert log.entries(index, count) == [submission.entry for submission in expected]
            assert log.find(expected[-1].record_id) == index + count - 1
            acknowledged += count
        # What was on its way is there whole or not at all, and can be sent again.
        unanswered = records(next(load))
        appended = append(log, unanswered)
        assert appended.added in {0, len(unanswered)}
        assert len(appended.ranges) == 1
        # Structure alone: these entries are no statements.
        report = audit(log, entries=False)
        assert report.findings == []
        assert report.size >= acknowledged
        home.close()
