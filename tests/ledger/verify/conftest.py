"""A small log, one of its bundles and what is trusted of it."""

from __future__ import annotations

import pytest

from ledger.bundle import Bundle
from ledger.trust import Trust
from tests.ledger.verify.answers import FILE, INDEX
from tests.samples import SampleLog, sample_log, transfer


@pytest.fixture(scope="module")
def log() -> SampleLog:
    return sample_log(transfer(FILE))


@pytest.fixture(scope="module")
def bundle(log: SampleLog) -> Bundle:
    return log.bundle(INDEX)


@pytest.fixture(scope="module")
def trust(log: SampleLog) -> Trust:
    return log.trust()
