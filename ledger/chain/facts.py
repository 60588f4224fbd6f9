"""What a chain says of one anchor, asked at once: an anchor goes in, `ChainFacts` come out."""

from __future__ import annotations

from ledger.anchor import Anchor, ChainFacts, ChainIdentity
from ledger.chain import query
from ledger.chain.answer import Block, Receipt
from ledger.chain.node import Node
from ledger.chain.registry import call_data
from ledger.chain.rpc import RpcError
from ledger.errors import UnavailableError

__all__ = ["ask_facts"]


def ask_facts(node: Node, contract: bytes, anchor: Anchor) -> ChainFacts:
    """Ask a node what a contract and its chain say of an anchor; raise UnavailableError."""
    held = (anchor.log_id, anchor.size, anchor.root, anchor.block_number, anchor.block_time)
    chain_id, genesis, latest, tagged, block, receipt, head, committed = node.try_all(
        query.chain_id(),
        query.block(0),
        query.block("latest"),
        query.block(node.finality().tag),
        query.block(anchor.block_number),
        query.receipt(anchor.transaction),
        query.call(contract, call_data("head", anchor.log_id)),
        query.call(contract, call_data("verifyAnchor", *held)),
    )
    for answer in (chain_id, genesis, latest, tagged, block, receipt, committed):
        if isinstance(answer, RpcError):
            raise answer
    identity = ChainIdentity(*node.read_network(chain_id, genesis), contract)
    if identity != anchor.chain:
        return ChainFacts(
            identity, committed=False, block_hash=None, transaction_block=None, final=False
        )
    is_committed = bool(committed) and node.decode("verifyAnchor", committed)[0]
    # Sizes only grow: a contract whose head is beyond this size will never hold another anchor of
    # it. Short of that, a node that has not seen the block yet knows nothing.
    is_behind = latest is None or latest.number < anchor.block_number
    if not is_committed and is_behind and _reached(node, head) < anchor.size:
        raise UnavailableError(
            "chain.behind",
            f"{node.place} has not reached the anchor's block",
            expected=f"block {anchor.block_number}",
            found=f"block {latest.number}" if latest else "no block",
        )
    return ChainFacts(
        identity,
        committed=is_committed,
        block_hash=block.hash if block else None,
        transaction_block=_transaction_block(anchor, receipt, block),
        final=node.covers(anchor.block_number, tagged),
    )


def _transaction_block(
    anchor: Anchor, receipt: Receipt | None, block: Block | None
) -> bytes | None:
    """Say in which block the transaction stands: empty for none, None where nobody can tell."""
    if receipt is not None:
        return receipt.block_hash
    # Receipts are pruned before blocks: a block still tells what it includes, and what not.
    if block is None or block.transactions is None or anchor.transaction in block.transactions:
        return None
    return b""


def _reached(node: Node, head: bytes | RpcError) -> int:
    """Read the size of a log's head, 0 where there is no log or no contract."""
    if isinstance(head, RpcError):
        if head.data is None:
            raise head
        return 0
    return int(node.decode("head", head)[0]) if head else 0
