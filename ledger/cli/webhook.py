"""`crossproof webhook`: being told when something happens to records, and checking it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.console import problem, put, put_json, say
from ledger.cli.files import read_file
from ledger.cli.options import API_KEY, AS_JSON, SERVER
from ledger.cli.table import put_table
from ledger.cli.times import read_time
from ledger.errors import MalformedError
from ledger.webhook import Secret

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="Being told when something happens to records.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
# A hundred times what a ledger sends.
_MAX_BODY = 8 * 1024 * 1024


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where messages are posted to: https://…")],
    *,
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            envvar="CROSSPROOF_EVENT",
            help="What to be told of, such as record.final; repeatable; everything if none.",
        ),
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--record",
            envvar="CROSSPROOF_RECORD",
            metavar="ID",
            help="Of which record; repeatable; of all that the key may see if none.",
        ),
    ] = None,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Let a server tell an address of yours; the secret that signs it is shown once.

    Example: crossproof webhook add https://receiver.example/hook --event record.final

    It is told what the API key may see, and ends with that key.
    """
    from ledger.client import Client  # noqa: PLC0415 - the HTTP client

    with Client(server, api_key=api_key) as client:
        made = client.add_webhook(url, events=event or (), records=record or ())
    say(f"webhook {made['id']}; its secret, shown this once:")
    if as_json:
        put_json(made)
    else:
        put(f"{made['secret']}\n")


@app.command("list")
def list_webhooks(
    *,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """List the webhooks of one's organisation: where they lead, for what, and how they stand.

    Example: crossproof webhook list
    """
    from ledger.client import Client  # noqa: PLC0415 - the HTTP client

    with Client(server, api_key=api_key) as client:
        found = client.webhooks()
    if as_json:
        put(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    if not found:
        say("no webhooks")
        return
    put_table(("id", "state", "address", "events"), (_shown(one) for one in found))


@app.command("remove")
def remove(
    webhook: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it: wh_….")],
    *,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Let a server tell a webhook nothing more; what waits for it is forgotten.

    Example: crossproof webhook remove wh_Tpvlk_O1u4vNicnUQKe9jg
    """
    from ledger.client import Client  # noqa: PLC0415 - the HTTP client

    with Client(server, api_key=api_key) as client:
        client.remove_webhook(webhook)
    say(f"removed: {webhook}")
    if as_json:
        put_json({"id": webhook})


@app.command("verify")
def verify(
    body: Annotated[Path, typer.Argument(metavar="BODY", help="The message's body; - for stdin.")],
    *,
    message: Annotated[
        str,
        typer.Option("--id", envvar="CROSSPROOF_WEBHOOK_ID", help="The header webhook-id."),
    ],
    timestamp: Annotated[
        str,
        typer.Option(
            "--timestamp",
            envvar="CROSSPROOF_WEBHOOK_TIMESTAMP",
            help="The header webhook-timestamp.",
        ),
    ],
    signature: Annotated[
        str,
        typer.Option(
            "--signature",
            envvar="CROSSPROOF_WEBHOOK_SIGNATURE",
            help="The header webhook-signature.",
        ),
    ],
    secret: Annotated[
        str,
        typer.Option(
            "--secret",
            envvar="CROSSPROOF_WEBHOOK_SECRET",
            help="whsec_…, as `add` showed it; better given by the environment.",
        ),
    ],
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            envvar="CROSSPROOF_AT",
            metavar="TIME",
            help="When it came (RFC 3339); now if not given.",
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Check the signature of a message that came, and that it is of its time.

    Example: crossproof webhook verify body.json --id msg_1 --timestamp 1795262400 --signature v1,A=

    Exit code: 0 it holds, 1 it does not, 2 the secret is none.
    """
    try:
        known = Secret.parse(secret)
    except MalformedError as error:
        raise problem(error.code, error.message, expected=error.expected) from error
    headers = {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }
    now = read_time("--at", at) or datetime.now(UTC)
    name = known.verify(headers, read_file(body, "body", limit=_MAX_BODY), now)
    say(f"✓ signed by whoever knows the secret: {name}")
    if as_json:
        put_json({"verdict": "verified", "id": name})


def _shown(webhook: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    name, state, url = (str(webhook[member]) for member in ("id", "state", "url"))
    events = " ".join(webhook["events"]) or "all"
    why = webhook["ended"]
    told = state if why is None else f"{state}: {why}"
    return (name, told, url, events), f"{name}  {told}  {url}  ({events})"
