"""Documents of did:web, as their subjects publish them."""

from __future__ import annotations

from typing import Any

from ledger.jwk import PublicKey


def document(did: str, *keys: PublicKey) -> dict[str, Any]:
    """Write a document with these keys, each for making statements."""
    methods = [
        {
            "id": f"{did}#key-{number}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": key.to_jwk(),
        }
        for number, key in enumerate(keys)
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
