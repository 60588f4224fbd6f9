"""A JSON Web Signature in its compact form (RFC 7515, 7.1), read strictly.

    text = base64url(header) "." base64url(payload) "." base64url(signature)
    what is signed = the text before the second point

What is to be signed can be handed out and the signature taken back, so that a key never has to be
where the text is made: `Unsigned.signing_input` goes out, `Unsigned.complete(signature)` takes in.

The header says which key signed, in `kid`, by its thumbprint, and may bring it along, in `jwk` or
`x5c`. That makes it no key to believe: who believes a thumbprint knows the key by it. Addresses
(`jku`, `x5u`) are refused, for a verifier fetches nothing that a document names; so is `crit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger import base64url
from ledger.canonical import canonicalize, parse
from ledger.errors import MalformedError, VerificationError
from ledger.jwk import ALGORITHMS, PrivateKey, PublicKey
from ledger.merkle import HASH_SIZE

if TYPE_CHECKING:
    from ledger.certificate_chain import Certificate

__all__ = ["MAX_JWS_SIZE", "Jws", "Unsigned", "unsigned"]

# What an entry of 65,535 bytes has room for beside its own members.
MAX_JWS_SIZE = 65_000

_ALGORITHMS = tuple(name for names in ALGORITHMS.values() for name in names)
_REFUSED = ("b64", "crit", "jku", "x5u")
_MAX_HEADER_SIZE = 16_384
_PARTS = 3
# A point and 64 bytes in base64url.
_SIGNATURE_LENGTH = 87
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Jws:
    """A signature with all that it covers; that it is right, only `verify` says."""

    header: dict[str, Any]
    payload: bytes
    signature: bytes
    signing_input: bytes

    @classmethod
    def parse(cls, text: str, *, typ: str | None = None, longest: int = MAX_JWS_SIZE) -> Jws:
        """Read the compact form, of this `typ` where one is given; raise MalformedError."""
        parts = text.split(".", _PARTS)
        if len(parts) != _PARTS or len(text) > longest or not text.isascii():
            raise _malformed("three parts, base64url, between points", f"{len(parts)} parts")
        if len(parts[0]) > _MAX_HEADER_SIZE:
            raise _malformed(f"a header of at most {_MAX_HEADER_SIZE} characters", "a longer one")
        header = _read_header(base64url.decode(parts[0]), typ)
        signing_input = f"{parts[0]}.{parts[1]}".encode()
        return cls(header, base64url.decode(parts[1]), base64url.decode(parts[2]), signing_input)

    @property
    def text(self) -> str:
        """Write the compact form."""
        return f"{self.signing_input.decode()}.{base64url.encode(self.signature)}"

    @property
    def algorithm(self) -> str:
        """Name the algorithm."""
        return str(self.header["alg"])

    @property
    def claims(self) -> dict[str, Any]:
        """Read the payload as a JSON object, strictly; raise MalformedError."""
        value = parse(self.payload)
        if not isinstance(value, dict):
            raise _malformed("an object as payload", type(value).__name__)
        return value

    @property
    def key(self) -> PublicKey | None:
        """Give the key that came along, None where none did; raise MalformedError."""
        if "jwk" in self.header:
            return PublicKey.from_jwk(self.header["jwk"])
        chain = self.certificates
        return chain[0].key if chain else None

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Give the certificates that came along, the signer's first; raise MalformedError."""
        return _chain(self.header["x5c"]) if "x5c" in self.header else ()

    @property
    def thumbprint(self) -> bytes | None:
        """Give the thumbprint of the key that is said to have signed, if it is named by one."""
        key = self.key
        if key is not None:
            return key.thumbprint
        try:
            thumbprint = base64url.decode(self.header.get("kid", ""))
        except MalformedError:
            return None
        return thumbprint if len(thumbprint) == HASH_SIZE else None

    def verify(self, key: PublicKey) -> None:
        """Check the signature; raise VerificationError."""
        if not key.verify(self.algorithm, self.signing_input, self.signature):
            raise VerificationError(
                "jws.signature",
                "the signature is not this key's over this text",
                expected=f"a signature of {base64url.encode(key.thumbprint)}",
                found=f"{self.algorithm}, {len(self.signature)} bytes",
            )


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A text that waits for its signature by `key`."""

    key: PublicKey
    signing_input: bytes
    longest: int = MAX_JWS_SIZE

    def certified(self, chain: Sequence[Certificate]) -> Unsigned:
        """Let the key's certificates come along instead of it, its own first (RFC 7515, 4.1.6).

        Whether they are of this key is not asked here. Raises MalformedError where there is no room
        for them.
        """
        header, _, claims = self.signing_input.decode().partition(".")
        named = {**parse(base64url.decode(header)), "x5c": [one.text for one in chain]}
        named.pop("jwk", None)
        return _waiting(self.key, base64url.encode(canonicalize(named)), claims, self.longest)

    def sign(self, key: PrivateKey) -> Jws:
        """Sign with the key at hand."""
        return self.complete(key.sign(self.signing_input))

    def complete(self, signature: bytes) -> Jws:
        """Take a signature that was made elsewhere; raise VerificationError for a wrong one."""
        text = f"{self.signing_input.decode()}.{base64url.encode(signature)}"
        jws = Jws.parse(text, longest=self.longest)
        jws.verify(self.key)
        return jws


def unsigned(
    key: PublicKey,
    claims: Mapping[str, Any],
    *,
    typ: str,
    header: Mapping[str, Any] | None = None,
    longest: int = MAX_JWS_SIZE,
) -> Unsigned:
    """Make the text that is to be signed: claims in canonical form, the key brought along.

    Raises MalformedError where the whole would be longer than `longest`.
    """
    named = {
        "alg": key.algorithm,
        "jwk": key.to_jwk(),
        "kid": base64url.encode(key.thumbprint),
        "typ": typ,
        **(header or {}),
    }
    header_text, claims_text = (base64url.encode(canonicalize(part)) for part in (named, claims))
    return _waiting(key, header_text, claims_text, longest)


def _waiting(key: PublicKey, header: str, claims: str, longest: int) -> Unsigned:
    size = len(header) + 1 + len(claims) + _SIGNATURE_LENGTH
    if size > longest:
        raise MalformedError(
            "jws.too-long",
            "more than an entry has room for",
            expected=f"at most {longest} characters, the signature included",
            found=f"{size}",
            hint="Leave lists out that their root stands for, or conceal them.",
        )
    if len(header) > _MAX_HEADER_SIZE:
        raise _malformed(
            f"a header of at most {_MAX_HEADER_SIZE} characters", f"one of {len(header)}"
        )
    return Unsigned(key, f"{header}.{claims}".encode(), longest)


def _read_header(data: bytes, typ: str | None) -> dict[str, Any]:
    header = parse(data)
    if not isinstance(header, dict):
        raise _malformed("an object as header", type(header).__name__)
    refused = [name for name in _REFUSED if name in header]
    if refused:
        raise _malformed("a header that names no address and no extension", ", ".join(refused))
    if header.get("alg") not in _ALGORITHMS:
        raise _malformed(" or ".join(sorted(_ALGORITHMS)), f"alg {header.get('alg')!a}"[:_SHOWN])
    if typ is not None and header.get("typ") != typ:
        raise _malformed(f"typ {typ}", f"{header.get('typ')!a}"[:_SHOWN])
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and kid.isascii()):
        raise _malformed("kid: a thumbprint in base64url", f"{kid!a}"[:_SHOWN])
    if "jwk" in header:
        PublicKey.from_jwk(header["jwk"])
    if "x5c" in header:
        # The key of the first is read here, so that no reader has to expect another.
        _ = _chain(header["x5c"])[0].key
    return header


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "jws.malformed", "not a JWS as it is read here", expected=expected, found=found
    )


def _chain(value: object) -> tuple[Certificate, ...]:
    # X.509 starts slowly, and few signatures bring certificates.
    from ledger.certificate_chain import read_chain  # noqa: PLC0415

    return read_chain(value)
