"""Statuses as `AttestationRegistry` keeps them: asked of a final block, and said by an account.

    announced     what an account said of a leaf (IStatuses.statusHistory), oldest first
    terms         who speaks for a jurisdiction, and when (IAuthorities.terms of AttestorRegistry)
    sign_status   a transaction that says something of leaves, in the sender's own name

What is read is all that was said, from which an answer for every time follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from ledger.anchor import ChainIdentity, whole_seconds
from ledger.chain.account import Account, SignedTransaction
from ledger.chain.accreditations import view
from ledger.chain.node import Node
from ledger.chain.rpc import RpcError
from ledger.errors import ConflictError, UnavailableError
from ledger.keccak import keccak256
from ledger.status import Action
from ledger.status_source import Announced, Term
from ledger.trust import TrustedChain

__all__ = [
    "MAX_SAID",
    "RegisteredStatuses",
    "StatusWitness",
    "ask_announced",
    "ask_terms",
    "sign_status",
    "status_call",
]

# Of one leaf by one account; whoever changed its mind more often has lost the overview.
MAX_SAID = 10_000
_LENGTH = keccak256(b"statusHistoryLength(address,bytes32)")[:4]
_HISTORY = keccak256(b"statusHistory(address,bytes32,uint256,uint256)")[:4]
_TERMS = keccak256(b"terms(bytes2)")[:4]
_SET = keccak256(b"setStatus(uint8,uint8,bytes32[])")[:4]
_IMPOSSIBLE = keccak256(b"ImpossibleStatus(bytes32,uint8,uint8)")[:4]
_PAGE = 200
# `IStatuses.Status`, in its order.
_STATUSES = (None, Action.REVOKE, Action.SUSPEND, Action.REINSTATE, Action.STOP)


class StatusWitness(Protocol):
    """A node, or several that must agree."""

    def announced(
        self, chain: ChainIdentity, registry: bytes, *, account: bytes, leaf: bytes
    ) -> tuple[Announced, ...]:
        """Say what an account said of a leaf, for good; raise UnavailableError."""

    def terms(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str
    ) -> tuple[Term, ...]:
        """Say who speaks for a jurisdiction, for good; raise UnavailableError."""


class RegisteredStatuses:
    """A `StatusRegistry`: the contracts of a trusted chain, as `source` tells of them."""

    def __init__(self, trusted: TrustedChain, registry: bytes, source: StatusWitness) -> None:
        self._chain = trusted.identity
        self._attestors = trusted.attestors
        self._registry = registry
        self._source = source

    def announced(self, account: bytes, leaf: bytes) -> tuple[Announced, ...]:
        """Tell what an account said of a leaf, oldest first; raise UnavailableError."""
        return self._source.announced(self._chain, self._registry, account=account, leaf=leaf)

    def terms(self, jurisdiction: str) -> tuple[Term, ...]:
        """Tell who spoke for a jurisdiction: nobody, where no AttestorRegistry is named."""
        if self._attestors is None:
            return ()
        return self._source.terms(self._chain, self._attestors, jurisdiction=jurisdiction)


def ask_announced(
    node: Node, chain: ChainIdentity, registry: bytes, *, account: bytes, leaf: bytes
) -> tuple[Announced, ...]:
    """Ask what the newest final block holds of an account's words on a leaf.

    Raises UnavailableError where the node is of another chain, or knows no such contract.
    """
    at = node.final_block(chain)
    named = encode(["address", "bytes32"], [account, leaf])
    length = int.from_bytes(view(node, registry, _LENGTH + named, at))
    if length > MAX_SAID:
        raise _nonsense(node, f"{length} statuses of one leaf")
    said: list[Announced] = []
    while len(said) < length:
        place = encode(["uint256", "uint256"], [len(said), _PAGE])
        rows = _rows(
            node, "(uint48,uint8,uint8)[]", view(node, registry, _HISTORY + named + place, at)
        )
        if not rows:
            raise _nonsense(node, "fewer statuses than it says there are")
        said += [_announced(node, row) for row in rows]
    return tuple(said)


def ask_terms(
    node: Node, chain: ChainIdentity, registry: bytes, *, jurisdiction: str
) -> tuple[Term, ...]:
    """Ask who spoke for a jurisdiction, as the newest final block has it; oldest first.

    Raises UnavailableError where the node is of another chain, or knows no such contract.
    """
    at = node.final_block(chain)
    data = view(node, registry, _TERMS + encode(["bytes2"], [jurisdiction.encode()]), at)
    return tuple(
        Term(bytes.fromhex(holder[2:]), whole_seconds(begins), whole_seconds(ends))
        for holder, begins, ends in _rows(node, "(address,uint48,uint48)[]", data)
    )


def status_call(action: Action, leaves: Sequence[bytes], *, reason: int = 0) -> bytes:
    """Encode a call of `setStatus`; `reason` is a number of a list of the speaker's own."""
    said = _STATUSES.index(action)
    return _SET + encode(["uint8", "uint8", "bytes32[]"], [said, reason, list(leaves)])


def sign_status(
    node: Node,
    account: Account,
    registry: bytes,
    *,
    action: Action,
    leaves: Sequence[bytes],
    reason: int = 0,
) -> SignedTransaction:
    """Make the transaction that says something of leaves; not sent yet.

    Raises ConflictError where it cannot follow what the account said before.
    """
    data = status_call(action, leaves, reason=reason)
    try:
        return node.sign(account, to=registry, data=data)
    except RpcError as error:
        if error.data is None or error.data[:4] != _IMPOSSIBLE:
            raise
        leaf, before, _ = decode(["bytes32", "uint8", "uint8"], error.data[4:])
        last = _STATUSES[before] if before < len(_STATUSES) else None
        raise ConflictError(
            "status.impossible",
            "the contract refuses a status that cannot follow the one before it",
            expected=f"what may follow {last.value if last else 'nothing'}",
            found=f"{action.value} of leaf {leaf.hex()}",
        ) from error


def _announced(node: Node, row: tuple[int, int, int]) -> Announced:
    time, status, _ = row
    action = _STATUSES[status] if status < len(_STATUSES) else None
    if action is None:
        raise _nonsense(node, f"status {status}")
    return Announced(whole_seconds(time), action)


def _rows(node: Node, form: str, data: bytes) -> Sequence[Any]:
    try:
        (rows,) = decode([form], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise _nonsense(node, f"{len(data)} bytes") from error
    return list(rows)


def _nonsense(node: Node, found: str) -> UnavailableError:
    return UnavailableError(
        "chain.malformed", f"{node.place} tells statuses that cannot be", found=found
    )
