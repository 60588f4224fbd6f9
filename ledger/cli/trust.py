"""`crossproof trust`: what is believed, and anchors kept for use offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle import Bundle
from ledger.cli.console import EXIT_CODES, read_file, say, show_report, write_file
from ledger.cli.verify import TRUST, find_chain, read_trust
from ledger.report import Status
from ledger.verify import verify

__all__ = ["app"]

app = typer.Typer(help="What is believed, and anchors kept for use offline.", no_args_is_help=True)


@app.command("show")
def show(
    *,
    trust: Annotated[Path, TRUST],
    as_json: Annotated[
        bool, typer.Option("--json", envvar="CROSSPROOF_JSON", help="As JSON on stdout.")
    ] = False,
) -> None:
    """Show which logs, chains and anchors a trust file names.

    Example: crossproof trust show --trust trust.json
    """
    believed = read_trust(trust)
    if as_json:
        sys.stdout.write(believed.to_json())
        return
    for log in believed.logs:
        say(f"log {log.origin}", "bold")
        for key in log.keys:
            say(f"  key     {key}")
        say(f"  log id  {'0x' + log.log_id.hex() if log.log_id else 'not given: no anchor counts'}")
    for chain in believed.chains:
        say(f"{chain.identity}{' (sandbox)' if chain.sandbox else ''}", "bold")
        say(f"  final   {chain.finality}")
        say(f"  nodes   {', '.join(chain.rpc) or 'none'}; {chain.agree} must agree")
    say(f"{len(believed.anchors)} pinned anchors", "bold")
    for anchor in believed.anchors:
        say(f"  size {anchor.size}, block {anchor.block_number} of chain {anchor.chain.chain_id}")


@app.command("pin")
def pin(
    bundles: Annotated[list[Path], typer.Argument(help="Bundles whose anchors to keep.")],
    *,
    trust: Annotated[Path, TRUST],
    rpc: Annotated[
        list[str] | None,
        typer.Option(envvar="CROSSPROOF_RPC", help="Ask this node instead of the trust file's."),
    ] = None,
) -> None:
    """Check the anchors of bundles on their chain, and keep them in the trust file.

    Example: crossproof trust pin report.bundle.json --trust trust.json
    """
    believed = read_trust(trust)
    worst = Status.VERIFIED
    for path in bundles:
        raw = read_file(path, "bundle")
        chain = find_chain(raw, believed, tuple(rpc or ()))
        report = verify(raw, trust=believed, chain=chain, without_files=True)
        if report.verdict is Status.VERIFIED:
            anchor = Bundle.from_json(raw).anchor
            if anchor is not None:
                believed = believed.pin(anchor)
                say(f"pinned: {path}, size {anchor.size}, block {anchor.block_number}")
        else:
            show_report(report, str(path), "en")
            worst = Status.FAILED if Status.FAILED in {worst, report.verdict} else report.verdict
    write_file(trust, believed.to_json())
    raise typer.Exit(EXIT_CODES[worst])
