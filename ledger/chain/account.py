"""An account: a secp256k1 key that signs transactions, and is in no `repr`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from eth_account import Account as EthAccount

from ledger.errors import ConfigurationError
from ledger.head_signature import address_of

__all__ = ["Account", "SignedTransaction"]

_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it is sent: sending the same bytes again can do nothing twice."""

    sender: bytes
    nonce: int
    raw: bytes
    hash: bytes


class Account:
    """Who sends transactions and pays for them."""

    def __init__(self, key: bytes) -> None:
        try:
            public_key = PrivateKey(key).public_key
        except ValueError:
            public_key = None
        # coincurve would fill up a short key. No cause is chained: it could show the key.
        if public_key is None or len(key) != _KEY_SIZE:
            raise ConfigurationError(
                "chain.key", "not a secp256k1 private key", expected=f"{_KEY_SIZE} bytes in range"
            )
        self.address = address_of(public_key)
        self._key = key

    @classmethod
    def from_key(cls, key: bytes) -> Account:
        """Take a 32-byte private key; raise ConfigurationError."""
        return cls(key)

    @classmethod
    def generate(cls) -> Account:
        """Make a new key."""
        return cls(PrivateKey(secrets.token_bytes(_KEY_SIZE)).secret)

    def __repr__(self) -> str:
        return f"Account(0x{self.address.hex()})"

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction, its fields named as web3.py names them (EIP-1559 or EIP-155)."""
        signed = EthAccount.sign_transaction(dict(transaction), self._key)
        return SignedTransaction(
            sender=self.address,
            nonce=int(transaction["nonce"]),
            raw=bytes(signed.raw_transaction),
            hash=bytes(signed.hash),
        )
