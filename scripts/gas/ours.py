"""Our contracts: anchors of growing logs, statuses, attestations on the chain, the gate."""

from __future__ import annotations

from hashlib import sha256

from eth_account import Account
from web3.contract import Contract

from ledger import merkle
from ledger.contracts import load
from scripts.gas.chain import Chain
from scripts.gas.figures import BATCHES, Figures, Operation, Way

__all__ = ["measure"]

_WHOSE = "Crossproof"
_SIZE = 1_000_000
# Of all older sizes those whose proofs to a million entries take most hashes: 14 nodes, and 21,
# which is the longest (tests/contracts/test_gas.py).
_OLDER = {14: 524_160, 21: 983_039}
_KEYS = sorted(
    (bytes([n]) * 32 for n in (0x11, 0x22)), key=lambda key: Account.from_key(key).address.lower()
)
_STATUS_REVOKED = 1
_LEAVES = 100
_JURISDICTION = b"HK"
_ALL_STAGES = 7
_FAR = 2**48 - 1


def measure(chain: Chain) -> Figures:
    """Measure all of it."""
    registry = _deploy(chain, "AnchorRegistry")
    leaves = [sha256(i.to_bytes(4, "big")).digest() for i in range(_SIZE + max(BATCHES))]
    operations = []
    for signers in (1, 2):
        for nodes, older in _OLDER.items():
            log = _Log(chain, registry, leaves, f"{signers} of {signers}, {nodes}", signers)
            log.anchor(older)
            name = f"anchor at 10⁶ entries, {signers}-of-{signers}, proof of {nodes} nodes"
            operations.append(Operation(_WHOSE, name, log.anchor(_SIZE)))
    batches = {}
    for records in BATCHES:
        log = _Log(chain, registry, leaves, f"batch of {records}", 2)
        log.anchor(_SIZE)
        batches[records] = log.anchor(_SIZE + records)
    ways = [Way(_WHOSE, "one anchor, 2-of-2, on a log of 10⁶", batches.__getitem__)]
    return Figures(operations + _statuses(chain), ways)


def _statuses(chain: Chain) -> list[Operation]:
    me = chain.w3.eth.accounts[0]
    attestors = _deploy(chain, "AttestorRegistry", me)
    registry = _deploy(chain, "AttestationRegistry", attestors.address)
    key = _leaf("key")
    chain.send(attestors.functions.appointAuthority(_JURISDICTION, me))
    accredit = attestors.functions.accredit(_JURISDICTION, key, me, _ALL_STAGES, 0, _FAR)
    accredited = Operation(_WHOSE, "accredit an attestor's key", chain.gas(accredit))
    attestation = (_JURISDICTION, key, 0, 0, _leaf("plan"), _leaf("attestation"), 0, _FAR)
    recorded = chain.gas(registry.functions.recordAttestation(attestation))
    return [
        *(
            Operation(
                _WHOSE,
                "revoke, suspend or stop" + (f", {count} at once" if count > 1 else ""),
                chain.gas(
                    registry.functions.setStatus(
                        _STATUS_REVOKED, 1, [_leaf(f"{count}.{i}") for i in range(count)]
                    )
                ),
                count,
            )
            for count in (1, _LEAVES)
        ),
        Operation(_WHOSE, "record an attestation on the chain", recorded),
        accredited,
    ]


class _Log:
    """A log of its own, anchored step by step with real proofs and signatures."""

    def __init__(
        self, chain: Chain, registry: Contract, leaves: list[bytes], origin: str, signers: int
    ) -> None:
        self._chain = chain
        self._registry = registry
        self._leaves = leaves
        self._keys = _KEYS[:signers]
        self._size = 0
        operators = [Account.from_key(key).address for key in self._keys]
        chain.send(registry.functions.openLog(origin, operators, signers))
        self._id = registry.functions.logIdOf(origin, chain.w3.eth.accounts[0]).call()

    def anchor(self, size: int) -> int:
        """Anchor this many leaves and tell the gas."""
        leaves = self._leaves[:size]
        root = merkle.root(leaves)
        proof = merkle.consistency_proof(leaves, self._size) if self._size else []
        digest = self._registry.functions.headDigest(self._id, 1, size, root).call()
        signatures = [Account.unsafe_sign_hash(digest, key).signature for key in self._keys]
        call = self._registry.functions.anchor(self._id, size, root, proof, signatures)
        self._size = size
        return self._chain.gas(call)


def _deploy(chain: Chain, name: str, *arguments: str) -> Contract:
    artifact = load(name)
    return chain.deploy(*arguments, abi=artifact.abi, bytecode=artifact.bytecode)


def _leaf(name: str) -> bytes:
    return sha256(name.encode()).digest()
