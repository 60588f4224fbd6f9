r"""Base64url without padding (RFC 4648, section 5; RFC 7515, section 2): bytes to text and back.

Decoding is strict: one text for each value, so that a digest over the text binds the bytes.

    >>> decode(encode(b"\xff\xfe"))
    b'\xff\xfe'
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from ledger.errors import MalformedError

__all__ = ["decode", "encode"]


def encode(data: bytes) -> str:
    """Encode bytes without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Decode exactly what `encode` makes; raise MalformedError for anything else."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        data = b""
    # The library skips foreign characters and ignores left-over bits: encode again and compare.
    if encode(data) != text:
        raise MalformedError(
            "base64url.invalid",
            "not base64url",
            expected="the letters A-Z a-z 0-9 - _ without padding",
            found=f"{len(text)} characters",
        )
    return data
