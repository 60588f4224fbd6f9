"""Make the vectors certificates.json: chains, up to a root, as of a time.

    python tests/vectors/generate_certificates.py           write them
    python tests/vectors/generate_certificates.py --check   exit 1 where the committed ones differ

Nothing here calls the code under test: certificates are built by `cryptography` and signed with
keys that follow from fixed seeds, without a random number anywhere; what is to be said of each
chain is said by the case that makes it.

    {"name", "x5c": [base64, …], "root": base64, "at": seconds since 1970,
     "expected": "holds" | "stranger" | the reason, "names"?: […], "page"?: "unread"}
"""

from __future__ import annotations

import json
import random
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Digest = SHA256 | SHA384 | SHA512
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey

_FILE = Path(__file__).resolve().parent / "certificates.json"
NAME = "uscc:91440300MA5EXPORT1"
FROM, UNTIL = (datetime(year, 1, 1, tzinfo=UTC) for year in (2025, 2035))
AT = int(datetime(2025, 11, 21, tzinfo=UTC).timestamp())
_BEFORE = datetime(2025, 6, 1, tzinfo=UTC)
_ORDERS = {"P-256": 256, "P-384": 384, "P-521": 521}
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1,
}  # fmt: skip
_HASHES: dict[int, Digest] = {256: SHA256(), 384: SHA384(), 521: SHA512()}
_RSA = 65_537


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, which may issue others."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def text(self) -> str:
        return b64encode(self.der).decode()


def main() -> None:
    """Write the file, or compare."""
    value = {"origin": Path(__file__).name, "chains": list(chains())}
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--check"]:
        if not _FILE.is_file() or _FILE.read_text("utf-8") != text:
            sys.exit(f"stale: {_FILE.name}; run {Path(__file__).name}")
    else:
        _FILE.write_text(text, "utf-8")


def key_of(seed: str, kind: str = "P-256") -> Key:
    """Derive a key: of a curve, Ed25519, or RSA of so many bits."""
    digest = sha256(f"crossproof test vectors, {kind} {seed}".encode()).digest()
    if kind == "Ed25519":
        return Ed25519PrivateKey.from_private_bytes(digest)
    if kind in _CURVES:
        number = random.Random(digest).getrandbits(_ORDERS[kind] - 1) | 1  # noqa: S311 - the same
        return ec.derive_private_key(number, _CURVES[kind]())
    chance = random.Random(digest)  # noqa: S311 - the same key at every run is the point
    bits = int(kind)
    p, q = (_prime(chance, bits // 2) for _ in range(2))
    d = pow(_RSA, -1, (p - 1) * (q - 1))
    parts = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *parts, rsa.RSAPublicNumbers(_RSA, p * q)).private_key()


def issue(
    by: Issued | None,
    subject: str,
    *,
    ca: bool | None = True,
    critical: bool = True,
    path_length: int | None = None,
    usage: Sequence[str] | None = None,
    names: Sequence[x509.GeneralName] = (),
    register: str | None = None,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    since: datetime = FROM,
    until: datetime = UNTIL,
    kind: str = "P-256",
    seed: str | None = None,
    digest: Digest | None = None,
    salted: bool = False,
) -> Issued:
    """Issue a certificate, or a root by itself."""
    key = key_of(seed or subject, kind)
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if register is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, register))
    name = x509.Name(attributes)
    signs = key if by is None else by.key
    serial = int.from_bytes(sha256(f"{subject} {seed} {since}".encode()).digest()[:8]) | 1
    builder = x509.CertificateBuilder(
        name if by is None else by.certificate.subject, name, key.public_key(), serial, since, until
    )
    usage = usage if usage is not None else ["key_cert_sign"] if ca else ["digital_signature"]
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), False),
    ]
    if usage:
        found.append((_usage(usage), True))
    if ca is not None:
        found.append((x509.BasicConstraints(ca, path_length if ca else None), critical))
    if names:
        found.append((x509.SubjectAlternativeName(names), False))
    for extension, is_critical in (*found, *more):
        builder = builder.add_extension(extension, is_critical)
    return Issued(_signed(builder, signs, digest, salted=salted), key)


def _signed(
    builder: x509.CertificateBuilder, key: Key, digest: Digest | None, *, salted: bool
) -> x509.Certificate:
    if isinstance(key, Ed25519PrivateKey):
        return builder.sign(key, None)
    if isinstance(key, rsa.RSAPrivateKey):
        digest = digest or SHA256()
        # Drawn anew at each run: not for what is committed.
        salt = padding.PSS(padding.MGF1(digest), digest.digest_size) if salted else None
        return builder.sign(key, digest, rsa_padding=salt)
    digest = digest or _HASHES[key.key_size]
    return builder.sign(key, digest, ecdsa_deterministic=True)


def _usage(names: Sequence[str]) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{each: each in names for each in every})


def _prime(chance: random.Random, bits: int) -> int:
    """Find a prime whose two highest bits are set (Miller and Rabin, 20 rounds)."""
    while True:
        number = chance.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(number % small for small in (3, 5, 7, 11, 13)) and _is_prime(number, chance):
            return number


def _is_prime(number: int, chance: random.Random) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(chance.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


_URI = x509.UniformResourceIdentifier
_NAMES = (_URI(NAME),)
ROOT = issue(None, "root")
BETWEEN = issue(ROOT, "between")
SIGNER = issue(BETWEEN, "signer", ca=False, names=_NAMES)
RICH = issue(
    ROOT, 'rich, "signer" <1>', ca=False, register="NTRCN-1", usage=["content_commitment"],
    names=(_URI(NAME), x509.DNSName("a.example"), x509.RFC822Name("a@example.org")),
    more=[
        (x509.AuthorityInformationAccess([
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _URI("http://o.example")),
        ]), False),
        (x509.CRLDistributionPoints([
            x509.DistributionPoint([_URI("http://c.example")], None, None, None),
        ]), False),
        (x509.CertificatePolicies([
            x509.PolicyInformation(x509.ObjectIdentifier("0.4.0.194112.1.3"), [
                "http://p.example",
                x509.UserNotice(x509.NoticeReference("o", [1, 2]), "text"),
            ]),
        ]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        # What seals of organisations carry (ETSI EN 319 412-5), and no library parses.
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), b"0\x00"), False),
    ],
)  # fmt: skip


def chains() -> Iterator[dict[str, Any]]:
    """Give every case."""
    yield from _holding()
    yield from _broken()
    yield from _malformed()
    yield from _unread()


def _case(
    name: str, expected: str, *x5c: Issued | str, root: Issued = ROOT, at: int = AT, **more: Any
) -> dict[str, Any]:
    texts = [each if isinstance(each, str) else each.text for each in x5c]
    return {
        "name": name, "x5c": texts, "root": root.text, "at": at, "expected": expected, **more,
    }  # fmt: skip


def _holding() -> Iterator[dict[str, Any]]:
    direct = issue(ROOT, "direct", ca=None, names=_NAMES)
    yield _case("under the root", "holds", direct, names=[NAME])
    yield _case("one between", "holds", SIGNER, BETWEEN, names=[NAME])
    yield _case("the root brought along", "holds", SIGNER, BETWEEN, ROOT, names=[NAME])
    yield _case("all that a seal carries", "holds", RICH, names=["NTRCN-1", "a.example", NAME])
    above = [ROOT]
    for number in range(3):
        above.insert(0, issue(above[0], f"level {number}"))
    deep = issue(above[0], "deep", ca=False)
    yield _case("three between", "holds", deep, *above[:-1], names=[])
    exact = issue(issue(ROOT, "exact", path_length=0), "of exact", ca=False)
    yield _case("a path of no length", "holds", exact, issue(ROOT, "exact", path_length=0))
    for kind in ("P-384", "P-521", "2048"):
        root = issue(None, f"root of {kind}", kind=kind)
        for digest in (SHA256(), SHA384(), SHA512()):
            signer = issue(root, f"by {kind} {digest.name}", ca=False, digest=digest)
            yield _case(f"signed with {kind} and {digest.name}", "holds", signer, root=root)
    first = int(FROM.timestamp())
    last = int(UNTIL.timestamp())
    yield _case("in the first second", "holds", direct, at=first)
    yield _case("in the last second", "holds", direct, at=last)
    late = issue(ROOT, "late", ca=False, until=datetime(2060, 1, 1, tzinfo=UTC))
    yield _case("until a year with four digits", "holds", late)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    limited = issue(ROOT, "limited", more=[(client, False)])
    yield _case("an authority for clients", "holds", issue(limited, "x", ca=False), limited)
    old = issue(None, "renewed", until=_BEFORE, seed="renewed")
    new = issue(None, "renewed", seed="renewed")
    renewed = issue(new, "under renewed", ca=False)
    yield _case("the old root brought along", "holds", renewed, old, root=new)


def _broken() -> Iterator[dict[str, Any]]:
    first, last = int(FROM.timestamp()), int(UNTIL.timestamp())
    direct = issue(ROOT, "direct", ca=None, names=_NAMES)
    yield _case("a second too early", "x5c.chain", direct, at=first - 1)
    yield _case("a second too late", "x5c.chain", direct, at=last + 1)
    lapsed = issue(ROOT, "lapsed", until=_BEFORE)
    yield _case("an authority that lapsed", "x5c.chain", issue(lapsed, "x", ca=False), lapsed)
    root = issue(None, "lapsed root", until=_BEFORE)
    yield _case("a root that lapsed", "x5c.chain", issue(root, "x", ca=False), root=root)
    nobody = issue(ROOT, "nobody", ca=False)
    yield _case("issued by nobody", "x5c.chain", issue(nobody, "x", ca=False), nobody)
    silent = issue(ROOT, "silent", ca=None, usage=["key_cert_sign"])
    yield _case("an authority that says nothing", "x5c.chain", issue(silent, "x", ca=False), silent)
    soft = issue(ROOT, "soft", critical=False)
    yield _case("constraints that are not critical", "x5c.chain", issue(soft, "x", ca=False), soft)
    other = issue(ROOT, "other use", usage=["crl_sign"])
    yield _case("may not sign certificates", "x5c.chain", issue(other, "x", ca=False), other)
    useless = issue(ROOT, "without use", usage=[])
    yield _case("an authority of no use", "x5c.chain", issue(useless, "x", ca=False), useless)
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    web = issue(ROOT, "web", more=[(server, False)])
    yield _case("an authority for servers", "x5c.chain", issue(web, "x", ca=False), web)
    short = issue(ROOT, "short", path_length=0)
    long = issue(short, "long")
    yield _case("a path too long", "x5c.chain", issue(long, "x", ca=False), long, short)
    above = [ROOT]
    for number in range(4):
        above.insert(0, issue(above[0], f"level {number}"))
    deep = issue(above[0], "deep", ca=False)
    yield _case("four between", "x5c.chain", deep, *above[:-1])
    yield _case("an authority that signs", "x5c.chain", issue(ROOT, "authority"))
    for name, usage in {"enciphers": ["key_encipherment"], "is of no use": []}.items():
        yield _case(f"a key that {name}", "x5c.chain", issue(ROOT, name, ca=False, usage=usage))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    for is_critical, expected in ((True, "x5c.chain"), (False, "holds")):
        signer = issue(ROOT, f"unknown {is_critical}", ca=False, more=[(unknown, is_critical)])
        yield _case(f"unknown, critical {is_critical}", expected, signer)
        authority = issue(ROOT, f"knows not {is_critical}", more=[(unknown, is_critical)])
        signer = issue(authority, "x", ca=False)
        yield _case(f"unknown of the issuer, {is_critical}", expected, signer, authority)
    weak = issue(None, "weak", kind="1024")
    yield _case("a weak authority", "x5c.chain", issue(weak, "x", ca=False), root=weak)
    yield _case("a link missing", "x5c.chain", SIGNER, ROOT)
    yield _case("another order", "x5c.chain", SIGNER, ROOT, BETWEEN)
    namesake = issue(None, "root", seed="a namesake")
    yield _case("under a namesake", "stranger", SIGNER, BETWEEN, root=namesake)
    yield _case("under another", "stranger", SIGNER, BETWEEN, root=issue(None, "another"))


def _malformed() -> Iterator[dict[str, Any]]:
    code = "x5c.malformed"
    der = SIGNER.der
    for name, changed in {
        "a byte behind": der + b"\x00",
        "a byte short": der[:-1],
        "a longer length": der[:1] + b"\x83\x00" + der[2:],
        "nothing": b"",
        "no sequence": b"\x04" + der[1:],
        "a longer truth": der.replace(b"\x01\x01\xff", b"\x01\x01\x01"),
        "a false default": der.replace(b"\x01\x01\xff", b"\x01\x01\x00"),
        "another version": der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"),
        "the first version": der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00"),
        "an extension twice": der.replace(b"\x55\x1d\x0e", b"\x55\x1d\x23", 1),
        "a month too many": der.replace(b"250101000000Z", b"251301000000Z"),
        "no seconds": der.replace(b"250101000000Z", b"25010100000ZZ"),
    }.items():
        assert changed != der, name
        yield _case(name, code, b64encode(changed).decode(), BETWEEN)
    yield _case("not base64", code, f"{SIGNER.text}!", BETWEEN)
    yield _case("another base64", code, SIGNER.text.rstrip("=") + "\n", BETWEEN)
    for kind in ("P-384", "2048"):
        yield _case(f"a key of {kind}", code, issue(ROOT, f"of {kind}", ca=False, kind=kind))


def _unread() -> Iterator[dict[str, Any]]:
    """What the page leaves to the other verifier."""
    held = x509.NameConstraints([x509.DNSName("example")], None)
    authority = issue(ROOT, "held to names", more=[(held, True)])
    signer = issue(authority, "x", ca=False, names=[x509.DNSName("a.example")])
    yield _case("names that are allowed", "holds", signer, authority, page="unread")
    other = issue(authority, "y", ca=False, names=[x509.DNSName("a.other")])
    yield _case("names that are not", "x5c.chain", other, authority, page="unread")
    root = issue(None, "root of Ed25519", kind="Ed25519")
    signer = issue(root, "z", ca=False)
    yield _case("an authority of Ed25519", "x5c.chain", signer, root=root, page="unread")


if __name__ == "__main__":
    main()
