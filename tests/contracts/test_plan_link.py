"""The contract reads the plan out of the very bytes that the ledger makes of a transfer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_tester import EthereumTester
from hypothesis import given
from hypothesis import strategies as st
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from ledger.canonical import MAX_INTEGER, canonicalize
from tests.samples import transfer

_COUNTS = st.integers(0, MAX_INTEGER)
_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
_HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
_COVERAGES = st.fixed_dictionaries(
    {
        "persons": st.fixed_dictionaries({"personal": _COUNTS, "sensitive": _COUNTS}),
        "plan": st.fixed_dictionaries({"leaf_hash": _HASHES}, optional={"record_id": _TEXTS}),
    },
    optional={"sequence": _COUNTS},
)
# What might be taken for a member: its name, the bytes of one, and either escaped once more.
_WORDS = st.one_of(
    st.sampled_from(["covered_by", '"covered_by":', "\\", '"', "{", "}", "]", "plan", "persons"]),
    _COVERAGES.map(lambda value: canonicalize({"covered_by": value}).decode()),
    _COVERAGES.map(lambda value: json.dumps(canonicalize({"covered_by": value}).decode())),
    _TEXTS,
)
_NAMES = st.sampled_from(["_sd", "a", "channel", "covered_by", "covered_b", "persons", "plan", "z"])
# How the value of the member begins, in canonical form.
_LAYOUT = re.compile(
    rb'{"persons":{"personal":\d+,"sensitive":\d+},"plan":{"leaf_hash":"([0-9a-f]{64})"'
)
_VALUES = st.recursive(
    st.one_of(_WORDS, _COUNTS, _HASHES, st.booleans(), _COVERAGES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_NAMES, _WORDS), inner, max_size=3)
    ),
    max_leaves=12,
)


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


@given(
    value=st.dictionaries(st.one_of(_NAMES, _WORDS), _VALUES, max_size=4),
    coverage=st.one_of(st.none(), _COVERAGES, _VALUES),
)
def test_plan_of_any_object_is_what_a_parser_finds_at_its_top(
    link: Contract, *, value: dict[str, Any], coverage: Any
) -> None:
    """No nesting, no name and no text, escaped or not, passes for the member itself."""
    if coverage is not None:
        value["covered_by"] = coverage
    member = canonicalize(value.get("covered_by"))
    named = _LAYOUT.match(member)
    plan = bytes.fromhex(named[1].decode()) if named else bytes(32)
    assert link.functions.planOf(canonicalize(value)).call() == [named is not None, plan]
