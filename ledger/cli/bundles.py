"""All bundles that one may have, fetched many at once and written into a directory."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.bundle import Bundle
from ledger.cli.files import write_file
from ledger.errors import UnavailableError, VerificationError
from ledger.statement import Statement, parse_record_id

if TYPE_CHECKING:
    from ledger.client import Client

__all__ = ["check_asked", "write_all"]

_PAUSE = 1.0


def write_all(client: Client, directory: Path, *, deadline: float, anchored: bool) -> int:
    """Write each record's bundle to RECORD_ID.bundle.json; give how many.

    Raises UnavailableError where some are not published, or anchored if asked, in `deadline`
    seconds: what is there by then is written.
    """
    end = time.monotonic() + deadline
    count, waiting = 0, []
    for page in client.lists.record_ids():
        missing = _write(client, directory, page, anchored=anchored)
        count += len(page) - len(missing)
        waiting += missing
    while waiting and time.monotonic() + _PAUSE < end:
        time.sleep(_PAUSE)
        missing = _write(client, directory, waiting, anchored=anchored)
        count += len(waiting) - len(missing)
        waiting = missing
    # Files were not flushed one by one: all at once is faster, and what is reported is durable.
    os.sync()
    if waiting:
        raise UnavailableError(
            "client.deadline",
            f"{len(waiting)} records have no such bundle after {deadline:.0f} s",
            expected="anchored" if anchored else "published",
            found=f"{count} that are, in {directory}",
            hint="Wait longer (--wait), or ask again later.",
        )
    return count


def _write(client: Client, directory: Path, record_ids: list[str], *, anchored: bool) -> list[str]:
    """Write what is there; give the ids of what is not."""
    missing = []
    # The server chose these names: only a record id may become the name of a file.
    wanted = {record_id: parse_record_id(record_id) for record_id in record_ids}
    for record_id, bundle in client.bundles(record_ids):
        if bundle is None or (anchored and bundle.anchor is None):
            missing.append(record_id)
            continue
        check_asked(bundle, wanted[record_id])
        write_file(directory / f"{record_id}.bundle.json", bundle.to_json(), flush=False)
    return missing


def check_asked(fetched: Bundle, wanted: bytes) -> None:
    """Refuse a bundle of another record; whether it proves anything is for `verify` to say."""
    found = Statement.from_entry(fetched.entry.body).record_id
    if found != wanted:
        raise VerificationError(
            "record.other",
            "the server's bundle is of another record than the one that was asked for",
            expected=wanted.hex(),
            found=found.hex(),
            hint="Do not rely on this ledger; ask its operator.",
        )
