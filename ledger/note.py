"""Signed notes (C2SP signed-note): a text, a blank line, and signature lines.

    text ending in a newline
    <blank line>
    — <key name> base64(key id, 4 bytes || signature)

Keys are written as Go's `note` package writes them; the key id is the first 4 bytes of
SHA-256(name || 0x0A || algorithm || public key):

    verifier key   NAME+KEYID+base64(0x01 || public key)
    signer key     PRIVATE+KEY+NAME+KEYID+base64(0x01 || seed)

Signatures by unknown keys are kept and passed on; one that names a known key and does not verify
makes the whole note false. Golden example (from the specification):

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw…
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import MalformedError, VerificationError

__all__ = [
    "MAX_NOTE_SIZE",
    "MAX_SIGNATURES",
    "Note",
    "NoteSigner",
    "NoteVerifier",
    "Signature",
    "Signer",
    "Verifier",
    "add_signatures",
    "decode_base64",
    "key_id",
    "open_note",
    "parse_note",
    "sign",
    "split_key",
]

MAX_NOTE_SIZE = 1_000_000
MAX_SIGNATURES = 100

_ED25519 = b"\x01"
_ED25519_SIZE = 32
_KEY_ID_SIZE = 4
_SIGNER_PREFIX = "PRIVATE+KEY+"
_DASH = "\u2014 "
# ASCII controls but the newline; surrogates, which have no UTF-8.
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")

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


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who, which key, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Write the line as it stands in a note, its newline included."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text and its signatures, in the order in which they stand."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}"


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note at least one of whose signatures has been verified."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


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
        """Sign `text`."""


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
        _check_public_key(public_key)
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
        _check_name(name, "note.verifier-key")
        _check_public_key(public_key)
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
        _check_name(name, "note.signer-key")
        if len(seed) != _ED25519_SIZE:
            raise MalformedError("note.signer-key", "seed", expected=f"{_ED25519_SIZE} bytes")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(name, key_id(name, _ED25519 + key.public_key().public_bytes_raw()), key)

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Make a new key."""
        return cls.from_seed(name, Ed25519PrivateKey.generate().private_bytes_raw())

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
    return sha256(name.encode() + b"\n" + material).digest()[:_KEY_ID_SIZE]


def sign(text: str, *signers: NoteSigner) -> str:
    """Make a note of `text`, signed by each signer in turn, at least one."""
    _check_text(text)
    return _write(text, _signatures(text, signers))


def add_signatures(note: str, *signers: NoteSigner) -> str:
    """Append signature lines to a note, all that is there kept as it is."""
    parsed = parse_note(note)
    return _write(parsed.text, parsed.signatures + _signatures(parsed.text, signers))


def parse_note(note: str) -> Note:
    """Split a note into text and signatures, none of them verified; raise MalformedError."""
    if len(note) > MAX_NOTE_SIZE:
        raise _malformed(f"longer than {MAX_NOTE_SIZE} characters")
    _check_characters(note)
    split = note.rfind("\n\n")
    if split < 0:
        raise _malformed("no blank line between text and signatures")
    text, block = note[: split + 1], note[split + 2 :]
    if not block.endswith("\n"):
        raise _malformed("no newline at its end" if block else "no signatures")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(text, tuple(_parse_line(line) for line in lines))


def open_note(note: str, *verifiers: NoteVerifier) -> OpenedNote:
    """Verify the signatures by known keys; raise VerificationError unless one holds and none fails.

    A repeated line counts once. MalformedError where it is no note at all.
    """
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    ambiguous = set()
    for verifier in verifiers:
        identity = (verifier.name, verifier.key_id)
        if identity in known:
            ambiguous.add(identity)
        known[identity] = verifier
    parsed = parse_note(note)
    text = parsed.text.encode()
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: list[Signature] = []
    for signature in parsed.signatures:
        identity = (signature.name, signature.key_id)
        if identity in ambiguous:
            raise VerificationError(
                "note.ambiguous-key", "two of the given keys share a name and key id"
            )
        if identity not in known:
            if signature not in unverified:
                unverified.append(signature)
        elif identity not in verified:
            if not known[identity].verify(text, signature.value):
                raise VerificationError(
                    "note.signature",
                    "the signature by a known key does not hold",
                    expected=f"a signature over this text by {signature.name}",
                    found=f"key id {signature.key_id.hex()}, which does not verify",
                )
            verified[identity] = signature
    if not verified:
        raise VerificationError(
            "note.unsigned",
            "no signature by a known key",
            expected=", ".join(f"{v.name} ({v.key_id.hex()})" for v in verifiers)
            or "any known key",
            found=", ".join(f"{s.name} ({s.key_id.hex()})" for s in parsed.signatures),
        )
    return OpenedNote(parsed.text, tuple(verified.values()), tuple(unverified))


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


def _signatures(text: str, signers: Sequence[NoteSigner]) -> tuple[Signature, ...]:
    message = text.encode()
    return tuple(Signature(s.name, s.key_id, s.sign(message)) for s in signers)


def _write(text: str, signatures: tuple[Signature, ...]) -> str:
    """Write a note that `parse_note` reads again, or raise MalformedError."""
    note = str(Note(text, signatures))
    parse_note(note)
    return note


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise _malformed("a line after the blank one that is not a signature")
    _check_name(name, "note.malformed")
    value = decode_base64(encoded, "note.malformed", "signed note: a signature")
    if len(value) <= _KEY_ID_SIZE:
        raise _malformed("a signature of no bytes")
    return Signature(name, value[:_KEY_ID_SIZE], value[_KEY_ID_SIZE:])


def _check_text(text: str) -> None:
    _check_characters(text)
    if not text.endswith("\n"):
        raise _malformed("a text without a newline at its end")


def _check_characters(text: str) -> None:
    if _FORBIDDEN.search(text):
        raise _malformed("a control character or a lone surrogate")


def _check_name(name: str, code: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name) or _FORBIDDEN.search(name):
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
    _check_name(name, code)
    if len(identifier) != 2 * _KEY_ID_SIZE or not set(identifier) <= set("0123456789abcdef"):
        raise MalformedError(code, "key id", expected="8 lower-case hexadecimal digits")
    return name, bytes.fromhex(identifier), decode_base64(material, code, "key")


def _ed25519_material(material: bytes, code: str) -> bytes:
    if material[:1] != _ED25519 or len(material) != 1 + _ED25519_SIZE:
        raise MalformedError(
            code, "key", expected=f"algorithm 1 (Ed25519) and {_ED25519_SIZE} bytes"
        )
    return material[1:]


def _check_public_key(public_key: bytes) -> None:
    if len(public_key) != _ED25519_SIZE:
        raise MalformedError("note.verifier-key", "public key", expected=f"{_ED25519_SIZE} bytes")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _FIELD_PRIME or y in _SMALL_ORDER_Y:
        raise MalformedError("note.verifier-key", "public key: not canonical, or of small order")


def _malformed(what: str) -> MalformedError:
    return MalformedError("note.malformed", "not a signed note", found=what)
