"""A Token Status List: the statuses of many attestations in one signed text that may be cached.

    bytes   the status of index i takes `bits` bits, the lowest of a byte first       4.1
    lst     base64url of those bytes, compressed by zlib                              4.2
    token   a JWS of typ statuslist+jwt over {"sub": its address, "iat", "exp", "ttl",
            "status_list": {"bits", "lst"}}                                           5.1

Sections are those of draft-ietf-oauth-status-list. Whoever fetches a list learns the status of all
of it, and whoever serves it does not learn which was asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ledger import base64url
from ledger.attestation.claims import StatusList
from ledger.claims import NumericDate
from ledger.entry import check_names_and_numbers, decode_members
from ledger.errors import MalformedError, UnavailableError, VerificationError
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.members import Identifier, Member

__all__ = [
    "MAX_AHEAD",
    "MAX_LIST_SIZE",
    "MAX_TOKEN_SIZE",
    "MEDIA_TYPE",
    "TYP",
    "StatusToken",
    "Statuses",
    "TokenStatus",
    "draft",
    "worst",
]

TYP = "statuslist+jwt"
MEDIA_TYPE = "application/statuslist+jwt"
# Bytes after decompression: two bits for each of 16 million attestations.
MAX_LIST_SIZE = 1 << 22
# Twice base64url, and header and claims.
MAX_TOKEN_SIZE = 2 * MAX_LIST_SIZE

# By how many seconds an issuer's clock may go before the server's.
MAX_AHEAD = 600

Bits = Literal[1, 2, 4, 8]

_BYTE = 8


class TokenStatus(IntEnum):
    """What became of an attestation (section 7.1)."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


class _List(Member, frozen=True, kw_only=True):
    bits: Bits
    lst: str
    aggregation_uri: Identifier | UnsetType = UNSET


class TokenClaims(Member, frozen=True, kw_only=True):
    sub: Identifier
    iat: NumericDate
    exp: NumericDate | UnsetType = UNSET
    ttl: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    iss: Identifier | UnsetType = UNSET
    status_list: _List


@dataclass(frozen=True, slots=True)
class Statuses:
    """Statuses by index, each of `bits` bits."""

    bits: Bits
    packed: bytes

    @classmethod
    def of(cls, statuses: Mapping[int, int], *, size: int, bits: Bits = 2) -> Statuses:
        """Lay out `size` statuses: those given, VALID for all others; raise ValueError."""
        packed = bytearray(-(-size * bits // _BYTE))
        for index, status in statuses.items():
            if not (0 <= index < size and 0 <= status < 1 << bits):
                raise ValueError(f"status {status} at {index}: of {bits} bits, below {size}")
            place, shift = divmod(index * bits, _BYTE)
            packed[place] |= status << shift
        return cls(bits, bytes(packed))

    @classmethod
    def decode(cls, bits: Bits, lst: str) -> Statuses:
        """Decompress a list; raise MalformedError."""
        reader = zlib.decompressobj()
        try:
            # Never more than the limit in memory, whatever the compressed bytes would become.
            packed = reader.decompress(base64url.decode(lst), MAX_LIST_SIZE + 1)
        except (zlib.error, UnicodeEncodeError) as error:
            raise _malformed("zlib's compressed bytes", "something else") from error
        if len(packed) > MAX_LIST_SIZE:
            raise _malformed(f"at most {MAX_LIST_SIZE} bytes", "more")
        if not reader.eof or reader.unused_data:
            raise _malformed("one compressed list", "a part of one, or more")
        return cls(bits, packed)

    def encode(self) -> str:
        """Compress the list."""
        return base64url.encode(zlib.compress(self.packed, level=9))

    def __len__(self) -> int:
        """Say how many statuses there is room for."""
        return len(self.packed) * _BYTE // self.bits

    def __getitem__(self, index: int) -> int:
        """Read a status; raise VerificationError where the list does not reach so far."""
        if not 0 <= index < len(self):
            raise VerificationError(
                "status-list.index",
                "the list has no such place",
                expected=f"an index below {len(self)}",
                found=str(index),
            )
        place, shift = divmod(index * self.bits, _BYTE)
        return self.packed[place] >> shift & (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A signed list; its signature is checked by `jws.verify`."""

    jws: Jws
    address: str
    issued_at: int
    expires_at: int | None
    time_to_live: int | None
    statuses: Statuses

    @classmethod
    def parse(cls, text: str) -> StatusToken:
        """Read a token; raise MalformedError."""
        jws = Jws.parse(text, typ=TYP, longest=MAX_TOKEN_SIZE)
        value = jws.claims
        check_names_and_numbers(value)
        claims = decode_members(value, TokenClaims)
        return cls(
            jws,
            claims.sub,
            claims.iat,
            None if claims.exp is UNSET else claims.exp,
            None if claims.ttl is UNSET else claims.ttl,
            Statuses.decode(claims.status_list.bits, claims.status_list.lst),
        )

    @classmethod
    def to_serve(cls, text: str, *, address: str, now: int) -> StatusToken:
        """Read a list that its issuer wants served at an address; raise MalformedError.

        It must name that address, say until when it holds and how long it may be kept, and be
        signed by the key that it brings along. Whose key that is, those decide who fetch it.
        """
        token = cls.parse(text)
        key = token.jws.key
        try:
            if key is not None:
                token.jws.verify(key)
        except VerificationError as error:
            raise MalformedError(
                error.code, error.message, expected=error.expected, found=error.found
            ) from error
        ends = token.expires_at
        for holds, expected, found in (
            (key is not None, "the signer's key as jwk in the header", "none"),
            (token.address == address, f"sub {address}", f"sub {token.address}"),
            (token.time_to_live is not None, "ttl", "none"),
            (ends is not None and now < ends, f"exp after {now}", f"exp {ends}"),
            (token.issued_at <= now + MAX_AHEAD, f"iat up to {now}", f"iat {token.issued_at}"),
        ):
            if not holds:
                raise MalformedError(
                    "status-list.unfit",
                    "the status list cannot be served here",
                    expected=expected,
                    found=found,
                )
        return token

    def status_of(self, reference: StatusList, *, at: int) -> int:
        """Tell the status at a place of this list, as of `at` in seconds since 1970.

        Raises VerificationError where this is another list, or the place is beyond its end, and
        UnavailableError where it says nothing about that time (8.3): an old list is no answer.
        """
        if self.address != reference.uri:
            raise VerificationError(
                "status-list.other",
                "this is another status list",
                expected=reference.uri,
                found=self.address,
            )
        if at < self.issued_at or (self.expires_at is not None and at >= self.expires_at):
            raise UnavailableError(
                "status-list.time",
                "the status list says nothing about that time",
                expected=f"a time from {self.issued_at} until before {self.expires_at}",
                found=str(at),
            )
        return self.statuses[reference.idx]


def draft(
    key: PublicKey,
    statuses: Statuses,
    *,
    address: str,
    issued_at: int,
    expires_at: int,
    time_to_live: int,
) -> Unsigned:
    """Make a list that `key` is to sign; times in seconds since 1970."""
    claims = {
        "sub": address,
        "iat": issued_at,
        "exp": expires_at,
        "ttl": time_to_live,
        "status_list": {"bits": statuses.bits, "lst": statuses.encode()},
    }
    return unsigned(key, claims, typ=TYP, longest=MAX_TOKEN_SIZE)


def worst(statuses: Iterable[int]) -> int:
    """Choose what counts where several sources speak: INVALID before SUSPENDED before VALID.

    What is neither is of an application that is not this one, and counts as INVALID.
    """
    found = set(statuses)
    if found - {TokenStatus.VALID, TokenStatus.SUSPENDED}:
        return TokenStatus.INVALID
    return TokenStatus.SUSPENDED if TokenStatus.SUSPENDED in found else TokenStatus.VALID


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "status-list.malformed", "not a status list", expected=expected, found=found
    )
