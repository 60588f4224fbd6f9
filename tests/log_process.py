"""A first start of a log in a process of its own.

Arguments: database URL, head record's directory, log's key. Prints the size of the log that it has
opened, or the code of the error that it was refused with.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.errors import LedgerError
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.store import Store


def main(url: str, directory: str, signer: str) -> str:
    """Open the log, or begin it."""
    try:
        with Store.open(url) as store:
            log = Log.open(store, Signer.from_string(signer), HeadRecord(Path(directory) / "head"))
            return str(log.head().size)
    except LedgerError as error:
        return error.code


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))
