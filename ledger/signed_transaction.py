"""A signed transaction that somebody else has made, read strictly: bytes in, fields and signer out.

    EIP-155    rlp([nonce, gasPrice, gas, to, value, data, v, r, s])
    EIP-1559   0x02 || rlp([chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, value,
               data, accessList, yParity, r, s])

RLP (Yellow Paper, appendix B) is taken in its shortest form alone, so that other bytes are another
transaction. Every other type of transaction is malformed here: nobody was asked for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_account import Account

from ledger.errors import MalformedError
from ledger.evm_key import HALF_ORDER, ORDER

__all__ = ["SignedFields"]

_EIP_1559 = 0x02
_LEGACY_NAMES = ("nonce", "gasPrice", "gas", "to", "value", "data")
_EIP_1559_NAMES = (
    "chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "data",
    "accessList",
)  # fmt: skip
_BYTES = frozenset({"to", "data", "accessList"})
# EIP-155: v = 35 + 2 * chain id + parity. Before it, v was 27 + parity, for any chain.
_EIP_155 = 35
_SHORT = 55
_STRING, _LIST = 0x80, 0xC0
_SIGNATURE_ITEMS = 3


class _Item(NamedTuple):
    is_list: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class SignedFields:
    """What was signed, fields named as in JSON-RPC, and by whom: `sender` is None for nobody.

    `to` is empty where a contract is created; `chainId` is 0 for a transaction of any chain.
    """

    fields: dict[str, Any]
    sender: bytes | None

    @classmethod
    def parse(cls, raw: bytes) -> SignedFields:
        """Read a transaction's bytes; raise MalformedError."""
        is_typed = raw[:1] == bytes([_EIP_1559])
        names = _EIP_1559_NAMES if is_typed else _LEGACY_NAMES
        items = _items(raw[1:] if is_typed else raw)
        if len(items) != len(names) + _SIGNATURE_ITEMS:
            raise _malformed(f"{len(names) + _SIGNATURE_ITEMS} items", f"{len(items)}")
        fields = {name: _value(name, item) for name, item in zip(names, items, strict=False)}
        v, r, s = (_integer(item) for item in items[-_SIGNATURE_ITEMS:])
        if is_typed:
            parity = v
        else:
            fields["chainId"], parity = divmod(v - _EIP_155, 2) if v >= _EIP_155 else (0, v)
        is_sound = parity in {0, 1} and 0 < r < ORDER and 0 < s <= HALF_ORDER
        return cls(fields, _recover(raw) if is_sound else None)


def _recover(raw: bytes) -> bytes | None:
    try:
        return bytes.fromhex(Account.recover_transaction(raw).removeprefix("0x"))
    except Exception:  # noqa: BLE001 - eth-keys, eth-utils, rlp: several trees; r may be no point
        return None


def _items(data: bytes) -> list[_Item]:
    """Read one RLP list; its items may be lists, which stay as they are."""
    (is_list, payload), rest = _take(data)
    if not is_list or rest:
        raise _malformed("one list", "something else")
    items = []
    while payload:
        item, payload = _take(payload)
        items.append(item)
    return items


def _take(data: bytes) -> tuple[_Item, bytes]:
    """Read the item at the front, and give what follows it."""
    if not data:
        raise _malformed("an item", "the end")
    first = data[0]
    if first < _STRING:
        return _Item(is_list=False, payload=data[:1]), data[1:]
    is_list = first >= _LIST
    start, size = 1, first - (_LIST if is_list else _STRING)
    if size > _SHORT:
        start += size - _SHORT
        length = data[1:start]
        size = int.from_bytes(length, "big")
        if length[:1] == b"\0" or size <= _SHORT:
            raise _malformed("the shortest form", "a longer one")
    payload = data[start : start + size]
    if len(payload) != size:
        raise _malformed(f"{size} bytes", f"{len(payload)}")
    if not is_list and size == 1 and payload[0] < _STRING:
        raise _malformed("the shortest form", "a longer one")
    return _Item(is_list, payload), data[start + size :]


def _value(name: str, item: _Item) -> int | bytes:
    if name not in _BYTES:
        return _integer(item)
    if item.is_list != (name == "accessList"):
        raise _malformed(f"{name} of its kind", "another")
    return item.payload


def _integer(item: _Item) -> int:
    if item.is_list or item.payload[:1] == b"\0":
        raise _malformed("a number without zeros in front", "something else")
    return int.from_bytes(item.payload, "big")


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "transaction.malformed", "not a signed transaction", expected=expected, found=found
    )
