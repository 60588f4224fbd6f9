"""`crossproof receive`: hash again what the owner brought, and sign what came of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ledger import receipt
from ledger.bundle import Bundle
from ledger.cli.console import EXIT_CODES, Style, problem, put, say, show_report
from ledger.cli.files import fingerprint, read_bundle, read_trust
from ledger.cli.options import (
    API_KEY,
    AS_JSON,
    CERTIFICATES,
    ISSUER,
    PASSPHRASE,
    SERVER,
    SIGNING_KEY,
    TRUST,
    WAIT,
)
from ledger.cli.signing import Signer, submit
from ledger.cli.sources import find_sources
from ledger.issuing import prepare_word
from ledger.kinds import Transfer
from ledger.kinds.members import Digests, File
from ledger.receipt import Received
from ledger.report import Status
from ledger.statement import Statement
from ledger.trust import Trust

__all__ = ["receive"]


def receive(
    bundle: Annotated[Path, typer.Argument(help="The transfer's bundle, as its owner gave it.")],
    files: Annotated[list[Path], typer.Argument(help="The files that were received.")],
    *,
    key: Annotated[Path, SIGNING_KEY],
    trust: Annotated[Path, TRUST],
    purpose: Annotated[
        str,
        typer.Option("--purpose", envvar="CROSSPROOF_PURPOSE", help="For what they were given."),
    ],
    scope: Annotated[
        str,
        typer.Option("--scope", envvar="CROSSPROOF_RECEIPT_SCOPE", help="Who may use them."),
    ],
    authorization: Annotated[
        Path | None,
        typer.Option(
            "--authorization",
            envvar="CROSSPROOF_AUTHORIZATION",
            metavar="FILE",
            help="The owner's grant: its digest goes in, the paper stays.",
        ),
    ] = None,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    certificates: Annotated[Path | None, CERTIFICATES] = None,
    issuer: Annotated[str | None, ISSUER] = None,
    accept_undetermined: Annotated[
        bool,
        typer.Option(
            "--accept-undetermined",
            envvar="CROSSPROOF_ACCEPT_UNDETERMINED",
            help="Sign although not all of the bundle could be told.",
        ),
    ] = False,
    as_json: Annotated[bool, AS_JSON] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
) -> None:
    """Verify a bundle, hash the files, and log a signed receipt: it matches, or it differs.

    Example: crossproof receive a.bundle.json a.csv --key me.pem --trust trust.json
    --purpose "credit check" --scope "risk department"

    Exit code: 0 matches, 1 differs (logged) or the bundle is false, 2 usage, 3 undetermined.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    signer = Signer.choose(key, None, None, passphrase, certificates=certificates)
    name = signer.issuer(issuer)
    if name is None:
        raise problem("usage.issuer", "who receives is not said", expected="--issuer ID")
    statement = _verified(bundle, read_trust(trust), accept_undetermined=accept_undetermined)
    members = statement.members
    if not isinstance(members, Transfer):
        raise problem("usage.bundle", str(bundle), expected="a transfer", found=statement.kind)
    named = [party.id for party in (members.recipient, *(members.onward_recipients or []))]
    if name not in named:
        say(f"? {name} is no recipient that the record names: {', '.join(named)}", Style.YELLOW)
        say("    Readers count the receipts of those alone.")
    sent = members.files or []
    received = [_received(file) for file in files]
    granted = None if authorization is None else _received(authorization).digests
    waiting = receipt.draft(
        signer.public,
        issuer=name,
        issued_at=int(time.time()),
        transfer=statement.leaf_hash,
        record_id=str(members.record_id),
        sent=sent,
        received=received,
        purpose=purpose,
        scope=scope,
        authorization=granted,
    )
    outcome = receipt.compare(sent, received)
    finished = signer.finish(prepare_word("receipt", waiting))
    if finished is None:
        return
    with Client(server, api_key=api_key) as client:
        logged = submit(client, finished, wait=wait)
    value: dict[str, Any] = {"outcome": outcome, "about": str(members.record_id), **logged}
    if outcome == "differs":
        value["differing"] = _differing(files, received, sent)
    _show(value, as_json=as_json)
    raise typer.Exit(0 if outcome == "matches" else EXIT_CODES[Status.FAILED])


def _verified(path: Path, trust: Trust, *, accept_undetermined: bool) -> Statement:
    """Verify the bundle without its files; end the command where it is not to be received."""
    raw = read_bundle(path)
    sources = find_sources(raw, trust, ())
    report = sources.verify(
        raw,
        trust=trust,
        without_files=True,
    )
    show_report(report, str(path), brief=True)
    accepted = {Status.VERIFIED, Status.UNDETERMINED} if accept_undetermined else {Status.VERIFIED}
    if report.verdict not in accepted:
        say("nothing was signed")
        raise typer.Exit(EXIT_CODES[report.verdict])
    return Statement.from_entry(Bundle.from_json(raw).entry.body)


def _received(path: Path) -> Received:
    found = fingerprint(path)
    return Received(size=found.size, digests=msgspec.convert(dict(found.digests), Digests))


def _differing(files: list[Path], received: list[Received], sent: list[File]) -> dict[str, Any]:
    """Say which files are not among those sent, and how many of those are not here."""
    left = [(file.size, file.digests.sha_256) for file in sent]
    strange = []
    for path, file in zip(files, received, strict=True):
        name = (file.size, file.digests.sha_256)
        if name in left:
            left.remove(name)
        else:
            strange.append(str(path))
    return {"not_sent": strange, "not_received": len(left)}


def _show(value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        return
    matches = value["outcome"] == "matches"
    said = "received, matches" if matches else "received, and it differs"
    say(f"{said}: {value['about']}", Style.GREEN if matches else Style.RED)
    if not matches:
        for name in value["differing"]["not_sent"]:
            say(f"  not what was sent: {name}")
        if value["differing"]["not_received"]:
            say(f"  sent and not here: {value['differing']['not_received']} files")
    say(f"logged: record {value['record_id']}, index {value['index']}")
