"""What is deployed: a contract with its constructor's arguments in, code and addresses out. Pure.

A CREATE2 address depends on the deployer, the salt and the creation code with its arguments
(EIP-1014); a plain creation's on who sends it, and on the nonce. The code that then stands there is
the committed artifact's, its immutables filled in: addresses, and OpenZeppelin's EIP712 cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from web3 import Web3
from web3.types import Nonce
from web3.utils.address import get_create_address

from ledger.contracts import Artifact, load
from ledger.keccak import keccak256

__all__ = ["DEPLOYER", "DEPLOYER_CODE", "NAMES", "SALT", "Blueprint", "create_address", "draw"]

# In the order in which they name each other.
NAMES = ("AnchorRegistry", "AttestorRegistry", "AttestationRegistry", "ProvenanceGate")
# contracts/script/Deploy.s.sol has the same.
SALT = b"crossproof/1".ljust(32, b"\0")
# The keyless deployer that Foundry uses too. Whoever sends it a salt and creation code has the code
# created: the address is the same on every chain, and nobody has the deployer's key.
DEPLOYER = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
# Something else may stand at that address on a chain with a genesis of its own.
DEPLOYER_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_DOMAIN_VERSION = b"1"
_DOMAINS = {
    "AnchorRegistry": b"Crossproof AnchorRegistry",
    "AttestationRegistry": b"Crossproof AttestationRegistry",
}
# Which contracts a contract is told at its creation, and as which immutable it keeps each.
_TOLD = {
    "AttestationRegistry": {"ATTESTORS": "AttestorRegistry"},
    "ProvenanceGate": {
        "ANCHORS": "AnchorRegistry",
        "ATTESTORS": "AttestorRegistry",
        "ATTESTATIONS": "AttestationRegistry",
    },
}


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A contract as it is to be created; `told` are the addresses that its code then holds."""

    artifact: Artifact
    arguments: tuple[bytes, ...]
    told: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """The contract's Solidity name."""
        return self.artifact.name

    @property
    def creation_code(self) -> bytes:
        """What a transaction that creates the contract carries (Solidity's ABI)."""
        return self.artifact.bytecode + b"".join(_word(address) for address in self.arguments)

    def create2_address(self, salt: bytes) -> bytes:
        """Compute where the keyless deployer puts the contract (EIP-1014)."""
        return keccak256(b"\xff" + DEPLOYER + salt + keccak256(self.creation_code))[12:]

    def difference(self, code: bytes, *, chain_id: int, address: bytes) -> str | None:
        """Say what makes this not the contract's code on that chain, None where it is."""
        found = self.artifact.values(code)
        if found is None:
            return f"other code of {len(code)} bytes"
        for name, value in self._values(chain_id, address).items():
            if found[name] != value:
                return f"{name} is 0x{found[name].hex()}, not 0x{value.hex()}"
        return None

    def _values(self, chain_id: int, address: bytes) -> dict[str, bytes]:
        values = {name: _word(told) for name, told in self.told.items()}
        domain = _DOMAINS.get(self.name)
        if domain is not None:
            chain, name, version = _number(chain_id), keccak256(domain), keccak256(_DOMAIN_VERSION)
            values |= {
                "_cachedChainId": chain,
                "_cachedThis": _word(address),
                "_hashedName": name,
                "_hashedVersion": version,
                "_cachedDomainSeparator": keccak256(
                    _DOMAIN_TYPE + name + version + chain + _word(address)
                ),
                "_name": _short_string(domain),
                "_version": _short_string(_DOMAIN_VERSION),
            }
        return values


def draw(name: str, *, admin: bytes, addresses: Mapping[str, bytes]) -> Blueprint:
    """Draw a contract that names the admin, or contracts before it at these addresses."""
    told = {immutable: addresses[other] for immutable, other in _TOLD.get(name, {}).items()}
    arguments = (admin,) if name == "AttestorRegistry" else tuple(told.values())
    return Blueprint(load(name), arguments, told)


def create_address(sender: bytes, nonce: int) -> bytes:
    """Compute where a plain creation puts its contract."""
    address = get_create_address(Web3.to_checksum_address(sender), Nonce(nonce))
    return bytes.fromhex(address.removeprefix("0x"))


def _word(address: bytes) -> bytes:
    return address.rjust(32, b"\0")


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _short_string(text: bytes) -> bytes:
    # OpenZeppelin's ShortString: up to 31 bytes, their count in the last one.
    return text.ljust(31, b"\0") + bytes([len(text)])
