"""`crossproof revoke`: say what became of a record, signed with a key of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger import status
from ledger.cli.completion import record_ids
from ledger.cli.console import problem, put, say
from ledger.cli.hexadecimal import HASH_DIGITS
from ledger.cli.on_chain import Registry, RegistryPlace, open_registry
from ledger.cli.options import (
    ACCOUNT_KEY_FILE,
    ACCOUNT_SIGNER_URL,
    API_KEY,
    AS_JSON,
    BELIEVED,
    BUNDLE,
    CERTIFICATES,
    COMPLETE,
    ISSUER,
    JWK,
    MAX_FEE,
    MAX_TIP,
    ON_CHAIN,
    PASSPHRASE,
    PREPARE,
    PREPARED,
    REGISTRY,
    SAY_RPC,
    SERVER,
    SIGNER_TIMEOUT,
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
from ledger.errors import ConflictError, LedgerError
from ledger.issuing import SPOKEN_OF, Finished, Prepared, ask_status, prepare_word
from ledger.report import Check
from ledger.statement import Statement
from ledger.status import Action, Status
from ledger.trust import Trust

if TYPE_CHECKING:
    from ledger.chain import SignedTransaction

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
    certificates: Annotated[Path | None, CERTIFICATES] = None,
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
    on_chain: Annotated[bool, ON_CHAIN] = False,
    rpc: Annotated[str | None, SAY_RPC] = None,
    registry: Annotated[str | None, REGISTRY] = None,
    account_key_file: Annotated[Path | None, ACCOUNT_KEY_FILE] = None,
    account_signer_url: Annotated[str | None, ACCOUNT_SIGNER_URL] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    max_fee: Annotated[float, MAX_FEE] = 200,
    max_tip: Annotated[float, MAX_TIP] = 5,
) -> None:
    """Revoke an attestation for ever; or suspend, reinstate, or stop a transfer or a plan.

    Example: crossproof revoke RECORD_ID --reason "wrong recipient" --key assessor.pem

    Readers count the issuer's word on an attestation, and a regulator's on transfers and plans.
    --on-chain says it in AttestationRegistry too, as the account that the key's accreditation names
    as controller, or as an authority.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    action = _action(suspend=suspend, reinstate=reinstate, stop=stop)
    since = read_time("--compromised-since", compromised_since)
    trusted = believed(trust)
    with Client(server, api_key=api_key) as client:
        is_leaf = len(record) == HASH_DIGITS and _HEX.issuperset(record)
        found = client.lists.attestation_id(bytes.fromhex(record)) if is_leaf else record
        about = checked_id(found)
        entries = Entries.find(client, about, bundle)
        statement = Statement.from_entry(entries.subject.entry)
        if is_leaf and statement.leaf_hash.hex() != record:
            raise problem("usage.record-id", "LEAF", expected=record, found=about)
        finished: Finished | None = None
        warnings: Sequence[Check] = ()
        if complete is not None:
            waiting = read_prepared(prepared, "status")
            warnings = told(_ask(waiting, statement, entries, trusted))
            finished, action = completed(waiting, complete), _action_of(waiting)
        elif not on_chain or any((key, jwk, prepare)):
            signer = Signer.choose(key, jwk, prepare, passphrase, certificates=certificates)
            waiting = _prepare(
                signer,
                statement,
                issuer=signer.issuer(issuer),
                action=action,
                reason=reason,
                since=since,
            )
            warnings = told(_ask(waiting, statement, entries, trusted))
            finished = signer.finish(waiting)
            if finished is None:
                return
        value: dict[str, Any] = {"action": action.value, "about": about}
        place = RegistryPlace(
            rpc,
            registry,
            account_key_file,
            account_signer_url,
            signer_timeout,
            passphrase,
            max_fee,
            max_tip,
        )
        with _registry(place, trusted, wanted=on_chain) as chain:
            # Made before anything is logged: what the contract would refuse is known here.
            transaction = None if chain is None else _transact(chain, statement, action, trusted)
            if finished is not None:
                value |= submit(client, finished, wait=wait)
                say(f"logged: {action.value} of {about}")
                leaf = value["leaf_hash"]
                say(f"  record {value['record_id']}, index {value['index']}, leaf {leaf}")
            if chain is not None and transaction is not None:
                value["transaction"] = _send(chain, transaction, is_logged=finished is not None)
    if as_json:
        value["warnings"] = [check.to_value() for check in warnings]
        put(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def _registry(place: RegistryPlace, trust: Trust, *, wanted: bool) -> Iterator[Registry | None]:
    if not wanted:
        yield None
        return
    with open_registry(place, trust) as registry:
        yield registry


def _transact(
    registry: Registry, about: Statement, action: Action, trust: Trust
) -> SignedTransaction:
    allowed = SPOKEN_OF.get(about.kind, frozenset())
    if action not in allowed:
        raise ConflictError(
            "status.action",
            "this cannot be said of a record of this kind",
            expected=" or ".join(sorted(allowed)) or "nothing that is said of this kind",
            found=f"{action.value}: {about.kind}",
        )
    registry.warn(about, trust)
    return registry.sign(action, about.leaf_hash)


def _send(registry: Registry, transaction: SignedTransaction, *, is_logged: bool) -> str:
    try:
        return registry.send(transaction)
    except LedgerError:
        if is_logged:
            say("It is logged, and maybe not on the chain: to say it there, again without --key.")
        raise


def _action_of(prepared: Prepared) -> Action:
    said = prepared.says()
    if not isinstance(said, Status):
        raise problem("usage.prepared", "what was prepared is no status")
    return said.claims.action


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
