r"""Canonical JSON: strict JSON bytes in, a value out; a value in, RFC 8785 bytes out.

`canonicalize` is RFC 8785 (JCS) of any JSON value, floats too. `parse` is the strict reader beside
it: UTF-8 without a byte order mark (RFC 8259, 8.1), no duplicate names and no lone surrogates
(RFC 7493, 2.1 and 2.3), no NaN or infinity, nothing after the value, at most MAX_DEPTH levels.

An integer outside ±(2^53-1) is refused in both directions (RFC 7493, 2.2): readers that use
doubles would see another number than the one that was hashed. So the canonical form of a double of
2^53 or more is written where RFC 8785 asks for it, and not read back where it has no exponent.

    >>> canonicalize(parse(b'{"b": 1E1, "a": "\\u20ac"}')).decode()
    '{"a":"€","b":10}'
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import msgspec
import rfc8785

from ledger.errors import MalformedError

__all__ = ["MAX_DEPTH", "MAX_INTEGER", "canonicalize", "check_depth", "parse"]

MAX_INTEGER = 2**53 - 1
# Far above any document of ours and far below what exhausts the stack of a reader somewhere.
MAX_DEPTH = 128

# Strings, so that what is in them is passed over, and the brackets outside. A string that does not
# end goes to the end of the text: to look for another beginning in it would take quadratic time.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_PLAIN = frozenset({bool, dict, int, list, str, tuple, type(None)})
_encode = msgspec.json.Encoder(order="sorted").encode
_MAX_INTEGER_DIGITS = len(str(-MAX_INTEGER))
_SHOWN = 40


def canonicalize(value: Any) -> bytes:
    """Serialise a JSON value to its one canonical form (RFC 8785).

    Raises MalformedError for what has none: NaN, infinity, integers beyond 2^53-1, lone
    surrogates, names that are not strings, types that JSON does not know.
    """
    if _check(value):
        return _encode(value)
    try:
        return rfc8785.dumps(value)
    except rfc8785.FloatDomainError as error:
        raise _number_range(str(error).partition(" ")[0]) from error
    except rfc8785.CanonicalizationError as error:
        raise MalformedError("json.type", "not a JSON value", found=str(error)) from error


def parse(data: bytes) -> Any:
    """Read strict JSON; raise MalformedError for anything else."""
    check_depth(data)
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except MalformedError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise MalformedError(
            "json.invalid", "not UTF-8", found=f"byte 0x{data[error.start]:02x} at {error.start}"
        ) from error
    except json.JSONDecodeError as error:
        raise MalformedError(
            "json.invalid", "not JSON", found=f"{error.msg} at character {error.pos}"
        ) from error
    _check(value)
    return value


def check_depth(data: bytes) -> None:
    """Refuse JSON of more than MAX_DEPTH levels; to be called before any decoder reads it.

    Decoders recurse in C, and stop where Python's recursion limit says. A library may have raised
    that limit, as py-evm's do a hundredfold: then a stranger's brackets would overflow the stack
    and kill the process.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKENS.finditer(data):
        match data[token.start()]:
            case 0x5B | 0x7B:  # [ and {
                depth += 1
                if depth > MAX_DEPTH:
                    raise _too_deep()
            case 0x5D | 0x7D:
                depth -= 1


def _check(root: Any) -> bool:
    """Refuse what has no canonical form; say whether it is of the plainest types alone.

    For those, with member names of ASCII, msgspec's sorted encoding is RFC 8785's, and ten times
    as fast as the reference. It differs for floats, and for names beyond the basic plane.
    """
    plain = True
    # A stack of our own: the value may be deeper than Python's.
    stack: list[tuple[Any, int]] = [(root, 1)]
    while stack:
        value, depth = stack.pop()
        plain = plain and type(value) in _PLAIN
        if isinstance(value, str):
            _check_string(value)
        elif isinstance(value, dict):
            if depth > MAX_DEPTH:
                raise _too_deep()
            for name, member in value.items():
                if not isinstance(name, str):
                    raise MalformedError(
                        "json.type", "a member name is not a string", found=repr(name)[:_SHOWN]
                    )
                _check_string(name)
                plain = plain and name.isascii()
                stack.append((member, depth + 1))
        elif isinstance(value, list | tuple):
            if depth > MAX_DEPTH:
                raise _too_deep()
            stack.extend((element, depth + 1) for element in value)
        # Here and not by rfc8785: its message for an integer of 5,000 digits is a ValueError.
        elif isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise _integer_range(f"{value.bit_length()} bits")
    return plain


def _check_string(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MalformedError(
            "json.surrogate",
            "a string has a lone surrogate",
            expected="Unicode scalar values",
            found=f"U+{ord(text[error.start]):04X} in {text[:_SHOWN]!a}",
        ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise MalformedError(
                    "json.duplicate-name",
                    "an object has the same name twice",
                    found=ascii(name[:_SHOWN]),
                )
            seen.add(name)
    return members


def _integer(literal: str) -> int:
    # By length first: int() is quadratic and refuses long literals with an error of its own.
    if len(literal) > _MAX_INTEGER_DIGITS:
        raise _integer_range(literal)
    value = int(literal)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise _integer_range(literal)
    return value


def _float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _number_range(literal)
    return value


def _constant(literal: str) -> NoReturn:
    raise MalformedError("json.invalid", "not JSON", found=literal)


def _integer_range(found: str) -> MalformedError:
    return MalformedError(
        "json.integer-range",
        "an integer is out of range",
        expected=f"-{MAX_INTEGER} to {MAX_INTEGER}",
        found=found[:_SHOWN],
        hint="Write larger numbers as strings.",
    )


def _number_range(found: str) -> MalformedError:
    return MalformedError(
        "json.number-range",
        "a number is not a finite double",
        expected="an IEEE 754 double",
        found=found[:_SHOWN],
    )


def _too_deep() -> MalformedError:
    return MalformedError("json.depth", "nested too deeply", expected=f"at most {MAX_DEPTH} levels")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)
