"""`crossproof bundle`: fetch a record's bundle, or its proof alone for other tools."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.accreditation_fact import MAX_FACT_SIZE, AccreditationFact
from ledger.bundle import Bundle
from ledger.cli.bundles import check_asked, write_all
from ledger.cli.completion import record_ids
from ledger.cli.console import printable, problem, put_json, say
from ledger.cli.files import read_file, read_trust, refuse_both_on_stdout, write_file
from ledger.cli.options import API_KEY, AS_JSON, OUTPUT, SERVER, WAIT
from ledger.errors import MalformedError, UnavailableError
from ledger.proof import merkletools, tlog_proof
from ledger.stapling import staple as add_lists
from ledger.statement import parse_record_id
from ledger.trust import Trust

__all__ = ["bundle"]


def bundle(
    record_id: Annotated[
        str | None, typer.Argument(help="The record's id.", autocompletion=record_ids)
    ] = None,
    *,
    output: Annotated[Path, OUTPUT],
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            envvar="CROSSPROOF_ALL",
            help="All records that one may see: OUTPUT is a directory, RECORD_ID.bundle.json each.",
        ),
    ] = False,
    form: Annotated[
        Literal["bundle", "tlog-proof", "merkletools"],
        typer.Option("--format", envvar="CROSSPROOF_FORMAT", help="What to write."),
    ] = "bundle",
    anchored: Annotated[
        bool,
        typer.Option(
            "--anchored", envvar="CROSSPROOF_ANCHORED", help="Wait until it has its anchor, too."
        ),
    ] = False,
    staple: Annotated[
        Path | None,
        typer.Option(
            "--staple",
            envvar="CROSSPROOF_STAPLE",
            metavar="TRUST",
            help="Staple the newest status lists, from the addresses that this trust file names.",
        ),
    ] = None,
    accreditation: Annotated[
        list[Path] | None,
        typer.Option(
            "--accreditation",
            envvar="CROSSPROOF_ACCREDITATION",
            metavar="FILE",
            help="Staple what an authority signed of an attestor's key; repeatable.",
        ),
    ] = None,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Fetch the newest bundle of a record, with its anchor as soon as there is one.

    Example: crossproof bundle 0190e2c1-7c1e-7b6a-9d3b-1f6f2a1b3c4d -o report.bundle.json
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    if every:
        if record_id is not None or form != "bundle":
            raise problem("usage.all", "--all", expected="no RECORD_ID and no --format")
        with Client(server, api_key=api_key) as client:
            count = write_all(client, output, deadline=wait, anchored=anchored)
        say(f"{count} bundles in {output}")
        if as_json:
            put_json({"output": str(output), "count": count})
        return
    refuse_both_on_stdout(output, as_json=as_json)
    try:
        wanted = parse_record_id(record_id or "")
    except MalformedError as error:
        raise problem(
            "usage.record-id", "RECORD_ID", expected=error.expected, found=record_id or "none"
        ) from error
    with Client(server, api_key=api_key) as client:
        fetched = client.bundle(record_id or "", deadline=wait, anchored=anchored)
    check_asked(fetched, wanted)
    if staple is not None:
        fetched = _staple(fetched, read_trust(staple))
    facts = [_read_fact(path) for path in accreditation or ()]
    fetched = replace(fetched, accreditations=(*fetched.accreditations, *facts))
    if form == "tlog-proof":
        text = tlog_proof(fetched)
    elif form == "merkletools":
        text = json.dumps(merkletools(fetched), indent=2) + "\n"
    else:
        text = fetched.to_json()
    write_file(output, text)
    state = "anchored" if fetched.anchor else "published, not anchored yet"
    say(f"{form}: {output}, index {fetched.entry.index}, {state}")
    if as_json:
        put_json(
            {
                "record_id": record_id,
                "index": fetched.entry.index,
                "format": form,
                "output": str(output),
                "anchored": fetched.anchor is not None,
            }
        )


def _staple(fetched: Bundle, trust: Trust) -> Bundle:
    """Staple the lists that can be fetched; say which cannot."""
    from ledger.status_fetch import StatusFetcher  # noqa: PLC0415 - an HTTP client, likewise

    fetcher = StatusFetcher(trust.allows_list)

    def find(address: str) -> str | None:
        try:
            return fetcher.status_list(address).jws.text
        except UnavailableError as error:
            say(f"not stapled: {printable(address)}: {error}")
            return None

    return add_lists(fetched, find)


def _read_fact(path: Path) -> str:
    data = read_file(path, "accreditation fact", limit=MAX_FACT_SIZE)
    return AccreditationFact.parse(data.decode("ascii", "replace").strip()).jws.text
