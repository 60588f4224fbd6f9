"""An anchor: the place on a chain that holds a log's head; what it claims, and when that is true.

A chain is (chain id, genesis hash, contract). `AnchorRegistry` keeps one slot for each anchored
size, keccak256(root, block number, block time), for ever; whoever shows an anchor brings those
values along, and a node answers with a yes or a no. Pure: the asking is `chain`'s affair, and
`ChainFacts` is what comes back from it.

    {"chain_id": 1, "genesis_hash": "0x…", "contract": "0x…", "sandbox": false, "log_id": "0x…",
     "size": 1000, "root": "0x…", "transaction": "0x…", "block_number": 12, "block_hash": "0x…",
     "block_time": 1700000000}
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from ledger.canonical import MAX_INTEGER
from ledger.errors import UnavailableError, VerificationError
from ledger.members import Members

__all__ = [
    "Anchor",
    "ChainFacts",
    "ChainIdentity",
    "ChainSource",
    "LogStanding",
    "LogStatus",
    "check_facts",
    "time_of_block",
]

# Chain ids have no agreed limit; the embedded chain's has 48 bits, and JSON's integers 53.
MAX_CHAIN_ID = MAX_INTEGER
# The last second of the year 9999. Chains that count milliseconds are beyond it since 1978.
_MAX_SECONDS = 253_402_300_799
MAX_BLOCK_TIME = _MAX_SECONDS * 1_000 + 999
_ADDRESS_SIZE = 20
# What two anchors of one block share, whatever log or contract they are of.
_BLOCK = ("chain_id", "genesis_hash", "sandbox", "block_number", "block_hash", "block_time")


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain, and which contract on it. The genesis hash tells sandboxes apart."""

    chain_id: int
    genesis_hash: bytes
    contract: bytes

    def __str__(self) -> str:
        genesis, contract = self.genesis_hash.hex(), self.contract.hex()
        return f"chain {self.chain_id}, genesis 0x{genesis}, contract 0x{contract}"

    @classmethod
    def from_members(cls, members: Members) -> ChainIdentity:
        """Take a chain's members out of a JSON object; raise MalformedError."""
        return cls(
            members.integer("chain_id", 1, MAX_CHAIN_ID),
            members.hash("genesis_hash"),
            members.prefixed("contract", _ADDRESS_SIZE),
        )

    def to_members(self) -> dict[str, Any]:
        """Write the members that `from_members` takes."""
        return {
            "chain_id": self.chain_id,
            "genesis_hash": f"0x{self.genesis_hash.hex()}",
            "contract": f"0x{self.contract.hex()}",
        }


@dataclass(frozen=True, slots=True)
class Anchor:
    """A log's head as a chain holds it.

    `block_time` is in the chain's own unit since 1970, as its blocks and contracts have it: seconds
    nearly everywhere, milliseconds on a few; `time` tells them apart.
    """

    chain: ChainIdentity
    sandbox: bool
    log_id: bytes
    size: int
    root: bytes
    transaction: bytes
    block_number: int
    block_hash: bytes
    block_time: int

    @classmethod
    def from_value(cls, value: object, where: str = "anchor") -> Anchor:
        """Read an anchor's JSON object; raise MalformedError."""
        members = Members(value, where)
        anchor = cls(
            chain=ChainIdentity.from_members(members),
            sandbox=members.boolean("sandbox"),
            log_id=members.hash("log_id"),
            size=members.integer("size", 1, MAX_INTEGER),
            root=members.hash("root"),
            transaction=members.hash("transaction"),
            block_number=members.integer("block_number", 0, MAX_INTEGER),
            block_hash=members.hash("block_hash"),
            block_time=members.integer("block_time", 0, MAX_BLOCK_TIME),
        )
        members.end()
        return anchor

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            **self.chain.to_members(),
            "sandbox": self.sandbox,
            "log_id": f"0x{self.log_id.hex()}",
            "size": self.size,
            "root": f"0x{self.root.hex()}",
            "transaction": f"0x{self.transaction.hex()}",
            "block_number": self.block_number,
            "block_hash": f"0x{self.block_hash.hex()}",
            "block_time": self.block_time,
        }

    @property
    def time(self) -> datetime:
        """Give the block's time, by the block's own clock."""
        return time_of_block(self.block_time)

    def contradicts(self, pinned: Anchor) -> str | None:
        """Name the first field in which this anchor denies a pinned one, None where it does not.

        Two anchors of one log and size, in one contract or by one transaction, are the same event:
        all else must agree. Two in one block share what is the block's; they may be of different
        logs and sizes. A block hash belongs to one chain for ever, but a transaction's may come
        again on a sandbox that was started anew: that denies nothing.
        """
        mine, theirs = self.to_value(), pinned.to_value()
        same_chain = (self.chain.chain_id, self.chain.genesis_hash) == (
            pinned.chain.chain_id,
            pinned.chain.genesis_hash,
        )
        same_transaction = same_chain and self.transaction == pinned.transaction
        same_head = (self.log_id, self.size) == (pinned.log_id, pinned.size)
        if same_head and (same_transaction or self.chain == pinned.chain):
            names = tuple(mine)
        elif (
            same_transaction
            or self.block_hash == pinned.block_hash
            or (same_chain and self.block_number == pinned.block_number)
        ):
            names = _BLOCK
        else:
            return None
        return next((name for name in names if mine[name] != theirs[name]), None)


class LogStatus(StrEnum):
    """What can happen to a log (`ILogGovernance.LogStatus`).

    FROZEN: fewer operators are left than must sign. CLOSED: for good. What was anchored stays.
    """

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LogStanding:
    """How a log stands in its contract: `struck` of its operators signed two histories.

    `successor` is the log that continues a closed one, None where it names none.
    """

    status: LogStatus
    struck: int = 0
    successor: bytes | None = None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What a node says of one anchor.

    `committed`: the contract holds exactly this (size, root, block number, block time).
    `block_hash`: the hash of the canonical block of that number, None where the node has none.
    `transaction_block`: the hash of the block that includes the transaction, empty where it is not
    among those of the anchor's block. None where the node cannot tell (nodes prune), which denies
    nothing: the contract's state is the proof.
    `final`: the anchor's block is final by the source's policy.
    `standing`: how the log stands now, which changes nothing about the anchor; None: nobody knows.
    """

    identity: ChainIdentity
    committed: bool
    block_hash: bytes | None
    transaction_block: bytes | None
    final: bool
    standing: LogStanding | None = None


def time_of_block(block_time: int) -> datetime:
    """Read a block's time in the chain's own unit; beyond the year 9999 it is that year's end."""
    milliseconds = block_time > _MAX_SECONDS
    shown = min(block_time, MAX_BLOCK_TIME)
    return datetime.fromtimestamp(shown / (1_000 if milliseconds else 1), UTC)


class ChainSource(Protocol):
    """Whoever can be asked about an anchor: a node, or several that must agree."""

    def facts(self, anchor: Anchor) -> ChainFacts:
        """Ask; raise UnavailableError where no answer, or no agreement, can be had."""


def whole_seconds(time: int) -> int:
    """Give a contract's time in seconds since 1970, whichever unit its chain counts in."""
    return time // 1_000 if time > _MAX_SECONDS else time


def check_facts(anchor: Anchor, facts: ChainFacts) -> None:
    """Hold an anchor against what a node of its own chain says; raise VerificationError.

    UnavailableError where the contract holds the anchor and the node no longer has its block: that
    denies nothing, and leaves the block's hash unchecked.
    """
    if not facts.committed:
        raise VerificationError(
            "anchor.not-on-chain",
            "the contract holds no such anchor",
            expected=f"root {anchor.root.hex()} at size {anchor.size}, block {anchor.block_number}",
            found="no commitment, or another one",
        )
    if facts.block_hash is None:
        raise UnavailableError(
            "chain.pruned",
            f"the node no longer has block {anchor.block_number}",
            expected=f"the block of an anchor that the contract holds, {anchor.block_hash.hex()}",
            hint="Ask a node that keeps all blocks.",
        )
    if facts.block_hash != anchor.block_hash:
        raise VerificationError(
            "anchor.block",
            f"block {anchor.block_number} of the chain is another one",
            expected=anchor.block_hash.hex(),
            found=facts.block_hash.hex(),
        )
    if facts.transaction_block not in {None, anchor.block_hash}:
        raise VerificationError(
            "anchor.transaction",
            "the transaction stands in another block",
            expected=anchor.block_hash.hex(),
            found=(facts.transaction_block or b"").hex() or "not in this block",
        )
