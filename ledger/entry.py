"""An entry: JSON text in, its canonical bytes and decoded members out, or the reason why not.

Two ways. The short one rests on the structs of `ledger.kinds`, which know every member: where
msgspec's sorted encoding of what it decoded equals the input byte for byte, the input was RFC 8785
form already, without duplicates, floats or stray members. Anything else takes the strict way
through `ledger.canonical`, which makes it canonical or finds the reason why it cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from ledger.canonical import check_depth, parse
from ledger.errors import MalformedError
from ledger.kinds import KINDS, Kind
from ledger.tile import MAX_ENTRY_SIZE

__all__ = [
    "MAX_TEXT_SIZE",
    "check_names_and_numbers",
    "decode",
    "decode_canonical",
    "decode_logged",
    "decode_members",
    "wrong_record_id",
]

# What is read before the canonical size is known: escapes and indentation included.
MAX_TEXT_SIZE = 16 * MAX_ENTRY_SIZE

_SHOWN = 60
_T = TypeVar("_T", bound=msgspec.Struct)

_decode = msgspec.json.Decoder[Kind](reduce(or_, KINDS.values())).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def decode_canonical(data: bytes) -> Kind | None:
    """Decode canonical bytes; None where they are anything else, for whatever reason."""
    if len(data) > MAX_ENTRY_SIZE:
        return None
    try:
        check_depth(data)
        members = _decode(data)
    except (MalformedError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return members if _encode(members) == data else None


def decode_logged(entry: bytes) -> Kind | None:
    """Decode what a log has taken in, its form not looked at again; None for another version's."""
    try:
        return _decode(entry)
    except (MalformedError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def decode_members(value: dict[str, Any], members: type[_T]) -> _T:
    """Decode an object that is JSON already, not text: a struct's members; raise MalformedError."""
    try:
        return msgspec.convert(value, members)
    except msgspec.ValidationError as error:
        raise _explained(error) from error


def decode(data: bytes) -> tuple[bytes, Kind]:
    """Canonicalise and decode, or raise MalformedError with the reason."""
    if len(data) > MAX_TEXT_SIZE:
        raise _too_long(MAX_TEXT_SIZE, len(data))
    value = parse(data)
    try:
        members = _decode(data)
    except msgspec.MsgspecError:
        raise _refusal(data, value) from None
    entry = _encode(members)
    # Same value, and written by the encoder of the short way: the canonical form of the input.
    if msgspec.json.decode(entry) != value:
        raise _refusal(data, value)
    if len(entry) > MAX_ENTRY_SIZE:
        raise _too_long(MAX_ENTRY_SIZE, len(entry))
    return entry, members


def _refusal(data: bytes, value: Any) -> MalformedError:
    """Find out what is wrong with strict JSON that is not a statement."""
    if not isinstance(value, dict):
        return MalformedError(
            "statement.type", "not a statement", expected="an object", found=type(value).__name__
        )
    wrong = _wrong_name_or_number(value)
    if wrong is not None:
        return wrong
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return MalformedError(
            "statement.kind",
            "unknown kind of statement",
            expected=" or ".join(sorted(KINDS)),
            found=ascii(kind)[:_SHOWN],
        )
    try:
        msgspec.json.decode(data, type=KINDS[kind])
    except msgspec.MsgspecError as error:
        return _explained(error)
    # Of all that the structs accept, only a UUID has more than one spelling.
    return wrong_record_id(next((t for t in _record_ids(value) if str(UUID(t)) != t), ""))


def check_names_and_numbers(value: dict[str, Any]) -> None:
    """Raise MalformedError for a number that is no integer, and a name that is not ASCII.

    Canonicalising would write 1.0 as 1, and nobody would know that a float was meant.
    """
    wrong = _wrong_name_or_number(value)
    if wrong is not None:
        raise wrong


def _wrong_name_or_number(root: dict[str, Any]) -> MalformedError | None:
    stack: list[tuple[str, Any]] = [("$", root)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, float):
            return MalformedError(
                "json.float",
                f"a number is not an integer: {place}",
                expected="an integer",
                found=repr(value),
                hint="Write fractions as strings.",
            )
        if isinstance(value, dict):
            for name, member in value.items():
                if not name.isascii():
                    return MalformedError(
                        "statement.member-name",
                        f"a member name is not ASCII: {place}",
                        found=ascii(name[:_SHOWN]),
                    )
                stack.append((f"{place}.{name}"[:_SHOWN], member))
        elif isinstance(value, list):
            stack.extend((f"{place}[{i}]"[:_SHOWN], element) for i, element in enumerate(value))
    return None


def _record_ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "record_id":
                yield member
            yield from _record_ids(member)
    elif isinstance(value, list):
        for element in value:
            yield from _record_ids(element)


_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_MEMBER = re.compile("Object (missing required|contains unknown) field `(.*?)`")


def _explained(error: msgspec.MsgspecError) -> MalformedError:
    """Give msgspec's reason one of our codes."""
    text = str(error)
    at = _PLACE.search(text)
    place = at[1] if at else ""
    cause = error.__cause__
    if isinstance(cause, MalformedError):
        message = f"{cause.message}: {place}" if place else cause.message
        return MalformedError(cause.code, message, expected=cause.expected, found=cause.found)
    member = _MEMBER.match(text)
    if member:
        name = f"{place}.{member[2]}" if place else member[2]
        if member[1] == "missing required":
            return MalformedError("statement.missing", f"a member is missing: {name}")
        return MalformedError(
            "statement.unknown-member",
            f"a member is not of this kind: {name[:_SHOWN]}",
            hint="docs/statement.md and docs/attestations.md list the members of each.",
        )
    reason = _PLACE.sub("", text)
    if reason == "Invalid UUID":
        return wrong_record_id(f"not a UUID: {place}")
    if place == "v":
        return MalformedError("statement.version", "unknown version of the kind", found=reason)
    return MalformedError("statement.type", f"a member has a wrong value: {place}", found=reason)


def _too_long(limit: int, found: int) -> MalformedError:
    return MalformedError(
        "statement.too-long",
        "the statement is too long",
        expected=f"at most {limit} bytes",
        found=f"{found} bytes",
        hint="Leave the data where it is: a statement carries hashes.",
    )


def wrong_record_id(text: str) -> MalformedError:
    """Say that a text is not a record_id."""
    return MalformedError(
        "statement.record-id",
        "record_id is not of its format",
        expected="a UUIDv7 in lower-case letters",
        found=ascii(text[:_SHOWN]),
    )
