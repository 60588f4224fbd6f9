"""`crossproof audit`: a log derived again, and held against every anchor on its chain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.anchor import LogStanding, LogStatus
from ledger.cli.console import EXIT_CODES, Style, progress, put, say
from ledger.cli.options import AS_JSON, DATA_DIR
from ledger.cli.times import read_time
from ledger.errors import LedgerError, UnavailableError
from ledger.report import Status

if TYPE_CHECKING:
    from ledger.audit.chain import AuditedLog, ChainAudit
    from ledger.audit.report import AuditReport
    from ledger.log import Log
    from ledger.settings import Settings
    from ledger.store import StoredAnchor

__all__ = ["MEDIA_TYPE", "audit"]

MEDIA_TYPE = "application/vnd.crossproof.audit.v1+json"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_VERDICTS = {
    Status.VERIFIED: ("✓ The log is whole.", Style.GREEN),
    Status.FAILED: ("✗ The log is not what it claims.", Style.RED),
    Status.UNDETERMINED: ("? Nothing is wrong, and not all could be asked.", Style.YELLOW),
}


def audit(
    *,
    since: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_SINCE", help="Read entries received from this time on."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_UNTIL", help="Read entries received up to this time."),
    ] = None,
    without_chain: Annotated[
        bool,
        typer.Option(
            "--without-chain",
            envvar="CROSSPROOF_WITHOUT_CHAIN",
            help="Audit the store alone.",
        ),
    ] = False,
    from_block: Annotated[
        int,
        typer.Option(
            envvar="CROSSPROOF_FROM_BLOCK", help="Block in which the contract was deployed.", min=0
        ),
    ] = 0,
    as_json: Annotated[bool, AS_JSON] = False,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """Derive the log again from its entries; compare with its heads and the chain.

    Example: crossproof audit --since 2026-01-01T00:00:00Z --json

    Tiles, heads and anchors are always checked whole; --since and --until choose whose entries
    are read. Listed too, as facts and no findings: who signs for the log in its contract, when that
    changed, who was struck, whether it is frozen or closed.

    Exit code: 0 whole, 1 something is wrong, 3 the chain could not be asked. An embedded sandbox
    can be asked only by its own process, and proves nothing to others: it is left out.
    """
    from ledger.audit import audit as derive  # noqa: PLC0415 - named as this command is
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415 - SQLAlchemy, pydantic

    span = (read_time("--since", since), read_time("--until", until))
    settings = load_settings(data_dir)
    with open_log(settings) as log:
        chain = None if without_chain else _ask_chain(settings, log, from_block)
        within = None if span == (None, None) else log.received_between(*span)
        with progress("entries") as show:
            report = derive(
                log, anchors=() if chain is None else chain.heads, within=within, progress=show
            )
        origin = log.origin
    findings = [*report.findings, *(() if chain is None else chain.findings)]
    unasked = [] if chain is None else chain.open
    verdict = Status.FAILED if findings else Status.UNDETERMINED if unasked else Status.VERIFIED
    if as_json:
        put(json.dumps(_value(origin, report, chain, verdict), ensure_ascii=False, indent=2) + "\n")
    else:
        _show(origin, report, chain, verdict)
    raise typer.Exit(EXIT_CODES[verdict])


def _ask_chain(settings: Settings, log: Log, from_block: int) -> ChainAudit | None:
    """Ask the configured nodes about every anchor that is known of this log.

    None without nodes, where all that is anchored is on sandboxes.
    """
    from ledger.audit.chain import ChainAudit, audit_chain  # noqa: PLC0415 - web3, a second
    from ledger.connections import connect, verifiers  # noqa: PLC0415

    kept = log.store.anchors()
    if not settings.chain_urls and all(row.anchor.sandbox for row in kept):
        return None
    if not settings.chain_urls:
        gone = UnavailableError(
            "chain.gone",
            "no node is configured, and the log is anchored on a chain",
            expected="CROSSPROOF_CHAIN_URLS",
            hint="To audit the store alone: --without-chain.",
        )
        return ChainAudit(open=[gone])
    with connect(settings, settings.chain_urls[0]) as chain, progress("anchors") as show:
        return audit_chain(
            chain,
            log_ids=_log_ids(settings, log, kept),
            kept=kept,
            source=verifiers(settings, chain),
            from_block=from_block,
            progress=show,
        )


def _log_ids(settings: Settings, log: Log, kept: Sequence[StoredAnchor]) -> set[bytes]:
    """Collect the names that the contract may know the log by: kept, recorded, and our own."""
    from ledger.head_signature import log_id  # noqa: PLC0415 - eth-account, half a second
    from ledger.keyring import Keyring  # noqa: PLC0415
    from ledger.log.head_record import HeadRecord  # noqa: PLC0415

    names = {row.anchor.log_id for row in kept}
    recorded = HeadRecord(settings.head_record).newest()
    if recorded is not None and recorded.anchored is not None:
        names.add(recorded.anchored.log_id)
    # A store that has forgotten its anchors must not make the audit forget the chain. Whoever
    # audits elsewhere need not have the key.
    if not settings.operator.is_missing:
        admin = Keyring.open(settings, origin=log.origin).admin
        names.add(log_id(log.origin, admin.address))
    return names


def _show(origin: str, report: AuditReport, chain: ChainAudit | None, verdict: Status) -> None:
    say(f"{origin}, {report.size:,} entries, root {report.root.hex()}", Style.BOLD)
    say(
        f"  derived again: {report.entries:,} entries, {report.tiles:,} tiles, "
        f"{report.checkpoints:,} checkpoints, {report.anchors:,} anchors"
    )
    if chain is not None:
        say(f"  on chain: {len(chain.heads):,} heads; {chain.asked:,} kept anchors asked about")
        for found in chain.logs:
            _show_log(found)
    else:
        say("  the chain was not asked: a sandbox of its own process, or --without-chain")
    for finding in (*report.findings, *(() if chain is None else chain.findings)):
        say(f"  ✗ {finding.where} [{finding.code}]", Style.RED)
        say(f"      expected: {finding.expected}")
        say(f"      found: {finding.found}")
    for error in () if chain is None else chain.open:
        say(f"  ? {error} [{error.code}]", Style.YELLOW)
    say(*_VERDICTS[verdict])


def _show_log(found: AuditedLog) -> None:
    governance = found.governance
    info, standing = governance.info, governance.standing
    successor = standing.successor
    named = "" if successor is None else f", continued by 0x{successor.hex()}"
    say(
        f"  log 0x{found.log_id.hex()}: {standing.status}{named}; epoch {info.epoch}, "
        f"{info.threshold} of {len(info.operators)} sign, {standing.struck} struck",
        None if standing == LogStanding(LogStatus.ACTIVE) else Style.YELLOW,
    )
    for event in found.history:
        told = ", ".join(f"{name} {_shown(value)}" for name, value in event.arguments.items())
        time = event.time.strftime(_TIME)
        say(f"    {time} block {event.block_number}: {event.name}{told and f' ({told})'}")


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _log_value(found: AuditedLog) -> dict[str, Any]:
    governance = found.governance
    successor = governance.standing.successor
    return {
        "log_id": f"0x{found.log_id.hex()}",
        "status": governance.standing.status.value,
        "admin": f"0x{governance.info.admin.hex()}",
        "epoch": governance.info.epoch,
        "threshold": governance.info.threshold,
        "operators": [f"0x{address.hex()}" for address in governance.info.operators],
        "struck": [f"0x{address.hex()}" for address in governance.struck],
        "successor": None if successor is None else f"0x{successor.hex()}",
        "events": [
            {
                "name": event.name,
                "arguments": event.arguments,
                "block_number": event.block_number,
                "block_time": event.time.strftime(_TIME),
                "transaction": f"0x{event.transaction.hex()}",
            }
            for event in found.history
        ],
    }


def _value(
    origin: str, report: AuditReport, chain: ChainAudit | None, verdict: Status
) -> dict[str, Any]:
    findings = [*report.findings, *(() if chain is None else chain.findings)]
    value: dict[str, Any] = {
        "mediaType": MEDIA_TYPE,
        "verdict": verdict.value,
        "as_of": datetime.now(UTC).strftime(_TIME),
        "log": {"origin": origin, "size": report.size, "root": report.root.hex()},
        "derived": {
            "entries": report.entries,
            "tiles": report.tiles,
            "checkpoints": report.checkpoints,
            "anchors": report.anchors,
        },
        "findings": [
            {"code": f.code, "where": f.where, "expected": f.expected, "found": f.found}
            for f in findings
        ],
    }
    if chain is not None:
        value["chain"] = {
            "heads": len(chain.heads),
            "asked": chain.asked,
            "logs": [_log_value(found) for found in chain.logs],
            "open": [_open(error) for error in chain.open],
        }
    return value


def _open(error: LedgerError) -> dict[str, str]:
    members = {
        "code": error.code,
        "detail": error.message,
        "expected": error.expected,
        "found": error.found,
        "hint": error.hint,
    }
    return {name: text for name, text in members.items() if text is not None}
