"""What an anchor costs as a whole transaction, in a log of a million entries, on anvil.

contracts/snapshots has the gas of execution alone; here the 21,000 of a transaction, its calldata
(and that price's floor, EIP-7623) count too. Proofs are real ones, made by ledger.merkle; operators
sign as wallets do, by eth-account's own EIP-712.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import TxReceipt

from ledger import merkle
from ledger.contracts import load
from tests.anvil import start_anvil

pytestmark = pytest.mark.chain

_SIZE = 1_000_000
# Older size, nodes of the proof, gas with one signature and with two of two. Two shapes of 14
# nodes; 21 is the longest.
_MEASURED = [
    (524_160, 14, 85_000, 105_000),
    (999_932, 14, 85_000, 105_000),
    (983_039, 21, 95_000, 115_000),
]
_REVOKED = 1
_OPERATORS = sorted(
    (Account.from_key(bytes([n]) * 32) for n in (0x11, 0x22)),
    key=lambda account: str(account.address).lower(),
)
_HEAD_TYPE = {
    "Head": [
        {"name": "logId", "type": "bytes32"},
        {"name": "epoch", "type": "uint64"},
        {"name": "size", "type": "uint64"},
        {"name": "root", "type": "bytes32"},
    ]
}


@dataclass(frozen=True)
class Registry:
    w3: Web3
    contract: Contract

    def open_log(self, origin: str, signers: int) -> bytes:
        operators = [account.address for account in _OPERATORS[:signers]]
        sent = self.contract.functions.openLog(origin, operators, signers).transact()
        self.w3.eth.wait_for_transaction_receipt(sent)
        return bytes(self.contract.functions.logIdOf(origin, self.w3.eth.accounts[0]).call())

    def anchor(
        self, log_id: bytes, size: int, root: bytes, proof: list[bytes], *, signers: int
    ) -> TxReceipt:
        signatures = [
            self._sign(account.key, log_id, size, root) for account in _OPERATORS[:signers]
        ]
        sent = self.contract.functions.anchor(log_id, size, root, proof, signatures).transact()
        return self.w3.eth.wait_for_transaction_receipt(sent)

    def _sign(self, key: bytes, log_id: bytes, size: int, root: bytes) -> bytes:
        signed = Account.sign_typed_data(
            key,
            {
                "name": "Crossproof AnchorRegistry",
                "version": "1",
                "chainId": self.w3.eth.chain_id,
                "verifyingContract": self.contract.address,
            },
            _HEAD_TYPE,
            {"logId": log_id, "epoch": 1, "size": size, "root": root},
        )
        return bytes(signed.signature)


@pytest.fixture(scope="module")
def w3() -> Iterator[Web3]:
    with start_anvil() as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.eth.default_account = w3.eth.accounts[0]
        yield w3


@pytest.fixture(scope="module")
def registry(w3: Web3) -> Registry:
    return Registry(w3, _deploy(w3, "AnchorRegistry"))


def _deploy(w3: Web3, name: str, *arguments: str) -> Contract:
    artifact = load(name)
    factory = w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    receipt = w3.eth.wait_for_transaction_receipt(factory.constructor(*arguments).transact())
    address = receipt["contractAddress"]
    assert address is not None
    return w3.eth.contract(address=address, abi=artifact.abi)


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [sha256(i.to_bytes(4, "big")).digest() for i in range(_SIZE)]


@pytest.mark.parametrize(("old_size", "nodes", "by_one", "by_two"), _MEASURED)
def test_anchor_at_a_million_entries_stays_below_its_gas(
    registry: Registry,
    leaves: list[bytes],
    *,
    old_size: int,
    nodes: int,
    by_one: int,
    by_two: int,
) -> None:
    proof = merkle.consistency_proof(leaves, old_size)
    assert len(proof) == nodes
    older = merkle.root(leaves[:old_size])
    root = merkle.root(leaves)
    for signers, limit in ((1, by_one), (2, by_two)):
        log_id = registry.open_log(f"example.com/{old_size}/{signers}", signers)
        registry.anchor(log_id, old_size, older, [], signers=signers)
        receipt = registry.anchor(log_id, _SIZE, root, proof, signers=signers)
        assert receipt["status"] == 1
        assert receipt["gasUsed"] <= limit
        assert registry.contract.functions.head(log_id).call() == [
            _SIZE,
            root,
            receipt["blockNumber"],
            registry.w3.eth.get_block(receipt["blockNumber"])["timestamp"],
        ]
        assert registry.contract.functions.anchorCommitment(log_id, old_size).call() != bytes(32)


@pytest.mark.parametrize(("leaves_at_once", "limit"), [(1, 50_000), (100, 27_000)])
def test_set_status_of_new_leaves_stays_below_its_gas(
    w3: Web3, leaves_at_once: int, limit: int
) -> None:
    attestors = _deploy(w3, "AttestorRegistry", w3.eth.accounts[0])
    registry = _deploy(w3, "AttestationRegistry", attestors.address)
    leaves = [sha256(bytes([i])).digest() for i in range(leaves_at_once)]
    sent = registry.functions.setStatus(_REVOKED, 1, leaves).transact()
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    assert receipt["status"] == 1
    assert receipt["gasUsed"] / leaves_at_once <= limit
    for leaf in leaves:
        _, status, _ = registry.functions.statusOf(w3.eth.accounts[0], leaf).call()
        assert status == _REVOKED


def test_measured_sizes_are_the_most_expensive_ones() -> None:
    """No proof to a million entries is longer, none of these lengths takes more hashes."""
    most: dict[int, int] = {}
    for old_size in range(1, _SIZE):
        nodes, hashes = _cost(old_size)
        most[nodes] = max(most.get(nodes, 0), hashes)
    for old_size, nodes, *_ in _MEASURED:
        assert _cost(old_size) == (nodes, most[nodes])
    assert max(most) == max(nodes for _, nodes, *_ in _MEASURED)


def _cost(old_size: int) -> tuple[int, int]:
    """Count a consistency proof's nodes and the hashes of checking it, from the sizes alone."""
    row = (old_size & -old_size).bit_length() - 1
    node, last = (old_size - 1) >> row, (_SIZE - 1) >> row
    inner = (node ^ last).bit_length()
    left = node.bit_count()  # siblings on the left are hashed for both roots
    right = inner - (node & ((1 << inner) - 1)).bit_count()
    return (node > 0) + left + right, 2 * left + right
