"""`crossproof bundle`: fetch a record's bundle, or its proof alone for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.bundle import Bundle
from ledger.cli.console import say, write_file
from ledger.cli.record import API_KEY, DEADLINE, SERVER
from ledger.proof import merkletools, tlog_proof

__all__ = ["bundle"]


def bundle(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", envvar="CROSSPROOF_OUTPUT", help="The file, or - (stdout)."),
    ],
    form: Annotated[
        Literal["bundle", "tlog-proof", "merkletools"],
        typer.Option("--format", envvar="CROSSPROOF_FORMAT", help="What to write."),
    ] = "bundle",
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, DEADLINE] = 30.0,
) -> None:
    """Fetch the newest bundle of a record, with its anchor as soon as there is one.

    Example: crossproof bundle 0190e2c1-… -o report.bundle.json
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    with Client(server, api_key=api_key) as client:
        fetched = Bundle.from_json(client.bundle(record_id, deadline=wait))
    if form == "tlog-proof":
        text = tlog_proof(fetched)
    elif form == "merkletools":
        text = json.dumps(merkletools(fetched), indent=2) + "\n"
    else:
        text = fetched.to_json()
    write_file(output, text)
    anchored = "anchored" if fetched.anchor else "published, not anchored yet"
    say(f"{form}: {output}, index {fetched.entry.index}, {anchored}")
