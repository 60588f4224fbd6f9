"""A question to a node: a method of Ethereum's execution API, and how to read its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ledger.chain.answer import (
    ADDRESS_SIZE,
    AnchoredEvent,
    Block,
    LogEntry,
    Receipt,
    read_block,
    read_bytes,
    read_events,
    read_log_entries,
    read_quantity,
    read_receipt,
)
from ledger.chain.registry import ANCHORED
from ledger.errors import MalformedError

__all__ = ["Query"]

T = TypeVar("T")
_LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """A method with its parameters; `read` raises MalformedError for any other answer."""

    method: str
    parameters: list[Any]
    read: Callable[[object], T]


def chain_id() -> Query[int]:
    """Ask which chain this is (EIP-155)."""
    return Query("eth_chainId", [], read_quantity)


def block(number: int | str) -> Query[Block | None]:
    """Ask for a block by its number or tag."""

    def read(value: object) -> Block | None:
        found = read_block(value)
        if found is not None and isinstance(number, int) and found.number != number:
            raise MalformedError(
                "chain.malformed", "a block", expected=str(number), found=str(found.number)
            )
        return found

    name = number if isinstance(number, str) else hex(number)
    return Query("eth_getBlockByNumber", [name, False], read)


def receipt(transaction: bytes) -> Query[Receipt | None]:
    """Ask what became of a transaction."""
    return Query("eth_getTransactionReceipt", [_hex(transaction)], read_receipt)


def is_known(transaction: bytes) -> Query[bool]:
    """Ask whether the node has a transaction, in a block or waiting for one."""
    return Query("eth_getTransactionByHash", [_hex(transaction)], lambda value: value is not None)


def call(to: bytes, data: bytes, at: int | str = _LATEST) -> Query[bytes]:
    """Call a contract's view, on the state after the block `at`."""
    block_name = at if isinstance(at, str) else hex(at)
    return Query("eth_call", [{"to": _hex(to), "data": _hex(data)}, block_name], read_bytes)


def gas(sender: bytes, to: bytes | None, data: bytes) -> Query[int]:
    """Ask how much gas a transaction would use; a contract that reverts answers here."""
    transaction = {"from": _hex(sender), "data": _hex(data)}
    if to is not None:
        transaction["to"] = _hex(to)
    # Nodes differ in their default; after a pending transaction of our own its rival would fail.
    return Query("eth_estimateGas", [transaction, _LATEST], read_quantity)


def gas_price() -> Query[int]:
    """Ask the price of gas of a chain without EIP-1559."""
    return Query("eth_gasPrice", [], read_quantity)


def priority_fee() -> Query[int]:
    """Ask for the usual tip (EIP-1559)."""
    return Query("eth_maxPriorityFeePerGas", [], read_quantity)


def nonce(address: bytes, tag: str = _LATEST) -> Query[int]:
    """Ask for an account's next nonce."""
    return Query("eth_getTransactionCount", [_hex(address), tag], read_quantity)


def balance(address: bytes) -> Query[int]:
    """Ask what an account holds, in wei."""
    return Query("eth_getBalance", [_hex(address), _LATEST], read_quantity)


def code(address: bytes) -> Query[bytes]:
    """Ask for a contract's code."""
    return Query("eth_getCode", [_hex(address), _LATEST], read_bytes)


def own_account() -> Query[bytes]:
    """Ask for the first account that the node itself has the key of, as sandboxes do."""

    def read(value: object) -> bytes:
        if not isinstance(value, list) or not value:
            raise MalformedError(
                "chain.malformed", "the node's accounts", expected="one at least", found="none"
            )
        return read_bytes(value[0], ADDRESS_SIZE)

    return Query("eth_accounts", [], read)


def send(raw: bytes) -> Query[bytes]:
    """Hand in a signed transaction."""
    return Query("eth_sendRawTransaction", [_hex(raw)], read_bytes)


def events(
    contract: bytes, log_id: bytes, *, size: int | None, from_block: int, to_block: int
) -> Query[tuple[AnchoredEvent, ...]]:
    """Ask for a log's Anchored events in a range of blocks, both ends included."""
    topics = [_hex(ANCHORED), _hex(log_id)]
    if size is not None:
        topics.append(f"0x{size:064x}")
    asked = {
        "address": _hex(contract),
        "topics": topics,
        "fromBlock": hex(from_block),
        "toBlock": hex(to_block),
    }
    return Query("eth_getLogs", [asked], read_events)


def log_entries(
    contract: bytes, names: Sequence[bytes], log_id: bytes, *, from_block: int, to_block: int
) -> Query[tuple[LogEntry, ...]]:
    """Ask for events of a log, named by any of these first topics, in a range of blocks."""
    asked = {
        "address": _hex(contract),
        "topics": [[_hex(name) for name in names], _hex(log_id)],
        "fromBlock": hex(from_block),
        "toBlock": hex(to_block),
    }
    return Query("eth_getLogs", [asked], read_log_entries)


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
