"""The contract reads the plan out of the very bytes that the ledger makes of a transfer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_tester import EthereumTester
from hypothesis import given
from hypothesis import strategies as st
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from ledger.canonical import MAX_INTEGER
from tests.samples import transfer

pytestmark = pytest.mark.xdist_group("forge")

_COUNTS = st.integers(0, MAX_INTEGER)
_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def link(foundry_output: Path) -> Contract:
    """The library, callable, on an embedded chain."""
    built = json.loads((foundry_output / "PlanLink.t.sol/PlanLinkHarness.json").read_text())
    w3 = Web3(EthereumTesterProvider(EthereumTester()))
    w3.eth.default_account = w3.eth.accounts[0]
    factory = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]["object"])
    address = w3.eth.wait_for_transaction_receipt(factory.constructor().transact())[
        "contractAddress"
    ]
    assert address is not None
    return w3.eth.contract(address=address, abi=built["abi"])


def test_plan_of_a_transfer_without_coverage_is_none(link: Contract) -> None:
    assert link.functions.planOf(transfer().entry).call() == [False, bytes(32)]


# What comes before `covered_by` in canonical order is the channel; it may say anything.
@given(
    plan=st.binary(min_size=32, max_size=32),
    personal=_COUNTS,
    sensitive=_COUNTS,
    sequence=st.integers(1, MAX_INTEGER),
    endpoints=st.lists(
        st.one_of(_TEXTS, st.just('"covered_by":{"persons":{"personal":1,"sensitive":2}}')),
        min_size=1,
        max_size=3,
    ),
)
def test_plan_of_a_covered_transfer_is_its_plan(
    link: Contract,
    *,
    plan: bytes,
    personal: int,
    sensitive: int,
    sequence: int,
    endpoints: list[str],
) -> None:
    stated = transfer(
        channel={"id": "line", "endpoints": endpoints},
        covered_by={
            "plan": {"record_id": transfer().value["record_id"], "leaf_hash": plan.hex()},
            "sequence": sequence,
            "persons": {"personal": personal, "sensitive": sensitive},
        },
    )
    assert link.functions.planOf(stated.entry).call() == [True, plan]
