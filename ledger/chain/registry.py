"""`AnchorRegistry` as bytes: what a call sends and returns, why it refused (Solidity's ABI)."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_typing import ABIElement, ABIFunction
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types

from ledger.contracts import load
from ledger.errors import MalformedError

__all__ = ["ANCHORED", "call_data", "read_result", "refusal"]

_SELECTOR_SIZE = 4


def call_data(function: str, *arguments: object) -> bytes:
    """Encode a call."""
    element = _elements()["function", function]
    types = get_abi_input_types(cast("ABIFunction", element))
    return _digest(element)[:_SELECTOR_SIZE] + encode(types, arguments)


def read_result(function: str, data: bytes) -> tuple[Any, ...]:
    """Decode what a call returned; raise MalformedError."""
    types = get_abi_output_types(cast("ABIFunction", _elements()["function", function]))
    try:
        return decode(types, data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise MalformedError(
            "chain.malformed",
            f"the result of {function}",
            expected=", ".join(types),
            found=f"{len(data)} bytes",
        ) from error


def refusal(data: bytes) -> str:
    """Say why the contract reverted: its error's name, or the bytes where it is none of its own."""
    return _refusals().get(data[:_SELECTOR_SIZE]) or f"0x{data.hex()}"


@cache
def _elements() -> dict[tuple[str, str], ABIElement]:
    abi = cast("list[ABIElement]", load("AnchorRegistry").abi)
    return {(element["type"], str(element.get("name", ""))): element for element in abi}


@cache
def _refusals() -> dict[bytes, str]:
    return {
        _digest(element)[:_SELECTOR_SIZE]: name
        for (kind, name), element in _elements().items()
        if kind == "error"
    }


def _digest(element: ABIElement) -> bytes:
    return keccak(abi_to_signature(element).encode())


# The first topic of Anchored(bytes32 indexed logId, uint64 indexed size, bytes32 root).
ANCHORED = _digest(_elements()["event", "Anchored"])
