"""Certificate chains that came along with a signature (`x5c`, RFC 7515, 4.1.6).

    x5c = [the signer's certificate, the one that issued it, …], base64 of DER, the root at will

They are data: nothing that they name is fetched, and only a root that the trust file names makes
them more (RFC 5280, 6, as `cryptography` has it). A chain that is wrong in itself raises
VerificationError; one that leads to no root of the trust file says nothing about anybody.
Certificates are of P-256 keys: no public authority issues others for ES256 or EdDSA.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
)
from cryptography.x509.verification import VerificationError as ChainError

from ledger.errors import MalformedError, VerificationError
from ledger.jwk import PublicKey

__all__ = [
    "MAX_CHAIN",
    "MAX_SIZE",
    "Certificate",
    "check_links",
    "read_chain",
    "read_pem",
    "verify_chain",
]

# The signer's, the root, and what lies between.
MAX_CHAIN = 5
MAX_SIZE = 16_384
# X.520: a number in a register, as seals of organisations carry it (ETSI EN 319 412-1).
_ORGANISATION = ObjectIdentifier("2.5.4.97")
_SHOWN = 120
# A feature of TLS without a name is a KeyError there.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
# What the library says around the reason, some of it with whole names and structures.
_REASON = re.compile(
    r"(?:(?:validation failed|candidates exhausted|Python extension validator failed): )*"
    r"(?:ValueError: )?(.*?)(?:: AlgorithmIdentifier .*)?(?: \(encountered processing .*)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate, as it was read."""

    der: bytes
    parsed: x509.Certificate

    @classmethod
    def read(cls, text: str) -> Certificate:
        """Read base64 of DER; raise MalformedError."""
        try:
            der = b64decode(text, validate=True)
        except ValueError:
            der = b""
        if not 0 < len(der) <= MAX_SIZE or b64encode(der).decode() != text:
            raise _malformed(f"base64 of at most {MAX_SIZE} bytes", "another text")
        try:
            parsed = x509.load_der_x509_certificate(der)
            # Whatever is asked of it later is read now.
            _ = parsed.subject, parsed.issuer, parsed.extensions, parsed.signature_hash_algorithm
            if parsed.public_bytes(Encoding.DER) != der:
                raise ValueError("DER and nothing behind it")
        except _UNREADABLE as error:
            raise _malformed("an X.509 certificate in DER, as base64", "something else") from error
        return cls(der, parsed)

    @property
    def text(self) -> str:
        """Write base64 of the DER."""
        return b64encode(self.der).decode()

    @property
    def key(self) -> PublicKey:
        """Give the certified key; raise MalformedError for one of another kind."""
        try:
            key = self.parsed.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise _malformed("a key of P-256 or Ed25519", "another") from error
        if isinstance(key, Ed25519PublicKey):
            return PublicKey("Ed25519", key.public_bytes_raw())
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            numbers = key.public_numbers()
            return PublicKey("P-256", numbers.x.to_bytes(32) + numbers.y.to_bytes(32))
        raise _malformed("a key of P-256 or Ed25519", "another")

    @property
    def names(self) -> frozenset[str]:
        """Give the names that stand for an organisation: URIs, DNS names, its register number."""
        found = [
            str(attribute.value)
            for attribute in self.parsed.subject.get_attributes_for_oid(_ORGANISATION)
        ]
        try:
            value = self.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return frozenset(found)
        found += value.value.get_values_for_type(x509.UniformResourceIdentifier)
        found += value.value.get_values_for_type(x509.DNSName)
        return frozenset(found)

    def is_issued_by(self, issuer: Certificate) -> bool:
        """Say whether the issuer's name and key are those that signed this one."""
        try:
            self.parsed.verify_directly_issued_by(issuer.parsed)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True


def read_chain(value: object) -> tuple[Certificate, ...]:
    """Read the value of `x5c`; raise MalformedError."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CHAIN:
        raise _malformed(f"x5c: a list of 1 to {MAX_CHAIN} certificates", type(value).__name__)
    if not all(isinstance(text, str) and text.isascii() for text in value):
        raise _malformed("x5c: certificates as base64", "something else")
    return tuple(Certificate.read(text) for text in value)


def read_pem(data: bytes) -> tuple[Certificate, ...]:
    """Read certificates one after the other (RFC 7468, 5), the signer's first.

    Raises MalformedError.
    """
    try:
        found = x509.load_pem_x509_certificates(data)
        written = [b64encode(one.public_bytes(Encoding.DER)).decode() for one in found]
    except _UNREADABLE as error:
        raise _malformed("X.509 certificates in PEM", "something else") from error
    return read_chain(written)


def check_links(chain: Sequence[Certificate], key: PublicKey) -> None:
    """Check that the first is of `key`, and each is issued by the next; raise VerificationError."""
    if chain[0].key != key:
        raise VerificationError(
            "x5c.key",
            "the certificate is of another key than the one that signed",
            expected=key.did,
            found=chain[0].key.did,
        )
    for place, (one, issuer) in enumerate(pairwise(chain), 1):
        if not one.is_issued_by(issuer):
            raise VerificationError(
                "x5c.chain",
                "a certificate is not issued by the next one",
                expected=_name(one.parsed.issuer),
                found=f"certificate {place + 1}: {_name(issuer.parsed.subject)}",
            )


def verify_chain(chain: Sequence[Certificate], root: Certificate, *, at: datetime) -> None:
    """Check a chain up to a root as of a time (RFC 5280, 6); raise VerificationError.

    Validity, constraints of authorities, path lengths, and that the key may sign.
    """
    signing = ExtensionPolicy.permit_all().require_present(
        x509.KeyUsage, Criticality.AGNOSTIC, _may_sign
    )
    signing = signing.may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_no_authority)
    verifier = (
        PolicyBuilder()
        .store(Store([root.parsed]))
        .time(at)
        .max_chain_depth(MAX_CHAIN - 2)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=signing)
        .build_client_verifier()
    )
    between = [one.parsed for one in chain[1:] if one.der != root.der]
    try:
        verifier.verify(chain[0].parsed, between)
    except ChainError as error:
        raise VerificationError(
            "x5c.chain",
            "the certificate's chain does not hold",
            expected=f"one that holds as of {at:%Y-%m-%dT%H:%M:%SZ}",
            found=_reason(error),
        ) from error


def _may_sign(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the key may not sign")


def _is_no_authority(
    _: Policy, __: x509.Certificate, constraints: x509.BasicConstraints | None
) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("the signer's certificate is an authority's")


def _reason(error: ChainError) -> str:
    """Give the reason alone: what the page's verifier says too."""
    found = _REASON.fullmatch(str(error))
    return (found[1] if found else str(error))[:_SHOWN]


def _name(name: x509.Name) -> str:
    return ascii(name.rfc4514_string())[:_SHOWN]


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError("x5c.malformed", "certificate", expected=expected, found=found)
