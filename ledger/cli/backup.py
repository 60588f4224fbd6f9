"""`crossproof backup` and `restore`: a log into a directory of published files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import put_json, say
from ledger.cli.options import AS_JSON, DATA_DIR

__all__ = ["backup", "restore"]

_DIRECTORY = typer.Argument(help="The archive: a directory of checkpoint, tiles and entries.")


def backup(
    directory: Annotated[Path, _DIRECTORY],
    *,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Write the published log into a directory, or add what is new; a server may go on.

    Example: crossproof backup /backups/ledger

    It is for its owner only: entries name parties. Who submitted what is in it too, signed by the
    log's key. Keys and head record are not; keep the keys apart, and never bring back an older head
    record.
    """
    from ledger.archive import write_archive  # noqa: PLC0415 - SQLAlchemy, half a second
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415
    from ledger.keyring import load_log_signer  # noqa: PLC0415

    settings = load_settings(data_dir)
    with open_log(settings) as log:
        archived = write_archive(log, directory, signer=load_log_signer(settings))
        behind = log.head().size - archived.head.size
    say(f"archive: {directory}, {archived.head.size:,} entries, {archived.tiles:,} files new")
    if behind > 0:
        say(f"  {behind:,} entries are logged and not published yet: the next backup has them")
    if as_json:
        put_json(
            {
                "archive": str(directory),
                "size": archived.head.size,
                "files": archived.tiles,
                "behind": max(behind, 0),
            }
        )


def restore(
    directory: Annotated[Path, _DIRECTORY],
    *,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Fill an empty database from an archive.

    Example: crossproof restore /backups/ledger

    The log's key must be back in its place. Entries and tiles are held against the checkpoint that
    it has signed, and who submitted them, when, and where they are anchored against the manifest
    that it has signed. Whether the log may be written then is for its head record to say, which
    knows what was acknowledged after the backup; see `crossproof recover`.
    """
    from ledger.archive import recovery  # noqa: PLC0415 - SQLAlchemy, half a second
    from ledger.archive.source import Directory  # noqa: PLC0415
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415
    from ledger.keyring import load_log_signer  # noqa: PLC0415
    from ledger.store import Store  # noqa: PLC0415

    settings = load_settings(data_dir)
    verifier = load_log_signer(settings).verifier
    with Store.open(settings.database) as store:
        restored = recovery.restore(store, Directory(directory), verifier=verifier)
    say(f"restored: {restored.size:,} entries from {directory}")
    if as_json:
        put_json({"archive": str(directory), "size": restored.size})
    with open_log(settings) as log:
        if log.read_only_reason is not None:
            raise log.read_only_reason
