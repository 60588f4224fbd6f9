"""`AnchorRegistry` on a chain: what it holds of a log, and transactions that would change that.

A chain is (chain id, genesis hash, contract). Whoever verifies asks `facts`; whoever publishes
reads `governance` and `head`, signs with `sign_anchor` and hands the bytes to `node.send`; whoever
audits reads `anchored_events` and `history`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from ledger.accreditation import Accreditation
from ledger.anchor import Anchor, ChainFacts, ChainIdentity, LogStanding
from ledger.chain import query
from ledger.chain.account import Account, SignedTransaction
from ledger.chain.accreditations import ask_accreditation
from ledger.chain.answer import AnchoredEvent, Block, Receipt
from ledger.chain.facts import ask_facts, ask_holds
from ledger.chain.fees import Ceiling
from ledger.chain.governance import Governance, ask_governance, ask_standing
from ledger.chain.history import LogEvent, read_history
from ledger.chain.node import Node
from ledger.chain.refusals import refused
from ledger.chain.registry import (
    ChainHead,
    Extension,
    LogInfo,
    Opening,
    call_data,
    read_log_info,
    refusal,
)
from ledger.chain.rpc import HttpRpc, RpcError
from ledger.chain.statuses import ask_announced, ask_terms
from ledger.errors import ConfigurationError, UnavailableError
from ledger.finality import INSTANT, Finality
from ledger.status_source import Announced, Term

__all__ = ["DEFAULT_TIMEOUT", "Chain"]

DEFAULT_TIMEOUT = 10.0

# Most nodes answer a query over so many blocks; some, over no more.
_EVENT_SPAN = 5_000
_NO_SUCH_LOG = "UnknownLog"


class Chain:
    """An `AnchorRegistry` behind a node; a `ChainSource`, and a `Witness`."""

    def __init__(
        self, node: Node, *, contract: bytes | None = None, expected: ChainIdentity | None = None
    ) -> None:
        self.node = node
        self.contract = expected.contract if contract is None and expected else contract
        self._expected = expected

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        contract: bytes | None = None,
        expected: ChainIdentity | None = None,
        finality: Finality | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        ceiling: Ceiling | None = None,
    ) -> Chain:
        """Name a node by its URL, asking nothing yet; raise ConfigurationError."""
        node = Node(HttpRpc(url, timeout=timeout), finality=finality, ceiling=ceiling)
        return cls(node, contract=contract, expected=expected)

    @classmethod
    def embedded(cls) -> Chain:
        """Start a chain in this process, new each time and without a contract."""
        # py-evm costs most of a second to import, and nodes need none of it.
        from ledger.chain.embedded import EmbeddedRpc  # noqa: PLC0415

        return cls(Node(EmbeddedRpc(), finality=INSTANT))

    def at(self, contract: bytes) -> Chain:
        """Speak with another contract, through the same node."""
        return Chain(self.node, contract=contract)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self.node.close()

    def sandbox(self) -> bool:
        """Say whether this is a chain for trying things out, which proves nothing to others."""
        return self.node.sandbox()

    def finality(self) -> Finality:
        """Say when a block counts as final here."""
        return self.node.finality()

    def identity(self) -> ChainIdentity:
        """Ask which chain this is; raise ConfigurationError where it is not the expected one."""
        identity = ChainIdentity(*self.node.network(), self._contract())
        if self._expected not in {None, identity}:
            raise ConfigurationError(
                "chain.other",
                f"{self.node.place} is a node of another chain",
                expected=str(self._expected),
                found=str(identity),
            )
        return identity

    def log_info(self, log_id: bytes) -> LogInfo | None:
        """Ask who governs a log and signs for it, None where it has not been opened."""
        result = self._view("logInfo", log_id)
        if result is None:
            return None
        return read_log_info(result)

    def governance(self, log_id: bytes) -> Governance | None:
        """Ask who signs for a log and how it stands, None where it has not been opened."""
        return ask_governance(self.node, self._contract(), log_id)

    def history(self, log_id: bytes, *, from_block: int = 0) -> Iterator[LogEvent]:
        """Yield what has happened to who signs for a log, in order; nodes may have pruned it."""
        return read_history(
            self.node, self._contract(), log_id, from_block=from_block, span=_EVENT_SPAN
        )

    def is_open(self, log_id: bytes) -> bool:
        """Say whether the log has been opened."""
        return self.log_info(log_id) is not None

    def head(self, log_id: bytes) -> ChainHead | None:
        """Ask for a log's last anchored head, None where the log has not been opened."""
        result = self._view("head", log_id)
        return None if result is None else ChainHead(*result)

    def head_anchor(self, log_id: bytes) -> Anchor | None:
        """Find the anchor that made the head, None before the first."""
        head = self.head(log_id)
        if head is None or head.size == 0:
            return None
        identity = self.identity()
        block, events = self.node.ask_all(
            query.block(head.block_number),
            query.events(
                identity.contract,
                log_id,
                size=head.size,
                from_block=head.block_number,
                to_block=head.block_number,
            ),
        )
        for event in events:
            if self._is_event(event, log_id) and (event.size, event.root) == (head.size, head.root):
                return self.anchor_of(identity, event, block)
        raise UnavailableError(
            "chain.no-event",
            f"{self.node.place} has lost the event of an anchor that its contract holds",
            expected=f"size {head.size} in block {head.block_number}",
            hint="Ask a node that keeps the logs of old blocks.",
        )

    def anchor_of(
        self, identity: ChainIdentity, event: AnchoredEvent, block: Block | None
    ) -> Anchor:
        """Write an event down as an anchor; raise UnavailableError where its block is another."""
        if block is None or (block.number, block.hash) != (event.block_number, event.block_hash):
            raise UnavailableError(
                "chain.reorganised", f"the chain of {self.node.place} changed while it was read"
            )
        return Anchor(
            chain=identity,
            sandbox=self.sandbox(),
            log_id=event.log_id,
            size=event.size,
            root=event.root,
            transaction=event.transaction,
            block_number=block.number,
            block_hash=block.hash,
            block_time=block.time,
        )

    def anchored(self, log_id: bytes, receipt: Receipt) -> AnchoredEvent | None:
        """Find what a transaction anchored for this log, None where it changed nothing."""
        return next((event for event in receipt.anchored if self._is_event(event, log_id)), None)

    def anchored_events(
        self, log_id: bytes, *, from_block: int = 0, to_block: int | None = None
    ) -> Iterator[AnchoredEvent]:
        """Yield all that was ever anchored of a log, in order; nodes may have pruned it."""
        end = self.node.height() if to_block is None else to_block
        for start in range(from_block, end + 1, _EVENT_SPAN):
            span_end = min(start + _EVENT_SPAN - 1, end)
            events = self.node.ask(
                query.events(
                    self._contract(), log_id, size=None, from_block=start, to_block=span_end
                )
            )
            yield from (event for event in events if self._is_event(event, log_id))

    def facts(self, anchor: Anchor) -> ChainFacts:
        """Ask what the chain says of an anchor; raise UnavailableError.

        A chain without a contract of its own is asked about the anchor's: then the identity says
        only what the anchor claims, and whoever believes it must have compared it first.
        """
        contract = anchor.chain.contract if self.contract is None else self.contract
        return ask_facts(self.node, contract, anchor)

    def holds(self, chain: ChainIdentity, log_id: bytes, head: ChainHead) -> bool:
        """Say whether the contract holds a head for good; raise UnavailableError."""
        return ask_holds(self.node, chain, log_id, head)

    def standing(self, chain: ChainIdentity, log_id: bytes) -> LogStanding | None:
        """Say how a log stands for good, None where it is not open; raise UnavailableError."""
        return ask_standing(self.node, chain, log_id)

    def accreditation(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str, key: bytes
    ) -> Accreditation | None:
        """Say what AttestorRegistry holds of a key for good; raise UnavailableError."""
        return ask_accreditation(self.node, chain, registry, jurisdiction=jurisdiction, key=key)

    def announced(
        self, chain: ChainIdentity, registry: bytes, *, account: bytes, leaf: bytes
    ) -> tuple[Announced, ...]:
        """Say what AttestationRegistry holds of a leaf for good; raise UnavailableError."""
        return ask_announced(self.node, chain, registry, account=account, leaf=leaf)

    def terms(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str
    ) -> tuple[Term, ...]:
        """Say who speaks for a jurisdiction, for good; raise UnavailableError."""
        return ask_terms(self.node, chain, registry, jurisdiction=jurisdiction)

    def sign_call(self, account: Account, data: bytes) -> SignedTransaction:
        """Make a transaction that calls the contract; not sent yet.

        Raises ConflictError where the contract would refuse it.
        """
        return self._sign(account, data)

    def sign_open_log(
        self, account: Account, opening: Opening, *, nonce: int | None = None, rises: int = 0
    ) -> SignedTransaction:
        """Make the transaction that opens a log, its admin being `account`; not sent yet.

        `nonce` and `rises` replace a pending one, as `Node.sign` says. Raises ConflictError where
        the contract would refuse it.
        """
        return self._sign(account, opening.call_data(), nonce=nonce, rises=rises)

    def sign_anchor(
        self, account: Account, extension: Extension, *, nonce: int | None = None, rises: int = 0
    ) -> SignedTransaction:
        """Make the transaction that anchors a head; not sent yet.

        Otherwise as `sign_open_log`.
        """
        return self._sign(account, extension.call_data(), nonce=nonce, rises=rises)

    def _sign(
        self, account: Account, data: bytes, *, nonce: int | None = None, rises: int = 0
    ) -> SignedTransaction:
        try:
            return self.node.sign(account, to=self._contract(), data=data, nonce=nonce, rises=rises)
        except RpcError as error:
            if error.data is None:
                raise
            raise refused(error.data) from error

    def _view(self, function: str, log_id: bytes) -> tuple[Any, ...] | None:
        """Call a view of one log, None where the log has not been opened."""
        try:
            data = self.node.ask(query.call(self._contract(), call_data(function, log_id)))
        except RpcError as error:
            if error.data is not None and refusal(error.data) == _NO_SUCH_LOG:
                return None
            raise
        if not data:
            raise UnavailableError(
                "chain.no-code",
                f"{self.node.place} knows no contract at 0x{self._contract().hex()}",
                hint="Its chain is another one, or it has not caught up, or nothing was deployed.",
            )
        return self.node.decode(function, data)

    def _is_event(self, event: AnchoredEvent, log_id: bytes) -> bool:
        # Any contract can emit an event of this name: only the registry's own counts.
        return (event.contract, event.log_id) == (self._contract(), log_id)

    def _contract(self) -> bytes:
        if self.contract is None:
            raise ConfigurationError(
                "chain.no-contract",
                f"no AnchorRegistry is configured at {self.node.place}",
                hint="Deploy one, or name its address.",
            )
        return self.contract
