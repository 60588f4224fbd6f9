"""Proofs: a record's bundle, and the checkpoint and tiles that anyone may check the log with.

Hash tiles and checkpoints are open to everyone; entry bundles hold the statements of many parties
and need the scope `audit` (C2SP tlog-tiles).
"""

from __future__ import annotations

import json
from enum import StrEnum
from http import HTTPStatus
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.access import find, show
from api.answers import Pending
from api.auth import Auditor, Principal, Reader
from api.body import JSON, NDJSON, check_media_type
from api.caching import ASK_AGAIN, IMMUTABLE, PRIVATE, PUBLIC, tagged
from api.dependencies import Bodies, Ledger, Waited
from api.many import MANY_BODY, MAX_BODY_BYTES, bundle_lines, read_record_ids
from api.openapi import content, refusals
from api.problems import RETRY_AFTER_SECONDS
from api.waiting import MAX_WAIT_SECONDS, wait_of
from ledger import bundle as bundles
from ledger.bundle import Bundle
from ledger.errors import MalformedError, NotFoundError
from ledger.head import Head
from ledger.log import Log, State
from ledger.log.snapshot import Snapshot
from ledger.node import Node
from ledger.proof import merkletools, tlog_proof
from ledger.prover import UnpublishedError
from ledger.statement import parse_record_id, record_id_text
from ledger.tile import WIDTH, Tile

__all__ = ["bundle_for", "pending", "router"]

router = APIRouter(tags=["proofs"])

PREFER = Header(
    description=f"`wait=N` (RFC 7240): until published, up to N seconds, {MAX_WAIT_SECONDS} at most"
)
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"


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
async def bundle(
    *,
    request: Request,
    record_id: str,
    principal: Reader,
    node: Ledger,
    waiting: Waited,
    format: BundleFormat = BundleFormat.BUNDLE,  # noqa: A002 - the parameter's public name
    prefer: Annotated[str | None, PREFER] = None,
) -> Response:
    """Give all that is needed to check the record, in one file: entry, path, checkpoint, anchor.

    Until the record is anchored the bundle has no anchor; fetching it later adds it. `tlog-proof`
    is C2SP's format, `merkletools` the path as merkletools and Chainpoint write it.
    """
    name = parse_record_id(record_id)
    try:
        media_type, body, ending = await waiting.until_published(
            name,
            lambda log: _write(_bundle_from(node, log, name, principal), format),
            seconds=wait_of(prefer),
        )
    except UnpublishedError:
        return pending(record_id)
    return tagged(
        request,
        body.encode(),
        media_type=media_type,
        cache=f"{PRIVATE}, {ASK_AGAIN}",
        headers={"Content-Disposition": f'attachment; filename="{record_id}{ending}"'},
    )


@router.post(
    "/v1/bundles",
    summary="Fetch many records' bundles",
    response_class=Response,
    responses={
        200: content(NDJSON, {"type": "string"}, "A line for each id: a bundle, or a problem"),
        **refusals(400, 401, 403, 408, 413, 415, 503),
    },
    openapi_extra=MANY_BODY,
)
async def many(request: Request, principal: Reader, node: Ledger, bodies: Bodies) -> Response:
    """Give the bundles of up to 1,000 records, a line each, in the order of the ids.

    Where there is none here for the caller the line is a problem instead, with a `code` and the
    `record_id`: `record.unknown`, `record.unpublished`. Fewer lines than ids: ask for the rest.
    """
    check_media_type(request, JSON)
    async with bodies.read(request, limit=MAX_BODY_BYTES) as body:
        wanted = read_record_ids(bytes(body))
    request.state.subjects = [record_id_text(record_id) for record_id in wanted]
    pages = bundle_lines(node, wanted, principal)
    # What cannot be answered at all is told before the first byte goes out.
    first = await run_in_threadpool(next, pages, b"")
    return StreamingResponse(
        chain([first], pages), media_type=NDJSON, headers={"Cache-Control": "private, no-store"}
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
    return tagged(request, head.note.encode(), media_type=_TEXT, cache=ASK_AGAIN)


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


def bundle_for(node: Node, record_id: str, principal: Principal) -> Bundle:
    """Make a record's bundle as the principal may see it; raises what `find` does.

    UnpublishedError where it is logged and not yet published.
    """
    name = parse_record_id(record_id)
    with node.snapshot([name]) as log:
        return _bundle_from(node, log, name, principal)


def pending(record_id: str) -> Response:
    """Answer that a record is logged and not yet published: ask again."""
    return Response(
        Pending(record_id=record_id, state=State.LOGGED).model_dump_json(),
        status_code=HTTPStatus.ACCEPTED,
        media_type=JSON,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
    )


def _bundle_from(node: Node, log: Snapshot, record_id: bytes, principal: Principal) -> Bundle:
    index = find(log, record_id, principal)
    published = log.published()
    if published is None or published.size <= index:
        raise UnpublishedError(index)
    return show(log, node.bundle_from(log, record_id), principal)


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
