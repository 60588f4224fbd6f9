"""What a signed entry is news of: which record, and whether what it says counts.

    attestation    of the transfer or plan that it speaks of: the stage
    receipt        of the transfer, where one of its parties has logged it
    status         of a transfer or plan: a regulator's stop, or its end; of an attestation: what
                   its issuer says became of it, which is news of the record that it attests

As a dossier reads them (`dossier.standing`): wrong signatures, strangers' words, and words that
cannot follow the ones before them, are no news.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.attestation import Attestation
from ledger.dossier import Placed, Said, is_one_speaker, read_said
from ledger.errors import LedgerError
from ledger.follower import receipt_key
from ledger.kinds import Plan, Transfer
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.news.topic import Topic
from ledger.organisation import Role
from ledger.receipt import Receipt
from ledger.related import MAX_RELATED, receipt_keys_by
from ledger.statement import Statement
from ledger.status import Action, Status, standing
from ledger.trust import Trust

__all__ = ["Subject", "subject_of"]

_SIGNED = b'{"jws":"'
_TOPICS = {
    Action.REVOKE: Topic.REVOKED,
    Action.SUSPEND: Topic.SUSPENDED,
    Action.REINSTATE: Topic.REINSTATED,
}
_ORDERS = {Action.STOP: Topic.STOPPED, Action.REINSTATE: Topic.RELEASED}


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that something was said of, and what."""

    index: int
    statement: Statement
    topic: Topic
    stage: str | None = None


def subject_of(log: Log, index: int, entry: bytes, trust: Trust) -> Subject | None:
    """Say what the entry at `index` is news of; None where it is none.

    The log must have been followed up to there (`follower.catch_up`).
    """
    said = read_said(Placed(index, entry), trust) if entry.startswith(_SIGNED) else None
    place, about = (0, None) if said is None else _spoken_of(log, said)
    if said is None or about is None:
        return None
    match said.says:
        case Attestation():
            return _of_record(place, about, Topic.ATTESTED, said.says.stage.value)
        case Receipt():
            by = receipt_key(about.leaf_hash, log.submitter_of(index))
            counts = by in receipt_keys_by(about, log.submitter_of(place))
            return _of_record(place, about, Topic.RECEIVED) if counts else None
        case Status():
            return _of_status(log, said, place, about, trust)
    return None


def _of_status(
    log: Log, word: Said[Status], place: int, about: Statement, trust: Trust
) -> Subject | None:
    if about.kind == "attestation":
        return _of_attestation(log, word, place, about, trust)
    action = word.says.claims.action
    counts = action in _ORDERS and _regulates(word, about, trust) and _follows(log, word, trust)
    return _of_record(place, about, _ORDERS[action]) if counts else None


def _of_attestation(
    log: Log, word: Said[Status], place: int, about: Statement, trust: Trust
) -> Subject | None:
    attestation = read_said(Placed(place, about.entry), trust)
    action = word.says.claims.action
    if attestation is None or action not in _TOPICS:
        return None
    is_its_issuer = is_one_speaker(word.thumbprint, attestation.thumbprint, trust)
    index, record = _spoken_of(log, attestation)
    if record is None or not is_its_issuer or not _follows(log, word, trust):
        return None
    return _of_record(index, record, _TOPICS[action], attestation.says.stage.value)


def _of_record(
    index: int, about: Statement, topic: Topic, stage: str | None = None
) -> Subject | None:
    is_record = isinstance(about.members, Transfer | Plan)
    return Subject(index, about, topic, stage) if is_record else None


def _spoken_of(log: Log, said: Said[Any]) -> tuple[int, Statement | None]:
    """Find the entry that somebody speaks of, where this log holds that very entry."""
    claims = said.says.claims
    named = claims.subject if isinstance(said.says, Attestation) else claims
    index = log.find(named.record_id.bytes)
    if index is None:
        return 0, None
    entry = log.entry(index)
    if leaf_hash(entry) != said.says.leaf_hash:
        return 0, None
    try:
        return index, Statement.from_entry(entry)
    except LedgerError:
        # It was logged by another version.
        return 0, None


def _regulates(word: Said[Status], about: Statement, trust: Trust) -> bool:
    members = about.members
    owner = None if word.thumbprint is None else trust.owner(word.thumbprint)
    if owner is None or not isinstance(members, Transfer | Plan):
        return False
    sides = {members.from_, members.to}
    return Role.REGULATOR in owner.roles and not sides.isdisjoint(owner.jurisdictions)


def _follows(log: Log, word: Said[Status], trust: Trust) -> bool:
    """Say whether a word may follow those that its speaker has said of the same leaf before."""
    about = word.says.leaf_hash
    said = [
        read_said(Placed(index, log.entry(index)), trust)
        for index in sorted(log.related([about], limit=MAX_RELATED).get(about, ()))
        if index <= word.index
    ]
    words = [
        one.says.claims.action
        for one in said
        if one is not None
        and isinstance(one.says, Status)
        and is_one_speaker(one.thumbprint, word.thumbprint, trust)
    ]
    try:
        standing(words)
    except LedgerError:
        return False
    return True
