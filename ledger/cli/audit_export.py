"""`crossproof audit export`: the entries of a span of time, with all that proves them."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.audit_report import audit_value, verdict_of
from ledger.cli.console import EXIT_CODES, Style, problem, progress, put_json, say
from ledger.cli.files import read_trust
from ledger.cli.options import AS_JSON, DATA_DIR, TRUST
from ledger.cli.times import read_time
from ledger.report import Status
from ledger.trust import Trust, TrustedLog

if TYPE_CHECKING:
    from ledger.log import Log

__all__ = ["export"]

_SUFFIX = ".zip"


def export(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", envvar="CROSSPROOF_OUTPUT", metavar="FILE.zip", help="The archive."
        ),
    ],
    *,
    since: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_SINCE", help="Entries received from this time on."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_UNTIL", help="Entries received up to this time."),
    ] = None,
    trust: Annotated[Path | None, TRUST] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Write the entries of a span of time, with all that proves them, into one archive.

    Example: crossproof audit export --since 2026-01-01T00:00:00Z --trust trust.json -o january.zip

    In it are tiles, checkpoints, anchors, who submitted what, what an audit found of the span, and
    a verify.py that checks all of it with Python's standard library alone. The same span of the
    same log makes the same bytes. --trust goes along, with its pins; a reader brings his own.

    Exit code: 0 written, 1 written, and the audit has found something wrong.
    """
    from ledger.audit import audit  # noqa: PLC0415 - SQLAlchemy, and what follows
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415 - pydantic
    from ledger.evidence import write_evidence  # noqa: PLC0415
    from ledger.keyring import load_log_signer  # noqa: PLC0415

    if output.suffix != _SUFFIX:
        raise problem(
            "usage.archive", "the archive is a zip file", expected=_SUFFIX, found=str(output)
        )
    span = (read_time("--since", since), read_time("--until", until))
    believed = None if trust is None else read_trust(trust)
    settings = load_settings(data_dir)
    with open_log(settings) as log:
        within = log.received_between(*span)
        with progress("entries") as show:
            report = audit(log, within=within, processes=os.cpu_count() or 1, progress=show)
        head = write_evidence(
            log,
            output,
            within=within,
            trust=_minimal_trust(log) if believed is None else believed,
            report=audit_value(log.origin, report, None),
            signer=load_log_signer(settings),
            # Of the layer above, as `crossproof serve` is.
            page=import_module("api.single_file").verifier_page("en"),
        )
    count = max(min(within.stop, head.size) - within.start, 0)
    say(f"{output}: {count:,} entries of {head.size:,}, root {head.root.hex()}")
    verdict = verdict_of(report, None)
    if verdict is Status.FAILED:
        for finding in report.findings:
            say(f"  ✗ {finding}", Style.RED)
    if as_json:
        put_json(
            {
                "output": str(output),
                "entries": count,
                "size": head.size,
                "root": head.root.hex(),
                "verdict": verdict.value,
            }
        )
    raise typer.Exit(EXIT_CODES[verdict])


def _minimal_trust(log: Log) -> Trust:
    """Name the log and its key, and nothing else: no chain, no pin."""
    return Trust((TrustedLog(log.origin, (log.verifier,)),))
