"""Issuing over HTTP: what somebody is about to say of a record, prepared, or signed and logged.

    prepare   claims and a public key come in, the bytes to sign go out; nothing is kept
    complete  what was prepared comes back with its signature
    sign      claims come in, a key that this server holds for the caller's organisation signs

In all three the rules are asked first (`ledger.issuing`). Whoever may not read the record may still
speak of it where he can show it: its salt, which makes its leaf, is known to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from api.access import check_attests, check_speaks, find, may_see_plan
from api.auth import Principal
from ledger import base64url, status
from ledger.accreditation import AccreditationSource
from ledger.attestation import Attestation, Stage
from ledger.canonical import MAX_INTEGER, canonicalize, parse
from ledger.certificate_chain import read_chain
from ledger.dossier import Records
from ledger.errors import ConflictError, MalformedError, NotFoundError, VerificationError
from ledger.gathering import gather, said_of
from ledger.issuing import (
    Finished,
    Prepared,
    ask_attestation,
    ask_status,
    complete_claims,
    prepare_attestation,
    prepare_word,
    refuse,
)
from ledger.jwk import PublicKey
from ledger.kinds.members import MAX_ELEMENTS, MAX_IDENTIFIER, MAX_TEXT
from ledger.log import Log
from ledger.members import Members
from ledger.report import Check
from ledger.signing_key import KeyDirectory, SigningKey
from ledger.statement import Statement
from ledger.status import Action, Status
from ledger.trust import Trust

__all__ = ["Issuing", "Made"]

_MAX_PATH = 16
_MAX_SIGNATURE = 128


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a request: bytes that wait for a signature, or a finished entry."""

    result: Prepared | Finished
    warnings: list[Check]


class Issuing:
    """Where one caller speaks of records; raises what is to be answered as a problem."""

    def __init__(
        self,
        log: Log,
        principal: Principal,
        *,
        held: KeyDirectory,
        trust: Callable[[], Trust],
        accreditations: Callable[[], AccreditationSource] | None = None,
    ) -> None:
        self._log = log
        self._principal = principal
        self._held = held
        self._trust = trust
        self._accreditations = accreditations or trust

    def attest(self, record_id: bytes, body: bytes) -> Made:
        """Prepare, complete or sign an attestation of a record."""
        return self._answer(record_id, body, "attestation", self._draft_attestation)

    def say(self, record_id: bytes, body: bytes) -> Made:
        """Prepare, complete or sign a status of a record."""
        return self._answer(record_id, body, "status", self._draft_status)

    def _answer(
        self,
        record_id: bytes,
        body: bytes,
        kind: str,
        draft: Callable[[int, Members, PublicKey, str | None], Prepared],
    ) -> Made:
        members = Members(parse(body), "body")
        # Signatures and disclosures of a request are its own: wrong ones are a bad request.
        try:
            given = members.take("record") if members.has("record") else None
            index = self._find(record_id, given)
            if members.has("signature"):
                return self._complete(index, members, kind)
            held = self._key(members)
            key = held.key.public if held else PublicKey.from_jwk(members.take("jwk"))
            prepared = draft(index, members, key, held.organisation if held else None)
            if members.has("x5c"):
                prepared = prepared.certified(read_chain(members.take("x5c")))
            members.end()
            self._check_allowed(prepared)
            warnings = self._ask(index, prepared)
            return Made(prepared.sign(held.key) if held else prepared, warnings)
        except VerificationError as error:
            raise MalformedError(
                error.code, error.message, expected=error.expected, found=error.found
            ) from error

    def _find(self, record_id: bytes, given: object) -> int:
        """Find a record that the caller may read, or that he shows."""
        try:
            return find(self._log, record_id, self._principal)
        except NotFoundError:
            index = self._log.find(record_id)
            if index is None or not isinstance(given, dict):
                raise
            if canonicalize(given) != self._log.entry(index):
                raise
            return index

    def _key(self, members: Members) -> SigningKey | None:
        if not members.has("key"):
            return None
        name = members.text("key", longest=MAX_IDENTIFIER)
        return self._held.find(name, self._principal.organisation)

    def _complete(self, index: int, members: Members, kind: str) -> Made:
        signature = base64url.decode(members.text("signature", longest=_MAX_SIGNATURE))
        prepared = Prepared.from_value(members.take("prepared"), "body.prepared")
        members.end()
        if prepared.kind != kind:
            raise MalformedError(
                "members.malformed", "body.prepared.kind", expected=kind, found=prepared.kind
            )
        self._check_allowed(prepared)
        self._check_about(index, prepared)
        finished = prepared.complete(signature)
        # What is there already was asked about then: a repeat is answered with its place.
        if self._log.find(finished.statement.record_id) is not None:
            return Made(finished, [])
        return Made(finished, self._ask(index, prepared))

    def _draft_attestation(
        self, index: int, members: Members, key: PublicKey, owner: str | None
    ) -> Prepared:
        stage = Stage(members.literal("stage", *Stage))
        given = members.take("claims")
        if not isinstance(given, dict):
            raise MalformedError(
                "members.malformed", "body.claims", expected="an object", found=str(given)[:80]
            )
        paths = None
        if members.has("concealed"):
            paths = members.array("concealed", _read_path, longest=MAX_ELEMENTS)
        records = self._records(index)
        claims = complete_claims(stage, given, records, now=_now(), issuer=owner)
        return prepare_attestation(stage, claims, key, concealed=paths)

    def _draft_status(
        self, index: int, members: Members, key: PublicKey, owner: str | None
    ) -> Prepared:
        about = Statement.from_entry(self._log.entry(index))
        issuer = owner
        if owner is None or members.has("iss"):
            issuer = members.text("iss", longest=MAX_IDENTIFIER)
        since = None
        if members.has("compromised_since"):
            since = members.integer("compromised_since", 0, MAX_INTEGER)
        waiting = status.draft(
            key,
            issuer=issuer or "",
            issued_at=int(_now().timestamp()),
            leaf=about.leaf_hash,
            record_id=str(about.members.record_id),
            action=Action(members.literal("action", *Action)),
            reason=members.text("reason", longest=MAX_TEXT),
            compromised_since=since,
        )
        prepared = prepare_word("status", waiting)
        prepared.says()
        return prepared

    def _check_allowed(self, prepared: Prepared) -> None:
        """Refuse what the caller could not log; a held key signs nothing else either."""
        said = prepared.says()
        if isinstance(said, Status):
            check_speaks(self._principal, said.claims.action)
        else:
            check_attests(self._principal)

    def _check_about(self, index: int, prepared: Prepared) -> None:
        """Refuse what speaks of another record than the path names; raise ConflictError."""
        said = prepared.says()
        about = getattr(said, "leaf_hash", None)
        leaf = Statement.from_entry(self._log.entry(index)).leaf_hash
        if about != leaf:
            raise ConflictError(
                "attestation.subject" if isinstance(said, Attestation) else "record.other",
                "what was prepared speaks of another record than this one",
                expected=leaf.hex(),
                found="nothing" if about is None else about.hex(),
                hint="Complete it at the path at which it was prepared.",
            )

    def _ask(self, index: int, prepared: Prepared) -> list[Check]:
        """Ask the rules; raise ConflictError for a broken one, give what cannot be told."""
        said = prepared.says()
        trust = self._trust()
        if isinstance(said, Attestation):
            checks = ask_attestation(
                said.stage,
                said.claims,
                self._records(index, trust),
                key=prepared.unsigned.key,
                now=int(_now().timestamp()),
                trust=trust,
                accreditations=self._accreditations(),
            )
        elif isinstance(said, Status):
            about = Statement.from_entry(self._log.entry(index))
            checks = ask_status(
                said.claims,
                about,
                said_of(self._log, [about.leaf_hash]),
                key=prepared.unsigned.key,
                now=int(_now().timestamp()),
                trust=trust,
            )
        else:
            raise TypeError(prepared.kind)
        return refuse(checks)

    def _records(self, index: int, trust: Trust | None = None) -> Records:
        may_see = partial(_may_see, self._log, self._principal, index)
        return gather(self._log, index, trust=trust, may_see=may_see)


def _may_see(log: Log, principal: Principal, index: int, place: int, entry: bytes) -> bool:
    return may_see_plan(log, principal, index, plan=(place, entry))


def _read_path(value: object, where: str) -> tuple[str | int, ...]:
    """Read a path below `credentialSubject`: names, and indexes of arrays."""
    if isinstance(value, list) and 0 < len(value) <= _MAX_PATH:
        parts = [part for part in value if isinstance(part, str) or type(part) is int]
        if len(parts) == len(value):
            return tuple(parts)
    raise MalformedError(
        "members.malformed", where, expected="an array of names and indexes", found=str(value)[:80]
    )


def _now() -> datetime:
    return datetime.now(UTC)
