"""Who may sign for a log and how that ends (`ILogGovernance`): asked of a node, and encoded for it.

ask_governance    operators, struck ones, the change that waits, frozen, closed, its successor
ask_standing      the short answer, as blocks have it that are final
the rest          calls that would change that; what operators sign for them: see `agreement`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.anchor import ChainIdentity, LogStanding, LogStatus, time_of_block
from ledger.chain import query
from ledger.chain.node import Node
from ledger.chain.registry import LogInfo, call_data, read_log_info, refusal
from ledger.chain.rpc import RpcError
from ledger.errors import UnavailableError
from ledger.merkle import HASH_SIZE

__all__ = [
    "NO_SUCCESSOR",
    "Closure",
    "EquivocationReport",
    "Governance",
    "PendingChange",
    "Proposal",
    "ReportedHead",
    "apply_operators",
    "ask_governance",
    "ask_standing",
    "cancel_operators",
    "read_standing",
]

NO_SUCCESSOR = bytes(HASH_SIZE)
_NO_SUCH_LOG = "UnknownLog"
_STATUSES = (LogStatus.ACTIVE, LogStatus.FROZEN, LogStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class PendingChange:
    """Operators who wait for their time; `not_before` is in the chain's own unit."""

    operators: tuple[bytes, ...]
    threshold: int
    not_before: int

    @property
    def time(self) -> datetime:
        """Give the block time from which anyone may apply the change."""
        return time_of_block(self.not_before)


@dataclass(frozen=True, slots=True)
class Governance:
    """A log as its contract has it, its heads apart; `struck` are those of its operators."""

    info: LogInfo
    standing: LogStanding
    struck: tuple[bytes, ...]
    pending: PendingChange | None
    change_nonce: int

    @property
    def active_operators(self) -> tuple[bytes, ...]:
        """Give the operators who may still sign."""
        return tuple(o for o in self.info.operators if o not in self.struck)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other operators, or another threshold, with operators' signatures by ascending signers."""

    log_id: bytes
    operators: tuple[bytes, ...]
    threshold: int
    signatures: tuple[bytes, ...]

    def call_data(self) -> bytes:
        """Encode the call; the contract wants operators in ascending order."""
        change = (sorted(self.operators), self.threshold)
        return call_data("proposeOperators", self.log_id, *change, self.signatures)


@dataclass(frozen=True, slots=True)
class Closure:
    """A log's end at its anchored head; `signatures` are empty where it is frozen."""

    log_id: bytes
    size: int
    root: bytes
    successor: bytes | None
    signatures: tuple[bytes, ...]

    def call_data(self) -> bytes:
        """Encode the call."""
        successor = self.successor or NO_SUCCESSOR
        head = (self.log_id, self.size, self.root)
        return call_data("closeLog", *head, successor, self.signatures)


@dataclass(frozen=True, slots=True)
class ReportedHead:
    """A head that an operator signed, and what it has at the reported index, if that is needed."""

    epoch: int
    size: int
    root: bytes
    signature: bytes
    leaf_hash: bytes = bytes(HASH_SIZE)
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class EquivocationReport:
    """Two heads that one operator signed and that are not of one history."""

    log_id: bytes
    heads: tuple[ReportedHead, ReportedHead]
    index: int = 0

    def call_data(self) -> bytes:
        """Encode the call."""
        heads = [(h.epoch, h.size, h.root, h.signature) for h in self.heads]
        leaves = [(h.leaf_hash, h.path) for h in self.heads]
        return call_data("reportEquivocation", self.log_id, heads, self.index, leaves)


def apply_operators(log_id: bytes) -> bytes:
    """Encode the call that applies the change that waits."""
    return call_data("applyOperators", log_id)


def cancel_operators(log_id: bytes) -> bytes:
    """Encode the call that drops the change that waits."""
    return call_data("cancelOperators", log_id)


def ask_governance(node: Node, contract: bytes, log_id: bytes) -> Governance | None:
    """Ask how a log stands, None where it has not been opened; raise UnavailableError."""
    views = ("logInfo", "logStatus", "pendingOperators", "changeNonce")
    answers = _views(node, contract, views, log_id)
    if answers is None:
        return None
    info, status, pending, nonce = answers
    named = read_log_info(node.decode("logInfo", info))
    standing = read_standing(node, named, status)
    operators, threshold, not_before = node.decode("pendingOperators", pending)
    return Governance(
        info=named,
        standing=standing,
        struck=_struck(node, contract, log_id, named.operators) if standing.struck else (),
        pending=PendingChange(_addresses(operators), threshold, not_before) if operators else None,
        change_nonce=node.decode("changeNonce", nonce)[0],
    )


def ask_standing(node: Node, chain: ChainIdentity, log_id: bytes) -> LogStanding | None:
    """Ask how a log stood in the newest block that is final; raise UnavailableError.

    None where it had not been opened by then.
    """
    at = node.final_block(chain)
    answers = _views(node, chain.contract, ("logInfo", "logStatus"), log_id, at=at)
    if answers is None:
        return None
    info, status = answers
    return read_standing(node, read_log_info(node.decode("logInfo", info)), status)


def read_standing(node: Node, info: LogInfo, data: bytes) -> LogStanding:
    """Read what `logStatus` returned of a log; raise UnavailableError."""
    number, active, successor = node.decode("logStatus", data)
    if number >= len(_STATUSES) or active > len(info.operators):
        raise UnavailableError(
            "chain.malformed", f"{node.place} tells a status that no log has", found=str(number)
        )
    named = None if successor == NO_SUCCESSOR else successor
    return LogStanding(_STATUSES[number], len(info.operators) - active, named)


def _views(
    node: Node,
    contract: bytes,
    functions: Sequence[str],
    log_id: bytes,
    at: int | str = "latest",
) -> list[bytes] | None:
    """Call several views of one log at once, None where it has not been opened."""
    asked = (query.call(contract, call_data(function, log_id), at) for function in functions)
    answers = node.try_all(*asked)
    for answer in answers:
        if isinstance(answer, RpcError):
            if answer.data is not None and refusal(answer.data) == _NO_SUCH_LOG:
                return None
            raise answer
    if b"" in answers:
        raise UnavailableError(
            "chain.no-code",
            f"{node.place} knows no such contract at 0x{contract.hex()}",
            hint="Its chain is another one, or it has not caught up, or nothing was deployed.",
        )
    return answers


def _struck(
    node: Node, contract: bytes, log_id: bytes, operators: Sequence[bytes]
) -> tuple[bytes, ...]:
    answers = node.ask_all(
        *(query.call(contract, call_data("isStruck", log_id, operator)) for operator in operators)
    )
    flags = [node.decode("isStruck", answer)[0] for answer in answers]
    return tuple(operator for operator, struck in zip(operators, flags, strict=True) if struck)


def _addresses(texts: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text[2:]) for text in texts)
