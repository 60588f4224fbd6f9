"""`crossproof verify`: a bundle and its files against a trust file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.attestation import Stage
from ledger.cli.console import EXIT_CODES, problem, put, show_report
from ledger.cli.files import fingerprint, read_bundle, read_trust
from ledger.cli.options import AS_JSON, LANGUAGE, OFFLINE, RPC, TRUST
from ledger.cli.sources import Sources, find_sources
from ledger.cli.times import read_time
from ledger.errors import MalformedError
from ledger.report import Check, Report

__all__ = ["verify"]


def verify(
    bundle: Annotated[
        Path, typer.Argument(help="The bundle, NAME.bundle.json, a certificate, or - for stdin.")
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="The files it proves.")] = None,
    *,
    trust: Annotated[Path, TRUST],
    rpc: Annotated[list[str] | None, RPC] = None,
    offline: Annotated[bool, OFFLINE] = False,
    without_files: Annotated[
        bool,
        typer.Option(
            "--without-files", envvar="CROSSPROOF_WITHOUT_FILES", help="Check the record alone."
        ),
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", envvar="CROSSPROOF_AT", metavar="TIME", help="Answer for this time (RFC 3339)."
        ),
    ] = None,
    require: Annotated[
        list[Stage] | None,
        typer.Option(
            "--require",
            envvar="CROSSPROOF_REQUIRE",
            help="A stage that must be attested; repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    lang: Annotated[Literal["en", "zh"], LANGUAGE] = "en",
) -> None:
    """Check a bundle and its files, trusting nobody's server.

    Example: crossproof verify report.bundle.json report.csv --trust trust.json

    Where a node is asked about the anchor, the report tells how the log stands in its contract
    today: frozen, closed, its successor, operators struck. An anchor that was made stays true.
    Status lists are fetched whole, and only from addresses that the trust file names.

    Exit code: 0 verified, 1 failed, 2 wrong usage, 3 undetermined.
    """
    if offline and rpc:
        raise problem(
            "usage.offline",
            "--offline and --rpc exclude each other",
            hint="Either may come from the environment: CROSSPROOF_OFFLINE, CROSSPROOF_RPC.",
        )
    now = read_time("--at", at)
    believed = read_trust(trust)
    try:
        raw = read_bundle(bundle)
    except MalformedError as error:
        report = Report((Check.failed("bundle.format", error),), now or datetime.now(UTC))
    else:
        sources = Sources() if offline else find_sources(raw, believed, tuple(rpc or ()))
        report = sources.verify(
            raw,
            trust=believed,
            files=[fingerprint(path) for path in files or ()],
            now=now,
            without_files=without_files,
            required=require or (),
        )
    if as_json:
        put(report.to_json())
    else:
        show_report(report, str(bundle), language=lang)
    raise typer.Exit(EXIT_CODES[report.verdict])
