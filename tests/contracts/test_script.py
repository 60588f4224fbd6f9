"""contracts/script/Deploy.s.sol and `crossproof deploy` put the same code in the same places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.deploy import NAMES, State, check, deploy
from tests.anchored_log import WEALTH
from tests.anvil import Anvil, start_anvil
from tests.contracts.conftest import Forge

pytestmark = pytest.mark.chain

_KEY = b"\x5b" * 32
_ADMIN = b"\xad" * 20
_PLACE = re.compile(r"^(\w+): contract (\w+) 0x([0-9a-fA-F]{40})$", re.MULTILINE)


def run_script(forge: Forge, node: Anvil, directory: Path, **environment: str) -> dict[str, bytes]:
    """Run the script with the key of an account that has money; read where the contracts are."""
    with Chain.connect(node.url) as chain:
        chain.node.fund(Account.from_key(_KEY).address, WEALTH)
    finished = forge(
        *("script", "contracts/script/Deploy.s.sol", "--broadcast"),
        *("--rpc-url", node.url, "--private-key", f"0x{_KEY.hex()}"),
        # What it has sent, and through which node: nothing for the checkout.
        **{"FOUNDRY_BROADCAST": str(directory), **environment},
    )
    found = _PLACE.findall(finished.stdout)
    return {contract: bytes.fromhex(address) for _, contract, address in found}


@pytest.mark.parametrize("admin", [None, _ADMIN])
def test_deploy_finds_all_that_the_script_has_deployed(
    forge: Forge, tmp_path: Path, admin: bytes | None
) -> None:
    """Foundry's own build makes the same bytes: with others the addresses would differ.

    Both builds read optimizer, runs, evm_version and bytecode_hash from foundry.toml.
    """
    environment = {} if admin is None else {"CROSSPROOF_ADMIN": f"0x{admin.hex()}"}
    account = Account.from_key(_KEY)
    with start_anvil() as node, Chain.connect(node.url) as chain:
        places = run_script(forge, node, tmp_path, **environment)
        assert tuple(places) == NAMES
        sent = chain.node.nonce(account.address)
        done = deploy(chain, account, admin=admin)
        assert {name: entry.address for name, entry in done.contracts.items()} == places
        assert done.gas_used == {}
        assert chain.node.nonce(account.address) == sent == len(NAMES)
        _, standings = check(chain, admin=admin or account.address)
        assert {standing.state for standing in standings} == {State.COMMITTED}


def test_script_finds_all_that_deploy_has_deployed(forge: Forge, tmp_path: Path) -> None:
    account = Account.from_key(_KEY)
    with start_anvil() as node, Chain.connect(node.url) as chain:
        chain.node.fund(account.address, WEALTH)
        # One of them alone: the rest is for the script.
        deploy(chain, account, names=("AnchorRegistry",))
        places = run_script(forge, node, tmp_path)
        assert chain.node.nonce(account.address) == len(NAMES)
        done = deploy(chain, account)
        assert {name: entry.address for name, entry in done.contracts.items()} == places
        assert run_script(forge, node, tmp_path) == places
        assert chain.node.nonce(account.address) == len(NAMES)


def test_script_on_a_chain_without_the_deployer_sends_nothing(forge: Forge, tmp_path: Path) -> None:
    with start_anvil("--disable-default-create2-deployer") as node:
        with pytest.raises(AssertionError, match="NoDeployer"):
            run_script(forge, node, tmp_path)
        with Chain.connect(node.url) as chain:
            assert chain.node.nonce(Account.from_key(_KEY).address) == 0
