"""Keys of people and organisations as JSON Web Keys (RFC 7517): P-256 and Ed25519, nothing else.

    {"kty": "EC", "crv": "P-256", "x": base64url, "y": base64url}     signs ES256 (RFC 7518, 3.4)
    {"kty": "OKP", "crv": "Ed25519", "x": base64url}                  signs EdDSA, which RFC 9864
                                                                      names Ed25519 (RFC 8037, 3.1)

A key is named by its thumbprint (RFC 7638), 32 bytes: what an accreditation names, whatever the
algorithm. `did:jwk:…` is the same object in base64url. Members that say how a key is to be used
(`kid`, `alg`, `use`, …) may stand beside and change nothing. Signatures of P-256 are r and s, 32
bytes each; (r, n - s) is as good as (r, s), so a signature names nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from ledger import base64url
from ledger.canonical import canonicalize, parse
from ledger.errors import MalformedError
from ledger.note_key import check_ed25519

__all__ = ["ALGORITHMS", "MAX_DID_SIZE", "Curve", "PrivateKey", "PublicKey"]

Curve = Literal["P-256", "Ed25519"]

# What a signature's header may call the algorithm of a key; the first is what is written.
ALGORITHMS: dict[str, tuple[str, ...]] = {"P-256": ("ES256",), "Ed25519": ("EdDSA", "Ed25519")}
MAX_DID_SIZE = 1024
_KEYS_KEPT = 4_096

_DID = "did:jwk:"
_SIZE = 32
_MEMBERS: dict[str, dict[str, str]] = {
    "P-256": {"crv": "P-256", "kty": "EC"},
    "Ed25519": {"crv": "Ed25519", "kty": "OKP"},
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its curve, and its point as 32 bytes (Ed25519) or x and y of 32 each."""

    curve: Curve
    point: bytes

    @classmethod
    def from_jwk(cls, value: object) -> PublicKey:
        """Read a public JWK; raise MalformedError, for a private one too."""
        if not isinstance(value, dict):
            raise _malformed("a JSON object", type(value).__name__)
        if "d" in value:
            # Its owner has shown a secret. It is not repeated here.
            raise _malformed("a public key", "a private one")
        return _public(value)

    @classmethod
    def from_did(cls, did: str) -> PublicKey:
        """Read a `did:jwk`; raise MalformedError."""
        if not did.startswith(_DID) or len(did) > MAX_DID_SIZE:
            raise _malformed(f"{_DID} and a key", did[:MAX_DID_SIZE])
        return cls.from_jwk(parse(base64url.decode(did.removeprefix(_DID))))

    @property
    def algorithm(self) -> str:
        """Name the algorithm as it is written into headers: ES256 or EdDSA."""
        return ALGORITHMS[self.curve][0]

    @property
    def thumbprint(self) -> bytes:
        """Hash the key's required members (RFC 7638, 3)."""
        return _thumbprint(self)

    @property
    def did(self) -> str:
        """Write the key as a `did:jwk`."""
        return _DID + base64url.encode(canonicalize(self.to_jwk()))

    def to_jwk(self) -> dict[str, str]:
        """Give the required members, and no others."""
        coordinates = {"x": base64url.encode(self.point[:_SIZE])}
        if self.curve == "P-256":
            coordinates["y"] = base64url.encode(self.point[_SIZE:])
        return {**_MEMBERS[self.curve], **coordinates}

    def verify(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """Say whether `signature` is this key's over `message`, by this very algorithm."""
        if algorithm not in ALGORITHMS[self.curve] or len(signature) != 2 * _SIZE:
            return False
        try:
            if self.curve == "Ed25519":
                Ed25519PublicKey.from_public_bytes(self.point).verify(signature, message)
            else:
                r, s = (int.from_bytes(half) for half in (signature[:_SIZE], signature[_SIZE:]))
                key = _p256(self.point)
                key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """A private key; in no `repr`, and so in no log line."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        self._key = key
        self.public = _public_half(key)

    @classmethod
    def generate(cls, curve: Curve = "P-256") -> PrivateKey:
        """Make a new key."""
        if curve == "Ed25519":
            return cls(Ed25519PrivateKey.generate())
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def of(cls, key: object) -> PrivateKey:
        """Take a key that the library has read; raise MalformedError for another curve's."""
        if isinstance(key, Ed25519PrivateKey) or (
            isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
        ):
            return cls(key)
        raise _malformed("a private key of P-256 or Ed25519", type(key).__name__)

    @classmethod
    def from_jwk(cls, value: object) -> PrivateKey:
        """Read a private JWK; raise MalformedError, in which no secret is shown."""
        if not isinstance(value, dict) or "d" not in value:
            raise _malformed("a private key", "none")
        public = _public({name: member for name, member in value.items() if name != "d"})
        secret = _bytes(value, "d")
        try:
            if public.curve == "Ed25519":
                key = cls(Ed25519PrivateKey.from_private_bytes(secret))
            else:
                scalar = int.from_bytes(secret)
                key = cls(ec.derive_private_key(scalar, ec.SECP256R1()))
        except ValueError:
            raise _malformed("a private key of its curve", "a number that is none") from None
        if key.public != public:
            raise _malformed("both halves of one key", "halves of two")
        return key

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.did})"

    def to_jwk(self) -> dict[str, str]:
        """Write the key as `from_jwk` reads it: a secret."""
        if isinstance(self._key, Ed25519PrivateKey):
            secret = self._key.private_bytes_raw()
        else:
            secret = self._key.private_numbers().private_value.to_bytes(_SIZE)
        return {**self.public.to_jwk(), "d": base64url.encode(secret)}

    def to_pem(self, passphrase: bytes | None = None) -> str:
        """Write the key as PKCS#8, encrypted where a passphrase is given: else a secret."""
        # With it come OpenSSH's formats: slow to load for those who only verify.
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes, by the algorithm that `public.algorithm` names."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(_SIZE) + s.to_bytes(_SIZE)


@lru_cache(maxsize=_KEYS_KEPT)
def _thumbprint(key: PublicKey) -> bytes:
    return sha256(canonicalize(key.to_jwk())).digest()


def _public(value: Mapping[str, Any]) -> PublicKey:
    """Read the public members, and check that they are a point that may be trusted."""
    curve = value.get("crv")
    if not isinstance(curve, str) or value.get("kty") != _MEMBERS.get(curve, {}).get("kty", 0):
        raise _malformed("kty EC with crv P-256, or kty OKP with crv Ed25519", ascii(curve))
    x = _bytes(value, "x")
    if curve == "Ed25519":
        check_ed25519(x, "jwk.malformed")
        return PublicKey("Ed25519", x)
    point = x + _bytes(value, "y")
    _p256(point)
    return PublicKey("P-256", point)


def _bytes(value: Mapping[str, Any], name: str) -> bytes:
    """Take 32 bytes; what is wrong is not shown, for it may be a secret."""
    text = value.get(name)
    try:
        data = base64url.decode(text) if isinstance(text, str) and text.isascii() else b""
    except MalformedError:
        data = b""
    if len(data) != _SIZE:
        raise _malformed(f"{name}: {_SIZE} bytes in base64url", "something else")
    return data


# A verifier meets the same few keys again and again, and each is looked at several times.
@lru_cache(maxsize=_KEYS_KEPT)
def _p256(point: bytes) -> ec.EllipticCurvePublicKey:
    x, y = int.from_bytes(point[:_SIZE]), int.from_bytes(point[_SIZE:])
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise _malformed("a point on P-256", "another") from None


def _public_half(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> PublicKey:
    if isinstance(key, Ed25519PrivateKey):
        return PublicKey("Ed25519", key.public_key().public_bytes_raw())
    numbers = key.public_key().public_numbers()
    return PublicKey("P-256", numbers.x.to_bytes(_SIZE) + numbers.y.to_bytes(_SIZE))


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "jwk.malformed", "not a key that is used here", expected=expected, found=found
    )
