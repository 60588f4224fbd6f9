"""`crossproof revoke`: say what became of a record, signed with a key of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger import status
from ledger.cli.completion import record_ids
from ledger.cli.console import problem, put, say
from ledger.cli.hexadecimal import HASH_DIGITS
from ledger.cli.options import (
    API_KEY,
    AS_JSON,
    BELIEVED,
    BUNDLE,
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
    believed,
    checked_id,
    completed,
    read_prepared,
    submit,
    told,
)
from ledger.cli.times import read_time
from ledger.issuing import Prepared, ask_status, prepare_word
from ledger.report import Check
from ledger.statement import Statement
from ledger.status import Action, Status
from ledger.trust import Trust

__all__ = ["revoke"]

_HEX = frozenset("0123456789abcdef")


def revoke(
    record: Annotated[
        str,
        typer.Argument(
            metavar="RECORD_ID|LEAF",
            help="The record, or an attestation by its leaf hash.",
            autocompletion=record_ids,
        ),
    ],
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", envvar="CROSSPROOF_REASON", help="Why, in words.")
    ] = None,
    suspend: Annotated[
        bool, typer.Option("--suspend", envvar="CROSSPROOF_SUSPEND", help="For a time.")
    ] = False,
    reinstate: Annotated[
        bool,
        typer.Option(
            "--reinstate", envvar="CROSSPROOF_REINSTATE", help="End a suspension, or a stop."
        ),
    ] = False,
    stop: Annotated[
        bool,
        typer.Option(
            "--stop", envvar="CROSSPROOF_STOP", help="Stop a transfer or a plan: a regulator's."
        ),
    ] = False,
    compromised_since: Annotated[
        str | None,
        typer.Option(
            "--compromised-since",
            envvar="CROSSPROOF_COMPROMISED_SINCE",
            metavar="TIME",
            help="Of a revocation: the key was not its owner's alone since then.",
        ),
    ] = None,
    key: Annotated[Path | None, SIGNING_KEY] = None,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    issuer: Annotated[str | None, ISSUER] = None,
    prepare: Annotated[Path | None, PREPARE] = None,
    jwk: Annotated[Path | None, JWK] = None,
    complete: Annotated[str | None, COMPLETE] = None,
    prepared: Annotated[Path | None, PREPARED] = None,
    bundle: Annotated[Path | None, BUNDLE] = None,
    trust: Annotated[Path | None, BELIEVED] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
) -> None:
    """Revoke an attestation for ever; or suspend, reinstate, or stop a transfer or a plan.

    Example: crossproof revoke RECORD_ID --reason "wrong recipient" --key assessor.pem

    Readers count the issuer's word on an attestation, and a regulator's on transfers and plans.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    action = _action(suspend=suspend, reinstate=reinstate, stop=stop)
    since = read_time("--compromised-since", compromised_since)
    trusted = believed(trust)
    with Client(server, api_key=api_key) as client:
        is_leaf = len(record) == HASH_DIGITS and _HEX.issuperset(record)
        found = client.attestation_id(bytes.fromhex(record)) if is_leaf else record
        about = checked_id(found)
        entries = Entries.find(client, about, bundle)
        statement = Statement.from_entry(entries.subject.entry)
        if is_leaf and statement.leaf_hash.hex() != record:
            raise problem("usage.record-id", "LEAF", expected=record, found=about)
        if complete is not None:
            waiting = read_prepared(prepared, "status")
            warnings = told(_ask(waiting, statement, entries, trusted))
            finished = completed(waiting, complete)
        else:
            signer = Signer.choose(key, jwk, prepare, passphrase)
            waiting = _prepare(
                signer,
                statement,
                issuer=signer.issuer(issuer),
                action=action,
                reason=reason,
                since=since,
            )
            warnings = told(_ask(waiting, statement, entries, trusted))
            signed = signer.finish(waiting)
            if signed is None:
                return
            finished = signed
        logged = submit(client, finished, wait=wait)
    said = waiting.says()
    value: dict[str, Any] = {
        "action": said.claims.action.value if isinstance(said, Status) else action.value,
        "about": about,
        **logged,
        "warnings": [check.to_value() for check in warnings],
    }
    if as_json:
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        return
    say(f"logged: {value['action']} of {about}")
    say(f"  record {value['record_id']}, index {value['index']}, leaf {value['leaf_hash']}")


def _action(*, suspend: bool, reinstate: bool, stop: bool) -> Action:
    chosen = [
        action
        for action, wanted in (
            (Action.SUSPEND, suspend),
            (Action.REINSTATE, reinstate),
            (Action.STOP, stop),
        )
        if wanted
    ]
    if len(chosen) > 1:
        raise problem("usage.action", "one thing at a time", found=" and ".join(chosen))
    return chosen[0] if chosen else Action.REVOKE


def _prepare(
    signer: Signer,
    about: Statement,
    *,
    issuer: str | None,
    action: Action,
    reason: str | None,
    since: datetime | None,
) -> Prepared:
    if issuer is None or not reason:
        raise problem(
            "usage.status",
            "who says it, or why, is not said",
            expected="--reason; and --issuer where the key file names no organisation",
        )
    waiting = status.draft(
        signer.public,
        issuer=issuer,
        issued_at=int(time.time()),
        leaf=about.leaf_hash,
        record_id=str(about.members.record_id),
        action=action,
        reason=reason,
        compromised_since=None if since is None else int(since.timestamp()),
    )
    return prepare_word("status", waiting)


def _ask(waiting: Prepared, about: Statement, entries: Entries, trust: Trust) -> Sequence[Check]:
    said = waiting.says()
    if not isinstance(said, Status):
        raise problem("usage.prepared", "what was prepared is no status")
    return ask_status(
        said.claims,
        about,
        entries.said,
        key=waiting.unsigned.key,
        now=int(time.time()),
        trust=trust,
    )
