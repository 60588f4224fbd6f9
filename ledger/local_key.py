"""A secp256k1 key in this process: 32 bytes in, signatures out. It is in no `repr`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from coincurve import PrivateKey
from eth_account import Account

from ledger.errors import ConfigurationError
from ledger.evm_key import V_OFFSET, TypedData, address_of

__all__ = ["LocalKey"]

_KEY_SIZE = 32


class LocalKey:
    """An `EvmKey` whose secret is here."""

    def __init__(self, secret: bytes) -> None:
        try:
            key = PrivateKey(secret)
        except ValueError:
            key = None
        # coincurve would fill up a short key. No cause is chained: it could show the key.
        if key is None or len(secret) != _KEY_SIZE:
            raise ConfigurationError(
                "chain.key", "not a secp256k1 private key", expected=f"{_KEY_SIZE} bytes in range"
            )
        self._key = key
        self.address = address_of(key.public_key)

    @classmethod
    def generate(cls) -> LocalKey:
        """Make a new key."""
        return cls(PrivateKey(secrets.token_bytes(_KEY_SIZE)).secret)

    def __repr__(self) -> str:
        return f"LocalKey(0x{self.address.hex()})"

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Sign EIP-712 data: r, s, v."""
        signature = self._key.sign_recoverable(data.digest, hasher=None)
        return signature[:-1] + bytes([signature[-1] + V_OFFSET])

    def sign_transaction(self, fields: Mapping[str, Any]) -> bytes:
        """Sign a transaction and give the bytes to send."""
        return bytes(Account.sign_transaction(dict(fields), self._key.secret).raw_transaction)
