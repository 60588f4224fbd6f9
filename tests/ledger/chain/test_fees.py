"""Fees: what a node names is paid up to the ceiling and never beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import GWEI, Account, Ceiling, Chain, Node, UnderpricedError
from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.fees import Prices, offer
from ledger.errors import UnavailableError
from tests.rpc_server import Lie, relaying, serve

CEILING = Ceiling(fee=200 * GWEI, tip=5 * GWEI)
wei = st.integers(0, 10**20) | st.integers(0, 2**256 - 1)


def prices(base: int | None, overall: int = 0, tip: int | None = None) -> Prices:
    """Make prices out of gwei."""
    values = (None if value is None else value * GWEI for value in (base, overall, tip))
    return Prices(*values)  # type: ignore[arg-type]


def test_offer_is_twice_the_base_fee_and_the_tip() -> None:
    assert offer(prices(30, tip=2), rises=0, ceiling=CEILING) == {
        "maxFeePerGas": 62 * GWEI,
        "maxPriorityFeePerGas": 2 * GWEI,
    }


def test_offer_to_a_node_without_a_method_for_the_tip_takes_it_from_the_price() -> None:
    found = offer(prices(30, overall=33), rises=0, ceiling=CEILING)
    assert found["maxPriorityFeePerGas"] == 3 * GWEI
    found = offer(prices(30, overall=29), rises=0, ceiling=CEILING)
    assert found["maxPriorityFeePerGas"] == 0


def test_offer_before_eip_1559_is_the_price() -> None:
    assert offer(prices(None, overall=20), rises=0, ceiling=CEILING) == {"gasPrice": 20 * GWEI}
    assert offer(prices(None, overall=20), rises=2, ceiling=CEILING) == {"gasPrice": 31_250_000_000}


def test_offer_stays_below_the_ceiling_where_that_is_enough_for_the_next_block() -> None:
    found = offer(prices(150, tip=5), rises=0, ceiling=CEILING)
    assert found == {"maxFeePerGas": 200 * GWEI, "maxPriorityFeePerGas": 5 * GWEI}


@pytest.mark.parametrize("asked", [prices(1, tip=40_000), prices(1, overall=40_000)])
def test_offer_cuts_a_tip_down_to_the_ceiling(asked: Prices) -> None:
    """On a quiet chain one careless transaction raises what nodes guess."""
    found = offer(asked, rises=0, ceiling=CEILING)
    assert found == {"maxFeePerGas": 7 * GWEI, "maxPriorityFeePerGas": 5 * GWEI}


def test_offer_of_a_rival_is_never_cut() -> None:
    """A node refuses a rival that offers no more than what it shall replace."""
    assert offer(prices(70, tip=2), rises=1, ceiling=CEILING) == {
        "maxFeePerGas": 177_500_000_000,
        "maxPriorityFeePerGas": 2_500_000_000,
    }
    for asked, setting in ((prices(80, tip=2), "MAX_FEE"), (prices(1, tip=5), "MAX_PRIORITY_FEE")):
        with pytest.raises(UnderpricedError, match=f"CROSSPROOF_CHAIN_{setting}_PER_GAS"):
            offer(asked, rises=1, ceiling=CEILING)


@pytest.mark.parametrize(
    ("asked", "setting"),
    [
        (prices(199, tip=2), "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS"),
        (prices(199, tip=2_000), "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS"),
        (prices(None, overall=201), "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS"),
    ],
)
def test_offer_above_the_ceiling_is_refused_and_says_what_to_raise(
    asked: Prices, setting: str
) -> None:
    with pytest.raises(UnderpricedError) as caught:
        offer(asked, rises=0, ceiling=CEILING)
    assert (caught.value.code, setting in str(caught.value)) == ("chain.underpriced", True)


def test_offer_refused_names_prices_in_gwei() -> None:
    with pytest.raises(UnderpricedError, match=r"at most 0\.5 gwei .* found 1\.000000001 gwei"):
        offer(Prices(None, GWEI + 1, None), rises=0, ceiling=Ceiling(fee=GWEI // 2))


@given(
    st.builds(Prices, st.none() | wei, wei, st.none() | wei),
    st.integers(0, 9),
    st.builds(Ceiling, fee=wei, tip=wei),
)
def test_offer_for_any_prices_is_within_the_ceiling_or_refused(
    asked: Prices, rises: int, ceiling: Ceiling
) -> None:
    try:
        found = offer(asked, rises=rises, ceiling=ceiling)
    except UnderpricedError:
        return
    assert max(found.values()) <= ceiling.fee
    tip = found.get("maxPriorityFeePerGas", 0)
    assert tip <= min(ceiling.tip, found.get("maxFeePerGas", 0))
    # What is sent can be included: the next block asks this base fee.
    assert asked.base is None or found["maxFeePerGas"] >= asked.base + tip


def lying(method: str, answer: str) -> Lie:
    return lambda asked, _, result: answer if asked == method else result


@pytest.fixture
def embedded() -> EmbeddedRpc:
    return EmbeddedRpc()


@pytest.fixture
def account(embedded: EmbeddedRpc) -> Account:
    account = Account.generate()
    Node(embedded).fund(account.address, 10**18)
    return account


@pytest.mark.parametrize("method", ["eth_maxPriorityFeePerGas", "eth_gasPrice"])
def test_sign_for_a_node_that_names_a_price_of_its_own_pays_no_more_than_the_ceiling(
    embedded: EmbeddedRpc, account: Account, method: str
) -> None:
    with (
        serve(relaying(embedded, lying(method, hex(4 * 10**13)))) as server,
        Chain.connect(server.url, ceiling=CEILING) as chain,
    ):
        before = chain.node.balance(account.address)
        signed = chain.node.sign(account, to=account.address, data=b"")
        chain.node.send(signed.raw)
        chain.node.wait(signed.hash)
        assert before - chain.node.balance(account.address) < 21_000 * 7 * GWEI


def test_sign_for_a_node_that_asks_too_much_gas_is_refused(
    embedded: EmbeddedRpc, account: Account
) -> None:
    with (
        serve(relaying(embedded, lying("eth_estimateGas", hex(1_000_001)))) as server,
        Chain.connect(server.url, ceiling=Ceiling(gas=1_000_000)) as chain,
        pytest.raises(UnavailableError) as caught,
    ):
        chain.node.sign(account, to=account.address, data=b"")
    assert (caught.value.code, caught.value.found) == ("chain.gas", "1000001")


def test_sign_offers_no_more_gas_than_the_ceiling(embedded: EmbeddedRpc, account: Account) -> None:
    """The margin on top of what a node has estimated ends there."""
    node = Node(embedded, ceiling=Ceiling(gas=22_000))
    signed = node.sign(account, to=account.address, data=b"")
    node.send(signed.raw)
    assert node.wait(signed.hash).succeeded
    (sent,) = embedded.batch([("eth_getTransactionByHash", [f"0x{signed.hash.hex()}"])])
    assert sent["gas"] == hex(22_000)


def test_cost_is_the_most_that_the_signed_transactions_may_take(
    embedded: EmbeddedRpc, account: Account
) -> None:
    node = Node(embedded, ceiling=CEILING)
    estimated = node.estimate(account.address, to=account.address, data=b"")
    assert node.cost() == 0
    assert node.cost(estimated, estimated) == 2 * node.cost(estimated)
    most = node.cost(estimated)
    signed = node.sign(account, to=account.address, data=b"")
    node.send(signed.raw)
    assert node.wait(signed.hash).succeeded
    (sent,) = embedded.batch([("eth_getTransactionByHash", [f"0x{signed.hash.hex()}"])])
    assert most == int(sent["gas"], 16) * int(sent["maxFeePerGas"], 16)


def test_cost_above_the_ceiling_is_refused(embedded: EmbeddedRpc) -> None:
    with pytest.raises(UnderpricedError):
        Node(embedded, ceiling=Ceiling(fee=0)).cost(21_000)
    with pytest.raises(UnavailableError, match="too much gas"):
        Node(embedded, ceiling=Ceiling(gas=20_000)).cost(21_000)
