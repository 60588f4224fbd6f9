"""`crossproof trail`: who did and looked at what, and whether that was left as it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import EXIT_CODES, put, put_json, say
from ledger.cli.options import API_KEY, AS_JSON, DATA_DIR, SERVER
from ledger.report import Status

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="The access trail: who did and looked at what.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_MOST_SHOWN = 100


@app.command("show")
def show(
    *,
    start: Annotated[
        int, typer.Option("--from", envvar="CROSSPROOF_FROM", min=1, help="The first row's number.")
    ] = 1,
    organisation: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_ORGANISATION", help="Rows of this organisation alone."),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """Show the trail's rows; with --json one JSON object a line, as they were chained.

    Example: crossproof trail show --from 100
    """
    from ledger.cli.opened import load_settings  # noqa: PLC0415 - pydantic takes a while
    from ledger.store import Store  # noqa: PLC0415
    from ledger.trail import Visit  # noqa: PLC0415

    with (
        Store.open(load_settings(data_dir).database, create=False) as store,
        store.trail() as rows,
    ):
        for chained in rows.all(start):
            number, visit = Visit.from_row(chained.row)
            if organisation not in {None, visit.organisation}:
                continue
            if as_json:
                put(chained.row.decode() + "\n")
                continue
            asked = visit.route if visit.subject is None else f"{visit.route} {visit.subject}"
            put(
                f"{number}  {visit.time:%Y-%m-%dT%H:%M:%SZ}  {visit.organisation}  "
                f"{visit.credential}  {visit.method} {asked}  {visit.status}\n"
            )


@app.command("verify")
def verify(
    *,
    as_json: Annotated[bool, AS_JSON] = False,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """Chain all rows again; say which was changed, removed or put in.

    Example: crossproof trail verify

    Rows are held against the heads that the log holds. What came after the last of those is as
    good as the database: `crossproof trail log-head` logs one now.
    """
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415 - likewise
    from ledger.trail import check, logged_heads  # noqa: PLC0415

    with open_log(load_settings(data_dir)) as log, log.store.trail() as rows:
        heads = logged_heads(log)
        head = rows.head()
        wrong = list(check(rows.all(), head, heads))
    covered = max((entry.head.size for entry in heads), default=0)
    if as_json:
        value = {
            "verdict": (Status.FAILED if wrong else Status.VERIFIED).value,
            "rows": head.size,
            "logged_heads": len(heads),
            "rows_under_logged_heads": covered,
            "problems": [
                {"code": e.code, "what": e.message, "expected": e.expected, "found": e.found}
                for e in wrong
            ],
        }
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    else:
        for error in wrong[:_MOST_SHOWN]:
            say(f"✗ {error} [{error.code}]")
        say(f"{head.size} rows, {covered} of them under {len(heads)} heads in the log")
        say("✗ The trail is not what was written." if wrong else "✓ The trail is whole.")
    if wrong:
        raise typer.Exit(EXIT_CODES[Status.FAILED])


@app.command("log-head")
def log_head(
    *,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Let the server log the trail's head now, as it does once a day; needs the scope audit.

    Example: crossproof trail log-head
    """
    from ledger.client import Client  # noqa: PLC0415 - the HTTP client

    with Client(server, api_key=api_key) as client:
        index, count, head = client.log_trail_head()
    say(f"{count} rows, logged as entry {index}")
    if as_json:
        put_json({"head": head, "rows": count, "index": index})
    else:
        put(f"{head}\n")
