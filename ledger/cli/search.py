"""`crossproof search` and `crossproof dossiers`: what one may see of a ledger, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.console import put, say
from ledger.cli.files import fingerprint
from ledger.cli.options import API_KEY, AS_JSON, SERVER
from ledger.cli.table import put_table
from ledger.cli.times import read_time

if TYPE_CHECKING:
    from ledger.listing import FoundDossier, FoundRecord

__all__ = ["dossiers", "search"]

EXPORTER = typer.Option("--exporter", envvar="CROSSPROOF_EXPORTER", metavar="ID")
RECIPIENT = typer.Option("--recipient", envvar="CROSSPROOF_RECIPIENT", metavar="ID")
SCENARIO = typer.Option("--scenario", envvar="CROSSPROOF_SCENARIO")
SINCE = typer.Option("--since", envvar="CROSSPROOF_SINCE", metavar="TIME", help="Then or later.")
UNTIL = typer.Option("--until", envvar="CROSSPROOF_UNTIL", metavar="TIME", help="Before then.")
MOST = typer.Option("--most", envvar="CROSSPROOF_MOST", min=1, max=100_000, help="Rows at most.")


def search(
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", envvar="CROSSPROOF_FILE", help="Of this file: it is hashed here, and stays."
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", envvar="CROSSPROOF_KIND", help="plan, transfer, attestation, …"),
    ] = None,
    leaf: Annotated[
        str | None, typer.Option("--leaf", envvar="CROSSPROOF_LEAF", metavar="HASH")
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option(
            "--organisation",
            envvar="CROSSPROOF_ORGANISATION",
            metavar="ID",
            help="Who submitted it, exports or receives.",
        ),
    ] = None,
    exporter: Annotated[str | None, EXPORTER] = None,
    recipient: Annotated[str | None, RECIPIENT] = None,
    scenario: Annotated[str | None, SCENARIO] = None,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    most: Annotated[int, MOST] = 100,
    as_json: Annotated[bool, AS_JSON] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
) -> None:
    """Find records that one may see, the newest first; times are of their receipt.

    Example: crossproof search --file report.csv
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    digest = None if file is None else fingerprint(file).digests["sha-256"]
    filters = _given(
        digest=digest,
        kind=kind,
        leaf=leaf,
        organisation=organisation,
        exporter=exporter,
        recipient=recipient,
        scenario=scenario,
        since=_time("--since", since),
        until=_time("--until", until),
        order="newest",
    )
    with Client(server, api_key=api_key) as client:
        found = client.lists.search(filters, most=most)
    columns = ("index", "record", "kind", "state", "received", "by")
    _put(columns, [(_record_cells(row), row.to_value()) for row in found.rows], as_json=as_json)
    _tell_lag(found.behind)


def dossiers(
    *,
    flag: Annotated[
        list[str] | None,
        typer.Option(
            "--flag", envvar="CROSSPROOF_FLAG", help="backup-overdue, stop-order, …; repeatable."
        ),
    ] = None,
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            "--jurisdiction", envvar="CROSSPROOF_JURISDICTION", help="Data leaves or enters it."
        ),
    ] = None,
    exporter: Annotated[str | None, EXPORTER] = None,
    recipient: Annotated[str | None, RECIPIENT] = None,
    scenario: Annotated[str | None, SCENARIO] = None,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    most: Annotated[int, MOST] = 100,
    as_json: Annotated[bool, AS_JSON] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
) -> None:
    """List transfers with what is missing or wrong, the newest first; times are the transfers'.

    Example: crossproof dossiers --flag backup-overdue --flag post-check-overdue
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    filters = _given(
        flag=flag,
        jurisdiction=jurisdiction,
        exporter=exporter,
        recipient=recipient,
        scenario=scenario,
        since=_time("--since", since),
        until=_time("--until", until),
    )
    with Client(server, api_key=api_key) as client:
        found = client.lists.dossiers(filters, most=most)
    columns = ("index", "record", "when", "from", "to", "scenario", "flags")
    _put(columns, [(_dossier_cells(row), row.to_value()) for row in found.rows], as_json=as_json)
    _tell_lag(found.behind)


def _given(**filters: str | Sequence[str] | None) -> Mapping[str, str | Sequence[str]]:
    return {name: value for name, value in filters.items() if value}


def _time(option: str, text: str | None) -> str | None:
    time: datetime | None = read_time(option, text)
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def _put(
    columns: Sequence[str], rows: Sequence[tuple[Sequence[str], dict[str, Any]]], *, as_json: bool
) -> None:
    if as_json:
        put(json.dumps([value for _, value in rows], ensure_ascii=False, indent=2) + "\n")
    elif not rows:
        say("nothing found")
    else:
        put_table(columns, ((cells, "  ".join(cells)) for cells, _ in rows))


def _tell_lag(behind: int) -> None:
    if behind:
        say(f"The newest {behind:,} entries of the log were not looked at yet: ask again.")


def _record_cells(row: FoundRecord) -> tuple[str, ...]:
    return (
        str(row.index), row.record_id, row.kind, row.state, row.received_at or "-",
        row.submitter or "-",
    )  # fmt: skip


def _dossier_cells(row: FoundDossier) -> tuple[str, ...]:
    return (
        str(row.index), row.record_id, row.occurred_at, row.exporter, row.recipient, row.scenario,
        " ".join(row.flags) or "-",
    )  # fmt: skip
