"""What a certificate shows: a JSON value for the typesetter, all words in it in both languages.

Pure: nothing is asked or read but the bundle, the report that a verifier made of it, the catalogue
and the font's list of characters. Everything is bounded: long lists and values are cut, and say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ledger.bundle import MEDIA_TYPE, Bundle
from ledger.certificate.steps import reason_of, steps
from ledger.certificate.wording import (
    Row,
    Text,
    choice,
    row,
    shown,
    text,
    time_text,
    told_by,
    words,
)
from ledger.errors import ConfigurationError, ConflictError, MalformedError, UnavailableError
from ledger.kinds.common import Movement
from ledger.report import Check, Report, Status
from ledger.statement import Statement, record_id_text

__all__ = ["certificate_name", "check_page", "content_of"]

# Two pages hold them; a statement may have thousands.
MAX_FILES_SHOWN = 8
MAX_ITEMS_SHOWN = 12
MAX_REASONS_SHOWN = 6
# A QR code of a longer address scans badly on paper.
MAX_PAGE_LENGTH = 200
_PAGE = re.compile(r"https?://[!-~]+")


def certificate_name(record_id: str) -> str:
    """Name the file of a record's certificate."""
    return f"{record_id}.certificate.pdf"


def content_of(raw: bytes, report: Report, *, page: str | None = None) -> dict[str, Any]:
    """Lay out what is shown; raises what `certify` does."""
    _check_report(report)
    bundle = Bundle.from_json(raw)
    statement = Statement.from_entry(bundle.entry.body)
    if not isinstance(statement.members, Movement):
        raise MalformedError(
            "certificate.kind",
            "a record of this kind has no certificate",
            expected="a transfer or a plan",
            found=statement.kind,
        )
    record_id = record_id_text(statement.record_id)
    value = report.statement or {}
    is_transfer = statement.kind == "transfer"
    mine = {
        "title": text(statement.kind),
        "status": report.verdict.value,
        "state": words("statuses", report.verdict.value),
        "rows": _happened(value),
        "reason": None,
    }
    pdf = certificate_name(record_id)
    files = "FILE… " if "files" in value else ""
    return {
        "title": text("title" if is_transfer else "title-plan"),
        "verdict": report.verdict.value,
        "answer": text(f"verdict-{report.verdict.value}"),
        "as_of": {**text("as-of"), "time": time_text(report.as_of)},
        "seconds": int(report.as_of.timestamp()),
        "sandbox": text("sandbox") if report.sandbox else None,
        "reasons": _reasons(report),
        "record_id": record_id,
        "record": _record(value, statement, report),
        "concealed": text("concealed") if _conceals(statement.value, bundle) else None,
        "stages": steps(bundle, report, mine) if is_transfer else [],
        "files": _files(value),
        "anchor": _anchor(report),
        "anchor_note": _anchor_note(report),
        "checks": _checks(report),
        "proves": [text("proves" if _is_anchored(report) else "proves-unanchored")],
        "proves_not": [text("proves-not"), text("step-paper")],
        "glyphs": text("missing-glyphs"),
        "attached": {
            "name": f"{record_id}.bundle.json",
            "media_type": MEDIA_TYPE,
            "text": text("step-attached", name=f"{record_id}.bundle.json"),
        },
        "command": {
            "text": text("step-command"),
            # The words after it are names of files, which nothing here has to quote.
            "line": f"crossproof verify {pdf} {files}--trust trust.json"
            f" --at {time_text(report.as_of)}",
        },
        "page": None if page is None else {"text": text("step-page"), "address": check_page(page)},
        "link": _link(record_id, statement, page),
        "scan": text("scan"),
        "headings": {
            name: text(name)
            for name in ("stages", "record", "files", "anchor", "how", "meaning", "checks")
        },
    }


def check_page(page: str) -> str:
    """Check the address of a page that verifies; raise ConfigurationError."""
    if len(page) > MAX_PAGE_LENGTH or not _PAGE.fullmatch(page) or "#" in page:
        raise ConfigurationError(
            "certificate.page",
            "the page's address cannot be printed",
            expected=f"http:// or https://, ASCII, at most {MAX_PAGE_LENGTH} characters, no #",
            found=ascii(page[:MAX_PAGE_LENGTH]),
        )
    return page


def _check_report(report: Report) -> None:
    if report.verdict is Status.FAILED:
        wrong = [check.title() for check in report.checks if check.status is Status.FAILED]
        raise ConflictError(
            "certificate.refused",
            "what failed verification gets no certificate",
            expected="a report in which nothing failed",
            found="; ".join(wrong),
            hint="crossproof verify tells what is wrong.",
        )
    if report.statement is None:
        raise UnavailableError(
            "certificate.unknown",
            "too little could be verified to show anything",
            expected="a log that the trust file names",
            found=report.origin,
        )


def _link(record_id: str, statement: Statement, page: str | None) -> str:
    """Name the record for a QR code: behind the page's #, which browsers send to no server."""
    if page is None:
        return f"urn:uuid:{record_id}"
    return f"{check_page(page)}#record={record_id}&leaf={statement.leaf_hash.hex()}"


def _record(value: Mapping[str, Any], statement: Statement, report: Report) -> list[Row]:
    items = value["data_items"]
    rows = [
        row("exporter", _party(value["exporter"])),
        row("recipient", _party(value["recipient"])),
        row("route", f"{value['from']} → {value['to']}"),
        row("scenario", value["scenario"]),
        {"label": text("data-items"), "items": [_item(i) for i in items[:MAX_ITEMS_SHOWN]]},
    ]
    if len(items) > MAX_ITEMS_SHOWN:
        rows[-1]["more"] = text("more", count=len(items) - MAX_ITEMS_SHOWN)
    basis = value.get("legal_basis")
    if basis is not None:
        rows.append(row("legal-basis", ", ".join(_present(basis, "route", "rule", "rule_set"))))
    if "supersedes" in value:
        rows.append(row("supersedes", str(value["supersedes"]["record_id"]), mono=True))
    return [
        *rows,
        row("record-id", record_id_text(statement.record_id), mono=True),
        row("log", f"{report.origin} #{report.index}"),
        row("leaf", statement.leaf_hash.hex(), mono=True),
    ]


def _happened(value: Mapping[str, Any]) -> list[Row]:
    if "occurred_at" in value:
        return [row("occurred-at", value["occurred_at"])]
    period = value["period"]
    return [row("period", f"{period['from']} to {period['until']}")]


def _party(value: Mapping[str, Any]) -> str:
    country = f" ({value['country']})" if "country" in value else ""
    return " · ".join(_present(value, "name", "id")) + country


def _present(value: Mapping[str, Any], *names: str) -> Iterable[str]:
    return (str(value[name]) for name in names if name in value)


def _item(value: Mapping[str, Any]) -> Row:
    marks = [choice(value["class"])]
    marks += [choice(name) for name in ("personal", "sensitive") if value[name]]
    return {"value": shown(value["name"]), "marks": marks}


def _files(value: Mapping[str, Any]) -> Row | None:
    files = value.get("files", [])
    if not files:
        return None
    rest = len(files) - MAX_FILES_SHOWN
    return {
        "rows": [
            {
                "name": shown(file.get("name", "—")),
                "size": f"{file['size']:,} B",
                "digests": [
                    {"algorithm": algorithm.upper(), "hex": digest}
                    for algorithm, digest in sorted(file["digests"].items())
                ],
            }
            for file in files[:MAX_FILES_SHOWN]
        ],
        "more": text("more", count=rest) if rest > 0 else None,
        "note": text("files-unseen"),
    }


def _anchor(report: Report) -> dict[str, list[Row]] | None:
    anchor = report.anchor
    if anchor is None:
        return None
    brief = [
        row("chain", f"{anchor.chain.chain_id}"),
        row("block", f"{anchor.block_number}"),
        row("block-time", time_text(anchor.time)),
        row("head", f"{anchor.size}"),
    ]
    exact = [
        row("genesis", f"0x{anchor.chain.genesis_hash.hex()}", mono=True),
        row("contract", f"0x{anchor.chain.contract.hex()}", mono=True),
        row("transaction", f"0x{anchor.transaction.hex()}", mono=True),
        row("block-hash", f"0x{anchor.block_hash.hex()}", mono=True),
        row("root", f"0x{anchor.root.hex()}", mono=True),
    ]
    return {"brief": brief, "exact": exact}


def _anchor_note(report: Report) -> Text | None:
    if report.anchor is None:
        return text("no-anchor")
    return None if _is_anchored(report) else text("anchor-unchecked")


def _is_anchored(report: Report) -> bool:
    """Say whether a chain or a pin confirmed the anchor, and it stood at the time asked about."""
    answers = {check.status for check in report.checks if check.code.startswith("anchor.")}
    return report.anchor is not None and answers == {Status.VERIFIED}


def _reasons(report: Report) -> list[Text]:
    """Say what could not be told, each reason once."""
    found: list[Text] = []
    for check in report.checks:
        reason = reason_of([check])
        if reason is not None and reason not in found:
            found.append(reason)
    rest = len(found) - MAX_REASONS_SHOWN
    return [*found[:MAX_REASONS_SHOWN], *([text("more", count=rest)] if rest > 0 else [])]


def _checks(report: Report) -> list[Row]:
    """List the checks, those of one code together, with the least sure answer of them."""
    together: dict[str, list[Check]] = {}
    for check in report.checks:
        together.setdefault(check.code, []).append(check)
    return [
        {
            "title": told_by(checks[0].title),
            "status": status.value,
            "state": words("statuses", status.value),
            "count": len(checks),
        }
        for checks in together.values()
        for status in [_least(checks)]
    ]


def _least(checks: Iterable[Check]) -> Status:
    answers = {check.status for check in checks}
    for status in (Status.UNDETERMINED, Status.SKIPPED):
        if status in answers:
            return status
    return Status.VERIFIED


def _conceals(value: Any, bundle: Bundle) -> bool:
    """Say whether the record has digests of members beyond those that the bundle discloses."""
    return _digests(value) > len(bundle.entry.disclosures)


def _digests(value: Any) -> int:
    if isinstance(value, dict):
        return len(value.get("_sd", ())) + sum(map(_digests, value.values()))
    return sum(map(_digests, value)) if isinstance(value, list) else 0
