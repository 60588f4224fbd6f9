"""`crossproof record`: hash files here, submit the statement, keep the bundle."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.bundle import Bundle
from ledger.cli.console import problem, put_json, say
from ledger.cli.files import (
    check_writable,
    fingerprint,
    read_value,
    refuse_both_on_stdout,
    write_file,
)
from ledger.cli.options import API_KEY, AS_JSON, PASSPHRASE, SERVER, WAIT
from ledger.errors import (
    ConfigurationError,
    MalformedError,
    UnavailableError,
    VerificationError,
)
from ledger.kinds.common import Movement
from ledger.manifest import draft
from ledger.statement import MAX_ENTRY_SIZE, Statement, parse_record_id, record_id_text

if TYPE_CHECKING:
    from ledger.client import Client, Logged

__all__ = ["keep", "record"]

# A statement may be written more generously than its canonical form is.
_MAX_STATEMENT_FILE = 16 * MAX_ENTRY_SIZE


def record(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to fingerprint into the statement.")
    ] = None,
    *,
    from_json: Annotated[
        Path,
        typer.Option(
            "--from-json", envvar="CROSSPROOF_FROM_JSON", help="The statement's members, or -."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            envvar="CROSSPROOF_OUTPUT",
            help="Where the bundle goes; FILE.bundle.json if not given, - is stdout.",
        ),
    ] = None,
    sm3: Annotated[
        bool, typer.Option("--sm3", envvar="CROSSPROOF_SM3", help="SM3 digests beside SHA-256.")
    ] = False,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            envvar="CROSSPROOF_PLAN",
            metavar="RECORD_ID",
            help="The plan that covers the transfer; its next place is asked for and filled in.",
        ),
    ] = None,
    persons_total: Annotated[
        int | None,
        typer.Option(
            "--persons-total",
            envvar="CROSSPROOF_PERSONS_TOTAL",
            min=0,
            help="Distinct persons moved under the plan so far, this transfer's included.",
        ),
    ] = None,
    sensitive_total: Annotated[
        int | None,
        typer.Option(
            "--sensitive-total",
            envvar="CROSSPROOF_SENSITIVE_TOTAL",
            min=0,
            help="Those of them with sensitive data; as before if no item is sensitive.",
        ),
    ] = None,
    sign_with: Annotated[
        Path | None,
        typer.Option(
            "--sign-with",
            envvar="CROSSPROOF_SIGN_WITH",
            metavar="FILE",
            help="Your signing key (PKCS#8, P-256 or Ed25519): a manifest says who handed it in.",
        ),
    ] = None,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    anchored: Annotated[
        bool,
        typer.Option(
            "--anchored", envvar="CROSSPROOF_ANCHORED", help="Wait until it has its anchor, too."
        ),
    ] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Record a transfer: files are hashed here, and only the statement is sent.

    Example: crossproof record --from-json transfer.json report.csv -o report.bundle.json

    Under a plan: crossproof record --from-json transfer.json --plan RECORD_ID --persons-total 120

    A statement without record_id and salt gets them. Where the outcome stays unknown the whole
    statement is kept in a file: recorded again from there, it is logged once.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    members = _members(from_json, files or [], sm3=sm3)
    if plan is not None or persons_total is not None or sensitive_total is not None:
        with Client(server, api_key=api_key) as client:
            place = _place(client, members, plan, persons=persons_total, sensitive=sensitive_total)
        members["covered_by"] = place
    statement = Statement.build(members)
    record_id = record_id_text(statement.record_id)
    manifest = None if sign_with is None else _manifest(statement, sign_with, passphrase)
    path = output or Path(f"{files[0].name if files else record_id}.bundle.json")
    refuse_both_on_stdout(path, as_json=as_json)
    # What is logged stays logged: a bundle that has no place is told before.
    check_writable(path)
    with Client(server, api_key=api_key) as client:
        try:
            logged = _submit(client, statement, manifest, deadline=wait)
        except (UnavailableError, KeyboardInterrupt):
            keep(statement, Path(f"{record_id}.statement.json"))
            raise
        there = "logged" if logged.added else "logged before"
        say(f"{there}: record {record_id}, index {logged.index}")
        bundle = client.bundle(record_id, deadline=wait, anchored=anchored)
    _check_own(bundle, statement)
    try:
        write_file(path, bundle.to_json())
    except ConfigurationError:
        say(f"the record is logged; to fetch its bundle: crossproof bundle {record_id} -o FILE")
        raise
    say(f"bundle: {path}, {'anchored' if bundle.anchor else 'not anchored yet'}")
    if as_json:
        put_json(
            {
                "record_id": record_id,
                "index": logged.index,
                "added": logged.added,
                "bundle": str(path),
                "anchored": bundle.anchor is not None,
            }
        )


def _manifest(statement: Statement, key_file: Path, passphrase: str | None) -> Statement:
    """Sign the statement as a batch of its own, as the key's organisation or the exporter."""
    from ledger.signing_key import load_signing_key  # noqa: PLC0415 - as the client

    signing = load_signing_key(key_file, passphrase)
    members = statement.members
    exporter = members.exporter.id if isinstance(members, Movement) else None
    issuer = signing.organisation or exporter
    if issuer is None:
        raise problem(
            "usage.organisation",
            "nobody is named who signs",
            expected=f"a first line `organisation: …` in {key_file}, or a statement's exporter",
        )
    waiting = draft(
        signing.key.public, [statement.leaf_hash], issuer=issuer, issued_at=int(time.time())
    )
    return Statement.build({"kind": "manifest", "jws": waiting.sign(signing.key).text})


def _submit(
    client: Client, statement: Statement, manifest: Statement | None, *, deadline: float
) -> Logged:
    if manifest is None:
        return client.submit(statement.entry, deadline=deadline)
    from ledger.client import Logged  # noqa: PLC0415 - as above

    index, added = client.submit_batch([statement.entry, manifest.entry], deadline=deadline)
    # The manifest is new each time; a record that was logged before keeps the one it came with.
    return Logged(record_id_text(statement.record_id), index, added=added > 1)


def _members(path: Path, files: list[Path], *, sm3: bool) -> dict[str, Any]:
    members = read_value(path, "statement", limit=_MAX_STATEMENT_FILE)
    if not isinstance(members, dict):
        raise problem("usage.statement", f"{path}: not a statement", expected="a JSON object")
    if files:
        if "files" in members:
            raise problem(
                "usage.files", f"{path} names files already; give them there or here, not both"
            )
        members["files"] = [fingerprint(file, sm3=sm3).to_value() for file in files]
    return members


def _place(
    client: Client,
    members: dict[str, Any],
    plan: str | None,
    *,
    persons: int | None,
    sensitive: int | None,
) -> dict[str, Any]:
    """Fill in the next place under a plan; the totals of distinct persons only its owner knows."""
    if plan is None or persons is None or "covered_by" in members:
        raise problem(
            "usage.plan",
            "a place under a plan",
            expected="--plan with --persons-total, and no covered_by in the statement",
        )
    state = client.plan(record_id_text(_record_id(plan)))
    if sensitive is None:
        items = members.get("data_items")
        if not isinstance(items, list) or any(
            not isinstance(item, dict) or item.get("sensitive") is not False for item in items
        ):
            raise problem(
                "usage.plan",
                "a place under a plan",
                expected="--sensitive-total, since sensitive data is moved",
            )
        sensitive = state.sensitive
    say(f"place under the plan: {state.next_sequence}, {persons} persons ({state.personal} so far)")
    return {
        "plan": {"record_id": plan, "leaf_hash": state.leaf_hash.hex()},
        "sequence": state.next_sequence,
        "persons": {"personal": persons, "sensitive": sensitive},
    }


def _record_id(plan: str) -> bytes:
    try:
        return parse_record_id(plan)
    except MalformedError as error:
        raise problem("usage.record-id", "--plan", expected=error.expected, found=plan) from error


def keep(statement: Statement, path: Path) -> None:
    """Keep a statement that may have been logged, with the id and salt that make it the same."""
    write_file(path, statement.entry.decode() + "\n")
    say(f"kept: {path}; to try again: crossproof record --from-json {path}")


def _check_own(bundle: Bundle, statement: Statement) -> None:
    """Refuse a bundle of something else; whether it proves anything is for `verify` to say."""
    if bundle.entry.body != statement.entry:
        raise VerificationError(
            "record.other",
            "the server's bundle is of another statement than the one that was sent",
            expected=f"leaf {statement.leaf_hash.hex()}",
            hint="Do not rely on this ledger; ask its operator.",
        )
