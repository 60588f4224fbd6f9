"""`crossproof record`: hash files here, submit the statement, keep the bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.canonical import parse
from ledger.cli.console import problem, read_file, say, write_file
from ledger.cli.verify import fingerprint
from ledger.statement import Statement

__all__ = ["API_KEY", "DEADLINE", "SERVER", "record"]

SERVER = typer.Option("--server", envvar="CROSSPROOF_SERVER", help="Address of the ledger.")
API_KEY = typer.Option(
    "--api-key", envvar="CROSSPROOF_API_KEY", help="API key; better given by the environment."
)
DEADLINE = typer.Option(
    "--wait", envvar="CROSSPROOF_WAIT", help="Seconds to wait for the bundle.", min=0
)


def record(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to fingerprint into the statement.")
    ] = None,
    *,
    from_json: Annotated[
        Path,
        typer.Option(
            "--from-json", envvar="CROSSPROOF_FROM_JSON", help="The statement's members, or -."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", envvar="CROSSPROOF_OUTPUT", help="Where the bundle goes."),
    ] = None,
    sm3: Annotated[
        bool, typer.Option("--sm3", envvar="CROSSPROOF_SM3", help="SM3 digests beside SHA-256.")
    ] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, DEADLINE] = 30.0,
) -> None:
    """Record a transfer: files are hashed here, and only the statement is sent.

    Example: crossproof record --from-json transfer.json report.csv -o report.bundle.json
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    statement = Statement.build(_members(from_json, files or [], sm3=sm3))
    with Client(server, api_key=api_key) as client:
        answer = client.submit(statement.entry)
        record_id = answer["record_id"]
        say(f"logged: record {record_id}, index {answer['index']}")
        path = output or Path(f"{files[0].name if files else record_id}.bundle.json")
        write_file(path, client.bundle(record_id, deadline=wait).decode())
        say(f"bundle: {path}")


def _members(path: Path, files: list[Path], *, sm3: bool) -> dict[str, Any]:
    members = parse(read_file(path, "statement"))
    if not isinstance(members, dict):
        raise problem("usage.statement", f"{path}: not a statement", expected="a JSON object")
    if files:
        if "files" in members:
            raise problem(
                "usage.files", f"{path} names files already; give them there or here, not both"
            )
        members["files"] = [fingerprint(file, sm3=sm3).to_value() for file in files]
    return members
