"""A log on an embedded chain, for each test its own; the chain lasts for the file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.deploy import sandbox
from tests.anchored_log import AnchoredLog


@pytest.fixture(scope="module")
def sandbox_key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture(scope="module")
def embedded(sandbox_key: bytes) -> Iterator[Chain]:
    with sandbox(Account.from_key(sandbox_key)) as chain:
        yield chain


@pytest.fixture
def ledger(tmp_path: Path, embedded: Chain, sandbox_key: bytes) -> Iterator[AnchoredLog]:
    made = AnchoredLog(tmp_path / "log", embedded, sandbox_key)
    yield made
    made.close()
