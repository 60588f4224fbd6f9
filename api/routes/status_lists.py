"""Status lists: published by the issuers who sign them, fetched whole by anyone.

There is no question about a single place of a list: whoever fetches one does not say which
attestation it is about (draft-ietf-oauth-status-list, 12.1).
"""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.auth import Attestor, Principal
from api.body import check_media_type
from api.caching import PUBLIC, tagged
from api.dependencies import Bodies, Ledger, Writing
from api.openapi import STATUS_LIST_BODY, content, refusals
from ledger.errors import MalformedError, NotFoundError
from ledger.node import Node
from ledger.status_list import MEDIA_TYPE, StatusToken
from ledger.store import StoredList

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["status lists"])

_NAME = "^[a-z0-9][a-z0-9-]{0,63}$"
ListId = Annotated[str, Path(pattern=_NAME, description="The list's name, chosen by its issuer")]


@router.put(
    "/status-lists/{list_id}",
    summary="Publish a status list",
    response_class=Response,
    responses={
        201: {"description": "It is served from now on"},
        204: {"description": "It stands in place of the one before it"},
        **refusals(400, 401, 403, 408, 409, 413, 415, 503),
    },
    openapi_extra=STATUS_LIST_BODY,
    status_code=HTTPStatus.CREATED,
)
async def publish(
    *,
    request: Request,
    list_id: ListId,
    principal: Attestor,
    node: Ledger,
    bodies: Bodies,
    writers: Writing,
) -> Response:
    """Serve a list in place of an older one of the same organisation.

    The list is a JWS of its issuer, whose `sub` is the address that it will be fetched from, with
    `exp`, `ttl` and the key that signed it. A list that is not newer than the one that stands is
    refused: nobody takes a revocation back by sending an old one again.
    """
    check_media_type(request, MEDIA_TYPE)
    address = _address(request, node, list_id)
    async with bodies.read(request, limit=node.settings.max_status_list_bytes) as body:
        work = partial(_publish, node, bytes(body), list_id, address, principal)
        is_new = await writers.run(work)
    status = HTTPStatus.CREATED if is_new else HTTPStatus.NO_CONTENT
    return Response(status_code=status, headers={"Location": address} if is_new else None)


@router.get(
    "/status-lists/{list_id}",
    summary="Fetch a status list",
    response_class=Response,
    responses={
        200: content(MEDIA_TYPE, {"type": "string"}, "The list, signed by its issuer"),
        304: {"description": "The caller has it already"},
        **refusals(400, 404, 503),
    },
)
def fetch(request: Request, list_id: ListId, node: Ledger) -> Response:
    """Give a list as its issuer signed it, to be kept for its `ttl` and no longer than `exp`."""
    known = node.log.store.status_list(list_id)
    if known is None:
        raise NotFoundError("status-list.unknown", "No status list of this name is published here.")
    seconds = max(0, min(known.time_to_live, known.expires_at - int(time.time())))
    return tagged(
        request,
        known.token.encode(),
        media_type=MEDIA_TYPE,
        cache=f"{PUBLIC}, max-age={seconds}",
    )


def _publish(node: Node, body: bytes, list_id: str, address: str, principal: Principal) -> bool:
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError(
            "status-list.malformed", "not a status list", expected="a compact JWS", found="bytes"
        ) from None
    token = StatusToken.to_serve(text, address=address, now=int(time.time()))
    return node.log.store.put_status_list(
        StoredList(
            list_id=list_id,
            organisation=principal.organisation,
            address=address,
            issued_at=token.issued_at,
            expires_at=token.expires_at or 0,
            time_to_live=token.time_to_live or 0,
            token=text,
        )
    )


def _address(request: Request, node: Node, list_id: str) -> str:
    """Give the address that a list will be fetched from."""
    base = node.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/v1/status-lists/{list_id}"
