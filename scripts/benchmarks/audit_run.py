"""One run of one thing that an audit does, in a program of its own: `audit_run WHAT DIRECTORY N`.

It prints what that took, N processes being given, as JSON: see `auditing`. It loads nothing that an
audit does not load, and neither do the processes that it begins.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from ledger.audit import audit
from ledger.audit.hashing import Hashing, StandardHashing, hashing_for
from ledger.audit.workers import share
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.merkle import HASH_SIZE
from ledger.store import Store
from ledger.tile import WIDTH, decode_entries
from tests.log_key import SIGNER

__all__ = ["WORK"]

# Tiles that are hashed at once: some hundredths of a second.
_PART = 32


def _open(place: Path) -> Log:
    store = Store.open(f"sqlite:///{place / 'ledger.sqlite3'}")
    return Log.open(store, SIGNER, HeadRecord(place / "head"))


class Done(NamedTuple):
    """So many entries, in so many seconds of work."""

    entries: int
    seconds: float


def _audited(place: Path, *, entries: bool, processes: int) -> Done:
    log = _open(place)
    started = time.perf_counter()
    try:
        report = audit(log, entries=entries, processes=processes)
    finally:
        log.close()
    seconds = time.perf_counter() - started
    if not report.clean or report.entries != (report.size if entries else 0):
        raise RuntimeError(report)
    return Done(report.size, seconds)


def _hashed(place: Path, processes: int, *, standard: bool) -> Done:
    """Hash every entry and every node of the full leaf tiles, and compare with those above."""
    started = time.perf_counter()
    log = _open(place)
    size = log.head().size
    log.close()
    tiles = range(size // WIDTH)
    parts = (tiles[start : start + _PART] for start in tiles[::_PART])
    hashed = partial(_hash, place, size, standard=standard)
    entries = sum(share(parts, hashed, hashed, processes=processes))
    return Done(entries, time.perf_counter() - started)


@cache
def _store(place: Path) -> Store:
    """Open the store once in each process."""
    return Store.open(f"sqlite:///{place / 'ledger.sqlite3'}", create=False)


def _hash(place: Path, size: int, tiles: range, *, standard: bool) -> int:
    by: Hashing = StandardHashing() if standard else hashing_for(size)
    with _store(place).reading() as reading:
        kept = reading.tiles(1, {number // WIDTH for number in tiles})
        for number, bundle in reading.bundles(tiles):
            root = by.perfect_root(by.leaf_row(bundle, decode_entries(bundle, WIDTH)))
            start = number % WIDTH * HASH_SIZE
            if kept[number // WIDTH][start : start + HASH_SIZE] != root:
                raise RuntimeError(number)
    return len(tiles) * WIDTH


# By name: what is done with a log, and in how many processes of those that are given.
WORK: dict[str, Callable[[Path, int], Done]] = {
    "structure: hash tiles alone, one process": lambda place, _: _audited(
        place, entries=False, processes=1
    ),
    "hashing: entries to leaves and tiles, by hashlib": lambda place, processes: _hashed(
        place, processes, standard=True
    ),
    "hashing: entries to leaves and tiles": lambda place, processes: _hashed(
        place, processes, standard=False
    ),
    "everything, one process": lambda place, _: _audited(place, entries=True, processes=1),
    "everything": lambda place, processes: _audited(place, entries=True, processes=processes),
}


def _tell(name: str, place: Path, processes: int) -> None:
    """Do one thing, and tell what it took."""
    done = WORK[name](place, processes)
    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = sum(usage.ru_utime + usage.ru_stime for usage in (own, others))
    # The largest child counts for each.
    peak = _peak() + others.ru_maxrss * 1024 * (processes - 1)
    told = {"entries": done.entries, "begun_seconds": done.seconds}
    print(json.dumps({**told, "processor_seconds": used, "peak_bytes": peak}))


def _peak() -> int:
    """Read this program's own peak: what `getrusage` tells begins with whoever started it."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text("utf-8").splitlines()
        if line.startswith("VmHWM:")
    )
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _tell(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
