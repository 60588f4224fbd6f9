"""Proofs: a record's bundle, and what anyone may check the log with.

Hash tiles, checkpoints, anchors and the log's key are open to everyone; entry bundles hold the
statements of many parties and need the scope `audit` (C2SP tlog-tiles).
"""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from api.access import find, show
from api.answers import (
    AnchorItem,
    AnchorPage,
    ChainName,
    Limits,
    LogHead,
    LogState,
    Pending,
    ReadOnly,
)
from api.auth import Auditor, Reader
from api.beliefs import Beliefs
from api.body import JSON
from api.caching import IMMUTABLE, PRIVATE, PUBLIC, tagged
from api.dependencies import Believed, Ledger
from api.openapi import content, refusals
from api.paging import DEFAULT_LIMIT, Cursor, Limit
from api.problems import RETRY_AFTER_SECONDS
from ledger import bundle as bundles
from ledger import trust as trusts
from ledger.batch import MAX_BATCH_LINES
from ledger.bundle import Bundle
from ledger.errors import LedgerError, MalformedError, NotFoundError, UnavailableError
from ledger.head import Head
from ledger.log import Log, State
from ledger.proof import merkletools, tlog_proof
from ledger.statement import parse_record_id
from ledger.tile import MAX_ENTRY_SIZE, WIDTH, Tile

__all__ = ["router"]

router = APIRouter(tags=["proofs"])

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
# Both grow: a bundle gains its anchor, the log a new head.
_ASK_AGAIN = "no-cache"


class BundleFormat(StrEnum):
    """What a proof is written as."""

    BUNDLE = "bundle"
    TLOG_PROOF = "tlog-proof"
    MERKLETOOLS = "merkletools"


@router.get(
    "/v1/records/{record_id}/bundle",
    summary="Fetch a record's bundle",
    response_class=Response,
    responses={
        200: {
            "description": "The bundle; or its proof alone, for other tools",
            "content": {
                bundles.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Bundle"}},
                _TEXT: {"schema": {"type": "string"}},
                JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
            },
        },
        202: {"model": Pending, "description": "Logged and not yet published: ask again"},
        304: {"description": "The caller has it already"},
        **refusals(400, 401, 403, 404, 503),
    },
)
def bundle(
    request: Request,
    record_id: str,
    principal: Reader,
    node: Ledger,
    format: BundleFormat = BundleFormat.BUNDLE,  # noqa: A002 - the parameter's public name
) -> Response:
    """Give all that is needed to check the record, in one file: entry, path, checkpoint, anchor.

    Until the record is anchored the bundle has no anchor; fetching it later adds it. `tlog-proof`
    is C2SP's format, `merkletools` the path as merkletools and Chainpoint write it.
    """
    name = parse_record_id(record_id)
    find(node.log, name, principal)
    try:
        made = show(node.log, node.bundle(name), principal)
    except UnavailableError as error:
        if error.code != "record.unpublished":
            raise
        return Response(
            Pending(record_id=record_id, state=State.LOGGED).model_dump_json(),
            status_code=HTTPStatus.ACCEPTED,
            media_type=JSON,
            headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
        )
    media_type, body, ending = _write(made, format)
    return tagged(
        request,
        body.encode(),
        media_type=media_type,
        cache=f"{PRIVATE}, {_ASK_AGAIN}",
        headers={"Content-Disposition": f'attachment; filename="{record_id}{ending}"'},
    )


@router.get("/v1/anchors", summary="List anchors", response_model_exclude_unset=True)
def anchors(node: Ledger, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> AnchorPage:
    """List the log's anchors on its chain, by size."""
    start = cursor or 0
    known = [(anchor, state) for anchor, state in node.anchors() if anchor.size >= start]
    # Anchors of one size, on two chains, stay on one page: the cursor could not part them.
    end = limit
    while 0 < end < len(known) and known[end][0].size == known[end - 1][0].size:
        end += 1
    page, rest = known[:end], known[end:]
    items = [AnchorItem(**anchor.to_value(), state=state) for anchor, state in page]
    if not rest:
        return AnchorPage(anchors=items)
    return AnchorPage(anchors=items, next=str(rest[0][0].size))


@router.get("/v1/log", summary="Look at the log")
def log_state(node: Ledger, beliefs: Believed) -> LogState:
    """Tell the log's name and key, how far it has come, and where it is anchored."""
    log = node.log
    anchored = node.anchors()
    reason = log.read_only_reason
    settings = node.settings
    return LogState(
        origin=log.origin,
        key=str(log.verifier),
        log_id=f"0x{node.publisher.log_id.hex()}",
        head=_head(log.head()),
        published=_head(published) if (published := log.published()) is not None else None,
        anchored=(
            AnchorItem(**anchored[-1][0].to_value(), state=anchored[-1][1]) if anchored else None
        ),
        chain=_chain(beliefs),
        read_only=(
            ReadOnly(code=reason.code, detail=reason.message, hint=reason.hint) if reason else None
        ),
        limits=Limits(
            batch_lines=MAX_BATCH_LINES,
            batch_bytes=settings.max_batch_bytes,
            record_bytes=settings.max_record_bytes,
            entry_bytes=MAX_ENTRY_SIZE,
        ),
    )


@router.get(
    "/v1/trust",
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
        headers={"Cache-Control": _ASK_AGAIN},
    )


@router.get(
    "/checkpoint",
    summary="Fetch the newest checkpoint",
    response_class=Response,
    responses={
        200: content("text/plain", {"type": "string"}, "C2SP tlog-checkpoint, signed"),
        **refusals(404, 503),
    },
)
def checkpoint(request: Request, node: Ledger) -> Response:
    """Give the log's newest published head."""
    head = _published(node.log)
    return tagged(request, head.note.encode(), media_type=_TEXT, cache=_ASK_AGAIN)


@router.get(
    "/tile/entries/{path:path}",
    summary="Fetch an entry bundle",
    response_class=Response,
    responses={
        200: content(_BYTES, {"type": "string", "format": "binary"}, "Up to 256 entries"),
        **refusals(401, 403, 404, 503),
    },
)
def entry_tile(request: Request, path: str, _: Auditor, node: Ledger) -> Response:
    """Give 256 entries, each after its length in two bytes; `<N>` or `<N>.p/<W>`."""
    body = _tile(node.log, f"tile/entries/{path}")
    return tagged(request, body, media_type=_BYTES, cache=f"{PRIVATE}, {IMMUTABLE}")


@router.get(
    "/tile/{path:path}",
    summary="Fetch a hash tile",
    response_class=Response,
    responses={
        200: content(_BYTES, {"type": "string", "format": "binary"}, "Up to 256 hashes"),
        **refusals(404, 503),
    },
)
def hash_tile(request: Request, path: str, node: Ledger) -> Response:
    """Give 256 hashes of 32 bytes; `<L>/<N>`, or `<L>/<N>.p/<W>` for the first W of them."""
    body = _tile(node.log, f"tile/{path}")
    return tagged(request, body, media_type=_BYTES, cache=f"{PUBLIC}, {IMMUTABLE}")


def _write(made: Bundle, wanted: BundleFormat) -> tuple[str, str, str]:
    """Write a bundle: media type, text, and the ending of a file's name."""
    if wanted is BundleFormat.TLOG_PROOF:
        return _TEXT, tlog_proof(made), ".tlog-proof"
    if wanted is BundleFormat.MERKLETOOLS:
        return JSON, json.dumps(merkletools(made)) + "\n", ".merkletools.json"
    return bundles.MEDIA_TYPE, made.to_json(), ".bundle.json"


def _published(log: Log) -> Head:
    head = log.published()
    if head is None:
        raise NotFoundError("checkpoint.none", "No checkpoint is published yet.")
    return head


def _tile(log: Log, path: str) -> bytes:
    """Read a tile that the published checkpoint covers; raise NotFoundError for any other.

    What is logged and not yet published stays inside: a tile must never show more of the log than
    a checkpoint has committed to.
    """
    try:
        tile = Tile.parse(path)
    except MalformedError as error:
        raise NotFoundError(error.code, error.message, expected=error.expected) from error
    widest = Tile.holding(tile.level, tile.number * WIDTH, _published(log).size)
    if tile.width > widest.width:
        raise NotFoundError(
            "tile.unknown",
            "The published log has no such tile.",
            expected=widest.path() if widest.width > 0 else "a tile of the checkpoint's size",
            found=tile.path(),
            hint="GET /checkpoint tells the size; the last tile of a level is .p/<W>.",
        )
    return log.read_tile(tile)


def _head(head: Head) -> LogHead:
    return LogHead(size=head.size, root=head.root.hex())


def _chain(beliefs: Beliefs) -> ChainName | None:
    """Name the chain; None where it has never answered."""
    try:
        (chain,) = beliefs.trust().chains
    except LedgerError:
        return None
    return ChainName(**chain.identity.to_members(), sandbox=chain.sandbox)
