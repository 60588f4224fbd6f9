"""A key of the EVM's (secp256k1): what it signs, and whose a signature is.

    LocalKey    in this process, from a file or the environment (`local_key`)
    RemoteKey   behind a URL: an external signer (`remote_key`)

A signature is r || s || v, 65 bytes, s in the lower half, v 27 or 28, as contracts take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from coincurve import PublicKey

from ledger.keccak import keccak256

__all__ = ["HALF_ORDER", "ORDER", "V_OFFSET", "EvmKey", "TypedData", "address_of", "recover"]

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_ORDER = ORDER // 2
V_OFFSET = 27
_SIGNATURE_SIZE = 65


@dataclass(frozen=True, slots=True)
class TypedData:
    """EIP-712 data: the digest as it is computed here, and the JSON of which others compute it."""

    digest: bytes
    value: Mapping[str, Any]


class EvmKey(Protocol):
    """Who signs. What it returns is this key's signature of just what was asked."""

    @property
    def address(self) -> bytes:
        """The account's address."""

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Sign EIP-712 data; raise UnavailableError, or ConfigurationError where it is refused."""

    def sign_transaction(self, fields: Mapping[str, Any]) -> bytes:
        """Sign a transaction (EIP-1559 or EIP-155) and give the bytes to send.

        Fields are named as in JSON-RPC, numbers and bytes their values, without `to` where a
        contract is created. Raises as `sign_typed_data` does.
        """


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """Recover the signer's address, None where this is no signature the contract would take."""
    if len(signature) != _SIGNATURE_SIZE or signature[-1] not in {V_OFFSET, V_OFFSET + 1}:
        return None
    # The upper half of s is the same signature again, mirrored: refused here as on the chain.
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        return None
    compact = signature[:-1] + bytes([signature[-1] - V_OFFSET])
    try:
        return address_of(PublicKey.from_signature_and_message(compact, digest, hasher=None))
    except Exception:  # noqa: BLE001 - libsecp256k1 raises plain Exception for an invalid r or s
        return None


def address_of(key: PublicKey) -> bytes:
    """Derive a key's EVM address."""
    return keccak256(key.format(compressed=False)[1:])[-20:]
