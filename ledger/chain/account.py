"""An account: a key that signs transactions, in this process or elsewhere (see `evm_key`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.evm_key import EvmKey
from ledger.keccak import keccak256
from ledger.local_key import LocalKey

__all__ = ["Account", "SignedTransaction"]


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it is sent: sending the same bytes again can do nothing twice."""

    sender: bytes
    nonce: int
    raw: bytes
    hash: bytes


class Account:
    """Who sends transactions and pays for them."""

    def __init__(self, key: EvmKey) -> None:
        self.address = key.address
        self._key = key

    @classmethod
    def from_key(cls, key: bytes) -> Account:
        """Take a 32-byte private key; raise ConfigurationError."""
        return cls(LocalKey(key))

    @classmethod
    def generate(cls) -> Account:
        """Make a new key."""
        return cls(LocalKey.generate())

    def __repr__(self) -> str:
        return f"Account(0x{self.address.hex()})"

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction, its fields as `EvmKey` has them; raise as it does."""
        raw = self._key.sign_transaction(transaction)
        return SignedTransaction(
            sender=self.address,
            nonce=int(transaction["nonce"]),
            raw=raw,
            hash=keccak256(raw),
        )
