"""The text formats inside statements: one cheap and exact check each.

Every function takes a string that msgspec has already decoded and raises MalformedError with the
format's own code. They run for every record on the way in, hence no pattern where a table, a
codec or a cache answers sooner. FORMATS says the same as JSON Schema for the published schemas.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from string import ascii_uppercase
from typing import Any, Final
from uuid import UUID

from msgspec import UNSET, UnsetType

from ledger.errors import MalformedError

__all__ = [
    "FORMATS",
    "SD_DIGEST_LENGTH",
    "check_compact_jws",
    "check_date",
    "check_hash",
    "check_jurisdiction",
    "check_period",
    "check_record_id",
    "check_salt",
    "check_time",
]

SD_DIGEST_LENGTH = 43

# RFC 9562, 5.7: version 7 in bits 48 to 51, variant 10 in bits 64 and 65.
_UUID7_MASK = 0xF << 76 | 0b11 << 62
_UUID7_BITS = 7 << 76 | 0b10 << 62
_HASH_LENGTH = 64
_MINUTE_LENGTH = len("2026-11-21T08:15")
_SHOWN = 80

# As JSON Schema says it. A day that no calendar has (02-30) is beyond a pattern.
_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":[0-5][0-9](\.[0-9]{1,9})?Z"
_HEX = "[0-9a-f]"
_LETTER = "[A-Za-z0-9_-]"
# The last letter carries 2 (16 bytes) or 4 (32 bytes) bits of the value: the others must be zero.
_SALT = _LETTER + "{21}[AQgw]"
_SD_DIGEST = _LETTER + "{42}[AEIMQUYcgkosw048]"
_COMPACT_JWS = rf"{_LETTER}+\.{_LETTER}+\.{_LETTER}+"
_UUID7 = f"{_HEX}{{8}}-{_HEX}{{4}}-7{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}"

FORMATS: Final[dict[str, dict[str, Any]]] = {
    "compact-jws": {"pattern": f"^{_COMPACT_JWS}$"},
    "date": {"pattern": f"^{_DATE}$"},
    "hash": {"pattern": f"^{_HEX}{{64}}$"},
    "jurisdiction": {"pattern": "^[A-Z]{2}$"},
    "record-id": {"pattern": f"^{_UUID7}$"},
    "salt": {"pattern": f"^{_SALT}$"},
    "sd-digest": {"pattern": f"^{_SD_DIGEST}$"},
    "time": {"pattern": f"^{_DATE}T{_CLOCK}{_SECONDS}$"},
}

# The form only: which codes are assigned changes, and a log must read its old entries for ever.
_JURISDICTIONS = frozenset(a + b for a in ascii_uppercase for b in ascii_uppercase)

_is_compact_jws = re.compile(_COMPACT_JWS).fullmatch
_is_salt = re.compile(_SALT).fullmatch
_is_date = re.compile(_DATE).fullmatch
_is_minute = re.compile(f"{_DATE}T{_CLOCK}").fullmatch
_is_seconds = re.compile(_SECONDS).fullmatch
_WHOLE_SECONDS = frozenset(f":{second:02}Z" for second in range(60))


def check_record_id(record_id: UUID) -> None:
    """Check a UUIDv7 (RFC 9562, 5.7).

    msgspec reads a UUID in several spellings; that it was the lower-case one follows from the
    round trip in `statement`.
    """
    if record_id.int & _UUID7_MASK != _UUID7_BITS:
        raise _malformed("record-id", "record_id", "a UUIDv7", str(record_id))


def check_salt(text: str) -> None:
    """Check 128 random bits in base64url."""
    if not _is_salt(text):
        # Its length, not the salt itself: messages end up in logs.
        raise _malformed("salt", "salt", "16 bytes in base64url", f"{len(text)} characters")


def check_compact_jws(text: str) -> None:
    """Check the form of a JSON Web Signature (RFC 7515, 7.1)."""
    if not _is_compact_jws(text):
        expected = "header, payload and signature in base64url, with points between"
        raise _malformed("jws", "jws", expected, f"{len(text)} characters")


def check_hash(text: str) -> None:
    """Check 32 bytes in lower-case hex."""
    try:
        value = bytes.fromhex(text).hex()
    except ValueError:
        value = ""
    if value != text or len(text) != _HASH_LENGTH:
        raise _malformed("hash", "hash", "64 lower-case hexadecimal digits", text)


def check_jurisdiction(text: str) -> None:
    """Check the form of an ISO 3166-1 alpha-2 code: `CN`, `HK`, `MO`, `SG`."""
    if text not in _JURISDICTIONS:
        raise _malformed(
            "jurisdiction", "jurisdiction", "an ISO 3166-1 alpha-2 code such as CN or HK", text
        )


def check_date(text: str) -> None:
    """Check a calendar date `YYYY-MM-DD`."""
    if not _in_calendar(text):
        raise _malformed("date", "date", "YYYY-MM-DD", text)


def check_period(start: str | UnsetType, end: str | UnsetType) -> None:
    """Check two calendar dates, either of which may be absent, and their order."""
    if start is not UNSET:
        check_date(start)
    if end is not UNSET:
        check_date(end)
    if start is not UNSET and end is not UNSET and start > end:
        raise _malformed("period", "period", f"an end not before {start}", end)


def check_time(text: str) -> None:
    """Check a time in UTC (RFC 3339, 5.6, with `T` and `Z`); leap seconds are written as :59."""
    rest = text[_MINUTE_LENGTH:]
    if not (
        _is_minute_of_calendar(text[:_MINUTE_LENGTH])
        and (rest in _WHOLE_SECONDS or _is_seconds(rest))
    ):
        raise _malformed("time", "time", "YYYY-MM-DDTHH:MM:SSZ", text)


def _in_calendar(text: str) -> bool:
    if not _is_date(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# Records that come together happened together.
@lru_cache(maxsize=16_384)
def _is_minute_of_calendar(text: str) -> bool:
    return _is_minute(text) is not None and _in_calendar(text[: -len("T08:15")])


def _malformed(code: str, what: str, expected: str, found: str) -> MalformedError:
    return MalformedError(
        f"statement.{code}",
        f"{what} is not of its format",
        expected=expected,
        found=ascii(found[:_SHOWN]),
    )
