"""The verifier on who handed a record in, and who received it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.jwk import PrivateKey
from ledger.kinds.members import Digests
from ledger.receipt import Received
from ledger.report import Status
from tests.covered_transfer import ISSUED
from tests.logged_dossier import (
    EXPORTER,
    RECIPIENT,
    STRANGER,
    LoggedDossier,
    wrong,
)

# Who handed it in, who received it

_RECEIVED = Received(size=3, digests=Digests(sha_256="ab" * 32))


def test_manifest_of_the_exporter_is_verified() -> None:
    whole = LoggedDossier()
    whole.submit()
    report = whole.verify()
    assert wrong(report) == []
    assert "manifest.submitter" in {check.code for check in report.checks}


def test_manifest_of_another_batch_fails() -> None:
    whole = LoggedDossier()
    whole.submit()
    bundle = whole.bundle()
    assert bundle.manifest is not None
    other = replace(bundle.manifest, place=replace(bundle.manifest.place, index=0))
    found = wrong(whole.verify(bundle=replace(bundle, manifest=other)))
    assert [entry[:2] for entry in found] == [("manifest.record", "failed")]


@pytest.mark.parametrize(
    ("key", "iss", "expected"),
    [
        (STRANGER, "uscc:91440300MA5EXPORT1", ("undetermined", "organisation.unknown")),
        (RECIPIENT, "uscc:91440300MA5EXPORT1", ("failed", "organisation.other")),
        (RECIPIENT, "hkbr:12345678", ("failed", "manifest.other-submitter")),
    ],
)
def test_manifest_by_someone_else_is_not_the_exporters(
    key: PrivateKey, iss: str, expected: tuple[str, str]
) -> None:
    whole = LoggedDossier()
    whole.submit(key, iss)
    assert wrong(whole.verify()) == [("manifest.submitter", *expected)]


def test_receipt_of_the_recipient_is_verified() -> None:
    whole = LoggedDossier()
    whole.receive(_RECEIVED, iss="hkbr:12345678")
    report = whole.verify()
    assert wrong(report) == []
    assert "receipt.outcome" in {check.code for check in report.checks}


def test_receipt_that_differs_fails() -> None:
    whole = LoggedDossier()
    whole.receive(iss="hkbr:12345678")
    assert wrong(whole.verify()) == [("receipt.outcome", "failed", "receipt.differs")]


def test_receipt_of_later_says_nothing_of_the_time_asked_about() -> None:
    whole = LoggedDossier()
    whole.receive(iss="hkbr:12345678")
    before = datetime.fromtimestamp(ISSUED - 1, UTC)
    report = whole.verify(now=before)
    told = [(c.status.value, c.reason) for c in report.checks if c.code.startswith("receipt.o")]
    assert told == [("skipped", "receipt.later")]
    assert report.verdict is Status.UNDETERMINED


@pytest.mark.parametrize(
    ("key", "iss", "expected"),
    [
        (STRANGER, "hkbr:12345678", ("undetermined", "organisation.unknown")),
        (EXPORTER, "hkbr:12345678", ("failed", "organisation.other")),
        (EXPORTER, "uscc:91440300MA5EXPORT1", ("failed", "receipt.stranger")),
    ],
)
def test_receipt_by_someone_else_is_not_the_recipients(
    key: PrivateKey, iss: str, expected: tuple[str, str]
) -> None:
    whole = LoggedDossier()
    whole.receive(_RECEIVED, key=key, iss=iss)
    assert wrong(whole.verify()) == [("receipt.recipient", *expected)]


def test_receipt_of_another_transfer_fails() -> None:
    whole, other = LoggedDossier(), LoggedDossier()
    other.receive(_RECEIVED, iss="hkbr:12345678")
    whole.more = other.more
    assert wrong(whole.verify()) == [("receipt.outcome", "failed", "receipt.other")]
