"""Options that several commands share, each with its twin in the environment."""

from __future__ import annotations

import typer

__all__ = [
    "API_KEY",
    "AS_JSON",
    "DATA_DIR",
    "LANGUAGE",
    "OUTPUT",
    "RPC",
    "SERVER",
    "SIGNER_TIMEOUT",
    "TRUST",
    "WAIT",
]

TRUST = typer.Option(
    "--trust",
    envvar="CROSSPROOF_TRUST",
    metavar="FILE",
    help="The trust file: the only thing that is believed.",
)
RPC = typer.Option(
    "--rpc",
    envvar="CROSSPROOF_RPC",
    metavar="URL",
    help="A node to ask instead of the trust file's; repeatable.",
)
AS_JSON = typer.Option("--json", envvar="CROSSPROOF_JSON", help="As JSON on stdout.")
LANGUAGE = typer.Option("--lang", envvar="CROSSPROOF_LANG", help="Language of the report.")
OUTPUT = typer.Option(
    "--output", "-o", envvar="CROSSPROOF_OUTPUT", help="The file, or - (stdout).", metavar="FILE"
)
SERVER = typer.Option(
    "--server", envvar="CROSSPROOF_SERVER", help="Address of the ledger.", metavar="URL"
)
API_KEY = typer.Option(
    "--api-key", envvar="CROSSPROOF_API_KEY", help="API key; better given by the environment."
)
SIGNER_TIMEOUT = typer.Option(
    "--signer-timeout",
    envvar="CROSSPROOF_SIGNER_TIMEOUT",
    help="Seconds to wait for the signer's answer.",
    min=0,
)
WAIT = typer.Option("--wait", envvar="CROSSPROOF_WAIT", help="Seconds to wait for it.", min=0)
DATA_DIR = typer.Option(
    "--data-dir",
    envvar="CROSSPROOF_DATA_DIR",
    help="Where the ledger's files are kept.",
    metavar="DIR",
)
