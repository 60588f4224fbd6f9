"""The operator's EIP-712 signature over a log's head, as a signature line of the checkpoint.

The contract takes these signatures as the right to anchor, and two that differ for one size as
proof of equivocation; so every published checkpoint carries one.

    domain   {name: "Crossproof AnchorRegistry", version: "1", chainId, verifyingContract}
    struct   Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)
    digest   keccak256(0x1901 || domain separator || struct hash)             EIP-712
    value    r || s || v, 65 bytes, s in the lower half, v 27 or 28
    key      NAME+KEYID+base64(0xff || "crossproof-eip712-head-v1" || chain id, 32 bytes ||
             contract, 20 || log id, 32 || epoch, 8 || address, 20)
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.checkpoint import Checkpoint
from ledger.errors import MalformedError
from ledger.evm_key import EvmKey, TypedData, recover
from ledger.keccak import keccak256
from ledger.note_key import key_id, split_key

__all__ = ["HeadDomain", "HeadSigner", "HeadVerifier", "log_id"]

_ALGORITHM = b"\xffcrossproof-eip712-head-v1"
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_NAME = "Crossproof AnchorRegistry"
_VERSION = "1"
_HEAD = "Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)"
# Chain id, contract, log id, epoch, address.
_SIZES = (32, 20, 32, 8, 20)
_MATERIAL_SIZE = sum(_SIZES)


@dataclass(frozen=True, slots=True)
class HeadDomain:
    """Where and for which log a head signature counts."""

    chain_id: int
    contract: bytes
    log_id: bytes
    epoch: int = 1

    def digest(self, size: int, root: bytes) -> bytes:
        """Compute the digest that is signed (EIP-712)."""
        return self.typed_digest(
            _hashed(_HEAD) + self.log_id + _word(self.epoch) + _word(size) + root
        )

    def typed_digest(self, struct: bytes) -> bytes:
        """Compute the digest of any struct of the contract's, its type hash in front (EIP-712)."""
        separator = keccak256(
            _hashed(_DOMAIN)
            + _hashed(_NAME)
            + _hashed(_VERSION)
            + _word(self.chain_id)
            + self.contract.rjust(32, b"\0")
        )
        return keccak256(b"\x19\x01" + separator + keccak256(struct))

    def typed_data(self, size: int, root: bytes) -> TypedData:
        """Write a head for signers that compute the digest themselves (EIP-712's JSON)."""
        message = {"size": str(size), "root": f"0x{root.hex()}"}
        return self.typed_message(_HEAD, message, self.digest(size, root))

    def typed_message(
        self, definition: str, message: Mapping[str, Any], digest: bytes
    ) -> TypedData:
        """Write any struct of the contract's likewise; log id and epoch are in all of them.

        Numbers of 64 bits are given as text: many readers of JSON would round them.
        """
        name, members = _members(definition)
        value = {
            "types": {**dict([_members(_DOMAIN)]), name: members},
            "primaryType": name,
            "domain": {
                "name": _NAME,
                "version": _VERSION,
                "chainId": self.chain_id,
                "verifyingContract": f"0x{self.contract.hex()}",
            },
            "message": {
                "logId": f"0x{self.log_id.hex()}",
                "epoch": str(self.epoch),
                **message,
            },
        }
        return TypedData(digest, value)

    def material(self, address: bytes) -> bytes:
        """Write what a verifier key holds: everything that the signature depends on."""
        return b"".join(
            (
                _ALGORITHM,
                _word(self.chain_id),
                self.contract,
                self.log_id,
                self.epoch.to_bytes(8, "big"),
                address,
            )
        )


@dataclass(frozen=True, slots=True)
class HeadVerifier:
    """Checks an operator's signature line."""

    name: str
    domain: HeadDomain
    address: bytes

    @classmethod
    def from_string(cls, vkey: str) -> HeadVerifier:
        """Read a verifier key; raise MalformedError."""
        name, identifier, material = split_key(vkey, "head.verifier-key")
        if not material.startswith(_ALGORITHM) or len(material) != len(_ALGORITHM) + _MATERIAL_SIZE:
            raise MalformedError(
                "head.verifier-key",
                "operator's verifier key",
                expected=f"the algorithm {_ALGORITHM[1:].decode()} and {_MATERIAL_SIZE} bytes",
            )
        chain_id, contract, log, epoch, address = _split(material[len(_ALGORITHM) :], *_SIZES)
        domain = HeadDomain(int.from_bytes(chain_id), contract, log, int.from_bytes(epoch))
        verifier = cls(name, domain, address)
        if verifier.key_id != identifier:
            raise MalformedError(
                "head.verifier-key",
                "operator's verifier key: the key id does not belong to this name and key",
                expected=verifier.key_id.hex(),
                found=identifier.hex(),
            )
        return verifier

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell this key from others of its name."""
        return key_id(self.name, self.domain.material(self.address))

    def __str__(self) -> str:
        material = self.domain.material(self.address)
        return f"{self.name}+{self.key_id.hex()}+{b64encode(material).decode()}"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether `signature` is the operator's over this checkpoint's size and root."""
        try:
            checkpoint = Checkpoint.parse(text.decode())
        except (MalformedError, UnicodeDecodeError):
            return False
        digest = self.domain.digest(checkpoint.size, checkpoint.root)
        return recover(digest, signature) == self.address


class HeadSigner:
    """Signs heads with an operator's key, wherever that is."""

    def __init__(self, name: str, domain: HeadDomain, key: EvmKey) -> None:
        self.name = name
        self.domain = domain
        self.address = key.address
        self._key = key

    @property
    def verifier(self) -> HeadVerifier:
        """The public half."""
        return HeadVerifier(self.name, self.domain, self.address)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell this key from others of its name."""
        return self.verifier.key_id

    def sign(self, text: bytes) -> bytes:
        """Sign the head that a checkpoint's text names."""
        checkpoint = Checkpoint.parse(text.decode())
        return self.sign_head(checkpoint.size, checkpoint.root)

    def sign_head(self, size: int, root: bytes) -> bytes:
        """Sign (size, root) as the contract wants it: r, s, v; raise as `EvmKey` does."""
        return self.sign_typed_data(self.domain.typed_data(size, root))

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Sign anything in the contract's domain: r, s, v; raise as `EvmKey` does."""
        return self._key.sign_typed_data(data)


def log_id(origin: str, admin: bytes) -> bytes:
    """Derive a log's id as the contract does: keccak256(abi.encode(origin, admin))."""
    encoded = origin.encode()
    padded = encoded + b"\0" * (-len(encoded) % 32)
    return keccak256(_word(64) + admin.rjust(32, b"\0") + _word(len(encoded)) + padded)


def _members(definition: str) -> tuple[str, list[dict[str, str]]]:
    """Take an EIP-712 type apart: its name, and the name and type of each member."""
    name, _, members = definition.rstrip(")").partition("(")
    pairs = (member.split() for member in members.split(","))
    return name, [{"name": member, "type": kind} for kind, member in pairs]


def _split(data: bytes, *sizes: int) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size


@cache
def _hashed(text: str) -> bytes:
    return keccak256(text.encode())


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
