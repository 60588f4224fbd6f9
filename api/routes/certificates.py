"""Certificates: a record's bundle, verified by this node, as a page with the bundle inside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from api.answers import Pending
from api.auth import Reader
from api.caching import ASK_AGAIN, PRIVATE, tagged
from api.dependencies import Believed, Certified, Ledger, Served
from api.openapi import content, refusals
from api.routes.proofs import bundle_for, pending
from ledger.attachment import MEDIA_TYPE
from ledger.certificate import certificate_name
from ledger.errors import UnavailableError

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["proofs"])


@router.get(
    "/records/{record_id}/certificate.pdf",
    summary="Fetch a record's filing certificate",
    response_class=Response,
    responses={
        200: content(
            MEDIA_TYPE,
            {"type": "string", "format": "binary"},
            "PDF/A-3 in Chinese and English, the bundle attached",
        ),
        202: {"model": Pending, "description": "Logged and not yet published: ask again"},
        304: {"description": "The caller has it already"},
        **refusals(400, 401, 403, 404, 409, 503),
    },
)
async def certificate(
    *,
    request: Request,
    record_id: str,
    principal: Reader,
    node: Ledger,
    beliefs: Believed,
    desk: Served,
    certifying: Certified,
    as_of: Annotated[
        AwareDatetime | None, Query(description="The time that it answers for")
    ] = None,
) -> Response:
    """Verify the record's bundle as this node believes, and print what was verified.

    What fails, a revoked attestation in it for example, has none (409); what cannot be told is
    printed as such. The bundle inside is what `/bundle` gives, and `POST /v1/verifications` takes
    the PDF. Of a transfer or a plan, not of other kinds.
    """

    def make() -> bytes:
        bundle = bundle_for(node, record_id, principal)
        return certifying.make(bundle, trust=beliefs.for_verifying(), desk=desk, as_of=as_of)

    try:
        pdf = await certifying.workers.run(make)
    except UnavailableError as error:
        if error.code != "record.unpublished":
            raise
        return pending(record_id)
    return tagged(
        request,
        pdf,
        media_type=MEDIA_TYPE,
        cache=f"{PRIVATE}, {ASK_AGAIN}",
        headers={"Content-Disposition": f'attachment; filename="{certificate_name(record_id)}"'},
    )
