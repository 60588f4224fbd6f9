"""Fixtures of the command line's tests: commands in this process, and real ledgers to ask."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle import Bundle
from ledger.chain import Account, Chain
from ledger.fingerprint import Fingerprint
from ledger.log import Submission
from ledger.node import Node
from ledger.settings import Settings
from ledger.trust import Trust
from tests.anchored_log import funded_key, new_registry
from tests.anvil import Anvil, anvil
from tests.crossproof import CommandLine, Served, serving
from tests.samples import SampleLog, sample_log, transfer

__all__ = ["anvil"]

# Anchors need not wait for each other here.
_SOON = "0.05"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CROSSPROOF_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def crossproof(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(capfd, monkeypatch)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory of one's own: what is not named is written there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass
class Case:
    """A file, its bundle and a trust file that pins its anchor, in a directory."""

    log: SampleLog
    sealed: Bundle
    file: Path
    bundle: Path
    trust: Path

    @property
    def value(self) -> Any:
        return json.loads(self.sealed.to_json())

    def write(self, bundle: Bundle | dict[str, Any] | bytes) -> Path:
        """Put another bundle in the place of the sound one."""
        if isinstance(bundle, Bundle):
            bundle = bundle.to_value()
        self.bundle.write_bytes(
            bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        )
        return self.bundle

    def believe(self, trust: Trust) -> Path:
        """Believe something else."""
        self.trust.write_text(trust.to_json())
        return self.trust


@pytest.fixture
def case(tmp_path: Path) -> Case:
    file = tmp_path / "report.csv"
    file.write_bytes(b"name,amount\nA,1\n" * 20)
    log = sample_log(transfer(Fingerprint.of_file(file)))
    sealed = log.bundle(2)
    made = Case(log, sealed, file, tmp_path / "report.csv.bundle.json", tmp_path / "trust.json")
    made.write(sealed)
    made.believe(log.trust())
    return made


@dataclass(frozen=True)
class Home:
    """A data directory with a log, anchored, that nobody serves, and the ids of its records."""

    directory: Path
    record_ids: tuple[bytes, ...]

    @property
    def database(self) -> Path:
        return self.directory / "ledger.sqlite3"

    def log(self, count: int) -> None:
        """Log more records, published and anchored."""
        fill(self.directory, count)


def fill(
    directory: Path, count: int, *, anchored: bool = True, **settings: Any
) -> tuple[bytes, ...]:
    """Log, publish and anchor `count` records in a ledger that is made where there is none."""
    node = Node.open(Settings.load(data_dir=directory, **settings))
    try:
        statements = [transfer() for _ in range(count)]
        node.submit([Submission.of(s) for s in statements], submitter="tester")
        node.publish()
        if anchored:
            anchor_all(node)
    finally:
        node.close()
    return tuple(statement.record_id for statement in statements)


def anchor_all(node: Node) -> None:
    """Take the publisher's steps until all that is published stands on the chain."""
    published = node.log.published()
    assert published is not None
    while node.publisher.state.anchored < published.size:
        state = node.publisher.step()
        assert state.error is None, state.error


@pytest.fixture(scope="session")
def _one_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    directory = tmp_path_factory.mktemp("one") / "home"
    return Home(directory, fill(directory, 300))


@pytest.fixture
def home(_one_home: Home, tmp_path: Path) -> Home:
    """A log of 300 records, anchored on an embedded chain that is gone; each test has its copy."""
    directory = tmp_path / "home"
    shutil.copytree(_one_home.directory, directory)
    return Home(directory, _one_home.record_ids)


@dataclass(frozen=True)
class Deployed:
    """A chain with the contract, and a key file of an account that has money there."""

    url: str
    contract: str
    key_file: Path


@pytest.fixture(scope="session")
def deployed(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy_on(anvil, tmp_path_factory.mktemp("keys"))


def deploy_on(anvil: Anvil, keys: Path) -> Deployed:
    """Deploy the contract, paid for by a new account whose key lies in the directory `keys`."""
    key_file = keys / "sender.key"
    with Chain.connect(anvil.url) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
    key_file.write_text(f"0x{key.hex()}\n")
    key_file.chmod(0o600)
    return Deployed(anvil.url, f"0x{contract.hex()}", key_file)


def on_chain(deployed: Deployed) -> dict[str, str]:
    """The settings of a ledger on that chain."""
    return {
        "CHAIN_URLS": deployed.url,
        "CHAIN_CONTRACT": deployed.contract,
        "SENDER_KEY_FILE": str(deployed.key_file),
        "ANCHOR_INTERVAL": _SOON,
    }


def given(deployed: Deployed) -> dict[str, Any]:
    """The same, as `Settings.load` takes them."""
    return {name.lower(): value for name, value in on_chain(deployed).items()}


@pytest.fixture(scope="session")
def ledger(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger that serves, on anvil."""
    with serving(tmp_path_factory.mktemp("ledger"), **on_chain(deployed)) as served:
        yield served


@pytest.fixture(scope="session")
def sandbox_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def sandbox_ledger(sandbox_home: Path) -> Iterator[Served]:
    """A ledger that serves without configuration, on an embedded chain."""
    with serving(sandbox_home, ANCHOR_INTERVAL=_SOON) as served:
        yield served
