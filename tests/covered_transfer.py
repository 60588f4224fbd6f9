"""A transfer under a plan, all three stages attested and in order, for tests to bend."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ledger.attestation import Attestation, Stage, draft
from ledger.claims import leaf_name
from ledger.jwk import PrivateKey
from ledger.kinds import Plan, Transfer
from ledger.stages import Dossier, Entry
from ledger.statement import Statement, new_record_id
from tests.attestation_claims import claims_of

__all__ = ["CASES", "KEY", "dossier"]

KEY = PrivateKey.generate()
CASES = ("plan", "pre_assessment", "transfer", "backup", "post_check")
"""In the order in which they are logged."""

# 2025-11-21T04:40:00Z, when the claims of the tests are issued; the transfer is a while later.
_ISSUED = 1_763_700_000
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


def dossier(changes: dict[str, Any] | None = None, *, order: tuple[str, ...] = CASES) -> Dossier:
    """Make a dossier, each record changed as `{"transfer/to": "MO"}` says, `...` taking out.

    Changes are made before records are hashed and referred to, but for those of references.
    """
    bent = changes or {}
    index = {case: 10 + place for place, case in enumerate(order)}
    plan = Statement.build(
        _bend(
            "plan",
            {
                "kind": "plan",
                **_MOVEMENT,
                "ceilings": {"transfers": 12, "personal": 2_000},
                "period": {"from": "2025-11-01", "until": "2026-10-31"},
            },
            bent,
        )
    )
    assessment_id, backup_id = new_record_id(), new_record_id()
    assessed = _attest(
        Stage.PRE_ASSESSMENT, "pre_assessment", bent, _about(plan), record_id=assessment_id
    )
    transfer = Statement.build(
        _bend(
            "transfer",
            {
                "kind": "transfer",
                **_MOVEMENT,
                "occurred_at": _OCCURRED,
                "covered_by": {
                    "plan": _reference(plan.value["record_id"], plan.leaf_hash),
                    "sequence": 3,
                    "persons": {"personal": 1_000, "sensitive": 0},
                },
            },
            bent,
        )
    )
    later = {"iat": _ISSUED + 5 * 3600}
    kept = _attest(Stage.BACKUP, "backup", bent, {**_about(transfer), **later}, record_id=backup_id)
    checked = _attest(
        Stage.POST_CHECK,
        "post_check",
        bent,
        {
            **_about(transfer),
            "iat": _ISSUED + 2 * 24 * 3600,
            "credentialSubject/backup": _reference(backup_id, kept.leaf_hash),
            "credentialSubject/pre_assessment": _reference(assessment_id, assessed.leaf_hash),
            "credentialSubject/outcome": "consistent",
        },
    )
    assert isinstance(plan.members, Plan)
    assert isinstance(transfer.members, Transfer)
    return Dossier(
        transfer=_entry(index["transfer"], transfer, transfer.members),
        plan=_entry(index["plan"], plan, plan.members),
        pre_assessment=_entry(index["pre_assessment"], assessed, _claims(assessed)),
        backup=_entry(index["backup"], kept, _claims(kept)),
        post_check=_entry(index["post_check"], checked, _claims(checked)),
    )


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
    *,
    record_id: str | None = None,
) -> Statement:
    value = claims_of(stage)
    for path, member in claims.items():
        _put(value, path, member)
    waiting, _ = draft(KEY.public, _bend(case, value, bent))
    members: dict[str, Any] = {"kind": "attestation", "jws": waiting.sign(KEY).text}
    return Statement.build(members if record_id is None else {**members, "record_id": record_id})


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


def _reference(record_id: str, leaf_hash: bytes) -> dict[str, str]:
    return {"record_id": record_id, "leaf_hash": leaf_hash.hex()}


def _claims(statement: Statement) -> Any:
    return Attestation.read(statement.value["jws"]).claims


def _entry(index: int, statement: Statement, says: Any) -> Entry[Any]:
    return Entry(index, statement.value["record_id"], statement.leaf_hash, says)
