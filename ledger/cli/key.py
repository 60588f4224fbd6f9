"""`crossproof key`: show the log's public key, make API keys."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import say
from ledger.cli.serve import DATA_DIR

__all__ = ["app"]

app = typer.Typer(help="The log's public key, and API keys.", no_args_is_help=True)


@app.command("show")
def show(*, data_dir: Annotated[Path | None, DATA_DIR] = None) -> None:
    """Show the log's verifier key, to be given to verifiers by a way that they trust.

    Example: crossproof key show
    """
    from ledger.keys import load_log_key  # noqa: PLC0415
    from ledger.settings import Settings  # noqa: PLC0415 - pydantic takes a while to import

    settings = Settings.load(data_dir=data_dir)
    sys.stdout.write(f"{load_log_key(settings.log_key, settings.passphrase).verifier}\n")


@app.command("add")
def add(
    organisation: Annotated[str, typer.Argument(help="Who will use the key.")],
    *,
    keys: Annotated[
        Path,
        typer.Option("--keys", envvar="CROSSPROOF_API_KEYS_FILE", help="The file of API keys."),
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            envvar="CROSSPROOF_SCOPE", help="submit, read, audit; submit and read if none."
        ),
    ] = None,
) -> None:
    """Make an API key: it is shown once, and the file keeps only its hash.

    Example: crossproof key add "Example Ltd" --keys api-keys.json --scope submit --scope read
    """
    # The API stands above the ledger; this command knows it by name alone (see `serve`).
    auth = import_module("api.auth")
    secret = auth.add_key(keys, organisation, tuple(scope or ("submit", "read")))
    say(f"key of {organisation}, shown this once:")
    sys.stdout.write(f"{secret}\n")
