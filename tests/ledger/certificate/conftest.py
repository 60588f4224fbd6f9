"""A dossier whose certificate is made once, and looked at by many tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.certificate import certify
from ledger.receipt import Received
from ledger.report import Report
from ledger.trust import Trust
from ledger.verify import verify
from tests.logged_dossier import LATER, LoggedDossier

AS_OF = datetime.fromtimestamp(LATER, UTC)
PAGE = "https://ledger.example.com/verify"
DIGESTS = {"sha-256": "ab" * 32, "sm3": "cd" * 32}
FILE = {"name": "信用报告-2025.csv", "size": 48_213, "digests": DIGESTS}
EXPORTER = {"id": "uscc:91440300MA5EXPORT1", "name": "深圳前海数据服务有限公司"}


@dataclass
class Certified:
    """A bundle as it is sent, what a verifier says of it, and the certificate."""

    bundle: bytes
    report: Report
    pdf: bytes


def dossier(**members: Any) -> LoggedDossier:
    """Log a dossier; members are the transfer's, and where the plan has them too the plan's."""
    stated = {"files": [FILE], "exporter": EXPORTER, **members}
    changes = {f"transfer/{name}": value for name, value in stated.items()}
    shared = stated.keys() - {"files", "occurred_at"}
    changes |= {f"plan/{name}": stated[name] for name in shared}
    return LoggedDossier(changes)


def receive(logged: LoggedDossier) -> None:
    """Log the recipient's word that it has the file."""
    about: Any = logged["transfer"].members
    file = about.files[0]
    logged.receive(Received(size=file.size, digests=file.digests), iss="hkbr:12345678")


def report_of(bundle: bytes, trust: Trust) -> Report:
    return verify(bundle, trust=trust, without_files=True, now=AS_OF)


@pytest.fixture(scope="session")
def certified() -> Certified:
    logged = dossier()
    receive(logged)
    bundle = logged.bundle().to_json().encode()
    report = report_of(bundle, logged.trust())
    return Certified(bundle, report, certify(bundle, report, page=PAGE))
