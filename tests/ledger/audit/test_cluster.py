"""An audit on a Dask cluster says what it says in one process, and loses nothing with a worker."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from ledger.audit import AuditReport, audit
from ledger.audit.cluster import LOCAL, _examine
from ledger.audit.part import Job
from ledger.errors import ConfigurationError, UnavailableError
from ledger.log import Log
from ledger.note import Signer
from ledger.store import Store
from tests.crossproof import environment
from tests.dask_cluster import Cluster, cluster
from tests.deadline import eventually
from tests.log_home import NOW, Home, append
from tests.statement_load import statements


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the work small, so that a small log is many jobs."""
    monkeypatch.setattr("ledger.audit.PART", 4)


def filled(home: Home, count: int) -> Log:
    log, made = home.open(), statements()
    for _ in range(2):
        append(log, list(islice(made, count // 2)))
        log.publish(now=NOW)
    return log


def broken(log: Log, home: Home) -> Log:
    """Damage a log here and there."""
    home.execute("DELETE FROM hash_tile WHERE level = 0 AND number = 10")
    home.execute("DELETE FROM record WHERE entry_index = 303")
    home.execute("UPDATE submission SET length = 500 WHERE first_index = 0")
    return log


def on(scheduler: str, log: Log) -> AuditReport:
    return audit(log, scheduler=scheduler, processes=2)


def test_audit_on_a_cluster_says_what_it_says_here(running: Cluster, sqlite: Home) -> None:
    log = filled(sqlite, 6_000)
    report = on(running.address, log)
    assert report == audit(log)
    assert report.clean
    assert (report.entries, report.sequences) == (6_000, 6 * 998)
    # The same workers again: what they knew of the log is not what they say of it now.
    found = on(running.address, broken(log, sqlite))
    assert found == audit(log)
    codes = {finding.code for finding in found.findings}
    assert codes >= {"audit.tile", "audit.record", "audit.submission"}


def test_audit_on_a_cluster_reads_postgresql(running: Cluster, postgresql: Home) -> None:
    log = filled(postgresql, 3_000)
    assert on(running.address, log) == audit(log)


def test_audit_goes_on_where_a_worker_is_killed(tmp_path: Path, sqlite: Home) -> None:
    log = broken(filled(sqlite, 20_000), sqlite)
    here = audit(log)
    assert here.findings
    with cluster(tmp_path) as running:
        seen: list[int] = []

        def kill(done: int, total: int) -> None:
            if not seen:
                assert done < total
                running.workers[0].kill()
                running.workers[0].wait()
            seen.append(done)

        assert audit(log, scheduler=running.address, progress=kill) == here
        assert len(seen) > 2


def test_audit_of_a_store_that_workers_cannot_reach_tells_nothing_of_the_log(
    running: Cluster, sqlite: Home
) -> None:
    log = filled(sqlite, 1_000)
    database = sqlite.directory / "ledger.sqlite3"
    database.rename(database.with_suffix(".moved"))
    with pytest.raises(UnavailableError) as caught:
        on(running.address, log)
    assert caught.value.code == "audit.worker"


def test_a_worker_refuses_another_log_and_a_copy_that_is_behind(sqlite: Home) -> None:
    log = filled(sqlite, 1_000)
    behind = sqlite.copy()
    log = sqlite.open()
    append(log, [next(islice(statements(), 1_000, None))])
    job = Job(range(4), log.head(), log.verifier, range(0))
    assert _examine(job, address=sqlite.url, audit="one").checked.clean
    other = replace(job, verifier=Signer.generate("other.example/log").verifier)
    for address, wrong in ((behind, job), (sqlite.url, other)):
        with pytest.raises(UnavailableError) as caught:
            _examine(wrong, address=address, audit=address + wrong.verifier.name)
        assert caught.value.code == "audit.other-store"


def test_no_password_is_sent_or_written_down(
    running: Cluster, sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(sqlite, 1_000)
    url = "postgresql://auditor:s3cret@127.0.0.1:1/ledger"
    monkeypatch.setattr(Store, "url", property(lambda _: url))
    with pytest.raises(UnavailableError) as caught:
        on(running.address, log)
    assert caught.value.code == "audit.worker"
    # Dask writes down which job failed, and of what.
    eventually(lambda: "Compute Failed" in running.output.read_text(), "the failure is told")
    assert "s3cret" not in running.output.read_text() + str(caught.value)


def test_a_scheduler_that_does_not_answer_is_undetermined(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.audit.cluster._CONNECTING", 0.5)
    for address in ("tcp://127.0.0.1:1", "no address"):
        with pytest.raises(UnavailableError) as caught:
            on(address, filled(sqlite, 10) if address != "no address" else sqlite.open())
        assert caught.value.code == "audit.scheduler"


def test_without_the_extra_it_is_said_which(sqlite: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError) as caught:
        on(LOCAL, sqlite.open())
    assert caught.value.code == "audit.scale-extra"


def test_nothing_of_dask_is_loaded_before_it_is_wanted() -> None:
    program = (
        "import sys, ledger.audit, ledger.cli.audit; "
        "sys.exit(any(name in sys.modules for name in ('dask', 'distributed')))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment(), check=False)
    assert done.returncode == 0


def test_a_cluster_of_its_own_ends_with_the_audit(sqlite: Home) -> None:
    log = filled(sqlite, 3_000)
    assert on(LOCAL, log) == audit(log)
    assert not multiprocessing.active_children()
