"""Hearing: what an issuer has said in the log of the attestations that are in his status list.

The log's server is a stranger: a status counts where one of the issuer's own keys has signed it,
and its place in the list is what the attestation says that it speaks of, by leaf hash, signed by
one of them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msgspec import UNSET

from ledger.attestation import Attestation
from ledger.errors import MalformedError, NotFoundError, VerificationError
from ledger.jws import Jws
from ledger.statement import Statement
from ledger.status import Status
from ledger.status_book import StatusBook

__all__ = ["Heard", "Ledger", "hear"]


class Ledger(Protocol):
    """Whoever tells of the issuer's own records (see `client`)."""

    def records(self, kind: str, cursor: str | None = None) -> tuple[list[str], str | None]:
        """List a page of one's records of a kind, oldest first, and where to go on."""

    def statement(self, record_id: str) -> Statement:
        """Fetch what a record says; raise NotFoundError."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How many statuses were heard, and how many of them were of this list."""

    statuses: int
    listed: int


def hear(book: StatusBook, ledger: Ledger) -> Heard:
    """Note in the book what was said since it listened last."""
    statuses = listed = 0
    while True:
        ids, going_on = ledger.records("status", book.heard)
        # The log's end has no cursor: its page is asked for again, and begins with what is known.
        for record_id in ids[book.heard_beyond :]:
            statuses += 1
            listed += _hear_one(book, ledger, record_id)
        if going_on is None:
            book.heard_beyond = len(ids)
            return Heard(statuses, listed)
        book.heard, book.heard_beyond = going_on, 0


def _hear_one(book: StatusBook, ledger: Ledger, record_id: str) -> bool:
    try:
        said = Status.parse(_jws(ledger.statement(record_id)))
    except MalformedError:
        return False
    if not _is_own(said.jws, book):
        return False
    place = _place_of(said, book, ledger)
    if place is None:
        return False
    book.hear(place, said.claims.action)
    return True


def _place_of(said: Status, book: StatusBook, ledger: Ledger) -> int | None:
    """Find the place of the attestation that is spoken of, None where it is in no place here."""
    try:
        statement = ledger.statement(str(said.claims.record_id))
        attestation = Attestation.read(_jws(statement))
    except (NotFoundError, MalformedError):
        return None
    if statement.leaf_hash != said.leaf_hash:
        return None
    status = attestation.claims.status
    if status is UNSET or not _is_own(attestation.jws, book):
        return None
    place = status.status_list
    return place.idx if place.uri == book.address and book.is_taken(place.idx) else None


def _jws(statement: Statement) -> str:
    return str(statement.value.get("jws", ""))


def _is_own(jws: Jws, book: StatusBook) -> bool:
    key = jws.key
    if key is None or key.thumbprint not in book.keys:
        return False
    try:
        jws.verify(key)
    except VerificationError:
        return False
    return True
