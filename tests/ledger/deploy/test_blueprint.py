"""Blueprints: the addresses that follow from code, and which code is the contract's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3
from web3.utils.address import get_create2_address

from ledger.chain import Account, Chain
from ledger.contracts import load
from ledger.deploy.blueprint import DEPLOYER, NAMES, SALT, create_address, draw

ADMIN = b"\xad" * 20
CHAIN_ID = 31337
PLACES = {name: bytes([number]) * 20 for number, name in enumerate(NAMES, 1)}


def difference(name: str, code: bytes) -> str | None:
    blueprint = draw(name, admin=ADMIN, addresses=PLACES)
    return blueprint.difference(code, chain_id=CHAIN_ID, address=PLACES[name])


def standing(name: str, chain_id: int = CHAIN_ID) -> bytes:
    """The code of a contract whose constructor has run, put together from the artifact."""
    artifact = load(name)
    code = bytearray(artifact.deployed_bytecode)
    blueprint = draw(name, admin=ADMIN, addresses=PLACES)
    for immutable, value in blueprint._values(chain_id, PLACES[name]).items():
        for start, length in artifact.immutables[immutable]:
            code[start : start + length] = value
    return bytes(code)


def test_create2_address_is_the_one_of_web3() -> None:
    for name in NAMES:
        blueprint = draw(name, admin=ADMIN, addresses=PLACES)
        expected = get_create2_address(
            Web3.to_checksum_address(DEPLOYER),
            Web3.to_hex(SALT),
            Web3.to_hex(blueprint.creation_code),
        )
        assert blueprint.create2_address(SALT).hex() == expected[2:].lower()


def test_create2_address_depends_on_salt_code_and_arguments() -> None:
    blueprint = draw("AttestorRegistry", admin=ADMIN, addresses={})
    other = draw("AttestorRegistry", admin=b"\xae" * 20, addresses={})
    places = {
        blueprint.create2_address(SALT),
        blueprint.create2_address(bytes(32)),
        other.create2_address(SALT),
        draw("AnchorRegistry", admin=ADMIN, addresses={}).create2_address(SALT),
    }
    assert len(places) == 4


def test_create_address_is_where_the_chain_puts_it(embedded: Chain, payer: Account) -> None:
    for _ in range(3):
        signed = embedded.node.sign(payer, to=None, data=b"\0")
        embedded.node.send(signed.raw)
        created = embedded.node.wait(signed.hash).contract
        assert created == create_address(payer.address, signed.nonce)


def test_create_address_of_known_answers() -> None:
    """Nonces of one byte, none and two are written differently (RLP)."""
    sender = bytes.fromhex("970e8128ab834e8eac17ab8e3812f010678cf791")
    assert create_address(sender, 0).hex() == "333c3310824b7c685133f2bedb2ca4b8b4df633d"
    assert create_address(sender, 1).hex() == "8bda78331c916a08481428e4b07c96d3e916d165"
    assert len({create_address(sender, nonce) for nonce in (0, 1, 127, 128, 255, 256)}) == 6


@pytest.mark.parametrize("name", NAMES)
def test_every_immutable_of_an_artifact_has_a_value_to_compare(name: str) -> None:
    """One that were left out could hold anything."""
    values = draw(name, admin=ADMIN, addresses=PLACES)._values(CHAIN_ID, PLACES[name])
    assert values.keys() == load(name).immutables.keys()
    assert {len(value) for value in values.values()} <= {32}


@pytest.mark.parametrize("name", NAMES)
def test_difference_of_the_contracts_own_code_is_none(name: str) -> None:
    assert difference(name, standing(name)) is None


@given(name=st.sampled_from(NAMES), place=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_difference_of_code_with_one_bit_changed_is_told(name: str, place: int, bit: int) -> None:
    code = bytearray(standing(name))
    code[place % len(code)] ^= 1 << bit
    assert difference(name, bytes(code)) is not None


def test_difference_names_the_immutable_and_both_values() -> None:
    found = difference("AnchorRegistry", standing("AnchorRegistry", chain_id=1))
    assert found is not None
    # The domain separator, which follows from the id, is another one too.
    assert f"_cachedChainId is 0x{1:064x}, not 0x{CHAIN_ID:064x}" in found
    assert difference("AnchorRegistry", b"\x60\0") == "other code of 2 bytes"
