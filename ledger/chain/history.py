"""What has happened to who signs for a log: the contract's events of its governance, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.anchor import time_of_block
from ledger.chain import query
from ledger.chain.answer import LogEntry
from ledger.chain.node import Node
from ledger.chain.registry import event_topics, read_event
from ledger.errors import MalformedError, UnavailableError

__all__ = ["EVENTS", "LogEvent", "read_history"]

EVENTS = (
    "LogOpened",
    "OperatorsProposed",
    "OperatorsProposalDropped",
    "OperatorsChanged",
    "OperatorStruck",
    "LogFrozen",
    "LogClosed",
)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event: its name, its arguments as JSON values by name, and the block that has it."""

    name: str
    arguments: dict[str, Any]
    transaction: bytes
    block_number: int
    block_time: int

    @property
    def time(self) -> datetime:
        """Give the block's time, by the block's own clock."""
        return time_of_block(self.block_time)


def read_history(
    node: Node, contract: bytes, log_id: bytes, *, from_block: int, span: int
) -> Iterator[LogEvent]:
    """Yield a log's governance events from `from_block` on; raise UnavailableError.

    Nodes may have pruned them. Each query is over `span` blocks.
    """
    topics, end = event_topics(*EVENTS), node.height()
    for start in range(from_block, end + 1, span):
        entries = node.ask(
            query.log_entries(
                contract,
                tuple(topics),
                log_id,
                from_block=start,
                to_block=min(start + span - 1, end),
            )
        )
        for entry in entries:
            # What was not asked for is passed over: a node may answer more.
            if entry.contract == contract and entry.topics[1:2] == (log_id,):
                yield _read(node, topics, entry)


def _read(node: Node, topics: dict[bytes, str], entry: LogEntry) -> LogEvent:
    name = topics.get(entry.topics[0])
    if name is None:
        raise UnavailableError("chain.malformed", f"{node.place} tells events nobody asked for")
    try:
        arguments = read_event(name, entry.topics, entry.data)
    except MalformedError as error:
        raise node.nonsense(error) from error
    block = node.block(entry.block_number)
    if block is None or block.hash != entry.block_hash:
        raise UnavailableError(
            "chain.reorganised", f"the chain of {node.place} changed while it was read"
        )
    del arguments["logId"]
    return LogEvent(name, arguments, entry.transaction, block.number, block.time)
