"""The log as a whole: its name and key, how far it has come, where it is anchored."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Response

from api.anchoring import anchoring_of, governance_of
from api.answers import AnchorItem, AnchorPage, ChainName, Limits, LogHead, LogState, ReadOnly
from api.auth import Visitor
from api.beliefs import Beliefs
from api.caching import ASK_AGAIN
from api.dependencies import Believed, Ledger
from api.openapi import OPEN_TO_ALL, content, refusals
from api.paging import DEFAULT_LIMIT, Cursor, Limit
from ledger import trust as trusts
from ledger.batch import MAX_BATCH_LINES
from ledger.errors import LedgerError
from ledger.head import Head
from ledger.tile import MAX_ENTRY_SIZE

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["log"])


@router.get(
    "/log", summary="Look at the log", responses=refusals(401, 503), openapi_extra=OPEN_TO_ALL
)
def log_state(node: Ledger, beliefs: Believed, visitor: Visitor) -> LogState:
    """Tell the log's name and key, how far it has come, and where it is anchored.

    What is logged and not yet published is told to those with a scope alone, as with tiles.
    """
    log = node.log
    anchored = node.newest_anchor()
    reason = log.read_only_reason
    settings = node.settings
    return LogState(
        origin=log.origin,
        key=str(log.verifier),
        log_id=f"0x{node.publisher.log_id.hex()}",
        head=_head(log.head()) if visitor is not None else None,
        published=_head(published) if (published := log.published()) is not None else None,
        anchored=(
            AnchorItem(**anchored.anchor.to_value(), state=anchored.state) if anchored else None
        ),
        chain=_chain(beliefs),
        anchoring=anchoring_of(node.publisher),
        governance=governance_of(node.publisher),
        read_only=(
            ReadOnly(code=reason.code, detail=reason.message, hint=reason.hint) if reason else None
        ),
        limits=Limits(
            batch_lines=MAX_BATCH_LINES,
            batch_bytes=settings.max_batch_bytes,
            record_bytes=settings.max_record_bytes,
            verification_bytes=settings.max_verification_bytes,
            keyless_bytes=settings.max_keyless_bytes,
            entry_bytes=MAX_ENTRY_SIZE,
        ),
    )


@router.get(
    "/trust",
    summary="Fetch a trust file",
    response_class=Response,
    responses={
        200: content(trusts.MEDIA_TYPE, "Trust", "A trust file for this log"),
        **refusals(503),
    },
)
def trust(beliefs: Believed) -> Response:
    """Offer what a verifier must believe to follow this log.

    Compare the log's key with one had by another way: a server that lies about its log lies here
    too. Which nodes are asked about the chain is left to the verifier.
    """
    offered = beliefs.trust()
    # The operator's own addresses may carry an account's key, and are for the operator to use.
    chains = tuple(replace(chain, rpc=(), agree=1) for chain in offered.chains)
    return Response(
        replace(offered, chains=chains).to_json(),
        media_type=trusts.MEDIA_TYPE,
        headers={"Cache-Control": ASK_AGAIN},
    )


@router.get("/anchors", summary="List anchors", response_model_exclude_unset=True)
def anchors(node: Ledger, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> AnchorPage:
    """List the log's anchors on its chain, by size.

    One that the chain has taken back has the state `gone`, until its size is anchored again.
    """
    start = cursor or 0
    known = node.anchors(beyond=start - 1, limit=limit + 1)
    page, rest = known[:limit], known[limit:]
    items = [AnchorItem(**anchor.to_value(), state=state) for anchor, state in page]
    if not rest:
        return AnchorPage(anchors=items)
    return AnchorPage(anchors=items, next=str(rest[0].anchor.size))


def _head(head: Head) -> LogHead:
    return LogHead(size=head.size, root=head.root.hex())


def _chain(beliefs: Beliefs) -> ChainName | None:
    """Name the chain; None where it has never answered."""
    try:
        (chain,) = beliefs.trust().chains
    except LedgerError:
        return None
    return ChainName(**chain.identity.to_members(), sandbox=chain.sandbox)
