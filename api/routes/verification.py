"""Verification: a bundle and digests in, a report out; for those who trust this node.

Nothing that a bundle names is fetched: only this node's own chain is asked, and only where the
bundle's anchor is on that very chain. The files stay where they are: their digests are enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from fastapi import APIRouter, Request, Response

from api.beliefs import Beliefs
from api.body import JSON, check_media_type
from api.dependencies import Believed, Bodies, Ledger, Verifying
from api.openapi import VERIFICATION_BODY, content, refusals
from ledger.bundle import Bundle
from ledger.canonical import parse
from ledger.errors import MalformedError
from ledger.fingerprint import SHA_256, Fingerprint
from ledger.members import Members, read_hash
from ledger.node import Node
from ledger.report import MEDIA_TYPE, Report
from ledger.statement import Statement
from ledger.verify import verify

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["verification"])

MAX_FILES = 10_000


@router.post(
    "/verifications",
    summary="Verify a bundle",
    response_class=Response,
    responses={
        200: content(MEDIA_TYPE, "Report", "The report, whatever the verdict"),
        **refusals(400, 408, 413, 415, 503),
    },
    openapi_extra=VERIFICATION_BODY,
)
async def verification(
    *, request: Request, node: Ledger, beliefs: Believed, bodies: Bodies, verifiers: Verifying
) -> Response:
    """Check a bundle against what this node believes: its own log, its own chain.

    That is this node's word. Whoever wants to trust no server runs `crossproof verify` with a trust
    file of their own.
    """
    check_media_type(request, JSON)
    async with bodies.read(request, limit=node.settings.max_record_bytes) as body:
        report = await verifiers.run(partial(_verify, node, beliefs, bytes(body)))
    return Response(report.to_json(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _verify(node: Node, beliefs: Beliefs, body: bytes) -> Report:
    members = Members(parse(body), "body")
    # Written out again: what is signed and hashed inside is base64, which no JSON writer changes.
    bundle = json.dumps(members.take("bundle")).encode()
    without_files = members.boolean("without_files") if members.has("without_files") else False
    given: tuple[Fingerprint | str, ...] = ()
    if members.has("files"):
        given = members.array("files", _read_file, longest=MAX_FILES)
    members.end()
    return verify(
        bundle,
        trust=beliefs.trust(),
        files=_fingerprints(given, bundle),
        chain=node.verifier_chain(),
        without_files=without_files,
    )


def _read_file(value: object, where: str) -> Fingerprint | str:
    """Read a fingerprint, or a SHA-256 digest alone."""
    return (
        read_hash(value, where).hex() if isinstance(value, str) else Fingerprint.from_value(value)
    )


def _fingerprints(given: Iterable[Fingerprint | str], bundle: bytes) -> list[Fingerprint]:
    """Give each bare digest the name and size of the file that the record names by it."""
    named = {file.digests[SHA_256]: file for file in _named_files(bundle)}
    fingerprints = []
    for item in given:
        if isinstance(item, str):
            file = named.get(item)
            name, size = (file.name, file.size) if file is not None else (None, 0)
            fingerprints.append(Fingerprint(name, size, {SHA_256: item}))
        else:
            fingerprints.append(item)
    return fingerprints


def _named_files(bundle: bytes) -> list[Fingerprint]:
    try:
        statement = Statement.from_entry(Bundle.from_json(bundle).entry.body)
    except MalformedError:
        return []
    return [Fingerprint.from_value(value) for value in statement.value.get("files", ())]
