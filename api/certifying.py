"""What certificates are made with: threads of their own, a page to name, the operator's seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from api.desk import Desk
from api.workers import Workers
from ledger.bundle import Bundle
from ledger.certificate import certify, check_page
from ledger.certificate.seal import Seal
from ledger.settings import Settings
from ledger.trust import Trust
from ledger.verify import verify

__all__ = ["Certifying", "open_seal", "page_of"]

# Typesetting is work for the processor, some tenths of a second each.
CERTIFYING_THREADS = 1
WAITING_CERTIFICATES = 32
# Where the page is that verifies, below the ledger's own address.
_PAGE = "/verify"


@dataclass(frozen=True, slots=True)
class Certifying:
    """The means of one application."""

    workers: Workers
    page: str | None
    seal: Seal | None

    @classmethod
    def open(cls, page: str | None, seal: Seal | None) -> Self:
        """Set them up; close them again."""
        workers = Workers("certify", threads=CERTIFYING_THREADS, waiting=WAITING_CERTIFICATES)
        return cls(workers, page, seal)

    def make(self, bundle: Bundle, *, trust: Trust, desk: Desk, as_of: datetime | None) -> bytes:
        """Verify a bundle and print what was verified; raises what `certify` does."""
        raw = bundle.to_json().encode()
        report = verify(
            raw,
            trust=trust,
            chain=desk.chain,
            now=as_of,
            without_files=True,
            accreditations=desk.accreditations(trust),
            status_lists=desk.status_lists,
            registry=desk.registry(trust),
        )
        pdf = certify(raw, report, page=self.page)
        return pdf if self.seal is None else self.seal.seal(pdf)

    def close(self) -> None:
        """Finish what is being made, and take nothing more."""
        self.workers.close()


def page_of(settings: Settings) -> str | None:
    """Name the page that verifies, if people can reach it; raise ConfigurationError."""
    address = settings.public_url
    return None if address is None else check_page(address.rstrip("/") + _PAGE)


def open_seal(settings: Settings) -> Seal | None:
    """Open the operator's seal, if there is one; raise ConfigurationError."""
    if settings.seal_file is None:
        return None
    secret = settings.seal_passphrase
    return Seal.open(settings.seal_file, None if secret is None else secret.get_secret_value())
