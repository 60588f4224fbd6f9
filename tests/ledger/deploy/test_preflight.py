"""Before anything is paid for: an old EVM, a constructor that refuses, too little money."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_hash.auto import keccak

from ledger.chain import GWEI, Account, Ceiling, Chain
from ledger.chain.answer import read_quantity
from ledger.chain.rpc import RpcError
from ledger.deploy import NAMES, deploy
from ledger.errors import ConfigurationError, UnavailableError
from tests.ledger.deploy.conftest import Ground, ground_on

pytestmark = pytest.mark.chain


@pytest.mark.parametrize("hardfork", ["london", "shanghai"])
def test_deploy_on_an_evm_that_is_too_old_sends_nothing(hardfork: str) -> None:
    """On shanghai the contracts could be created; the first proof would then fail."""
    with ground_on("--hardfork", hardfork) as ground:
        with pytest.raises(ConfigurationError) as caught:
            deploy(ground.chain, ground.account)
        assert (caught.value.code, ground.sent()) == ("deploy.evm", 0)


def test_deploy_on_a_cancun_chain_is_possible() -> None:
    with ground_on("--hardfork", "cancun") as ground:
        assert set(deploy(ground.chain, ground.account).gas_used) == set(NAMES)


def test_deploy_on_a_chain_with_another_hash_says_what_the_constructor_says(
    ground: Ground,
) -> None:
    """Its answer is that of the contract; a node with such a precompile does not run here."""
    chain, line = ground.line()
    selector = keccak(b"Sha256Unavailable()")[:4]

    def lie(method: str, result: object) -> object:
        # Anything beyond a trifle is a contract.
        if method == "eth_estimateGas" and read_quantity(result) > 1_000_000:
            return RpcError(line.place, "execution reverted", selector)
        return result

    line.lie = lie
    with pytest.raises(ConfigurationError) as caught:
        deploy(chain, ground.account)
    assert (caught.value.code, ground.sent()) == ("deploy.refused", 0)
    assert caught.value.found == "Sha256Unavailable"


def test_deploy_without_money_is_told_before_anything_is_sent(
    either_ground: Ground, tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError) as caught:
        deploy(either_ground.chain, Account.generate(), directory=tmp_path)
    assert caught.value.code == "deploy.money"
    assert caught.value.found == "0"
    assert list(tmp_path.iterdir()) == []


def test_deploy_with_money_for_half_of_it_is_told_before_anything_is_sent(
    either_ground: Ground, tmp_path: Path
) -> None:
    chain, account = either_ground.chain, either_ground.account
    enough_for_two = 10_000_000 * chain.node.cost(1)
    either_ground.anvil.rpc("anvil_setBalance", f"0x{account.address.hex()}", hex(enough_for_two))
    with pytest.raises(UnavailableError) as caught:
        deploy(chain, account, directory=tmp_path)
    assert (caught.value.code, either_ground.sent()) == ("deploy.money", 0)
    assert "at least 0.0" in (caught.value.expected or "")
    # With a lower ceiling the same money is enough: that is what the most it may cost follows from.
    ceiling = Ceiling(fee=int(1.1 * GWEI), tip=0)
    with Chain.connect(either_ground.anvil.url, ceiling=ceiling) as cheap:
        assert set(deploy(cheap, account, directory=tmp_path).gas_used) == set(NAMES)


def test_deploy_where_gas_is_free_takes_no_money() -> None:
    """As on many permissioned chains."""
    with ground_on("--hardfork", "cancun", "--base-fee", "0", "--gas-price", "0") as ground:
        poor = Account.generate()
        with Chain.connect(ground.anvil.url, ceiling=Ceiling(fee=0, tip=0)) as chain:
            done = deploy(chain, poor)
        assert set(done.gas_used) == set(NAMES)
        assert ground.chain.node.nonce(poor.address) == 4
