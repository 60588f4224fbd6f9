"""Claims of the three stages, whole and true to each other, for tests to bend."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ledger.attestation import Stage
from ledger.attestation.backup import deposit_of
from ledger.claims import LEAF_PREFIX
from ledger.kinds.members import Digests, File

__all__ = ["BACKUP", "ITEMS", "POST_CHECK", "PRE_ASSESSMENT", "changed", "claims_of"]

_PLAN = "019aa2f0-0000-7000-8000-000000000001"
_TRANSFER = "019aa2f0-0000-7000-8000-000000000002"
_BACKUP = "019aa2f0-0000-7000-8000-000000000003"
_ASSESSMENT = "019aa2f0-0000-7000-8000-000000000004"

_ISSUED = 1_763_700_000
_YEAR = 365 * 24 * 3600

ITEMS = [
    File(name="报告.pdf", size=1_024, digests=Digests(sha_256="01" * 32)),
    File(size=0, digests=Digests(sha_256="02" * 32, sm3="03" * 32)),
]

PRE_ASSESSMENT: dict[str, Any] = {
    "vct": Stage.PRE_ASSESSMENT.vct,
    "iss": "uscc:91440300MA5ASSESS1",
    "iat": _ISSUED,
    "nbf": _ISSUED,
    "exp": _ISSUED + 2 * _YEAR,
    "jurisdiction": "CN",
    "credentialSubject": {
        "id": LEAF_PREFIX + "aa" * 32,
        "record_id": _PLAN,
        "scenario": "credit-report",
        "recipient": "hkbr:12345678",
        "to": "HK",
        "data_items": [
            {"name": "credit score", "class": "general", "personal": True, "sensitive": False}
        ],
        "ceilings": {"personal": 1_000, "transfers": 12},
        "legal_basis": {"route": "standard-contract", "rule": "R12", "rule_set": "2026-01"},
        "outcome": "conditional",
        "conditions": ["仅用于贷款审批", "deleted after 30 days"],
        "reasons": "Purpose and scope are lawful and no more than is needed.",
        "filing": {"authority": "CAC Guangdong", "number": "粤备2026-0017"},
    },
}

BACKUP: dict[str, Any] = {
    "vct": Stage.BACKUP.vct,
    "iss": "uscc:91440300MA5CUSTOD1",
    "iat": _ISSUED,
    "jurisdiction": "CN",
    "credentialSubject": {
        "id": LEAF_PREFIX + "bb" * 32,
        "record_id": _TRANSFER,
        "custodian": {"id": "uscc:91440300MA5CUSTOD1", "name": "保管公司"},
        "deposit": {
            "root": deposit_of(ITEMS).root,
            "count": 2,
            "size": 1_024,
            "items": [
                {"name": "报告.pdf", "size": 1_024, "digests": {"sha-256": "01" * 32}},
                {"size": 0, "digests": {"sha-256": "02" * 32, "sm3": "03" * 32}},
            ],
        },
        "deposited_at": "2025-11-21T08:00:00Z",
        "place": {"jurisdiction": "CN", "place": "a data centre in Guangdong"},
        "retained_until": "2028-11-21",
        "restore_check": {"at": "2025-11-21T09:00:00Z", "by": "night shift", "outcome": "restored"},
    },
}

POST_CHECK: dict[str, Any] = {
    "vct": Stage.POST_CHECK.vct,
    "iss": "uscc:91440300MA5CHECKR1",
    "iat": _ISSUED,
    "jurisdiction": "CN",
    "credentialSubject": {
        "id": LEAF_PREFIX + "bb" * 32,
        "record_id": _TRANSFER,
        "backup": {"record_id": _BACKUP, "leaf_hash": "cc" * 32},
        "pre_assessment": {"record_id": _ASSESSMENT, "leaf_hash": "dd" * 32},
        "checked_at": "2025-11-22T08:00:00Z",
        "method": {"kind": "sample", "population": 1_000, "size": 50, "seed": "2025-11-22"},
        "outcome": "deviating",
        "findings": ["Two records hold a field that was not assessed."],
        "corrective_action": "Both were deleted by the recipient.",
    },
}


def claims_of(stage: Stage) -> dict[str, Any]:
    """Give a stage's claims, to be changed."""
    whole = {
        Stage.PRE_ASSESSMENT: PRE_ASSESSMENT,
        Stage.BACKUP: BACKUP,
        Stage.POST_CHECK: POST_CHECK,
    }
    return deepcopy(whole[stage])


def changed(claims: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """Give claims with the member at `path` (a/b/c) replaced, or taken out where none is given."""
    copy = deepcopy(claims)
    *parents, name = path.split("/")
    place = copy
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return copy
