"""One of several processes that write a log, publish it while they have the lease, and go on.

Arguments: database URL, head record's directory, seat, log's key, first number, and where the
process is to stop itself (SIGSTOP) in its third append, if at all. Prints `open`, then for each
acknowledged batch when, its first number, its length and its index; for each change of the lease
when and `lease`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from ledger.errors import ConflictError, UnavailableError
from ledger.lease import Lease
from ledger.log import Log
from ledger.log import log as log_module
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.store import SESSION, Sequencing, Store
from tests.log_home import NOW, records

# Within the transaction, before and after all is written, after its commit, and beside the record
# that is about to be replaced.
STOPS: dict[str, tuple[Any, str]] = {
    "transaction": (Sequencing, "move_head"),
    "written": (log_module, "keep_signed"),
    "commit": (HeadRecord, "advance"),
    "record": (HeadRecord, "_replace"),
}
_BATCH = 20
_STOP_AT_CALL = 3


def say(*words: object) -> None:
    sys.stdout.write(f"{time.monotonic():.3f} {' '.join(map(str, words))}\n")
    sys.stdout.flush()


def stop_in(owner: Any, name: str) -> None:
    """Have the process stop itself in the third call."""
    inner: Callable[..., Any] = getattr(owner, name)
    calls = iter(range(1, sys.maxsize))

    def stopping(*arguments: Any, **named: Any) -> Any:
        if next(calls) == _STOP_AT_CALL:
            say("stop")
            os.kill(os.getpid(), signal.SIGSTOP)
        return inner(*arguments, **named)

    setattr(owner, name, stopping)


def publish(log: Log, lease: Lease) -> None:
    token = lease.take()
    if token is None:
        return
    try:
        log.publish(now=NOW, token=token)
    except ConflictError as error:
        # Stopped in the middle, and replaced.
        say(error.code)


def main(url: str, directory: str, seat: str, signer: str, *rest: str) -> None:
    first, stop = (*rest, "")[:2]
    store = Store.open(url, session=SESSION)
    record = HeadRecord(Path(directory) / "head", seat=int(seat))
    log = Log.open(store, Signer.from_string(signer), record)
    lease = Lease(store, f"seat {seat}")
    lease.on_gained = lambda: say("lease")
    Thread(target=lease.run, daemon=True).start()
    say("open")
    if stop:
        stop_in(*STOPS[stop])
    number = int(first)
    while True:
        batch = records(range(number, number + _BATCH))
        try:
            appended = log.append(batch, submitter="acme", now=NOW)
            publish(log, lease)
        except UnavailableError:
            # Logged or not: the same batch is sent until it is acknowledged.
            continue
        ((_, index, length),) = appended.ranges
        say("logged", number, length, index)
        number += _BATCH


if __name__ == "__main__":
    main(*sys.argv[1:])
