"""`crossproof serve`: the API, with its log, chain and workers, until it is stopped."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import say

__all__ = ["DATA_DIR", "serve"]

DATA_DIR = typer.Option(
    "--data-dir", envvar="CROSSPROOF_DATA_DIR", help="Where the ledger's files are kept."
)


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(envvar="CROSSPROOF_HOST", help="Address to listen on.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(envvar="CROSSPROOF_PORT", help="Port to listen on.")
    ] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """Serve the API; without configuration SQLite and an embedded chain, on 127.0.0.1:8080.

    Example: crossproof serve --port 9000

    All settings are environment variables too: docs/settings.md.
    """
    import uvicorn  # noqa: PLC0415 - only this command serves

    from ledger.settings import Settings  # noqa: PLC0415 - pydantic takes a while to import

    settings = Settings.load(host=host, port=port, data_dir=data_dir)
    # The API stands above the ledger and may import it, never the other way: the command that
    # starts it knows it by name alone.
    app = import_module("api.app").create_app(settings)
    say(f"crossproof on http://{settings.host}:{settings.port}, files in {settings.data_dir}")
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")
