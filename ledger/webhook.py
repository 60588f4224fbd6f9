"""Webhooks, as Standard Webhooks has them: an event in, a signed message out; pure.

    body                 {"type": "log.fork", "timestamp": "2026-11-21T12:00:00Z", "data": {…}}
    webhook-id           the event's id, the same each time it is sent
    webhook-timestamp    whole seconds since 1970, of this sending
    webhook-signature    "v1," base64(HMAC-SHA256(secret, id "." timestamp "." body))
    secret               "whsec_" base64 of 24 to 64 bytes, which both sides know

Who receives compares the signature over the body as it came, refuses a timestamp too far from its
own clock, and takes each id once.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from ledger.base64url import encode
from ledger.canonical import canonicalize
from ledger.errors import MalformedError, VerificationError
from ledger.note_key import decode_base64

__all__ = ["TOLERANCE_SECONDS", "Event", "Secret"]

TOLERANCE_SECONDS = 300

_PREFIX = "whsec_"
_VERSION = "v1"
_SHORTEST, _LONGEST = 24, 64
_ID_BYTES = 16
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its id, and the body that is sent, always the same bytes."""

    id: str
    body: bytes

    @classmethod
    def make(cls, kind: str, data: Mapping[str, Any], *, at: datetime, id_: str = "") -> Event:
        """Make an event of a `kind` such as `log.fork`; `id_` where it has happened before."""
        value = {"type": kind, "timestamp": at.strftime(_TIME), "data": dict(data)}
        return cls(id_ or f"msg_{encode(token_bytes(_ID_BYTES))}", canonicalize(value))


class Secret:
    """What both sides know; in no `repr`, and so in no log line."""

    def __init__(self, key: bytes) -> None:
        if not _SHORTEST <= len(key) <= _LONGEST:
            raise MalformedError(
                "webhook.secret",
                "webhook secret",
                expected=f"{_PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64",
                found=f"{len(key)} bytes",
            )
        self._key = key

    @classmethod
    def parse(cls, text: str) -> Secret:
        """Read `whsec_…`; raise MalformedError, in which nothing of it is shown."""
        if not text.startswith(_PREFIX):
            raise MalformedError("webhook.secret", "webhook secret", expected=f"{_PREFIX}…")
        try:
            return cls(decode_base64(text.removeprefix(_PREFIX), "webhook.secret", "secret"))
        except MalformedError as error:
            raise MalformedError(error.code, error.message, expected="base64") from None

    @classmethod
    def generate(cls) -> Secret:
        """Make a new one."""
        return cls(token_bytes(sha256().digest_size))

    def text(self) -> str:
        """Write it as `parse` reads it: a secret."""
        return _PREFIX + b64encode(self._key).decode()

    def headers(self, event: Event, now: datetime) -> dict[str, str]:
        """Sign an event that is sent now."""
        timestamp = str(int(now.timestamp()))
        return {
            _ID: event.id,
            _TIMESTAMP: timestamp,
            _SIGNATURE: f"{_VERSION},{self._sign(event.id, timestamp, event.body)}",
        }

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Check a message that came, its headers' names in lower case; give the event's id.

        Raises VerificationError. Of several signatures, as while a secret is changed, one must
        hold.
        """
        id_, timestamp, signatures = (headers.get(n, "") for n in (_ID, _TIMESTAMP, _SIGNATURE))
        sound = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_DIGITS
        late = abs(int(timestamp) - now.timestamp()) if sound else None
        if late is None or late > TOLERANCE_SECONDS:
            raise VerificationError(
                "webhook.time",
                "the message is not of this time",
                expected=f"a time at most {TOLERANCE_SECONDS} seconds away",
                found=f"{late:.0f} seconds" if late is not None else "none",
            )
        expected = f"{_VERSION},{self._sign(id_, timestamp, body)}".encode()
        for signature in signatures.split(" "):
            if hmac.compare_digest(signature.encode(errors="replace"), expected):
                return id_
        raise VerificationError(
            "webhook.signature", "the message is not signed by whoever knows the secret"
        )

    def _sign(self, id_: str, timestamp: str, body: bytes) -> str:
        signed = f"{id_}.{timestamp}.".encode() + body
        return b64encode(hmac.digest(self._key, signed, "sha256")).decode()
