"""Parts of an audit on a Dask cluster: jobs in, parts out, in the order of the jobs.

    jobs ──► scheduler ──► workers, each reading the store itself ──► roots of tiles, runs, findings

For logs that outgrow one machine. What travels is a job (a range of tiles, the head) and what
became of it (32 bytes for each tile of 256 entries); entries stay where the store is. A worker that
dies takes its jobs to another one with it; one that cannot reach the store ends the audit, which
then says nothing about the log. Whoever keeps the cluster is believed: what its workers say is what
the audit says.
"""

from __future__ import annotations

import os
import threading
from asyncio import CancelledError
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from ledger.audit.part import Job, Memory, Part
from ledger.audit.workers import examine_quickly
from ledger.errors import ConfigurationError, LedgerError, UnavailableError
from ledger.store import Store

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["LOCAL", "examine_on_cluster"]

LOCAL = "local"
"""The address of a cluster that is begun for the audit, on this machine."""

_DATABASE = "CROSSPROOF_DATABASE_URL"
# Seconds: for the scheduler to answer, and for a worker to be there.
_CONNECTING = 10.0
_WAITING = 30.0
# Jobs for each thread that works: what is done may be waiting for what comes before it.
_AHEAD = 4
# Besides the first try: of jobs whose workers died.
_FAILURES = 3

# Of a worker's process: the store, opened anew for each audit, since it may have been replaced
# since the one before; and what threads remember from part to part.
_stores: dict[str, Store] = {}
_opening = threading.Lock()
_remembered = threading.local()


def examine_on_cluster(
    scheduler: str, store: Store, jobs: Iterable[Job], *, processes: int = 1
) -> Iterator[Part]:
    """Examine parts on the cluster of `scheduler`, or on one of `processes` begun here (LOCAL).

    Raises ConfigurationError without the extra `scale`, UnavailableError where scheduler, workers
    or, from a worker, the store cannot be reached.
    """
    with ExitStack() as stack:
        client = _connect(scheduler, store, processes, stack)
        address, audit = _without_password(store.url), token_hex()
        ahead = _AHEAD * sum(client.ncores().values())
        waiting: deque[Future] = deque()
        for job in jobs:
            waiting.append(client.submit(_examine, job, address=address, audit=audit, pure=False))
            while len(waiting) > ahead or (waiting and waiting[0].done()):
                yield _result(client, waiting.popleft())
        while waiting:
            yield _result(client, waiting.popleft())


def _connect(scheduler: str, store: Store, processes: int, stack: ExitStack) -> Client:
    try:
        import dask  # noqa: PLC0415 - an extra, and slow to load
        from distributed import Client, LocalCluster  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "audit.scale-extra",
            "a cluster needs more than is installed",
            expected="the extra `scale`",
            found="no dask",
            hint="pip install 'crossproof[scale]'",
        ) from error
    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": _FAILURES}))
    try:
        if scheduler == LOCAL:
            # The address goes by the environment of our own children, and nobody else on this
            # machine has the keys to send work there.
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                security=True,
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                env={_DATABASE: store.url},
            )
            scheduler = stack.enter_context(cluster)
        client = Client(scheduler, timeout=_CONNECTING, set_as_default=False)
        stack.enter_context(client)
        client.wait_for_workers(1, timeout=_WAITING)
    except (OSError, ValueError) as error:
        raise UnavailableError(
            "audit.scheduler",
            "the cluster of the audit does not answer, or has no workers",
            expected=f"a Dask scheduler at {scheduler}, and workers there",
            found=type(error).__name__,
            hint="dask scheduler; dask worker ADDRESS. Or --scheduler local.",
        ) from error
    return client


def _result(client: Client, future: Future) -> Part:
    while True:
        try:
            part: Part = future.result(timeout=_WAITING)
        except TimeoutError as error:
            if future.done() or not client.ncores():
                raise _lost("no worker is left") from error
        except (UnavailableError, ConfigurationError) as error:
            raise UnavailableError(
                "audit.worker",
                "a worker of the audit cannot read the log's store",
                expected="this log's database, where CROSSPROOF_DATABASE_URL or the audit names it",
                found=f"{error.message}; {error.found or ''}".rstrip("; "),
                hint="This says nothing about the log. A password is never sent: workers have it "
                "in CROSSPROOF_DATABASE_URL, PGPASSWORD or PGPASSFILE.",
            ) from error
        except LedgerError:
            raise
        except (Exception, CancelledError) as error:
            # Whatever became of it there: a worker of another version, out of memory, gone.
            raise _lost(type(error).__name__) from error
        else:
            return part


def _lost(found: str) -> UnavailableError:
    return UnavailableError(
        "audit.process",
        "a process of the audit has ended before its time",
        found=found,
        hint="Workers need the same version of crossproof as the audit, and memory enough.",
    )


def _without_password(url: str) -> str:
    """Give an address that may be sent, and stand in the logs of a cluster."""
    return make_url(url).set(password=None).render_as_string()


def _examine(job: Job, *, address: str, audit: str) -> Part:
    """Examine a part, in a worker."""
    if getattr(_remembered, "audit", None) != audit:
        _remembered.audit, _remembered.memory = audit, Memory()
    with _opening:
        if audit not in _stores:
            while _stores:
                _stores.popitem()[1].close()
            _stores[audit] = Store.open(os.environ.get(_DATABASE) or address, create=False)
        store = _stores[audit]
    _check_log(store, job)
    return examine_quickly(store, job, _remembered.memory)


def _check_log(store: Store, job: Job) -> None:
    """Refuse another log's database, and a copy that is behind: nothing there would be right."""
    with store.reading() as reading:
        found = reading.log()
    if found is None or found.verifier != str(job.verifier) or found.size < job.head.size:
        raise UnavailableError(
            "audit.other-store",
            "a worker's database holds another log, or less of it",
            expected=f"{job.verifier}, {job.head.size} entries",
            found="no log" if found is None else f"{found.verifier}, {found.size} entries",
        )
