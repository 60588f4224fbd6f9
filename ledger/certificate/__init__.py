"""The filing certificate: a page that people read, with the bundle that proves it inside.

    bundle + report ──content──► what is shown ──typesetting──► PDF/A-3b (ISO 19005-3) ──seal──►

What is shown is only what the verifier verified: a report that failed gets no certificate, what is
undetermined is printed as such and its claims are left out. The bundle is attached byte for byte
(ISO 32000-2, 14.13: `/AFRelationship /Source`), so that whoever holds the PDF holds the proof; the
page alone proves nothing. Same bundle, report and page address: same bytes. No network, no clock,
no font of the machine.

    certify(bundle, report, page="https://example.com/verify") -> bytes

`attachment` takes the bundle out again.
"""

from __future__ import annotations

from ledger.certificate.content import certificate_name, check_page, content_of
from ledger.certificate.typesetting import typeset
from ledger.report import Report

__all__ = ["certificate_name", "certify", "check_page"]


def certify(bundle: bytes, report: Report, *, page: str | None = None) -> bytes:
    """Make the certificate of a bundle from the report that a verifier made of these very bytes.

    `page` is the address of a page that verifies, for the QR code. Raises ConflictError where the
    report failed, UnavailableError where too little is known to show anything, MalformedError for
    a record that has no certificate, ConfigurationError for an unusable address.
    """
    return typeset(content_of(bundle, report, page=page), bundle)
