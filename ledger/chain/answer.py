"""What a node answers, read strictly: JSON values in, numbers, bytes, blocks and receipts out.

Encodings are those of Ethereum's execution API: a quantity is 0x and hexadecimal digits, bytes are
0x and two digits each. Everything else raises MalformedError.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import MAX_INTEGER
from ledger.chain.registry import ANCHORED
from ledger.errors import MalformedError
from ledger.merkle import HASH_SIZE

__all__ = [
    "AnchoredEvent",
    "Block",
    "LogEntry",
    "Receipt",
    "read_block",
    "read_bytes",
    "read_events",
    "read_hash",
    "read_log_entries",
    "read_quantity",
    "read_receipt",
]

ADDRESS_SIZE = 20
_HEX = frozenset("0123456789abcdefABCDEF")
_MAX_QUANTITY_DIGITS = 64
_ANCHORED_TOPICS = 3
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Block:
    """A block's place in the chain; `base_fee` is None on chains without EIP-1559.

    `transactions` are the hashes of all that it includes, None where the node does not tell them.
    """

    number: int
    hash: bytes
    time: int
    base_fee: int | None
    transactions: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class AnchoredEvent:
    """The contract's word, in a block, that a head has been anchored."""

    contract: bytes
    log_id: bytes
    size: int
    root: bytes
    transaction: bytes
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event of a contract, not decoded yet."""

    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes
    transaction: bytes
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction that a block includes."""

    transaction: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: bytes | None
    anchored: tuple[AnchoredEvent, ...]


def read_quantity(value: object) -> int:
    """Read a number that fits in 256 bits."""
    if isinstance(value, str) and value[:2] == "0x":
        digits = value[2:]
        # int() alone would take signs, spaces and underscores too.
        if 0 < len(digits) <= _MAX_QUANTITY_DIGITS and _HEX.issuperset(digits):
            return int(digits, 16)
    raise _malformed("a quantity", value)


def read_bytes(value: object, size: int | None = None) -> bytes:
    """Read bytes, exactly `size` of them where given."""
    if isinstance(value, str) and value[:2] == "0x":
        digits = value[2:]
        if len(digits) % 2 == 0 and _HEX.issuperset(digits) and size in {None, len(digits) // 2}:
            return bytes.fromhex(digits)
    raise _malformed("bytes" if size is None else f"{size} bytes", value)


def read_hash(value: object) -> bytes:
    """Read 32 bytes."""
    return read_bytes(value, HASH_SIZE)


def read_block(value: object) -> Block | None:
    """Read a block, None where the node has none of that number."""
    if value is None:
        return None
    block = _object(value)
    base_fee, transactions = block.get("baseFeePerGas"), block.get("transactions")
    return Block(
        number=_counter(block.get("number")),
        hash=read_hash(block.get("hash")),
        time=_counter(block.get("timestamp")),
        base_fee=None if base_fee is None else read_quantity(base_fee),
        transactions=(
            tuple(read_hash(element) for element in transactions)
            if isinstance(transactions, list)
            else None
        ),
    )


def read_receipt(value: object) -> Receipt | None:
    """Read a receipt, None where no block includes the transaction."""
    if value is None:
        return None
    receipt = _object(value)
    contract = receipt.get("contractAddress")
    return Receipt(
        transaction=read_hash(receipt.get("transactionHash")),
        block_number=_counter(receipt.get("blockNumber")),
        block_hash=read_hash(receipt.get("blockHash")),
        succeeded=read_quantity(receipt.get("status")) == 1,
        gas_used=_counter(receipt.get("gasUsed")),
        contract=read_bytes(contract, ADDRESS_SIZE) if contract else None,
        anchored=read_events(receipt.get("logs")),
    )


def read_events(value: object) -> tuple[AnchoredEvent, ...]:
    """Read the Anchored events among a receipt's or a query's logs."""
    if not isinstance(value, list):
        raise _malformed("an array of logs", value)
    events = []
    for element in value:
        log = _object(element)
        topics = log.get("topics")
        if not isinstance(topics, list):
            raise _malformed("an array of topics", topics)
        if len(topics) == _ANCHORED_TOPICS and read_hash(topics[0]) == ANCHORED:
            events.append(
                AnchoredEvent(
                    contract=read_bytes(log.get("address"), ADDRESS_SIZE),
                    log_id=read_hash(topics[1]),
                    size=_counter(topics[2]),
                    root=read_hash(log.get("data")),
                    transaction=read_hash(log.get("transactionHash")),
                    block_number=_counter(log.get("blockNumber")),
                    block_hash=read_hash(log.get("blockHash")),
                )
            )
    return tuple(events)


def read_log_entries(value: object) -> tuple[LogEntry, ...]:
    """Read a query's logs, whatever events they are of."""
    if not isinstance(value, list):
        raise _malformed("an array of logs", value)
    entries = []
    for element in value:
        log = _object(element)
        topics = log.get("topics")
        if not isinstance(topics, list):
            raise _malformed("an array of topics", topics)
        entries.append(
            LogEntry(
                contract=read_bytes(log.get("address"), ADDRESS_SIZE),
                topics=tuple(map(read_hash, topics)),
                data=read_bytes(log.get("data")),
                transaction=read_hash(log.get("transactionHash")),
                block_number=_counter(log.get("blockNumber")),
                block_hash=read_hash(log.get("blockHash")),
            )
        )
    return tuple(entries)


def _counter(value: object) -> int:
    number = read_quantity(value)
    # What an anchor cannot hold in its JSON is no block number or time of any chain.
    if number > MAX_INTEGER:
        raise _malformed(f"a number of at most {MAX_INTEGER}", value)
    return number


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _malformed("an object", value)
    return value


def _malformed(expected: str, found: object) -> MalformedError:
    return MalformedError(
        "chain.malformed",
        "the node's answer",
        expected=expected,
        found=repr(found)[:_SHOWN],
    )
