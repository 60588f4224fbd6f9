"""A seal: a PAdES baseline signature (ETSI EN 319 142-1, B-B) over a finished certificate.

It says who issued the page, in any PDF reader, and says nothing about the record: that follows
from the bundle inside, which stays as it is, since a signature is appended (ISO 32000-2, 12.8).
The key is a PKCS#12 file (RFC 7292). Needs the extra `seal`, pyhanko; nobody is asked for a time
or a revocation, so that sealing works offline. A sealed file differs each time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from ledger.errors import ConfigurationError

__all__ = ["Seal"]

FIELD = "CrossproofSeal"


@dataclass(frozen=True, slots=True)
class Seal:
    """A key and its certificates, ready to seal."""

    _sign: Callable[[bytes], bytes]

    @classmethod
    def open(cls, path: Path, passphrase: str | None) -> Seal:
        """Open a PKCS#12 file; raise ConfigurationError where it cannot be used."""
        try:
            from pyhanko.sign import signers  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ConfigurationError(
                "seal.extra",
                "sealing needs more than is installed",
                expected="the extra `seal`",
                found="no pyhanko",
                hint="pip install 'crossproof[seal]'",
            ) from error
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                "seal.file",
                f"the seal's file {path} cannot be read",
                found=error.strerror or type(error).__name__,
            ) from error
        signer = _load(signers, data, passphrase)
        return cls(lambda pdf: _sign(signers, signer, pdf))

    def seal(self, pdf: bytes) -> bytes:
        """Append a signature over all of a PDF."""
        # pyhanko runs an event loop of its own, which one of the caller's would forbid.
        with ThreadPoolExecutor(max_workers=1) as apart:
            return apart.submit(self._sign, pdf).result()


def _load(signers: Any, data: bytes, passphrase: str | None) -> Any:
    secret = None if passphrase is None else passphrase.encode()
    cause: Exception | None = None
    signer = None
    try:
        signer = signers.SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=secret)
    except Exception as error:  # noqa: BLE001 - pyhanko lets through whatever its parsers raise
        cause = error
    if signer is None:
        raise ConfigurationError(
            "seal.key",
            "the seal's file holds no key that this passphrase opens",
            expected="a PKCS#12 file with a private key and its certificate",
            hint="CROSSPROOF_SEAL_FILE, CROSSPROOF_SEAL_PASSPHRASE",
        ) from cause
    return signer


def _sign(signers: Any, signer: Any, pdf: bytes) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415

    sealed: BytesIO = signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        signers.PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        ),
        signer=signer,
    )
    return sealed.getvalue()
