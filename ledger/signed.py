"""Signed entries on their way in: what each kind says must be readable, and signed by its key.

A log would keep nonsense as faithfully as anything else, and nobody could take it back. So what is
handed in is read first, by the module of its kind; where the key came along, the signature must be
its own. Whose key that is, and whether its word counts, readers decide (see `verify`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ledger.attestation import Attestation
from ledger.errors import MalformedError, VerificationError
from ledger.jws import Jws
from ledger.kinds import Kind
from ledger.kinds.signed import Signed
from ledger.manifest import Manifest
from ledger.receipt import Receipt
from ledger.status import Status

__all__ = ["READERS", "Carrier", "check_signed"]


class Carrier(Protocol):
    """What was signed, with its signature."""

    @property
    def jws(self) -> Jws:
        """The signature."""


READERS: Mapping[str, Callable[[str], Carrier]] = {
    "attestation": Attestation.read,
    "manifest": Manifest.parse,
    "receipt": Receipt.parse,
    "status": Status.parse,
}


def check_signed(members: Kind) -> None:
    """Check what a signed entry says; nothing where the kind is not signed.

    Raises MalformedError, for a signature that is not its key's too: that says nothing at all.
    """
    if not isinstance(members, Signed):
        return
    said = READERS[str(members.__struct_config__.tag)](members.jws)
    key = said.jws.key
    try:
        if key is not None:
            said.jws.verify(key)
    except VerificationError as error:
        raise MalformedError(
            error.code, error.message, expected=error.expected, found=error.found
        ) from error
