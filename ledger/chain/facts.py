"""What a chain says of one anchor or head, asked at once: it goes in, facts come out."""

from __future__ import annotations

from ledger.anchor import Anchor, ChainFacts, ChainIdentity, LogStanding
from ledger.chain import query
from ledger.chain.answer import Block, Receipt
from ledger.chain.governance import read_standing
from ledger.chain.node import Node
from ledger.chain.registry import ChainHead, call_data, read_log_info
from ledger.chain.rpc import RpcError
from ledger.errors import UnavailableError

__all__ = ["ask_facts", "ask_holds"]


def ask_facts(node: Node, contract: bytes, anchor: Anchor) -> ChainFacts:
    """Ask a node what a contract and its chain say of an anchor; raise UnavailableError."""
    claim = ChainHead(anchor.size, anchor.root, anchor.block_number, anchor.block_time)
    chain_id, genesis, latest, tagged, head, committed, block, receipt, info, status = node.try_all(
        query.chain_id(),
        query.block(0),
        query.block("latest"),
        query.block(node.finality().tag),
        query.call(contract, call_data("head", anchor.log_id)),
        query.call(contract, _verify_anchor(anchor.log_id, claim)),
        query.block(anchor.block_number),
        query.receipt(anchor.transaction),
        query.call(contract, call_data("logInfo", anchor.log_id)),
        query.call(contract, call_data("logStatus", anchor.log_id)),
    )
    for answer in (chain_id, genesis, latest, tagged, committed, block, receipt):
        if isinstance(answer, RpcError):
            raise answer
    identity = ChainIdentity(*node.read_network(chain_id, genesis), contract)
    if identity != anchor.chain:
        return ChainFacts(
            identity, committed=False, block_hash=None, transaction_block=None, final=False
        )
    return ChainFacts(
        identity,
        committed=_is_committed(node, claim, committed=committed, latest=latest, head=head),
        block_hash=block.hash if block else None,
        transaction_block=_transaction_block(anchor, receipt, block),
        final=node.covers(anchor.block_number, tagged),
        standing=_standing(node, info, status),
    )


def ask_holds(node: Node, chain: ChainIdentity, log_id: bytes, head: ChainHead) -> bool:
    """Ask a node whether a contract holds a head for good; raise UnavailableError.

    That is also the answer where it holds it in a block that is not final: nobody knows yet.
    """
    chain_id, genesis, latest, tagged, reached, committed = node.try_all(
        query.chain_id(),
        query.block(0),
        query.block("latest"),
        query.block(node.finality().tag),
        query.call(chain.contract, call_data("head", log_id)),
        query.call(chain.contract, _verify_anchor(log_id, head)),
    )
    for answer in (chain_id, genesis, latest, tagged, committed):
        if isinstance(answer, RpcError):
            raise answer
    found = ChainIdentity(*node.read_network(chain_id, genesis), chain.contract)
    if found != chain:
        raise UnavailableError(
            "chain.other",
            f"{node.place} is a node of another chain",
            expected=str(chain),
            found=str(found),
        )
    if not _is_committed(node, head, committed=committed, latest=latest, head=reached):
        return False
    if not node.covers(head.block_number, tagged):
        raise UnavailableError(
            "chain.not-final",
            f"{node.place} holds the log's head in a block that is not final yet",
            expected=f"block {head.block_number} to be final ({node.finality()})",
            found=f"block {tagged.number}" if tagged else "no block that is",
        )
    return True


def _standing(node: Node, info: bytes | RpcError, status: bytes | RpcError) -> LogStanding | None:
    """Read how the log stands, None where that cannot be had: the anchor does not depend on it."""
    if isinstance(info, RpcError) or isinstance(status, RpcError):
        return None
    try:
        return read_standing(node, read_log_info(node.decode("logInfo", info)), status)
    except UnavailableError:
        return None


def _verify_anchor(log_id: bytes, claim: ChainHead) -> bytes:
    held = (claim.size, claim.root, claim.block_number, claim.block_time)
    return call_data("verifyAnchor", log_id, *held)


def _is_committed(
    node: Node,
    claim: ChainHead,
    *,
    committed: bytes,
    latest: Block | None,
    head: bytes | RpcError,
) -> bool:
    """Say whether the contract holds the claim; raise UnavailableError where nobody knows yet."""
    if committed and node.decode("verifyAnchor", committed)[0]:
        return True
    # Sizes only grow: a contract whose head is beyond this size will never hold another anchor of
    # it. Short of that, a node that has not seen the block yet knows nothing.
    is_behind = latest is None or latest.number < claim.block_number
    if is_behind and _reached(node, head) < claim.size:
        raise UnavailableError(
            "chain.behind",
            f"{node.place} has not reached the anchor's block",
            expected=f"block {claim.block_number}",
            found=f"block {latest.number}" if latest else "no block",
        )
    return False


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
