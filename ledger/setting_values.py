"""Values of settings: what an operator writes, and what is refused whatever else is set.

Each is a type of `settings.Settings`; what depends on two settings is checked there. The words of a
refusal follow the setting's name and its description.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from ledger.checkpoint import check_origin
from ledger.errors import ConfigurationError, MalformedError
from ledger.finality import Finality
from ledger.trust import node_address

__all__ = [
    "MAX_OPERATORS",
    "Addresses",
    "ContractAddress",
    "FinalityRule",
    "Gwei",
    "Listed",
    "LogName",
    "Operators",
    "PositiveDays",
    "PositiveSeconds",
    "RequestRate",
    "TokenAlgorithms",
    "WebAddress",
]

# The contract allows a log no more (`AnchorRegistry.MAX_OPERATORS`).
MAX_OPERATORS = 16

_RATE = re.compile("[1-9][0-9]{0,8}/(second|minute|hour)")
_ADDRESS = re.compile("(0x)?[0-9a-fA-F]{40}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Public keys only: with HS256 the published key would be the secret.
_TOKEN_ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
)


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _check_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    # One node that is named twice would agree with itself.
    if len({node_address(url) for url in value}) < len(value):
        raise ValueError("an address is named twice")
    return value


def _check_operators(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_ADDRESS.fullmatch(address) for address in value):
        raise ValueError("not an address")
    if len({address.lower() for address in value}) < len(value):
        raise ValueError("an operator is named twice")
    if len(value) >= MAX_OPERATORS:
        raise ValueError(f"more than {MAX_OPERATORS - 1} beside the operator")
    return value


def _check_contract(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("not an address")
    return value


def _check_finality(value: str) -> str:
    try:
        Finality.parse(value)
    except ConfigurationError as error:
        raise ValueError(f"expected {error.expected}") from error
    return value


def _check_web_address(value: str) -> str:
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("not an https URL without account, query and fragment")
    return value


def _check_algorithms(value: tuple[str, ...]) -> tuple[str, ...]:
    if not _TOKEN_ALGORITHMS.issuperset(value):
        raise ValueError(f"expected some of {', '.join(sorted(_TOKEN_ALGORITHMS))}")
    return value


def _check_rate(value: str | None) -> str | None:
    if not value:
        return None
    if not _RATE.fullmatch(value):
        raise ValueError("not a number, a slash, and second, minute or hour")
    return value


def _check_name(value: str) -> str:
    try:
        check_origin(value)
    except MalformedError as error:
        raise ValueError(str(error)) from error
    return value


# 10^6 gwei would be a thousand times the highest price there has been.
Gwei = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=9, allow_inf_nan=False)]
PositiveDays = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# Separated by commas.
Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Addresses = Annotated[Listed, AfterValidator(_check_addresses)]
Operators = Annotated[Listed, AfterValidator(_check_operators)]
TokenAlgorithms = Annotated[Listed, AfterValidator(_check_algorithms)]

ContractAddress = Annotated[str, AfterValidator(_check_contract)]
FinalityRule = Annotated[str, AfterValidator(_check_finality)]
LogName = Annotated[str, AfterValidator(_check_name)]
# None, as an empty value is, for no limit.
RequestRate = Annotated[str | None, AfterValidator(_check_rate)]
WebAddress = Annotated[str, AfterValidator(_check_web_address)]
