"""A transfer under a plan, all three stages attested and in order, for tests to bend."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ledger.attestation import Attestation, Stage, draft
from ledger.claims import leaf_name
from ledger.jwk import PrivateKey
from ledger.kinds import Plan, Transfer
from ledger.stages import Dossier, Entry
from ledger.statement import Statement
from tests.attestation_claims import claims_of

__all__ = ["CASES", "ISSUED", "KEY", "dossier", "records", "reference"]

KEY = PrivateKey.generate()
CASES = ("plan", "pre_assessment", "transfer", "backup", "post_check")
"""In the order in which they are logged."""

# 2025-11-21T04:40:00Z, when the claims of the tests are issued; the transfer is a while later.
ISSUED = 1_763_700_000
_OCCURRED = "2025-11-21T07:30:00Z"

_MOVEMENT: dict[str, Any] = {
    "exporter": {"id": "uscc:91440300MA5EXPORT1"},
    "recipient": {"id": "hkbr:12345678"},
    "from": "CN",
    "to": "HK",
    "scenario": "credit-report",
    "data_items": [
        {"name": "credit score", "class": "general", "personal": True, "sensitive": False}
    ],
}
_PLANNED: dict[str, Any] = {
    "ceilings": {"transfers": 12, "personal": 2_000},
    "period": {"from": "2025-11-01", "until": "2026-10-31"},
}


def records(changes: dict[str, Any] | None = None) -> dict[str, Statement]:
    """Make the records, each changed as `{"transfer/to": "MO"}` says, `...` taking out.

    Changes are made before records are hashed and referred to, but for those of references.
    """
    bent = changes or {}
    plan = Statement.build(_bend("plan", {"kind": "plan", **_MOVEMENT, **_PLANNED}, bent))
    assessed = _attest(Stage.PRE_ASSESSMENT, "pre_assessment", bent, _about(plan))
    covered_by = {
        "plan": reference(plan),
        "sequence": 1,
        "persons": {"personal": 1_000, "sensitive": 0},
    }
    moved = {"kind": "transfer", **_MOVEMENT, "occurred_at": _OCCURRED, "covered_by": covered_by}
    transfer = Statement.build(_bend("transfer", moved, bent))
    kept = _attest(Stage.BACKUP, "backup", bent, {**_about(transfer), "iat": ISSUED + 5 * 3600})
    checked = _attest(
        Stage.POST_CHECK,
        "post_check",
        bent,
        {
            **_about(transfer),
            "iat": ISSUED + 2 * 24 * 3600,
            "credentialSubject/backup": reference(kept),
            "credentialSubject/pre_assessment": reference(assessed),
            "credentialSubject/outcome": "consistent",
        },
    )
    made = (plan, assessed, transfer, kept, checked)
    return dict(zip(CASES, made, strict=True))


def dossier(changes: dict[str, Any] | None = None, *, order: tuple[str, ...] = CASES) -> Dossier:
    """Make a dossier of records that are logged in this order."""
    made = records(changes)
    plan, transfer = made["plan"], made["transfer"]
    assert isinstance(plan.members, Plan)
    assert isinstance(transfer.members, Transfer)

    def entry(case: str, says: Any) -> Entry[Any]:
        statement = made[case]
        record_id = str(statement.members.record_id)
        return Entry(10 + order.index(case), record_id, statement.leaf_hash, says)

    def attested(case: str) -> Entry[Any]:
        return entry(case, Attestation.read(made[case].value["jws"]).claims)

    return Dossier(
        transfer=entry("transfer", transfer.members),
        plan=entry("plan", plan.members),
        pre_assessment=attested("pre_assessment"),
        backup=attested("backup"),
        post_check=attested("post_check"),
    )


def reference(statement: Statement) -> dict[str, str]:
    """Refer to a record."""
    return {
        "record_id": str(statement.members.record_id),
        "leaf_hash": statement.leaf_hash.hex(),
    }


def _about(statement: Statement) -> dict[str, Any]:
    return {
        "credentialSubject/id": leaf_name(statement.leaf_hash),
        "credentialSubject/record_id": statement.value["record_id"],
    }


def _attest(
    stage: Stage,
    case: str,
    bent: dict[str, Any],
    claims: dict[str, Any],
) -> Statement:
    value = claims_of(stage)
    for path, member in claims.items():
        _put(value, path, member)
    waiting, _ = draft(KEY.public, _bend(case, value, bent))
    return Statement.build({"kind": "attestation", "jws": waiting.sign(KEY).text})


def _bend(case: str, value: dict[str, Any], bent: dict[str, Any]) -> dict[str, Any]:
    copy = deepcopy(value)
    for path, member in bent.items():
        owner, _, rest = path.partition("/")
        if owner == case:
            _put(copy, rest, member)
    return copy


def _put(value: dict[str, Any], path: str, member: Any) -> None:
    *parents, name = path.split("/")
    place: Any = value
    for parent in parents:
        place = place[int(parent) if isinstance(place, list) else parent]
    if member is ...:
        del place[name]
    else:
        place[name] = member
