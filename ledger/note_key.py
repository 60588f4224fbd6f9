"""Keys of signed notes (C2SP signed-note), written as Go's `note` package writes them.

    verifier key   NAME+KEYID+base64(0x01 || public key)
    signer key     PRIVATE+KEY+NAME+KEYID+base64(0x01 || seed)
    key id         the first 4 bytes of SHA-256(name || 0x0A || algorithm || public key)

Here are Ed25519 keys (algorithm 0x01); `head_signature` has the operators'. Whatever can sign or
check a line is a `NoteSigner` or `NoteVerifier`.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import MalformedError

__all__ = [
    "FORBIDDEN",
    "KEY_ID_SIZE",
    "NoteSigner",
    "NoteVerifier",
    "Signer",
    "Verifier",
    "check_ed25519",
    "check_name",
    "decode_base64",
    "key_id",
    "split_key",
]

KEY_ID_SIZE = 4
# ASCII controls but the newline; surrogates, which have no UTF-8.
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")

_ED25519 = b"\x01"
_ED25519_SIZE = 32
_SIGNER_PREFIX = "PRIVATE+KEY+"

# RFC 8032 lets implementations differ on these, and some accept any signature under them. A key
# whose y is not below the field's prime, or that generates only a subgroup of order 1 to 8, is
# refused before any signature is looked at.
_FIELD_PRIME = 2**255 - 19
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)


class NoteVerifier(Protocol):
    """A key that can check signature lines; its algorithm is its own affair."""

    @property
    def name(self) -> str:
        """The key's name, for a log its origin."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell this key from others of its name."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether `signature` is this key's over `text`."""


class NoteSigner(Protocol):
    """A key that can make signature lines."""

    @property
    def name(self) -> str:
        """The key's name, for a log its origin."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell this key from others of its name."""

    def sign(self, text: bytes) -> bytes:
        """Sign `text`; raise UnavailableError or ConfigurationError where that cannot be had."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """An Ed25519 verifier key."""

    name: str
    key_id: bytes
    public_key: bytes

    @classmethod
    def from_string(cls, vkey: str) -> Verifier:
        """Read `NAME+KEYID+base64(0x01 || public key)`; raise MalformedError."""
        name, identifier, material = split_key(vkey, "note.verifier-key")
        public_key = _ed25519_material(material, "note.verifier-key")
        check_ed25519(public_key, "note.verifier-key")
        if key_id(name, material) != identifier:
            raise MalformedError(
                "note.verifier-key",
                "verifier key: the key id does not belong to this name and key",
                expected=key_id(name, material).hex(),
                found=identifier.hex(),
            )
        return cls(name, identifier, public_key)

    @classmethod
    def from_public_key(cls, name: str, public_key: bytes) -> Verifier:
        """Name a 32-byte Ed25519 public key."""
        check_name(name, "note.verifier-key")
        check_ed25519(public_key, "note.verifier-key")
        return cls(name, key_id(name, _ED25519 + public_key), public_key)

    def __str__(self) -> str:
        material = b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether `signature` is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """An Ed25519 signer key. Its seed is in no `repr`, and so in no log line."""

    name: str
    key_id: bytes
    _key: Ed25519PrivateKey

    @classmethod
    def from_string(cls, skey: str) -> Signer:
        """Read `PRIVATE+KEY+NAME+KEYID+base64(0x01 || seed)`; raise MalformedError."""
        if not skey.startswith(_SIGNER_PREFIX):
            raise MalformedError(
                "note.signer-key", "signer key", expected=f"it to start with {_SIGNER_PREFIX}"
            )
        name, identifier, material = split_key(skey[len(_SIGNER_PREFIX) :], "note.signer-key")
        signer = cls.from_seed(name, _ed25519_material(material, "note.signer-key"))
        if signer.key_id != identifier:
            raise MalformedError(
                "note.signer-key", "signer key: the key id does not belong to this name and key"
            )
        return signer

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Signer:
        """Make the signer of a 32-byte seed."""
        check_name(name, "note.signer-key")
        if len(seed) != _ED25519_SIZE:
            raise MalformedError("note.signer-key", "seed", expected=f"{_ED25519_SIZE} bytes")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(name, key_id(name, _ED25519 + key.public_key().public_bytes_raw()), key)

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Make a new key."""
        return cls.from_seed(name, Ed25519PrivateKey.generate().private_bytes_raw())

    def derive(self, purpose: bytes, salt: bytes) -> bytes:
        """Derive 32 secret bytes for a purpose (RFC 5869); they tell nothing of the key."""
        return HKDF(SHA256(), _ED25519_SIZE, salt, purpose).derive(self.seed())

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.key_id, self._key.public_key().public_bytes_raw())

    def to_string(self) -> str:
        """Write the key as `from_string` reads it: a secret."""
        material = b64encode(_ED25519 + self.seed()).decode()
        return f"{_SIGNER_PREFIX}{self.name}+{self.key_id.hex()}+{material}"

    def seed(self) -> bytes:
        """Give the 32-byte seed: a secret."""
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Signer({self.verifier})"

    def sign(self, text: bytes) -> bytes:
        """Sign `text` (RFC 8032)."""
        return self._key.sign(text)


def key_id(name: str, material: bytes) -> bytes:
    """Derive a key id from a name and `algorithm || public key`."""
    return sha256(name.encode() + b"\n" + material).digest()[:KEY_ID_SIZE]


def check_ed25519(public_key: bytes, code: str) -> None:
    """Refuse 32 bytes under which implementations disagree on what is signed."""
    if len(public_key) != _ED25519_SIZE:
        raise MalformedError(code, "public key", expected=f"{_ED25519_SIZE} bytes")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _FIELD_PRIME or y in _SMALL_ORDER_Y:
        raise MalformedError(code, "public key: not canonical, or of small order")


def decode_base64(value: str, code: str, what: str) -> bytes:
    """Decode standard base64 in its one canonical spelling; raise MalformedError."""
    # What is decoded may be a secret, and the library's error for other letters carries it along.
    if not value.isascii():
        raise MalformedError(code, f"{what}: not base64")
    try:
        decoded = b64decode(value, validate=True)
    except binascii.Error as error:
        raise MalformedError(code, f"{what}: not base64") from error
    # Unused bits of the last character would let one value be written in several ways.
    if b64encode(decoded).decode() != value:
        raise MalformedError(code, f"{what}: base64 with stray bits at its end")
    return decoded


def check_name(name: str, code: str) -> None:
    """Accept what can name a key; raise MalformedError."""
    if not name or "+" in name or any(c.isspace() for c in name) or FORBIDDEN.search(name):
        raise MalformedError(
            code,
            "key name",
            expected="at least one character, no spaces, no plus, no control characters",
        )


def split_key(key: str, code: str) -> tuple[str, bytes, bytes]:
    """Split NAME+KEYID+KEY into name, key id and what the key holds; raise MalformedError."""
    parts = key.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - NAME+KEYID+KEY
        raise MalformedError(code, "key", expected="NAME+KEYID+KEY")
    name, identifier, material = parts
    check_name(name, code)
    if len(identifier) != 2 * KEY_ID_SIZE or not set(identifier) <= set("0123456789abcdef"):
        raise MalformedError(code, "key id", expected="8 lower-case hexadecimal digits")
    return name, bytes.fromhex(identifier), decode_base64(material, code, "key")


def _ed25519_material(material: bytes, code: str) -> bytes:
    if material[:1] != _ED25519 or len(material) != 1 + _ED25519_SIZE:
        raise MalformedError(
            code, "key", expected=f"algorithm 1 (Ed25519) and {_ED25519_SIZE} bytes"
        )
    return material[1:]
