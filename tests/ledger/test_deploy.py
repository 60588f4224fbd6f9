"""Deploying: once for each chain, and again exactly where what the file names is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.chain import Account, Chain
from ledger.contracts import load
from ledger.deploy import deploy, sandbox
from ledger.errors import ConfigurationError, UnavailableError
from tests.anchored_log import WEALTH, funded_key
from tests.anvil import free_port, start_anvil


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with Chain.embedded() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def account(chain: Chain) -> Account:
    return Account.from_key(funded_key(chain))


def test_deploy_puts_the_contract_of_the_artifact_on_the_chain(
    chain: Chain, account: Account
) -> None:
    deployment = deploy(chain, account)
    assert deployment.created
    assert load("AnchorRegistry").is_code(chain.node.code(deployment.identity.contract))
    assert chain.at(deployment.identity.contract).identity() == deployment.identity


def test_deploy_again_finds_what_the_file_names(
    chain: Chain, account: Account, tmp_path: Path
) -> None:
    directory = tmp_path / "deployments"
    first = deploy(chain, account, directory=directory)
    height = chain.node.height()
    assert deploy(chain, account, directory=directory) == replace(first, created=False, gas_used=0)
    assert chain.node.height() == height


def test_deploy_writes_the_file_that_it_reads(
    chain: Chain, account: Account, tmp_path: Path
) -> None:
    done = deploy(chain, account, directory=tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name == f"{done.identity.chain_id}.json"
    assert json.loads(file.read_text()) == {
        "chain_id": done.identity.chain_id,
        "genesis_hash": f"0x{done.identity.genesis_hash.hex()}",
        "contracts": {
            "AnchorRegistry": {
                "address": f"0x{done.identity.contract.hex()}",
                "transaction": f"0x{done.transaction.hex()}",
                "block_number": done.block_number,
            }
        },
    }


@pytest.mark.parametrize("address", ["nothing", "another contract"])
def test_deploy_where_the_file_names_something_else_deploys(
    chain: Chain, account: Account, tmp_path: Path, address: str
) -> None:
    first = deploy(chain, account, directory=tmp_path)
    other = b"\7" * 20
    if address == "another contract":
        # Code that only begins as the artifact's does.
        code = b"\x60\x00\x60\x00\xfd"
        signed = chain.node.sign(
            account, to=None, data=b"\x64" + code + b"\x60\0\x52\x60\5\x60\x1b\xf3"
        )
        chain.node.send(signed.raw)
        created = chain.node.wait(signed.hash).contract
        assert created is not None
        assert chain.node.code(created) == code
        other = created
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace(first.identity.contract.hex(), other.hex()))
    second = deploy(chain, account, directory=tmp_path)
    assert second.created
    assert second.identity.contract not in {first.identity.contract, other}


def test_deploy_on_a_sandbox_started_anew_deploys_again(tmp_path: Path) -> None:
    key = b"\x5a" * 32
    identities = []
    for _ in range(2):
        with Chain.embedded() as chain:
            chain.node.fund(Account.from_key(key).address, WEALTH)
            done = deploy(chain, Account.from_key(key), directory=tmp_path)
            assert done.created
            identities.append(done.identity)
    assert identities[0].contract == identities[1].contract
    assert identities[0].genesis_hash != identities[1].genesis_hash


@pytest.mark.chain
def test_deploy_on_anvil_needs_no_more_gas_than_a_block_has(tmp_path: Path) -> None:
    with start_anvil() as node, Chain.connect(node.url) as chain:
        done = deploy(chain, Account.from_key(funded_key(chain)), directory=tmp_path)
        assert 0 < done.gas_used < 5_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=200) | st.text(max_size=40).map(lambda t: json.dumps({t: t}).encode())
)
def test_deploy_with_a_file_of_any_other_bytes_deploys_nothing(
    chain: Chain, account: Account, tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / f"{chain.node.network()[0]}.json"
    file.write_bytes(data)
    height = chain.node.height()
    with pytest.raises(ConfigurationError) as caught:
        deploy(chain, account, directory=tmp_path)
    assert caught.value.code == "deploy.file"
    assert (chain.node.height(), file.read_bytes()) == (height, data)


def test_deploy_without_money_is_unavailable_and_writes_no_file(
    chain: Chain, tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError):
        deploy(chain, Account.generate(), directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_deploy_on_a_node_that_is_away_is_unavailable(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Chain.connect(url) as chain, pytest.raises(UnavailableError):
        deploy(chain, Account.generate(), directory=tmp_path)


def test_sandbox_is_ready_to_anchor() -> None:
    account = Account.generate()
    with sandbox(account) as chain:
        assert chain.sandbox()
        assert chain.head(b"\7" * 32) is None
        assert chain.node.balance(account.address) > WEALTH // 2
