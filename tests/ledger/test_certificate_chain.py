"""Certificates that came along: whose they are under a root of the trust file, and what is wrong.

The authorities are made here, real X.509 signed with real keys.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.certificate_chain import (
    MAX_CHAIN,
    Certificate,
    check_links,
    read_chain,
    verify_chain,
)
from ledger.errors import LedgerError, MalformedError
from ledger.jwk import PrivateKey
from ledger.jws import Jws, unsigned
from ledger.manifest import TYP
from ledger.merkle import root as root_of
from ledger.organisation import Certified, Organisation, Role
from ledger.report import Check, Status
from ledger.status import TYP as STATUS_TYP
from ledger.trust import Trust
from tests.covered_transfer import ISSUED
from tests.logged_dossier import ORGANISATIONS, LoggedDossier
from tests.samples import BLOCK_TIME

NAME = "uscc:91440300MA5EXPORT1"
FROM = datetime.fromtimestamp(ISSUED, UTC) - timedelta(days=30)
UNTIL = datetime.fromtimestamp(BLOCK_TIME, UTC) + timedelta(days=3650)


@dataclass(frozen=True)
class Authority:
    """A certificate with its key, which issues others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def text(self) -> str:
        return b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def signer(self) -> PrivateKey:
        return PrivateKey(self.key)


def issue(
    by: Authority | None,
    *,
    ca: bool | None = True,
    path_length: int | None = None,
    names: Sequence[str] = (),
    register: str | None = None,
    usage: str = "sign",
    since: datetime = FROM,
    until: datetime = UNTIL,
    key: ec.EllipticCurvePrivateKey | None = None,
    subject: str = "somebody",
) -> Authority:
    """Issue a certificate, or a root by itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if register is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, register))
    name = x509.Name(attributes)
    issuer = name if by is None else by.certificate.subject
    signs = key if by is None else by.key
    is_ca = bool(ca)
    builder = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(
            x509.KeyUsage(
                digital_signature=usage == "sign", content_commitment=False,
                key_encipherment=usage == "encipher", data_encipherment=False,
                key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False
        )
    )  # fmt: skip
    if ca is not None:
        constraints = x509.BasicConstraints(ca=ca, path_length=path_length if ca else None)
        builder = builder.add_extension(constraints, critical=True)
    if names:
        alternative = [x509.UniformResourceIdentifier(each) for each in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
    return Authority(builder.sign(signs, SHA256()), key)


ROOT = issue(None, subject="root")
BETWEEN = issue(ROOT, subject="between")
SIGNER = issue(BETWEEN, ca=False, names=[NAME])


def submitted(
    chain: Sequence[Authority],
    *,
    roots: Sequence[Authority] = (ROOT,),
    name: str | None = None,
    key: PrivateKey | None = None,
    issued_at: int = ISSUED,
) -> Check:
    """Verify a dossier whose manifest brought a chain along; give what is said of its submitter."""
    dossier = LoggedDossier()
    leaves = dossier.leaves()
    claims = {
        "iss": NAME, "iat": issued_at, "root": root_of(leaves).hex(), "count": len(leaves),
    }  # fmt: skip
    signer = key or chain[0].signer
    header = {"x5c": [each.text for each in chain]}
    waiting = unsigned(signer.public, claims, typ=TYP, header=header)
    dossier.add("manifest", waiting, signer)
    report = dossier.verify(trust=trusting(dossier, roots, name))
    (found,) = [check for check in report.checks if check.code == "manifest.submitter"]
    return found


def trusting(dossier: LoggedDossier, roots: Sequence[Authority], name: str | None = None) -> Trust:
    """Believe what a dossier needs, and of the exporter these roots instead of a key."""
    certified = Certified(tuple(Certificate.read(each.text) for each in roots), name)
    exporter = Organisation(NAME, frozenset({Role.ENTERPRISE}), (), certified=certified)
    trust = replace(dossier.trust(), organisations=(exporter, *ORGANISATIONS[1:]))
    return Trust.from_json(trust.to_json())


@pytest.mark.parametrize(
    "chain",
    [(SIGNER, BETWEEN), (SIGNER, BETWEEN, ROOT), (issue(ROOT, ca=None, names=["x:1", NAME]),)],
)
def test_a_chain_to_a_root_of_the_trust_file_says_whose_key_it_is(
    chain: tuple[Authority, ...],
) -> None:
    found = submitted(chain)
    assert (found.status, found.reason) == (Status.VERIFIED, None)


def test_an_organisation_may_be_certified_under_another_name_of_its_own() -> None:
    signer = issue(ROOT, ca=False, register="NTRCN-1")
    assert submitted([signer], name="NTRCN-1").status is Status.VERIFIED
    assert submitted([signer]).reason == "x5c.name"


def test_a_chain_to_no_root_of_the_trust_file_says_nothing() -> None:
    other = issue(None, subject="root")
    signer = issue(other, ca=False, names=[NAME])
    for chain in ([signer], [signer, other]):
        found = submitted(chain)
        assert (found.status, found.reason) == (Status.UNDETERMINED, "organisation.unknown")


_AT = datetime.fromtimestamp(ISSUED, UTC)
_NO_CA = issue(ROOT, ca=False, subject="between")
_SHORT = issue(ROOT, path_length=0, subject="short")
_DEEP = issue(_SHORT, subject="deep")
_LAPSED = issue(ROOT, subject="lapsed", until=_AT - timedelta(days=1))
BROKEN = {
    "expired": ([issue(ROOT, ca=False, names=[NAME], until=_AT - timedelta(days=1))], "chain"),
    "not yet valid": (
        [issue(ROOT, ca=False, names=[NAME], since=_AT + timedelta(days=1))], "chain",
    ),
    "issuer expired": ([issue(_LAPSED, ca=False, names=[NAME]), _LAPSED], "chain"),
    "issuer is no authority": ([issue(_NO_CA, ca=False, names=[NAME]), _NO_CA], "chain"),
    "path too long": ([issue(_DEEP, ca=False, names=[NAME]), _DEEP, _SHORT], "chain"),
    "signer is an authority": ([issue(ROOT, names=[NAME])], "chain"),
    "may not sign": ([issue(ROOT, ca=False, names=[NAME], usage="encipher")], "chain"),
    "a link missing": ([SIGNER, ROOT], "chain"),
    "another order": ([SIGNER, ROOT, BETWEEN], "chain"),
    "other name": ([issue(ROOT, ca=False, names=["uscc:other"])], "name"),
    "no name": ([issue(ROOT, ca=False)], "name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_chain_fails(case: str) -> None:
    chain, reason = BROKEN[case]
    found = submitted(chain)
    assert (found.status, found.reason) == (Status.FAILED, f"x5c.{reason}"), found


def test_a_certificate_of_another_key_than_the_one_that_signed_fails() -> None:
    found = submitted([SIGNER, BETWEEN], key=PrivateKey.generate())
    assert (found.status, found.reason) == (Status.FAILED, "x5c.key")


def test_a_root_that_issued_nothing_of_it_cannot_be_brought_along() -> None:
    """The root's certificate is public: naming it makes nobody its child."""
    own = issue(None, ca=False, names=[NAME], subject="root")
    found = submitted([own, ROOT])
    assert (found.status, found.reason) == (Status.FAILED, "x5c.chain")


def test_a_chain_that_ended_before_the_anchor_is_undetermined() -> None:
    until = datetime.fromtimestamp(BLOCK_TIME, UTC) - timedelta(days=1)
    assert until > _AT
    found = submitted([issue(ROOT, ca=False, names=[NAME], until=until)])
    assert (found.status, found.reason) == (Status.UNDETERMINED, "x5c.anchored-later")


def test_a_time_beyond_every_calendar_is_told() -> None:
    found = submitted([SIGNER, BETWEEN], issued_at=2**53 - 1)
    assert (found.status, found.reason) == (Status.FAILED, "x5c.chain")


@pytest.mark.parametrize(("until", "stops"), [(UNTIL, True), (_AT - timedelta(days=1), False)])
def test_an_order_of_a_certified_regulator_stops_a_transfer(
    until: datetime, *, stops: bool
) -> None:
    signer = issue(ROOT, ca=False, names=["urn:cac"], until=until)
    dossier = LoggedDossier()
    about = dossier["transfer"]
    claims = {
        "iss": "cac", "iat": ISSUED, "sub": f"urn:crossproof:leaf:{about.leaf_hash.hex()}",
        "record_id": str(about.members.record_id), "action": "stop", "reason": "because",
    }  # fmt: skip
    header = {"x5c": [signer.text]}
    waiting = unsigned(signer.signer.public, claims, typ=STATUS_TYP, header=header)
    dossier.add("status", waiting, signer.signer)
    certified = Certified((Certificate.read(ROOT.text),), "urn:cac")
    regulator = Organisation(
        "cac", frozenset({Role.REGULATOR}), (), frozenset({"CN"}), certified=certified
    )
    trust = replace(dossier.trust(), organisations=(*ORGANISATIONS[:2], regulator))
    report = dossier.verify(trust=trust)
    assert any(check.code == "record.stopped" for check in report.checks) == stops


def test_the_certificate_alone_brings_the_key() -> None:
    claims: dict[str, Any] = {"iss": NAME}
    waiting = unsigned(SIGNER.signer.public, claims, typ=TYP, header={"x5c": [SIGNER.text]})
    header = {"alg": "ES256", "typ": TYP, "x5c": [SIGNER.text]}
    payload = waiting.signing_input.decode().split(".")[1]
    text = f"{base64url.encode(canonicalize(header))}.{payload}"
    jws = Jws.parse(f"{text}.{base64url.encode(SIGNER.signer.sign(text.encode()))}")
    assert jws.key == SIGNER.signer.public
    jws.verify(jws.key)


# Vectors


def _vectors(vectors: Path) -> list[dict[str, Any]]:
    return list(json.loads((vectors / "certificates.json").read_text("utf-8"))["chains"])


def test_vectors_of_chains_hold(vectors: Path) -> None:
    """What is to be said of each is said by the script that made it."""
    differing = []
    for case in _vectors(vectors):
        found = "holds"
        try:
            chain = read_chain(case["x5c"])
            [root] = read_chain([case["root"]])
            check_links(chain, chain[0].key)
            if chain[-1].der != root.der and not chain[-1].is_issued_by(root):
                found = "stranger"
            else:
                verify_chain(chain, root, at=datetime.fromtimestamp(case["at"], UTC))
            assert sorted(chain[0].names) == case.get("names", sorted(chain[0].names))
        except LedgerError as error:
            found = error.code
        if found != case["expected"]:
            differing.append((case["name"], found))
    assert differing == []


def test_vectors_of_chains_are_what_their_script_makes(vectors: Path) -> None:
    done = subprocess.run(
        [sys.executable, vectors / "generate_certificates.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_reason_is_told_without_what_the_library_says_around_it() -> None:
    """Both verifiers say the same words, so no text of a certificate is among them."""
    assert submitted(BROKEN["may not sign"][0]).found == "the key may not sign"
    assert submitted(BROKEN["expired"][0]).found == "cert is not valid at validation time"


# Reading


def test_a_certificate_of_ed25519_is_read() -> None:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, FROM, UNTIL).sign(key, None)
    text = b64encode(made.public_bytes(Encoding.DER)).decode()
    assert Certificate.read(text).key == PrivateKey(key).public


@pytest.mark.parametrize(
    "value",
    [
        None, [], {}, "x", [1], [None], [SIGNER.text] * (MAX_CHAIN + 1), [SIGNER.text + "\n"],
        [SIGNER.text[:-8]], [SIGNER.text + "AAAA"], ["ÄÖ"], ["A" * 40_000],
    ],
)  # fmt: skip
def test_what_is_no_chain_is_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        read_chain(value)


def test_a_feature_of_tls_that_has_no_name_is_malformed() -> None:
    feature = x509.UnrecognizedExtension(ExtensionOID.TLS_FEATURE, b"\x30\x03\x02\x01\x63")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, FROM, UNTIL)
    made = builder.add_extension(feature, critical=False).sign(key, SHA256())
    with pytest.raises(MalformedError):
        Certificate.read(b64encode(made.public_bytes(Encoding.DER)).decode())


@given(st.data())
def test_any_change_of_a_certificate_is_read_or_malformed(data: st.DataObject) -> None:
    der = bytearray(SIGNER.certificate.public_bytes(Encoding.DER))
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = Certificate.read(b64encode(bytes(der)).decode())
        assert read.der == bytes(der)
        _ = read.key, read.names, read.is_issued_by(read)
    except MalformedError:
        pass


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Certificate.read(b64encode(data).decode())


def test_a_signature_with_a_chain_that_is_none_is_malformed() -> None:
    """So it is refused on its way in, as anything that no reader takes."""
    waiting = unsigned(SIGNER.signer.public, {}, typ=TYP, header={"x5c": ["AAAA"]})
    with pytest.raises(MalformedError) as caught:
        waiting.sign(SIGNER.signer)
    assert caught.value.code == "x5c.malformed"


@pytest.mark.parametrize(
    "certified",
    [
        {}, {"roots": []}, {"roots": [ROOT.text, ROOT.text]}, {"roots": ["AAAA"]},
        {"roots": [ROOT.text], "name": ""}, {"roots": [ROOT.text], "url": "https://x"},
    ],
)  # fmt: skip
def test_trust_in_what_is_no_root_is_malformed(certified: object) -> None:
    value = {"id": "a", "roles": ["enterprise"], "keys": [], "certified": certified}
    with pytest.raises(MalformedError):
        Organisation.from_value(value, "organisation")


def test_keys_may_be_written_as_did_jwk() -> None:
    key = PrivateKey.generate().public
    value = {"id": "a", "roles": ["enterprise"], "keys": [key.did]}
    read = Organisation.from_value(value, "organisation")
    assert read.keys == (key,)
    assert read.to_value()["keys"] == [key.to_jwk()]
