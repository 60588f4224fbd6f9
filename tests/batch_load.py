"""A batch load that runs until it is killed: `python -m tests.batch_load URL DIRECTORY FIRST`.

Logs the records FIRST, FIRST + 1, … in batches of changing size, publishes now and then, and prints
"first-number count first-index" for every batch that was acknowledged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path

from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.store import Store
from tests.log_home import NOW, SIGNER, append, records

_SIZES = (1, 3, 300, 40, 2_000, 1, 700)


def batches(first: int) -> Iterator[range]:
    """Say which records each batch holds."""
    for size in cycle(_SIZES):
        yield range(first, first + size)
        first += size


def main(url: str, directory: str, first: str) -> None:
    log = Log.open(Store.open(url), SIGNER, HeadRecord(Path(directory) / "head"))
    print("open", flush=True)  # noqa: T201
    for turn, numbers in zip(count(), batches(int(first)), strict=False):
        appended = append(log, records(numbers))
        told = (numbers.start, len(numbers), appended.ranges[0].first_index)
        print(*told, flush=True)  # noqa: T201
        if turn % 3 == 0:
            log.publish(now=NOW)


if __name__ == "__main__":
    main(*sys.argv[1:])
