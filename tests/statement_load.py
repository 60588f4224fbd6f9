"""Realistic statements by the million: plans, transfers under them, corrections, signed entries.

The same ones at every run but for their signatures. Of each thousand: a plan, its pre-assessment,
998 transfers under the plan, numbered from 1; three in ten name an earlier transfer as parent, one
in a hundred corrects one. `python -m tests.statement_load DIRECTORY COUNT` logs so many in a data
directory, for measuring.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from ledger import base64url
from ledger.attestation import Stage, draft
from ledger.claims import leaf_name
from ledger.jwk import PrivateKey
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.merkle import leaf_hash
from ledger.store import Store
from tests.attestation_claims import claims_of
from tests.log_home import SIGNER

KEY = PrivateKey.generate()
GROUP = 1_000
_BATCH = 20_000

_encode = msgspec.json.Encoder(order="sorted").encode


def record_id(number: int) -> UUID:
    """Make the id of this number, in the order of their numbers."""
    noise = int.from_bytes(hashlib.sha256(number.to_bytes(8)).digest()[:8]) & (1 << 62) - 1
    return UUID(int=(0x018BCFE50000 + number // 100) << 80 | 7 << 76 | (number % 100) << 64
                | 0b10 << 62 | noise)  # fmt: skip


def logged(number: int, members: dict[str, Any]) -> Submission:
    """Make the record of this number."""
    name = record_id(number)
    salt = base64url.encode(hashlib.sha256(name.bytes).digest()[:16])
    value = {"record_id": str(name), "salt": salt, "v": 1, **members}
    return Submission(name.bytes, _encode(value))


def movement(kind: str) -> dict[str, Any]:
    """Give what a plan and its transfers have in common."""
    return {
        "kind": kind,
        "exporter": {"id": "uscc:91440300MA5EXPORT1", "name": "Exporter", "country": "CN"},
        "recipient": {"id": "hkbr:12345678", "name": "收件公司", "country": "HK"},
        "from": "CN",
        "to": "HK",
        "scenario": "credit-report",
        "data_items": [
            {"name": "credit score", "class": "general", "personal": True, "sensitive": False}
        ],
    }


def plan(number: int) -> Submission:
    """Make a plan."""
    period = {"from": "2026-01-01", "until": "2026-12-31"}
    return logged(number, {**movement("plan"), "ceilings": {}, "period": period})


def transfer(number: int, **members: Any) -> Submission:
    """Make a transfer."""
    digest = hashlib.sha256(number.to_bytes(8)).hexdigest()
    file = {"name": f"{number}.csv", "size": number, "digests": {"sha-256": digest}}
    stated = {"occurred_at": "2026-01-31T12:00:00Z", "purpose": "loan approval", "files": [file]}
    return logged(number, {**movement("transfer"), **stated, **members})


def reference(record: Submission) -> dict[str, str]:
    """Refer to a record as a statement does."""
    name = str(UUID(bytes=record.record_id))
    return {"record_id": name, "leaf_hash": leaf_hash(record.entry).hex()}


def coverage(planned: Submission, sequence: int, personal: int | None = None) -> dict[str, Any]:
    """Say a transfer's place under its plan."""
    persons = {"personal": sequence if personal is None else personal, "sensitive": 0}
    return {"plan": reference(planned), "sequence": sequence, "persons": persons}


def attestation(
    number: int, about: Submission, stage: Stage = Stage.PRE_ASSESSMENT, **subject: Any
) -> Submission:
    """Make an attestation of a record, signed."""
    claims = claims_of(stage)
    named = {"id": leaf_name(leaf_hash(about.entry)), "record_id": reference(about)["record_id"]}
    claims["credentialSubject"].update({**named, **subject})
    waiting, _ = draft(KEY.public, claims)
    return logged(number, {"kind": "attestation", "jws": waiting.sign(KEY).text})


def statements() -> Iterator[Submission]:
    """Make statements without end."""
    number = 0
    earlier: Submission | None = None
    while True:
        planned = plan(number)
        yield planned
        yield attestation(number + 1, planned)
        before: Submission | None = None
        for sequence in range(1, GROUP - 1):
            members: dict[str, Any] = {"covered_by": coverage(planned, sequence)}
            if sequence % 10 in {3, 5, 7} and earlier is not None:
                members["parents"] = [reference(earlier)]
            if sequence % 100 == 50 and before is not None:
                members["supersedes"] = reference(before)
            before = transfer(number + 1 + sequence, **members)
            if sequence % 40 == 1:
                earlier = before
            yield before
        number += GROUP


def main(directory: str, count: str) -> None:
    """Log so many, publishing after each batch."""
    place = Path(directory)
    place.mkdir(parents=True, exist_ok=True)
    log = Log.open(
        Store.open(f"sqlite:///{place / 'ledger.sqlite3'}"), SIGNER, HeadRecord(place / "head")
    )
    made, left = statements(), int(count)
    while left:
        batch = list(islice(made, min(left, _BATCH)))
        log.append(batch, submitter="acme", now=datetime.now(UTC))
        log.publish(now=datetime.now(UTC))
        left -= len(batch)
    print(log.head().size, time.process_time(), file=sys.stderr)  # noqa: T201
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
