"""`crossproof attest`: say of a record what its stage asks for, signed with a key of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ledger.attestation import Attestation, Stage
from ledger.attestation.backup import deposit_of
from ledger.cli.completion import record_ids
from ledger.cli.console import problem, put, say
from ledger.cli.files import PRIVATE, check_writable, fingerprint, write_file
from ledger.cli.options import (
    API_KEY,
    AS_JSON,
    BELIEVED,
    BUNDLE,
    CERTIFICATES,
    COMPLETE,
    ISSUER,
    JWK,
    PASSPHRASE,
    PREPARE,
    PREPARED,
    SERVER,
    SIGNING_KEY,
    WAIT,
)
from ledger.cli.signing import (
    Entries,
    Signer,
    accreditations_of,
    believed,
    checked_id,
    completed,
    read_json,
    read_prepared,
    submit,
    told,
)
from ledger.dossier import Records
from ledger.issuing import Prepared, ask_attestation, complete_claims, prepare_attestation
from ledger.kinds.members import MAX_ELEMENTS, File
from ledger.report import Check
from ledger.status_book import holding
from ledger.trust import Trust

__all__ = ["attest"]

_SUBJECT = "credentialSubject"


def attest(
    stage: Annotated[Stage, typer.Argument(help="Which stage.")],
    record_id: Annotated[
        str, typer.Argument(help="The plan, or the transfer, by its id.", autocompletion=record_ids)
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Of a backup: the files that were deposited.")
    ] = None,
    *,
    claims: Annotated[
        Path | None,
        typer.Option(
            "--claims", envvar="CROSSPROOF_CLAIMS", metavar="FILE", help="What is attested, JSON."
        ),
    ] = None,
    key: Annotated[Path | None, SIGNING_KEY] = None,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    certificates: Annotated[Path | None, CERTIFICATES] = None,
    issuer: Annotated[str | None, ISSUER] = None,
    disclosable: Annotated[
        list[str] | None,
        typer.Option(
            "--disclosable",
            envvar="CROSSPROOF_DISCLOSABLE",
            metavar="PATH",
            help="Conceal these alone, such as place.place; repeatable. All that may be, if none.",
        ),
    ] = None,
    in_clear: Annotated[
        bool, typer.Option("--in-clear", envvar="CROSSPROOF_IN_CLEAR", help="Conceal nothing.")
    ] = False,
    status_list: Annotated[
        Path | None,
        typer.Option(
            "--status-list",
            envvar="CROSSPROOF_STATUS_LIST",
            metavar="BOOK",
            help="Take a place in this list: crossproof status-list new.",
        ),
    ] = None,
    prepare: Annotated[Path | None, PREPARE] = None,
    jwk: Annotated[Path | None, JWK] = None,
    complete: Annotated[str | None, COMPLETE] = None,
    prepared: Annotated[Path | None, PREPARED] = None,
    bundle: Annotated[Path | None, BUNDLE] = None,
    trust: Annotated[Path | None, BELIEVED] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            envvar="CROSSPROOF_OUTPUT",
            metavar="FILE",
            help="Where the whole SD-JWT goes, for its holder; RECORD_ID.sd-jwt if not given.",
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
) -> None:
    """Attest a stage of a record: its rules are asked, then it is signed here and logged.

    Example: crossproof attest backup RECORD_ID data.csv --claims backup.json --key custodian.pem

    Claims need say only what does not follow from the record (docs/attestations.md). For a key
    elsewhere --prepare writes what waits for its signature, and --complete takes it back.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    about, trusted = checked_id(record_id), believed(trust)
    with Client(server, api_key=api_key) as client:
        records = Entries.find(client, about, bundle).read(trusted)
        if complete is not None:
            waiting = read_prepared(prepared, "attestation")
            warnings = told(_ask(waiting, stage, records, trusted))
            finished = completed(waiting, complete)
        else:
            signer = Signer.choose(key, jwk, prepare, passphrase, certificates=certificates)
            given = _claims(claims, files or [], stage)
            now = datetime.now(UTC)
            whole = complete_claims(stage, given, records, now=now, issuer=signer.issuer(issuer))
            paths: list[tuple[str | int, ...]] | None = [] if in_clear else None
            if disclosable:
                paths = [tuple(map(_step, path.split("."))) for path in disclosable]
            waiting = prepare_attestation(stage, whole, signer.public, concealed=paths)
            warnings = told(_ask(waiting, stage, records, trusted))
            if status_list is not None:
                # Only now: a place that is taken for what is refused would be lost.
                whole = _with_place(whole, status_list)
                waiting = prepare_attestation(stage, whole, signer.public, concealed=paths)
            signed = signer.finish(waiting)
            if signed is None:
                return
            finished = signed
        path = output or Path(f"{waiting.record_id}.sd-jwt")
        check_writable(path)
        # Before it is logged: without its disclosures nobody could ever show what is concealed.
        write_file(path, f"{finished.sd_jwt}\n", mode=PRIVATE)
        logged = submit(client, finished, wait=wait)
    value = {
        "stage": stage.value,
        "about": about,
        **logged,
        "sd_jwt": str(path),
        "warnings": [check.to_value() for check in warnings],
    }
    _show(value, as_json=as_json)


def _show(value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        return
    there = "logged" if value["added"] else "logged before"
    say(f"{there}: {value['stage']} of {value['about']}")
    say(f"  record {value['record_id']}, index {value['index']}, leaf {value['leaf_hash']}")
    say(f"  its disclosures: {value['sd_jwt']}")
    name = f"{value['about']}.bundle.json"
    say(f"to verify: crossproof bundle {value['about']} --anchored -o {name}")
    say(f"           crossproof verify {name} --trust FILE --require {value['stage']}")


def _ask(waiting: Prepared, stage: Stage, records: Records, trust: Trust) -> Sequence[Check]:
    says = waiting.says()
    if not isinstance(says, Attestation) or says.stage is not stage:
        raise problem("usage.prepared", "what was prepared is of another stage", expected=stage)
    return ask_attestation(
        stage,
        says.claims,
        records,
        key=waiting.unsigned.key,
        now=int(time.time()),
        trust=trust,
        accreditations=accreditations_of(trust),
    )


def _claims(path: Path | None, files: list[Path], stage: Stage) -> dict[str, Any]:
    """Read what is attested, the deposit described where its files are given."""
    if path is None:
        raise problem("usage.claims", "nothing to attest", expected="--claims FILE")
    given = read_json(path, "claims")
    subject = given.get(_SUBJECT, {})
    if not files:
        if stage is Stage.BACKUP and isinstance(subject, dict) and "deposit" not in subject:
            raise problem(
                "usage.files",
                "what was deposited is not said",
                expected=f"its files behind RECORD_ID, or {_SUBJECT}.deposit in {path}",
            )
        return given
    if stage is not Stage.BACKUP or not isinstance(subject, dict) or "deposit" in subject:
        raise problem(
            "usage.files",
            "files are of a backup whose claims say no deposit",
            expected=f"stage {Stage.BACKUP.value}, and no credentialSubject.deposit",
            found=f"stage {stage.value}",
        )
    return {**given, _SUBJECT: {**subject, "deposit": _deposit(files)}}


def _with_place(claims: dict[str, Any], book: Path) -> dict[str, Any]:
    """Take a place in a status list for the claims; it is on the disk before anything is signed."""
    if "status" in claims:
        raise problem("usage.status-list", "the claims name a place already", expected="no status")
    with holding(book) as held:
        (place,) = held.take()
    return {**claims, "status": {"status_list": {"idx": place.idx, "uri": place.uri}}}


def _deposit(files: list[Path]) -> dict[str, Any]:
    """Describe what was deposited, with its list where that may be as long."""
    values = [fingerprint(file).to_value() for file in files]
    items = [msgspec.convert(value, File) for value in values]
    deposit: dict[str, Any] = msgspec.to_builtins(deposit_of(items))
    return {**deposit, "items": values} if len(items) <= MAX_ELEMENTS else deposit


def _step(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdecimal() else text
