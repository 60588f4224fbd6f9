"""`AnchorRegistry` as values and bytes: what it holds, is sent and refuses (Solidity's ABI)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIElement, ABIFunction
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types

from ledger.contracts import load
from ledger.errors import MalformedError
from ledger.keccak import keccak256

__all__ = [
    "ANCHORED",
    "ChainHead",
    "Extension",
    "LogInfo",
    "Opening",
    "call_data",
    "event_topics",
    "read_event",
    "read_log_info",
    "read_refusal",
    "read_result",
    "refusal",
]

_SELECTOR_SIZE = 4
_STATUS_NAMES = ("active", "frozen", "closed")


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last head of a log that the contract holds; all but the root 0 before the first."""

    size: int
    root: bytes
    block_number: int
    block_time: int


@dataclass(frozen=True, slots=True)
class LogInfo:
    """Who governs a log on the chain, and who signs its heads."""

    admin: bytes
    epoch: int
    threshold: int
    operators: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """A log as it is to be opened: its name, and how many of whom must sign its heads."""

    origin: str
    operators: tuple[bytes, ...]
    threshold: int = 1

    def call_data(self) -> bytes:
        """Encode the call; the contract wants operators in ascending order."""
        return call_data("openLog", self.origin, sorted(self.operators), self.threshold)


@dataclass(frozen=True, slots=True)
class Extension:
    """A head and all that the contract wants to see with it, signatures by ascending signers."""

    log_id: bytes
    size: int
    root: bytes
    proof: tuple[bytes, ...]
    signatures: tuple[bytes, ...]

    def call_data(self) -> bytes:
        """Encode the call."""
        head = (self.log_id, self.size, self.root)
        return call_data("anchor", *head, self.proof, self.signatures)


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


def read_log_info(result: tuple[Any, ...]) -> LogInfo:
    """Read what `logInfo` returned."""
    admin, epoch, threshold, operators = result
    addresses = tuple(bytes.fromhex(operator[2:]) for operator in operators)
    return LogInfo(bytes.fromhex(admin[2:]), epoch, threshold, addresses)


def refusal(data: bytes) -> str:
    """Say why the contract reverted: its error's name, or the bytes where it is none of its own."""
    return _refusals().get(data[:_SELECTOR_SIZE]) or f"0x{data.hex()}"


def read_refusal(data: bytes) -> tuple[str, dict[str, Any]]:
    """Read why the contract reverted: `refusal`, and the error's arguments by their names."""
    name = refusal(data)
    element = _elements().get(("error", name))
    if element is None:
        return name, {}
    try:
        values = decode(get_abi_input_types(cast("Any", element)), data[_SELECTOR_SIZE:])
    except (DecodingError, OverflowError, ValueError):
        values = ()
    named = dict.fromkeys((i["name"] for i in _inputs(element)), "?")
    given = zip(_inputs(element), values, strict=False)
    return name, named | {i["name"]: _shown(i, value) for i, value in given}


def event_topics(*names: str) -> dict[bytes, str]:
    """Give the first topics of events, each with its name."""
    return {_digest(_elements()["event", name]): name for name in names}


def read_event(name: str, topics: tuple[bytes, ...], data: bytes) -> dict[str, Any]:
    """Decode an event's arguments, as JSON values by their names; raise MalformedError."""
    inputs = _inputs(_elements()["event", name])
    indexed = [i for i in inputs if i["indexed"]]
    plain = [i for i in inputs if not i["indexed"]]
    try:
        # No indexed argument here is of a type that a topic holds only the hash of.
        values = [
            decode([i["type"]], topic)[0] for i, topic in zip(indexed, topics[1:], strict=True)
        ]
        values += decode([i["type"] for i in plain], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise MalformedError(
            "chain.malformed", f"the event {name}", found=f"{len(topics)} topics, {len(data)} bytes"
        ) from error
    named = {i["name"]: _shown(i, v) for i, v in zip((*indexed, *plain), values, strict=True)}
    return {i["name"]: named[i["name"]] for i in inputs}


def _inputs(element: ABIElement) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", element.get("inputs", []))


def _shown(declared: dict[str, Any], value: Any) -> Any:
    """Give an argument as a JSON value: bytes as 0x and digits, statuses by their names."""
    if declared.get("internalType") == "enum ILogGovernance.LogStatus":
        return _STATUS_NAMES[value] if value < len(_STATUS_NAMES) else str(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return list(value) if isinstance(value, tuple) else value


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
    return keccak256(abi_to_signature(element).encode())


# The first topic of Anchored(bytes32 indexed logId, uint64 indexed size, bytes32 root).
ANCHORED = _digest(_elements()["event", "Anchored"])
