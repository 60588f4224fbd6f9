"""What is said of a record: attesting, revoking, listing it, and how its dossier stands.

Receipts have no endpoint of their own here: a recipient signs where the file is, and submits the
entry as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import check_attests, check_kind, check_speaks, find, may_see_plan
from api.answers import RecordLogged
from api.auth import Reader, Submitter
from api.body import JSON, check_media_type
from api.dependencies import Believed, Bodies, Counted, Grouped, Ledger, Served
from api.issuing import Issuing, Made
from api.openapi import refusals
from api.overviews import Overviews, believed_by
from api.progress import Progress
from api.said import (
    ATTESTATION_BODY,
    STATUS_BODY,
    Dossier,
    PreparedEntry,
    SaidItem,
    SaidList,
    SignedAndLogged,
)
from ledger import base64url
from ledger.attestation import Attestation
from ledger.dossier import Said, read_said
from ledger.gathering import said_of
from ledger.issuing import Finished
from ledger.log import Log, State
from ledger.receipt import Receipt
from ledger.related import find_plan, receipt_keys
from ledger.statement import Statement, parse_record_id, record_id_text

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["attestations"])

_ISSUING: dict[str, Any] = {
    "response_class": Response,
    "status_code": HTTPStatus.CREATED,
    "responses": {
        200: {
            "model": PreparedEntry | SignedAndLogged,
            "description": "Prepared, to be signed elsewhere; or it was logged already",
        },
        201: {"model": SignedAndLogged, "description": "Signed and logged, durably"},
        **refusals(400, 401, 403, 404, 408, 409, 413, 415, 503),
    },
}
_READING = refusals(400, 401, 403, 404, 409, 503)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to say something of a record, and the parts of the server that answer it."""

    record_id: str
    request: Request
    principal: Submitter
    node: Ledger
    bodies: Bodies
    grouping: Grouped
    beliefs: Believed
    verifying: Served
    figures: Counted

    async def answer(self, work: Callable[[Issuing, bytes, bytes], Made]) -> Response:
        """Have it prepared, completed or signed; what is signed is logged before the answer."""
        check_media_type(self.request, JSON)
        about = parse_record_id(self.record_id)
        async with self.bodies.read(
            self.request, limit=self.node.settings.max_record_bytes
        ) as body:
            made = await run_in_threadpool(work, self._issuing(), about, bytes(body))
        warnings = [check.to_value() for check in made.warnings]
        if not isinstance(made.result, Finished):
            prepared = PreparedEntry(prepared=made.result.to_value(), warnings=warnings)
            return _answer(prepared.model_dump_json(), HTTPStatus.OK)
        placed = await self.grouping.submit(
            made.result.statement.entry,
            submitter=self.principal.organisation,
            check=partial(check_kind, self.principal),
        )
        self.figures.count(added=int(placed.new), duplicates=int(not placed.new))
        state = State.LOGGED
        if not placed.new:
            state = await run_in_threadpool(self.node.log.state_of, placed.index)
        logged = RecordLogged(
            record_id=record_id_text(placed.statement.record_id),
            index=placed.index,
            leaf_hash=placed.statement.leaf_hash.hex(),
            state=state,
        )
        answer = SignedAndLogged(
            **logged.model_dump(), sd_jwt=made.result.sd_jwt, warnings=warnings
        )
        return _answer(
            answer.model_dump_json(),
            HTTPStatus.CREATED if placed.new else HTTPStatus.OK,
            {"Location": f"/v1/records/{answer.record_id}"},
        )

    def _issuing(self) -> Issuing:
        return Issuing(
            self.node.log,
            self.principal,
            held=self.request.app.state.signing_keys,
            trust=self.beliefs.of_others,
            accreditations=lambda: self.verifying.accreditations(believed_by(self.beliefs)),
        )


@router.post(
    "/records/{record_id}/attestations",
    summary="Attest a stage of a record",
    openapi_extra=ATTESTATION_BODY,
    **_ISSUING,
)
async def attest(asked: Annotated[Asked, Depends()]) -> Response:
    """Prepare an attestation, complete it with its signature, or have a held key sign it.

    The stage rules are asked first: a broken one refuses with 409, its code, `expected` and
    `found`; what cannot be told yet is among `warnings`. To prepare keeps nothing here, and to
    complete twice logs once.
    """
    check_attests(asked.principal)
    return await asked.answer(Issuing.attest)


@router.post(
    "/records/{record_id}/statuses",
    summary="Say what became of a record",
    openapi_extra=STATUS_BODY,
    **_ISSUING,
)
async def say(asked: Annotated[Asked, Depends()]) -> Response:
    """Revoke, suspend or reinstate an attestation; stop a transfer or a plan, or lift that.

    In the same three ways as an attestation is made. Readers count an issuer's word on what he has
    attested, and a regulator's on transfers and plans.
    """
    check_speaks(asked.principal)
    return await asked.answer(Issuing.say)


@router.get(
    "/records/{record_id}/attestations",
    summary="List what was said of a record",
    responses=_READING,
)
def said(record_id: str, principal: Reader, node: Ledger, beliefs: Believed) -> SaidList:
    """List attestations, receipts of the parties and statuses, of the record and of its plan.

    Of an attestation: its statuses. Up to 1,000 of each, by their place in the log.
    """
    log, trust = node.log, beliefs.of_others()
    index = find(log, parse_record_id(record_id), principal)
    record = Statement.from_entry(log.entry(index))
    leaves = [record.leaf_hash, *receipt_keys(log, index, record)]
    plan = find_plan(log, record)
    if plan is not None and may_see_plan(log, principal, index, plan=plan):
        leaves.append(Statement.from_entry(plan[1]).leaf_hash)
    found = (read_said(placed, trust) for placed in sorted(said_of(log, leaves)))
    progress = Progress(log)
    return SaidList(said=[_item(one, log, progress) for one in found if one is not None])


@router.get(
    "/records/{record_id}/dossier",
    summary="See how a record's stages stand",
    responses=_READING,
    response_model_exclude_unset=True,
)
def dossier(
    record_id: str, principal: Reader, node: Ledger, beliefs: Believed, verifying: Served
) -> Dossier:
    """Tell of a transfer, or of a plan, which stages are there, are missing, or break a rule.

    Each check has its rule's code, and what was expected and found. Who was accredited is told by
    the signers' own clocks, where this node is told who is; that the records are anchored, and so
    were when they say, `POST /v1/verifications` tells of the bundle.
    """
    index = find(node.log, parse_record_id(record_id), principal)
    overview = Overviews(node, principal, beliefs, verifying).of(index)
    return Dossier.model_validate(overview.to_value())


def _answer(text: str, status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    # Disclosures are the holder's alone.
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(text, status_code=status, media_type=JSON, headers=kept)


def _item(one: Said[Any], log: Log, progress: Progress) -> SaidItem:
    says, claims = one.says, one.says.claims
    if isinstance(says, Attestation):
        what = says.stage.value
    else:
        what = claims.outcome if isinstance(says, Receipt) else claims.action.value
    return SaidItem(
        record_id=one.record_id,
        kind=one.statement.kind,
        what=what,
        about=says.leaf_hash.hex(),
        issuer=claims.iss,
        issued_at=claims.iat,
        key=None if one.thumbprint is None else base64url.encode(one.thumbprint),
        index=one.index,
        leaf_hash=one.leaf_hash.hex(),
        state=progress.state_of(one.index),
        submitter=log.submitter_of(one.index),
        statement=one.statement.value,
    )
