"""The committed artifacts are what the sources compile to, here and with Foundry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_tester import EthereumTester
from web3 import EthereumTesterProvider, Web3

from ledger.contracts import Artifact, load

_COMMITTED = Path(__file__).parents[2] / "ledger" / "contracts"
_NAMES = sorted(path.stem for path in _COMMITTED.glob("*.json"))


@pytest.fixture(scope="module")
def deployed_code() -> bytes:
    """The code of an AnchorRegistry on a chain, with its immutables filled in."""
    w3 = Web3(EthereumTesterProvider(EthereumTester()))
    artifact = load("AnchorRegistry")
    sent = w3.eth.send_transaction(
        {"from": w3.eth.accounts[0], "data": Web3.to_hex(artifact.bytecode)}
    )
    address = w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    assert address is not None
    return bytes(w3.eth.get_code(address))


def test_artifacts_built_again_are_the_same_bytes(repository: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, repository / "scripts/build-contracts", "-o", tmp_path],
        check=True,
        capture_output=True,
    )
    assert sorted(path.stem for path in tmp_path.iterdir()) == _NAMES
    for name in _NAMES:
        built = (tmp_path / f"{name}.json").read_bytes()
        assert built == (_COMMITTED / f"{name}.json").read_bytes(), name


@pytest.mark.parametrize("name", _NAMES)
def test_artifact_built_by_foundry_has_the_same_code_and_abi(
    name: str, foundry_output: Path
) -> None:
    artifact = load(name)
    built = json.loads((foundry_output / f"{name}.sol" / f"{name}.json").read_text())
    assert built["bytecode"]["object"] == Web3.to_hex(artifact.bytecode)
    assert built["deployedBytecode"]["object"] == Web3.to_hex(artifact.deployed_bytecode)
    # The two differ in the order of the entries alone.
    assert _canonical(built["abi"]) == _canonical(artifact.abi)


def test_is_code_of_a_deployed_contract_holds(deployed_code: bytes) -> None:
    artifact = load("AnchorRegistry")
    assert deployed_code != artifact.deployed_bytecode, "immutables are filled in"
    assert artifact.is_code(deployed_code)


def test_is_code_changed_in_any_part_does_not_hold(deployed_code: bytes) -> None:
    artifact = load("AnchorRegistry")
    immutable = {
        place
        for places in artifact.immutables.values()
        for start, length in places
        for place in range(start, start + length)
    }
    for place in range(0, len(deployed_code), 97):
        changed = bytearray(deployed_code)
        changed[place] ^= 1
        assert artifact.is_code(bytes(changed)) == (place in immutable)


def test_is_code_of_another_length_does_not_hold(deployed_code: bytes) -> None:
    artifact = load("AnchorRegistry")
    for other in (b"", deployed_code[:-1], deployed_code + b"\x00"):
        assert not artifact.is_code(other)


def test_is_code_without_immutables_is_equality() -> None:
    artifact = Artifact("Plain", [], b"", b"\x60\x00", {})
    assert artifact.is_code(b"\x60\x00")
    assert not artifact.is_code(b"\x60\x01")


def test_values_are_what_the_constructor_wrote(deployed_code: bytes) -> None:
    values = load("AnchorRegistry").values(deployed_code)
    assert values is not None
    assert values["_hashedName"] == Web3.keccak(text="Crossproof AnchorRegistry")
    assert values["_hashedVersion"] == Web3.keccak(text="1")


def test_values_that_differ_from_place_to_place_are_none_of_the_contract() -> None:
    """Code that holds one immutable twice, once changed, was written by no constructor."""
    twice = Artifact("Twice", [], b"", bytes(6), {"GATE": ((1, 2), (4, 2))})
    assert twice.values(b"\0ab\0ab") == {"GATE": b"ab"}
    assert twice.values(b"\0ab\0ac") is None
    assert not twice.is_code(b"\0ab\0ac")


@pytest.mark.parametrize("name", _NAMES)
def test_immutables_have_the_names_that_the_sources_give_them(name: str) -> None:
    told = {"AttestationRegistry": {"ATTESTORS"}}
    told["ProvenanceGate"] = {"ANCHORS", "ATTESTORS", "ATTESTATIONS"}
    names = {each for each in load(name).immutables if not each.startswith("_")}
    assert names == told.get(name, set())


def test_load_unknown_contract_raises() -> None:
    with pytest.raises(FileNotFoundError):
        load("NoSuchContract")


def _canonical(abi: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(entry, sort_keys=True) for entry in abi)
