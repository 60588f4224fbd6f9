"""Operations: is the process there, can it do its work, and how much of it has it done."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from api.anchoring import anchoring_of
from api.answers import Health, Readiness
from api.auth import Auditor
from api.dependencies import Counted, Ledger
from api.openapi import content, refusals
from api.problems import RequestError

__all__ = ["router"]

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is the process there?")
async def healthz(request: Request) -> Health:
    """Answer, without asking anything else."""
    return Health(status="ok", version=request.app.version)


@router.get("/readyz", summary="Can it take records?", responses=refusals(503))
def readyz(node: Ledger) -> Readiness:
    """Answer 200 where the store answers and the log may be written; 503 otherwise.

    Whether the chain can be reached is told and decides nothing: recording does not wait for it.
    """
    reason = node.log.read_only_reason
    if reason is not None:
        raise RequestError(
            reason.code,
            reason.message,
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            expected=reason.expected,
            found=reason.found,
            hint=reason.hint,
        )
    # What is logged beyond it is nobody's yet, and `/metrics` tells it to auditors.
    published = node.log.published()
    size = published.size if published is not None else 0
    return Readiness(
        status="ready",
        size=size,
        leading=node.lease.token is not None,
        anchoring=anchoring_of(node.publisher),
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: content("text/plain", {"type": "string"}, "Prometheus' text format"),
        **refusals(401, 403),
    },
)
def metrics(_: Auditor, figures: Counted) -> Response:
    """Give requests, times, records and the log's sizes."""
    return Response(figures.text(), status_code=HTTPStatus.OK, media_type=CONTENT_TYPE_PLAIN_0_0_4)
