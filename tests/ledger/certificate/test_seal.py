"""Seals, checked by the validator of another program under a root of the test's own."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from ledger.attachment import bundle_in
from ledger.certificate.seal import Seal
from ledger.errors import ConfigurationError
from tests.ledger.certificate.conftest import Certified
from tests.portable_document import attached, opened
from tests.seal_key import PASSPHRASE, new_root, write_seal


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, x509.Certificate]:
    """A PKCS#12 file, and the root that it leads to."""
    path = tmp_path_factory.mktemp("seal") / "seal.p12"
    return path, write_seal(path)


@pytest.fixture(scope="module")
def sealed(authority: tuple[Path, x509.Certificate], certified: Certified) -> bytes:
    return Seal.open(authority[0], PASSPHRASE).seal(certified.pdf)


def validate(pdf: bytes, root: x509.Certificate) -> PdfSignatureStatus:
    roots = list(load_certs_from_pemder_data(root.public_bytes(Encoding.DER)))
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    return validate_pdf_signature(signature, context)


def test_seal_is_valid_and_covers_everything(
    authority: tuple[Path, x509.Certificate], sealed: bytes
) -> None:
    status = validate(sealed, authority[1])
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.signing_cert.subject.native == {"common_name": "Crossproof Seal"}


def test_seal_is_of_the_kind_that_pades_asks_for(sealed: bytes) -> None:
    with opened(sealed) as document:
        (field,) = document.Root.AcroForm.Fields
        assert field.V.SubFilter == "/ETSI.CAdES.detached"
        assert document.open_metadata().pdfa_status == "3B"


def test_seal_is_appended_and_leaves_the_bundle(sealed: bytes, certified: Certified) -> None:
    assert sealed.startswith(certified.pdf)
    assert bundle_in(sealed) == certified.bundle
    assert list(attached(sealed).values()) == [certified.bundle]


def test_seal_breaks_where_the_page_is_changed(
    authority: tuple[Path, x509.Certificate], sealed: bytes, certified: Certified
) -> None:
    place = len(certified.pdf) // 2
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert not validate(changed, authority[1]).intact


def test_seal_of_another_root_is_not_trusted(sealed: bytes) -> None:
    status = validate(sealed, new_root()[1])
    assert status.intact
    assert not status.trusted


@pytest.mark.parametrize("passphrase", ["wrong", "", None])
def test_seal_is_not_opened_by_another_passphrase(
    authority: tuple[Path, x509.Certificate], passphrase: str | None
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Seal.open(authority[0], passphrase)
    assert caught.value.code == "seal.key"
    assert PASSPHRASE not in str(caught.value)


def test_seal_is_not_opened_from_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "seal.p12"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Seal.open(path, None)
    path.write_bytes(b"\x30\x82 nothing")
    with pytest.raises(ConfigurationError) as caught:
        Seal.open(path, None)
    assert caught.value.code == "seal.key"
