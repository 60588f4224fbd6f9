"""Anchors: one JSON form and no other, and what a chain's facts make of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchor import (
    MAX_BLOCK_TIME,
    MAX_CHAIN_ID,
    Anchor,
    ChainFacts,
    ChainIdentity,
    check_facts,
)
from ledger.canonical import MAX_INTEGER
from ledger.errors import MalformedError, VerificationError

hashes = st.binary(min_size=32, max_size=32)
counters = st.integers(0, MAX_INTEGER)
identities = st.builds(
    ChainIdentity,
    chain_id=st.integers(1, MAX_CHAIN_ID),
    genesis_hash=hashes,
    contract=st.binary(min_size=20, max_size=20),
)
anchors = st.builds(
    Anchor,
    chain=identities,
    sandbox=st.booleans(),
    log_id=hashes,
    size=st.integers(1, MAX_INTEGER),
    root=hashes,
    transaction=hashes,
    block_number=counters,
    block_hash=hashes,
    block_time=st.integers(0, MAX_BLOCK_TIME),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

ANCHOR = Anchor(
    chain=ChainIdentity(1, b"\1" * 32, b"\2" * 20),
    sandbox=False,
    log_id=b"\3" * 32,
    size=1_000,
    root=b"\4" * 32,
    transaction=b"\5" * 32,
    block_number=12,
    block_hash=b"\6" * 32,
    block_time=1_700_000_000,
)
OTHER = b"\7" * 32
FACTS = ChainFacts(
    identity=ANCHOR.chain,
    committed=True,
    block_hash=ANCHOR.block_hash,
    transaction_block=ANCHOR.block_hash,
    final=True,
)


@given(anchors)
def test_anchor_written_and_read_again_is_the_same(anchor: Anchor) -> None:
    assert Anchor.from_value(json.loads(json.dumps(anchor.to_value()))) == anchor


@given(json_values)
def test_from_value_any_json_raises_only_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        Anchor.from_value(value)


@given(name=st.sampled_from(sorted(ANCHOR.to_value())), value=json_values)
def test_from_value_any_member_changed_is_read_exactly_or_malformed(name: str, value: Any) -> None:
    changed = {**ANCHOR.to_value(), name: value}
    try:
        anchor = Anchor.from_value(changed)
    except MalformedError:
        return
    assert anchor.to_value() == changed


@pytest.mark.parametrize("name", sorted(ANCHOR.to_value()))
def test_from_value_without_a_member_names_it(name: str) -> None:
    value = ANCHOR.to_value()
    del value[name]
    with pytest.raises(MalformedError, match=name):
        Anchor.from_value(value)


def test_from_value_with_an_unknown_member_is_malformed() -> None:
    with pytest.raises(MalformedError, match="comment"):
        Anchor.from_value({**ANCHOR.to_value(), "comment": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("root", "0x" + "AB" * 32),
        ("root", "04" * 32),
        ("contract", "0x" + "02" * 32),
        ("size", 0),
        ("size", True),
        ("size", 1000.0),
        ("size", MAX_INTEGER + 1),
        ("chain_id", MAX_CHAIN_ID + 1),
        ("block_number", -1),
        ("sandbox", 0),
    ],
)
def test_from_value_another_spelling_or_range_is_malformed(name: str, value: object) -> None:
    with pytest.raises(MalformedError, match=name):
        Anchor.from_value({**ANCHOR.to_value(), name: value})


def test_contradicts_the_same_anchor_is_none() -> None:
    assert ANCHOR.contradicts(ANCHOR) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(ANCHOR, root=OTHER), "root"),
        (replace(ANCHOR, block_number=13), "block_number"),
        (replace(ANCHOR, block_hash=OTHER), "block_hash"),
        (replace(ANCHOR, block_time=1), "block_time"),
        (replace(ANCHOR, transaction=OTHER), "transaction"),
        (replace(ANCHOR, chain=replace(ANCHOR.chain, contract=b"\7" * 20)), "contract"),
        (replace(ANCHOR, sandbox=True), "sandbox"),
        (replace(ANCHOR, size=999, block_time=1), "block_time"),
        (replace(ANCHOR, size=999, transaction=OTHER, block_hash=OTHER), "block_hash"),
        (replace(ANCHOR, chain=replace(ANCHOR.chain, chain_id=2)), "chain_id"),
    ],
)
def test_contradicts_the_same_event_told_otherwise_names_the_field(
    changed: Anchor, field: str
) -> None:
    assert changed.contradicts(ANCHOR) == field


@pytest.mark.parametrize(
    "other",
    [
        replace(ANCHOR, size=2_000),
        replace(ANCHOR, log_id=OTHER, root=OTHER),
        replace(ANCHOR, size=2_000, transaction=OTHER, block_number=13, block_hash=OTHER),
        replace(ANCHOR, chain=replace(ANCHOR.chain, genesis_hash=OTHER), block_hash=OTHER),
    ],
    ids=["another size", "another log", "another block", "a sandbox started anew"],
)
def test_contradicts_another_event_is_none(other: Anchor) -> None:
    assert other.contradicts(ANCHOR) is None


@pytest.mark.parametrize(
    "facts",
    [FACTS, replace(FACTS, transaction_block=None), replace(FACTS, final=False)],
    ids=["all there", "receipt pruned", "not final yet"],
)
def test_check_facts_what_bears_the_anchor_out_passes(facts: ChainFacts) -> None:
    check_facts(ANCHOR, facts)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(FACTS, committed=False), "anchor.not-on-chain"),
        (replace(FACTS, block_hash=OTHER), "anchor.block"),
        (replace(FACTS, transaction_block=OTHER), "anchor.transaction"),
    ],
)
def test_check_facts_what_denies_the_anchor_fails(facts: ChainFacts, code: str) -> None:
    with pytest.raises(VerificationError) as caught:
        check_facts(ANCHOR, facts)
    assert caught.value.code == code
