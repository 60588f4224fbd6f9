"""Signing at the command line: what is there, who signs, and what becomes of it.

With `--key` it is signed here; with `--prepare` the bytes to sign go out, and `--complete` takes
the signature back. The server is asked for the record alone, never for a rule: those are asked
here, of entries whose leaf hashes are derived here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from ledger.accreditation import AccreditationSource
from ledger.bundle import Bundle
from ledger.cli.console import Style, problem, put, say
from ledger.cli.files import (
    PRIVATE,
    read_bundle,
    read_file,
    read_trust,
    read_value,
    write_file,
)
from ledger.cli.record import keep
from ledger.dossier import Placed, Records
from ledger.errors import MalformedError, NotFoundError, UnavailableError, VerificationError
from ledger.issuing import Finished, Prepared, refuse
from ledger.issuing.prepared import signature_of
from ledger.jwk import PublicKey
from ledger.kinds import Transfer
from ledger.report import Check, catalogue
from ledger.signing_key import SigningKey, load_signing_key
from ledger.statement import Statement, parse_record_id, record_id_text
from ledger.trust import Trust

if TYPE_CHECKING:
    from ledger.certificate_chain import Certificate

    # An HTTP client that `verify` never needs.
    from ledger.client import Client

__all__ = [
    "Entries",
    "Signer",
    "accreditations_of",
    "believed",
    "checked_id",
    "completed",
    "read_json",
    "read_prepared",
    "submit",
    "told",
]

_MAX_JSON = 1_048_576
_MAX_SIGNATURE = 4_096


@dataclass(frozen=True, slots=True)
class Entries:
    """A record with what was said of it, not yet read."""

    subject: Placed
    plan: Placed | None
    said: tuple[Placed, ...]

    @classmethod
    def of_server(cls, client: Client, record_id: str) -> Entries:
        """Ask a server for them; a plan that it does not show is left out."""
        subject = client.record(record_id)
        statement = Statement.from_entry(subject.entry)
        if record_id_text(statement.record_id) != record_id:
            raise _other(record_id, record_id_text(statement.record_id))
        plan = None
        members = statement.members
        if isinstance(members, Transfer) and members.covered_by is not UNSET:
            reference = members.covered_by.plan
            try:
                plan = client.record(str(reference.record_id))
            except NotFoundError:
                plan = None
            if plan is not None:
                found = Statement.from_entry(plan.entry).leaf_hash.hex()
                if found != reference.leaf_hash:
                    raise _other(reference.leaf_hash, found)
        return cls(subject, plan, tuple(client.said_of(record_id)))

    @classmethod
    def of_bundle(cls, path: Path, record_id: str) -> Entries:
        """Take them from a bundle, which was made at some time: later words are not in it."""
        bundle = Bundle.from_json(read_bundle(path))
        found = record_id_text(Statement.from_entry(bundle.entry.body).record_id)
        if found != record_id:
            raise _other(record_id, found)
        logged = [a.entry for a in bundle.attestations.values()]
        said = [*logged, *bundle.receipts, *bundle.statuses]
        plan = bundle.plan
        return cls(
            Placed(bundle.entry.index, bundle.entry.body),
            None if plan is None else Placed(plan.index, plan.body),
            tuple(Placed(entry.index, entry.body) for entry in said),
        )

    @classmethod
    def find(cls, client: Client, record_id: str, bundle: Path | None) -> Entries:
        """Take them from a bundle where one is given, or ask the server."""
        if bundle is not None:
            return cls.of_bundle(bundle, record_id)
        return cls.of_server(client, record_id)

    def read(self, trust: Trust) -> Records:
        """Read them as a dossier does; raise ConflictError for what has no stages."""
        return Records.read(self.subject, plan=self.plan, said=self.said, trust=trust)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a key here, or a public key whose signature comes later."""

    public: PublicKey
    held: SigningKey | None
    output: Path | None
    """Where what is prepared goes."""
    certificates: tuple[Certificate, ...] = ()
    """Of the key, where they are to come along."""

    @classmethod
    def choose(
        cls,
        key: Path | None,
        jwk: Path | None,
        prepare: Path | None,
        passphrase: str | None,
        *,
        certificates: Path | None = None,
    ) -> Signer:
        """Read the key; raise ConfigurationError where not exactly one way is named."""
        chain = () if certificates is None else _read_chain(certificates)
        if key is not None and prepare is None and jwk is None:
            held = load_signing_key(key, passphrase)
            return cls(held.key.public, held, None, chain)
        if key is None and prepare is not None and jwk is not None:
            value = read_json(jwk, "public key")
            # What `key show-signing` prints has the JWK inside.
            return cls(PublicKey.from_jwk(value.get("jwk", value)), None, prepare, chain)
        raise problem(
            "usage.signer",
            "who signs is not said, or twice",
            expected="--key FILE; or --prepare FILE with --jwk FILE; or --complete with --prepared",
        )

    def issuer(self, given: str | None) -> str | None:
        """Name who speaks, as far as that is known."""
        return given or (None if self.held is None else self.held.organisation)

    def finish(self, prepared: Prepared) -> Finished | None:
        """Sign; None where the bytes to sign went out.

        Raises VerificationError where the certificates are not the key's.
        """
        if self.certificates:
            prepared = prepared.certified(self.certificates)
        if self.held is not None:
            return prepared.sign(self.held.key)
        if self.output is None:
            raise problem("usage.signer", "nowhere to write what is prepared")
        text = json.dumps(prepared.to_value(), ensure_ascii=False, indent=2) + "\n"
        write_file(self.output, text, mode=PRIVATE)
        say(f"prepared: {self.output}; the bytes to sign are on stdout, {self.public.algorithm}")
        put(prepared.unsigned.signing_input.decode())
        return None


def _read_chain(path: Path) -> tuple[Certificate, ...]:
    # X.509 starts slowly, and few keys have certificates.
    from ledger.certificate_chain import MAX_CHAIN, MAX_SIZE, read_pem  # noqa: PLC0415

    # PEM is a third longer than DER, and a text may stand above each.
    return read_pem(read_file(path, "certificates", limit=2 * MAX_CHAIN * MAX_SIZE))


def read_prepared(path: Path | None, kind: str) -> Prepared:
    """Read what `--prepare` wrote; raise ConfigurationError for something else."""
    if path is None:
        raise problem("usage.signer", "--complete takes --prepared", expected="--prepared FILE")
    prepared = Prepared.from_value(read_json(path, "prepared entry"))
    if prepared.kind != kind:
        raise problem("usage.prepared", str(path), expected=kind, found=prepared.kind)
    return prepared


def completed(prepared: Prepared, signature: str) -> Finished:
    """Take a signature back, from a file of that name or as it is."""
    path = Path(signature)
    data = signature.encode()
    if len(signature) <= _MAX_SIGNATURE and path.exists():
        data = read_file(path, "signature", limit=_MAX_SIGNATURE)
    return prepared.complete(signature_of(data))


def told(checks: Sequence[Check]) -> list[Check]:
    """Refuse where a rule is broken; tell what could not be told, and give it."""
    warnings = refuse(checks)
    texts = catalogue("en")
    for check in warnings:
        say(f"? {check.title()}: {texts['labels']['warning']} [{check.reason}]", Style.YELLOW)
        for line in (check.text(), check.found):
            if line:
                say(f"    {line}")
    return warnings


def submit(client: Client, finished: Finished, *, wait: float) -> dict[str, Any]:
    """Log a finished entry, keeping it where the outcome stays unknown; give its names."""
    statement = finished.statement
    record_id = record_id_text(statement.record_id)
    try:
        logged = client.submit(statement.entry, deadline=wait)
    except (UnavailableError, KeyboardInterrupt):
        keep(statement, Path(f"{record_id}.statement.json"))
        raise
    return {
        "record_id": record_id,
        "leaf_hash": statement.leaf_hash.hex(),
        "index": logged.index,
        "added": logged.added,
    }


def accreditations_of(trust: Trust) -> AccreditationSource:
    """Say who tells who is accredited: the trust file, and where it names one, AttestorRegistry."""
    for trusted in trust.chains:
        if trusted.attestors is not None and trusted.rpc:
            # web3 takes a second to import.
            from ledger.chain import Accreditations, connect_trusted  # noqa: PLC0415

            return Accreditations(trust, trusted, connect_trusted(trusted, trusted.rpc))
    return trust


def believed(trust: Path | None) -> Trust:
    """Read the trust file; none believes nothing."""
    return Trust() if trust is None else read_trust(trust)


def checked_id(text: str) -> str:
    """Check a record id; raise ConfigurationError."""
    try:
        parse_record_id(text)
    except MalformedError as error:
        raise problem(
            "usage.record-id", "RECORD_ID", expected=error.expected, found=text
        ) from error
    return text


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object; raise ConfigurationError, MalformedError."""
    value = read_value(path, what, limit=_MAX_JSON)
    if not isinstance(value, dict):
        raise problem(
            "usage.json", f"{what} {path}", expected="a JSON object", found=type(value).__name__
        )
    return value


def _other(expected: str, found: str) -> VerificationError:
    return VerificationError(
        "record.other",
        "this is another record than the one that was asked for",
        expected=expected,
        found=found,
    )
