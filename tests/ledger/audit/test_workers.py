"""Several processes: what they need of memory, and what becomes of an audit that loses one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from ledger.audit import audit
from ledger.audit.part import Job, Part
from ledger.audit.workers import examine_all
from ledger.errors import UnavailableError
from ledger.log import Log
from tests.crossproof import environment
from tests.log_home import Home, append
from tests.statement_load import statements

# Audits a database in two processes, and tells what the largest of them had in memory, in KiB.
_MEASURED = """
import resource, sys
from pathlib import Path
import ledger.audit
from ledger.audit import audit
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.store import Store
from tests.log_home import SIGNER
if __name__ == "__main__":
    ledger.audit.MIN_SHARED = 0
    place = Path(sys.argv[1])
    log = Log.open(Store.open(f"sqlite:///{place / 'ledger.sqlite3'}"), SIGNER,
                   HeadRecord(place / "head"))
    report = audit(log, processes=2)
    assert report.clean and report.entries == report.size, report.findings
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(max(resource.getrusage(kind).ru_maxrss for kind in kinds))
"""


# What is loaded once, and for large logs alone, to hash by the processor's own instructions.
_COMPILER = 80 * 2**20


def memory_of(directory: Path) -> int:
    """Audit in a program of its own; give the largest resident set of its processes, in bytes."""
    words = [sys.executable, "-c", _MEASURED, str(directory)]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout) * 1024


def filled(home: Home, *counts: int) -> list[int]:
    """Log so many statements, and measure an audit each time."""
    log, made, measured = home.open(), statements(), []
    for count in counts:
        for _ in range(count // 10_000):
            append(log, list(islice(made, 10_000)))
        measured.append(memory_of(home.directory))
    return measured


def test_audit_memory_of_processes_does_not_grow_with_the_log(sqlite: Home) -> None:
    small, large = filled(sqlite, 30_000, 60_000)
    assert large < 1.25 * small


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_audit_memory_of_a_large_log_is_bounded(sqlite: Home) -> None:
    small, large = filled(sqlite, 50_000, 950_000)
    assert large < 1.25 * small + _COMPILER
    assert large < 200 * 2**20


def test_audit_that_loses_a_process_is_undetermined(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = sqlite.open()
    append(log, list(islice(statements(), 70_000)))
    monkeypatch.setattr("ledger.audit.MIN_SHARED", 0)
    # No small parts: each process has work before it when it is killed.
    monkeypatch.setattr("ledger.audit._TAIL", 0)
    killed: list[int] = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            killed.extend(children())
            for process in killed:
                os.kill(process, signal.SIGKILL)

    with pytest.raises(UnavailableError) as caught:
        audit(log, processes=3, progress=kill)
    assert caught.value.code == "audit.process"
    assert killed
    assert audit(log).clean


def children() -> list[int]:
    """List the processes of the pool, spawned by this one."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            words = place.joinpath("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"spawn_main" in words:
            found.append(int(place.name))
    return found


def test_parts_come_in_the_order_of_their_jobs(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, list(islice(statements(), 40_000)))
    parts: list[Part] = list(examine_all(log.store, jobs_of(log), processes=3))
    assert [part.numbers.start for part in parts] == [0, 64, 128]


def jobs_of(log: Log) -> list[Job]:
    head = log.head()
    tiles = -(-head.size // 256)
    return [
        Job(range(start, min(start + 64, tiles)), head, log.verifier, range(head.size))
        for start in range(0, tiles, 64)
    ]
