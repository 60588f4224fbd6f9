"""Which records an organisation may see (design: hashes are public, entries are not).

Its own, those that name it as recipient, and with the scope `audit` all of them. What may not be
seen does not exist: the answer is the same as for a record that was never logged.
"""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

from api.auth import Principal, Scope
from api.problems import RequestError
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.errors import NotFoundError
from ledger.follower import subject_of
from ledger.kinds import Attestation, Kind, Status
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.signed import check_signed
from ledger.statement import Statement

__all__ = ["check_kind", "find", "may_read", "show"]


def may_read(principal: Principal, entry: bytes, submitter: str | None) -> bool:
    """Say whether the record of this entry is one that the principal may see."""
    if Scope.AUDIT in principal.scopes or submitter == principal.organisation:
        return True
    # Most entries of others do not hold the name at all, and need no parsing to know it.
    if json.dumps(principal.organisation, ensure_ascii=False).encode() not in entry:
        return False
    recipient = Statement.from_entry(entry).value.get("recipient", {})
    return bool(recipient.get("id") == principal.organisation)


def find(log: Log, record_id: bytes, principal: Principal) -> int:
    """Find a record that the principal may see; raise NotFoundError for any other."""
    index = log.find(record_id)
    if index is None or not may_read(principal, log.entry(index), log.submitter_of(index)):
        raise NotFoundError(
            "record.unknown",
            "No record of this id is here for you.",
            hint="A record is shown to whoever submitted it and to the recipient that it names.",
        )
    return index


def check_kind(principal: Principal, members: Kind) -> None:
    """Check that the principal may log a statement of this kind, and that it says something.

    Attestations and statuses get into the bundles of others' records, and leaf hashes are public:
    whoever may log them is chosen. Raises RequestError (403), MalformedError.
    """
    if isinstance(members, Attestation | Status) and Scope.ATTEST not in principal.scopes:
        raise RequestError(
            "auth.kind",
            "This API key may not log such a statement.",
            status=HTTPStatus.FORBIDDEN,
            expected=f"a key with the scope {Scope.ATTEST.value}",
            found=", ".join(sorted(principal.scopes)),
        )
    check_signed(members)


def show(log: Log, bundle: Bundle, principal: Principal) -> Bundle:
    """Leave the plan out where the principal may not see it, and what was said of the plan.

    Leaf hashes are public, so anyone can log a transfer that names a stranger's plan; the bundle
    of that transfer must not bring along what the plan, or its assessment, says.
    """
    if bundle.plan is None:
        return bundle
    owner = log.submitter_of(bundle.plan.index)
    if owner == log.submitter_of(bundle.entry.index) is not None:
        return bundle
    if may_read(principal, bundle.plan.body, owner):
        return bundle
    attestations = dict(bundle.attestations)
    assessment = attestations.pop(Stage.PRE_ASSESSMENT, None)
    hidden = {leaf_hash(bundle.plan.body)}
    if assessment is not None:
        hidden.add(leaf_hash(assessment.entry.body))
    return replace(
        bundle,
        plan=None,
        attestations=attestations,
        statuses=tuple(s for s in bundle.statuses if subject_of(s.body) not in hidden),
    )
