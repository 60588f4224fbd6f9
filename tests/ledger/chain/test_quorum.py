"""Several nodes: what one lies about the others outvote; where they disagree, nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from ledger.anchor import Anchor, ChainFacts, ChainIdentity, check_facts
from ledger.chain import Account, Chain, Node, Quorum, connect_trusted
from ledger.chain.embedded import EmbeddedRpc
from ledger.errors import ConfigurationError, UnavailableError
from ledger.finality import INSTANT, Finality
from ledger.trust import TrustedChain
from tests.anchored_log import AnchoredLog, funded_key, new_registry
from tests.anvil import free_port
from tests.rpc_server import Lie, relaying, serve, telling_the_truth

TRUE = "0x" + "1".rjust(64, "0")
FALSE = "0x" + "0" * 64


def denying(method: str, _: list[Any], result: Any) -> Any:
    """Say of every anchor that the contract does not hold it."""
    return FALSE if method == "eth_call" and result == TRUE else result


def affirming(method: str, _: list[Any], result: Any) -> Any:
    """Say of every anchor that the contract holds it."""
    return TRUE if method == "eth_call" and result == FALSE else result


def of_another_genesis(method: str, parameters: list[Any], result: Any) -> Any:
    if method == "eth_getBlockByNumber" and parameters[0] == "0x0":
        return {**result, "hash": "0x" + "77" * 32}
    return result


def of_another_block(method: str, parameters: list[Any], result: Any) -> Any:
    if method == "eth_getBlockByNumber" and parameters[0] not in {"0x0", "latest"}:
        return {**result, "hash": "0x" + "77" * 32}
    return result


def in_another_block(method: str, _: list[Any], result: Any) -> Any:
    if method == "eth_getTransactionReceipt" and result:
        return {**result, "blockHash": "0x" + "77" * 32, "logs": []}
    return result


def pruned(method: str, _: list[Any], result: Any) -> Any:
    return None if method == "eth_getTransactionReceipt" else result


class Nodes:
    """Nodes of one embedded chain, each behind a server of its own."""

    def __init__(self, rpc: EmbeddedRpc, contract: bytes, stack: ExitStack) -> None:
        self._rpc = rpc
        self._contract = contract
        self._stack = stack

    def url(self, lie: Lie) -> str:
        return self._stack.enter_context(serve(relaying(self._rpc, lie))).url

    def node(self, lie: Lie = telling_the_truth, *, finality: Finality = INSTANT) -> Chain:
        chain = Chain.connect(self.url(lie), contract=self._contract, finality=finality)
        return self._stack.enter_context(chain)

    def nobody(self) -> Chain:
        url = f"http://127.0.0.1:{free_port()}"
        return self._stack.enter_context(Chain.connect(url, contract=self._contract))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedRpc, Anchor]]:
    """A chain that holds one anchor."""
    rpc = EmbeddedRpc()
    chain = Chain(Node(rpc, finality=INSTANT))
    key = funded_key(chain)
    ledger = AnchoredLog(tmp_path_factory.mktemp("log"), with_contract(chain, key), key)
    ledger.publish(b"an entry")
    ledger.settle()
    anchor = ledger.chain.head_anchor(ledger.publisher.log_id)
    assert anchor is not None
    yield rpc, anchor
    ledger.close()


def with_contract(chain: Chain, key: bytes) -> Chain:
    return chain.at(new_registry(chain, Account.from_key(key)))


@pytest.fixture
def anchor(world: tuple[EmbeddedRpc, Anchor]) -> Anchor:
    return world[1]


@pytest.fixture
def nodes(world: tuple[EmbeddedRpc, Anchor]) -> Iterator[Nodes]:
    with ExitStack() as stack:
        yield Nodes(world[0], world[1].chain.contract, stack)


@pytest.mark.parametrize(
    "lie", [denying, of_another_genesis, of_another_block, in_another_block, pruned]
)
def test_facts_one_liar_of_three_is_outvoted(nodes: Nodes, anchor: Anchor, lie: Lie) -> None:
    facts = Quorum([nodes.node(lie), nodes.node(), nodes.node()], agree=2).facts(anchor)
    assert facts == nodes.node().facts(anchor)
    check_facts(anchor, facts)


def test_facts_one_node_that_does_not_answer_is_done_without(nodes: Nodes, anchor: Anchor) -> None:
    facts = Quorum([nodes.nobody(), nodes.node(), nodes.node()], agree=2).facts(anchor)
    assert facts.committed


@pytest.mark.parametrize("lie", [denying, of_another_genesis, of_another_block])
def test_facts_two_nodes_that_differ_are_unavailable(
    nodes: Nodes, anchor: Anchor, lie: Lie
) -> None:
    for agree in (1, 2):
        with pytest.raises(UnavailableError) as caught:
            Quorum([nodes.node(lie), nodes.node()], agree=agree).facts(anchor)
        assert caught.value.code == "chain.disagreement"


def test_facts_of_a_false_anchor_need_as_many_liars_as_must_agree(
    nodes: Nodes, anchor: Anchor
) -> None:
    false = replace(anchor, root=b"\7" * 32)
    one = Quorum([nodes.node(affirming), nodes.node(), nodes.node()], agree=2)
    assert not one.facts(false).committed
    two = Quorum([nodes.node(affirming), nodes.node(affirming), nodes.node()], agree=2)
    assert two.facts(false).committed


def test_facts_where_all_are_away_is_unavailable_and_says_why(nodes: Nodes, anchor: Anchor) -> None:
    with pytest.raises(UnavailableError) as caught:
        Quorum([nodes.nobody(), nodes.nobody()], agree=1).facts(anchor)
    assert caught.value.found == "chain.unreachable, chain.unreachable"


def test_facts_are_final_only_where_enough_nodes_say_so(nodes: Nodes, anchor: Anchor) -> None:
    slow = Finality.parse("confirmations:100")
    lagging = [nodes.node(finality=slow) for _ in range(2)]
    assert not Quorum([*lagging, nodes.node()], agree=2).facts(anchor).final
    assert Quorum([lagging[0], nodes.node(), nodes.node()], agree=2).facts(anchor).final


@pytest.mark.parametrize(("count", "agree"), [(0, 0), (0, 1), (1, 0), (1, 2), (2, 3), (17, 9)])
def test_quorum_of_impossible_numbers_is_refused(nodes: Nodes, count: int, agree: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Quorum([nodes.nobody()] * count, agree=agree)
    assert caught.value.code == "chain.quorum"


def test_connect_trusted_asks_the_nodes_that_the_trust_file_names(
    nodes: Nodes, anchor: Anchor
) -> None:
    urls = (nodes.url(telling_the_truth), nodes.url(telling_the_truth), nodes.url(denying))
    trusted = TrustedChain(anchor.chain, sandbox=True, finality=INSTANT, rpc=urls, agree=2)
    facts: ChainFacts = connect_trusted(trusted).facts(anchor)
    check_facts(anchor, facts)
    assert facts.final


def test_connect_trusted_other_nodes_must_agree_as_many_as_the_trust_file_wants(
    nodes: Nodes, anchor: Anchor
) -> None:
    urls = (nodes.url(denying), nodes.url(denying))
    trusted = TrustedChain(anchor.chain, sandbox=True, finality=INSTANT, rpc=urls, agree=2)
    own = nodes.url(telling_the_truth)
    with pytest.raises(ConfigurationError):
        connect_trusted(trusted, [own])
    assert connect_trusted(trusted, [own, nodes.url(telling_the_truth)]).facts(anchor).committed


def test_connect_trusted_without_any_node_is_refused(anchor: Anchor) -> None:
    with pytest.raises(ConfigurationError):
        connect_trusted(TrustedChain(anchor.chain, sandbox=True))


def test_connect_trusted_asks_the_trusted_contract_whatever_the_anchor_names(
    nodes: Nodes, anchor: Anchor
) -> None:
    """A forger can deploy a contract that says yes to everything; nobody asks it."""
    trusted = TrustedChain(
        anchor.chain, sandbox=True, finality=INSTANT, rpc=(nodes.url(telling_the_truth),)
    )
    theirs = ChainIdentity(anchor.chain.chain_id, anchor.chain.genesis_hash, b"\7" * 20)
    facts = connect_trusted(trusted).facts(replace(anchor, chain=theirs))
    assert facts.identity == anchor.chain
    assert not facts.committed
