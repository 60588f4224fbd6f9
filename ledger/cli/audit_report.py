"""What `crossproof audit` tells: for people on stderr, or as one JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ledger.anchor import LogStanding, LogStatus
from ledger.cli.console import Style, put, say
from ledger.errors import LedgerError
from ledger.report import Status

if TYPE_CHECKING:
    from ledger.audit.chain import AuditedLog, ChainAudit
    from ledger.audit.report import AuditReport

__all__ = ["MEDIA_TYPE", "audit_value", "show_audit", "verdict_of"]

MEDIA_TYPE = "application/vnd.crossproof.audit.v1+json"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_VERDICTS = {
    Status.VERIFIED: ("✓ The log is whole.", Style.GREEN),
    Status.FAILED: ("✗ The log is not what it claims.", Style.RED),
    Status.UNDETERMINED: ("? Nothing is wrong, and not all could be asked.", Style.YELLOW),
}
# Of what was counted and could not be told (see `ledger.audit.report`).
_UNTOLD = {
    "kind": "records that are named, of a kind that cannot be read",
    "link": "links to records that this log does not hold",
    "manifest": "manifests of batches that are not found as they were signed",
    "sequence": "gaps in numbers, where not all entries were read",
    "signature": "signatures by keys that did not come along",
}


def verdict_of(report: AuditReport, chain: ChainAudit | None) -> Status:
    """Say what an audit came to."""
    if report.findings or (chain is not None and chain.findings):
        return Status.FAILED
    return Status.UNDETERMINED if chain is not None and chain.open else Status.VERIFIED


def show_audit(
    origin: str,
    report: AuditReport,
    chain: ChainAudit | None,
    *,
    seconds: float,
    as_json: bool,
) -> None:
    """Tell what was looked at, what was found, and the verdict."""
    verdict = verdict_of(report, chain)
    if as_json:
        value = {**audit_value(origin, report, chain), "as_of": datetime.now(UTC).strftime(_TIME)}
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    else:
        _show(origin, report, chain, verdict, seconds)


def _show(
    origin: str,
    report: AuditReport,
    chain: ChainAudit | None,
    verdict: Status,
    seconds: float,
) -> None:
    say(f"{origin}, {report.size:,} entries, root {report.root.hex()}", Style.BOLD)
    say(
        f"  derived again: {report.entries:,} entries, {report.tiles:,} tiles, "
        f"{report.checkpoints:,} checkpoints, {report.anchors:,} anchors"
    )
    rate = report.size / max(seconds, 1e-3)
    say(f"  {report.hashes:,} hashes in {seconds:,.1f} s, {rate:,.0f} entries a second")
    if report.entries:
        _show_content(report)
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


def _show_content(report: AuditReport) -> None:
    kinds: Mapping[str, int] = report.kinds
    named = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    say(f"  entries read: {named or 'none that is a statement'}")
    say(
        f"  {report.records:,} record ids, {report.signatures:,} signatures, "
        f"{report.links:,} links, {report.manifests:,} manifests, "
        f"{report.sequences:,} numbers under plans"
    )
    for reason, count in sorted(report.untold.items()):
        say(f"  - not told: {count:,} {_UNTOLD[reason]}", Style.DIM)


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


def audit_value(origin: str, report: AuditReport, chain: ChainAudit | None) -> dict[str, Any]:
    """Give an audit as a JSON value; the same log has the same one."""
    findings = [*report.findings, *(() if chain is None else chain.findings)]
    value: dict[str, Any] = {
        "mediaType": MEDIA_TYPE,
        "verdict": verdict_of(report, chain).value,
        "log": {"origin": origin, "size": report.size, "root": report.root.hex()},
        "derived": {
            "entries": report.entries,
            "tiles": report.tiles,
            "hashes": report.hashes,
            "checkpoints": report.checkpoints,
            "anchors": report.anchors,
        },
        "content": {
            "kinds": dict(sorted(report.kinds.items())),
            "records": report.records,
            "signatures": report.signatures,
            "links": report.links,
            "manifests": report.manifests,
            "sequences": report.sequences,
        },
        "untold": dict(sorted(report.untold.items())),
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
