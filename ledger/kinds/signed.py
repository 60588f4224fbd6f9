"""Kinds whose content is a signature, opaque to the log: what it says, other modules read.

attestation   the issuer-signed JWT of an SD-JWT VC, without its disclosures    `attestation`
manifest      a submitter's signature over a batch                              `manifest`
receipt       a recipient's word on what it received                            `receipt`
status        anyone's word on what became of an entry                          `status`
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ledger.kinds.common import Kind
from ledger.kinds.formats import FORMATS, check_compact_jws

__all__ = ["Attestation", "Manifest", "Receipt", "Status"]

CompactJws = Annotated[str, Meta(extra_json_schema=FORMATS["compact-jws"])]


class Signed(Kind, frozen=True, kw_only=True):
    """The members of a kind whose content is a signature."""

    jws: CompactJws

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        check_compact_jws(self.jws)


class Attestation(Signed, frozen=True, kw_only=True, tag_field="kind", tag="attestation"):
    """An attestation of a stage."""


class Manifest(Signed, frozen=True, kw_only=True, tag_field="kind", tag="manifest"):
    """A submitter's manifest of a batch."""


class Receipt(Signed, frozen=True, kw_only=True, tag_field="kind", tag="receipt"):
    """A recipient's receipt of a transfer."""


class Status(Signed, frozen=True, kw_only=True, tag_field="kind", tag="status"):
    """A change of status."""
