"""A root and a key under it: one that seals, in a PKCS#12 file, or one that is there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from ledger.jwk import PrivateKey

PASSPHRASE = "correct horse"  # noqa: S105 - of a key that lives as long as the test


def issue(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """Issue a certificate: a root where both are the same."""
    is_root = key is by
    now = datetime.now(UTC)
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    ]
    usage = dict.fromkeys(
        (
            "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
            "decipher_only",
        ),
        False,
    ) | {
        "digital_signature": not is_root, "content_commitment": not is_root,
        "key_cert_sign": is_root, "crl_sign": is_root,
    }  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .sign(by, hashes.SHA256())
    )


def new_root() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, issue("Test Root", key, "Test Root", key)


def write_seal(path: Path) -> x509.Certificate:
    """Write the file; give the root that it leads to."""
    root_key, root = new_root()
    key = ec.generate_private_key(ec.SECP256R1())
    mine = issue("Crossproof Seal", key, "Test Root", root_key)
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, mine, [root], encryption))
    return root


def certify(key: PrivateKey) -> list[x509.Certificate]:
    """Certify a key of P-256: its certificate, and the root."""
    root_key, root = new_root()
    mine = load_pem_private_key(key.to_pem().encode(), None)
    assert isinstance(mine, ec.EllipticCurvePrivateKey)
    return [issue("Signer", mine, "Test Root", root_key), root]


def pem_of(chain: Sequence[x509.Certificate]) -> bytes:
    """Write certificates one after the other."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def texts_of(chain: Sequence[x509.Certificate]) -> list[str]:
    """Write certificates as `x5c` has them."""
    return [b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
