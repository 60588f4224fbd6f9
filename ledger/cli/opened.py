"""A ledger's log, opened for the commands that need no running node, a server beside or none.

Nothing is made here: where there is no log, that is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.cli.console import problem
from ledger.keyring import load_log_signer
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.settings import Settings
from ledger.store import Store

__all__ = ["load_settings", "open_log"]


def load_settings(data_dir: Path | None) -> Settings:
    """Read the settings; raise ConfigurationError for a data directory that is not there."""
    settings = Settings.load(data_dir=data_dir)
    if not settings.data_dir.is_dir():
        raise problem(
            "settings.data-dir",
            f"data directory {settings.data_dir}: there is none",
            expected="the directory of a ledger",
            hint="Name it: --data-dir, or CROSSPROOF_DATA_DIR.",
        )
    return settings


@contextmanager
def open_log(settings: Settings) -> Iterator[Log]:
    """Open the log that is there; a log that could fork opens for reading only."""
    signer = load_log_signer(settings)
    with Store.open(settings.database, create=False) as store:
        with store.reading() as reading:
            if reading.log() is None:
                raise problem("store.empty", "the database holds no log")
        yield Log.open(store, signer, HeadRecord(settings.head_record))
