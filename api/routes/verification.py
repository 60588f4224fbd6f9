"""Verification: a bundle and digests in, a report out; for those who trust this node.

Nothing that a bundle names is fetched: only this node's own chain is asked, and only where the
bundle's anchor is on that very chain, and the servers of status lists that the operator's trust
file names. The files stay where they are: their digests are enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints

from api.body import JSON, check_media_type
from api.dependencies import Believed, Served
from api.desk import Desk
from api.openapi import MAX_FILES, OPEN_TO_ALL, VERIFICATION_BODY, content, refusals
from ledger.attachment import MEDIA_TYPE as PDF
from ledger.attachment import bundle_in
from ledger.bundle import Bundle
from ledger.canonical import parse
from ledger.errors import MalformedError
from ledger.fingerprint import SHA_256, Fingerprint
from ledger.members import Members, read_hash
from ledger.report import MEDIA_TYPE, Check, Report
from ledger.statement import Statement
from ledger.trust import Trust
from ledger.verify import verify

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["verification"])

_Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


@router.post(
    "/verifications",
    summary="Verify a bundle",
    response_class=Response,
    responses={
        200: content(MEDIA_TYPE, "Report", "The report, whatever the verdict"),
        **refusals(400, 401, 408, 413, 415, 429, 503),
    },
    openapi_extra={**VERIFICATION_BODY, **OPEN_TO_ALL},
)
async def verification(
    *,
    request: Request,
    beliefs: Believed,
    desk: Served,
    file: Annotated[
        tuple[_Sha256, ...],
        Query(max_length=MAX_FILES, description="With a PDF: a file's SHA-256"),
    ] = (),
    without_files: Annotated[bool, Query(description="With a PDF: waive the files")] = False,
) -> Response:
    """Check a bundle against what this node believes: its own log, its own chain.

    That is this node's word. Whoever wants to trust no server runs `crossproof verify` with a trust
    file of their own. Anyone may ask; with a key a request may be larger, and waits behind no one
    without. A certificate may be sent as it is; what goes with it is then in the query.
    """
    read: Callable[[bytes], _Question] = _from_json
    if check_media_type(request, JSON, PDF) == PDF:
        read = partial(_from_pdf, files=file, without_files=without_files)
    async with desk.intake.read(request, limit=desk.largest) as body:
        work = partial(_verify, body, read, trust=beliefs.for_verifying, desk=desk)
        report = await desk.workers.run(work)
    return Response(report.to_json(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class _Question:
    """What was sent: the bundle or what is none, digests, and whether files are waived."""

    bundle: Bundle | bytes
    files: tuple[Fingerprint | str, ...] = ()
    without_files: bool = False


def _verify(
    body: bytes,
    read: Callable[[bytes], _Question],
    *,
    trust: Callable[[], Trust],
    desk: Desk,
) -> Report:
    try:
        asked = read(body)
    except _NoBundleError as none:
        return Report((Check.failed("bundle.format", none.error),), datetime.now(UTC))
    believed = trust()
    return verify(
        asked.bundle,
        trust=believed,
        files=_fingerprints(asked.files, asked.bundle),
        chain=desk.chain,
        without_files=asked.without_files,
        accreditations=desk.accreditations(believed),
        status_lists=desk.status_lists,
        registry=desk.registry(believed),
    )


def _from_json(data: bytes) -> _Question:
    members = Members(parse(data), "body")
    value = members.take("bundle")
    without_files = members.boolean("without_files") if members.has("without_files") else False
    given: tuple[Fingerprint | str, ...] = ()
    if members.has("files"):
        given = members.array("files", _read_file, longest=MAX_FILES)
    members.end()
    return _Question(_read_bundle(value), given, without_files)


def _from_pdf(data: bytes, *, files: tuple[str, ...], without_files: bool) -> _Question:
    try:
        raw = bundle_in(data)
    except MalformedError as error:
        raise _NoBundleError(error) from error
    try:
        return _Question(Bundle.from_json(raw), files, without_files)
    except MalformedError:
        return _Question(raw, files, without_files)


class _NoBundleError(Exception):
    """A PDF without a bundle, which is a verdict and not a wrong request."""

    def __init__(self, error: MalformedError) -> None:
        super().__init__(error.code)
        self.error = error


def _read_bundle(value: object) -> Bundle | bytes:
    """Read the bundle; leave what is none as it is, for the report to say so."""
    # Written out again: what is signed and hashed inside is base64, which no JSON writer changes.
    text = json.dumps(value).encode()
    try:
        return Bundle.from_json(text)
    except MalformedError:
        return text


def _read_file(value: object, where: str) -> Fingerprint | str:
    """Read a fingerprint, or a SHA-256 digest alone."""
    return (
        read_hash(value, where).hex() if isinstance(value, str) else Fingerprint.from_value(value)
    )


def _fingerprints(
    given: Iterable[Fingerprint | str], bundle: Bundle | bytes
) -> Iterator[Fingerprint]:
    """Give each bare digest the name and size of the file that the record names by it."""
    named = {file.digests[SHA_256]: file for file in _named_files(bundle)}
    for item in given:
        if isinstance(item, str):
            file = named.get(item)
            name, size = (file.name, file.size) if file is not None else (None, 0)
            yield Fingerprint(name, size, {SHA_256: item})
        else:
            yield item


def _named_files(bundle: Bundle | bytes) -> list[Fingerprint]:
    if not isinstance(bundle, Bundle):
        return []
    try:
        statement = Statement.from_entry(bundle.entry.body)
    except MalformedError:
        return []
    return [Fingerprint.from_value(value) for value in statement.value.get("files", ())]
