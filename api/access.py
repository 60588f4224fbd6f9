"""Which records an organisation may see (design: hashes are public, entries are not).

With `read` its own and those that name it as a recipient, onward recipients among them; with
`regulate` its own and those that leave or enter one of its jurisdictions; with `audit` all of them.
What may not be seen does not exist: the answer is the same as for a record that was never logged.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from http import HTTPStatus

from api.auth import Principal, Scope
from api.problems import RequestError
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.errors import NotFoundError
from ledger.follower import subject_of
from ledger.kinds import KINDS, Attestation, Kind, Status, Trail
from ledger.kinds.common import Movement
from ledger.log.snapshot import LogView
from ledger.merkle import leaf_hash
from ledger.signed import check_signed
from ledger.stapling import staple
from ledger.statement import Statement
from ledger.status import Action
from ledger.status import Status as StatusWord

__all__ = [
    "check_attests",
    "check_kind",
    "check_speaks",
    "find",
    "may_read",
    "may_see_plan",
    "permitted_kinds",
    "show",
]

_READING = frozenset({Scope.READ, Scope.REGULATE})
_SUBMITTING = frozenset({Scope.SUBMIT})
_ATTESTING = frozenset({Scope.SUBMIT, Scope.ATTEST})
_REGULATING = frozenset({Scope.REGULATE})
_ORDERS = frozenset({Action.STOP, Action.REINSTATE})


def may_read(principal: Principal, entry: bytes, submitter: str | None) -> bool:
    """Say whether the record of this entry is one that the principal may see."""
    scopes = principal.scopes
    if Scope.AUDIT in scopes:
        return True
    if submitter == principal.organisation and not _READING.isdisjoint(scopes):
        return True
    return (Scope.READ in scopes and _names(entry, principal.organisation)) or (
        Scope.REGULATE in scopes and _touches(entry, principal.jurisdictions)
    )


def find(log: LogView, record_id: bytes, principal: Principal) -> int:
    """Find a record that the principal may see; raise NotFoundError for any other."""
    index = log.find(record_id)
    if index is None or not may_read(principal, log.entry(index), log.submitter_of(index)):
        raise NotFoundError(
            "record.unknown",
            "No record of this id is here for you.",
            hint="A record is shown to whoever submitted it, to the recipients that it names and "
            "to the regulators of its jurisdictions.",
        )
    return index


def check_kind(principal: Principal, members: Kind) -> None:
    """Check that the principal may log a statement of this kind, and that it says something.

    Attestations and statuses get into the bundles of others' records, and leaf hashes are public:
    whoever may log them is chosen. The trail's heads are the ledger's own. Raises RequestError
    (403), MalformedError.
    """
    _check_scopes(principal, _needed(members))
    check_signed(members)


def permitted_kinds(principal: Principal) -> frozenset[str]:
    """Name the kinds that the principal may log whatever a statement of them says."""
    return frozenset(
        name
        for name, kind in KINDS.items()
        if any(scopes <= principal.scopes for scopes in _needed_for(kind))
    )


def check_attests(principal: Principal) -> None:
    """Check that the principal may log attestations; raise RequestError (403)."""
    _check_scopes(principal, (_ATTESTING,))


def check_speaks(principal: Principal, action: Action | None = None) -> None:
    """Check that the principal may log a status, of any action if none is named yet (403)."""
    is_order = action is None or action in _ORDERS
    _check_scopes(principal, (_ATTESTING, _REGULATING) if is_order else (_ATTESTING,))


def _check_scopes(principal: Principal, needed: tuple[frozenset[Scope], ...]) -> None:
    if not any(scopes <= principal.scopes for scopes in needed):
        raise RequestError(
            "auth.kind",
            "What you are known by may not log such a statement.",
            status=HTTPStatus.FORBIDDEN,
            expected=" or ".join(" and ".join(sorted(scopes)) for scopes in needed)
            or "the ledger itself",
            found=", ".join(sorted(principal.scopes)),
        )


def show(log: LogView, bundle: Bundle, principal: Principal) -> Bundle:
    """Leave the plan out where the principal may not see it, and what was said of the plan.

    Leaf hashes are public, so anyone can log a transfer that names a stranger's plan; the bundle
    of that transfer must not bring along what the plan, or its assessment, says.
    """
    if bundle.plan is None:
        return bundle
    if may_see_plan(log, principal, bundle.entry.index, plan=(bundle.plan.index, bundle.plan.body)):
        return bundle
    attestations = dict(bundle.attestations)
    assessment = attestations.pop(Stage.PRE_ASSESSMENT, None)
    hidden = {leaf_hash(bundle.plan.body)}
    if assessment is not None:
        hidden.add(leaf_hash(assessment.entry.body))
    shown = replace(
        bundle,
        plan=None,
        attestations=attestations,
        statuses=tuple(s for s in bundle.statuses if subject_of(s.body) not in hidden),
    )
    # Only the lists of what is left.
    return staple(shown, lambda _: None)


def may_see_plan(
    log: LogView, principal: Principal, index: int, *, plan: tuple[int, bytes]
) -> bool:
    """Say whether the plan of the record at `index` may be shown with it, as `show` does."""
    place, body = plan
    owner = log.submitter_of(place)
    if owner == log.submitter_of(index) is not None:
        return True
    return may_read(principal, body, owner)


def _needed(members: Kind) -> tuple[frozenset[Scope], ...]:
    """Say with which scopes a statement may be logged: any of these sets."""
    needed = _needed_for(type(members))
    if isinstance(members, Status):
        action = StatusWord.parse(members.jws).claims.action
        return (*needed, _REGULATING) if action in _ORDERS else needed
    return needed


def _needed_for(kind: type[Kind]) -> tuple[frozenset[Scope], ...]:
    if issubclass(kind, Trail):
        return ()
    if issubclass(kind, Attestation | Status):
        return (_ATTESTING,)
    return (_SUBMITTING,)


def _names(entry: bytes, organisation: str) -> bool:
    """Say whether an entry names an organisation as its recipient, or as one further on."""
    # Most entries of others do not hold the name at all, and need no parsing to know it.
    if json.dumps(organisation, ensure_ascii=False).encode(errors="replace") not in entry:
        return False
    value = Statement.from_entry(entry).value
    parties = [value.get("recipient", {}), *value.get("onward_recipients", ())]
    return any(party.get("id") == organisation for party in parties)


def _touches(entry: bytes, jurisdictions: Collection[str]) -> bool:
    """Say whether an entry moves data out of or into one of these jurisdictions."""
    members = Statement.from_entry(entry).members
    return isinstance(members, Movement) and not {members.from_, members.to}.isdisjoint(
        jurisdictions
    )
