"""A client of the HTTP API: submits statements, fetches bundles, waits as the server asks.

It hashes nothing and verifies nothing: what it brings back is checked by `verify`. How a server is
asked, and what an answer may be, is in `exchange`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from ledger.bundle import Bundle
from ledger.canonical import canonicalize
from ledger.dossier import Placed
from ledger.errors import MalformedError, NotFoundError, UnavailableError
from ledger.exchange import Exchange, RefusedError, read_problem
from ledger.listing import Listing, is_index
from ledger.statement import Statement
from ledger.status_list import MEDIA_TYPE as STATUS_LIST
from ledger.trust import Trust

__all__ = [
    "Client",
    "Logged",
    "PlanState",
    "RefusedError",
]

# Between two looks for an anchor, in seconds.
_PAUSE = 1.0
# As many of the largest entries have room in an answer.
_AT_ONCE = 200
_NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Logged:
    """A record that the server says is in the log; `added` unless it was there already."""

    record_id: str
    index: int
    added: bool


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan as a server tells of it: its leaf hash, the next place under it, the totals so far."""

    leaf_hash: bytes
    next_sequence: int
    personal: int
    sensitive: int


class Client:
    """One server, one API key; `lists` are its lists. Close it, or use it as a context manager.

    `named` is how the caller was given the address, for hints.
    """

    def __init__(self, url: str, *, api_key: str | None = None, named: str = "--server") -> None:
        self._server = Exchange(url, api_key=api_key, named=named)
        self.lists = Listing(self._server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def submit(self, statement: bytes, *, deadline: float = 0) -> Logged:
        """Submit one statement; sent again while the server is busy: it is logged once."""
        status, body = self._server.ask("POST", "/v1/records", deadline, content=statement)
        answer = self._server.read(body)
        match answer:
            case {"record_id": str(record_id), "index": int(index)} if is_index(index):
                return Logged(record_id, index, added=status == httpx2.codes.CREATED)
        raise self._server.nonsense("a record_id and an index", answer)

    def submit_batch(self, lines: Sequence[bytes], *, deadline: float = 0) -> tuple[int, int]:
        """Submit statements as one batch; give the first one's index, and how many were new."""
        content = b"\n".join(lines)
        _, body = self._server.ask(
            "POST", "/v1/batches", deadline, content=content, media_type=_NDJSON
        )
        answer = self._server.read(body)
        match answer:
            case {"count": int(count), "added": int(added), "ranges": [[1, int(index), _], *_]} if (
                count == len(lines) and is_index(index) and 0 <= added <= count
            ):
                return index, added
        raise self._server.nonsense("a count and ranges of indexes", answer)

    def bundle(self, record_id: str, *, deadline: float, anchored: bool = False) -> Bundle:
        """Fetch a record's bundle, waiting until there is one; with its anchor if `anchored`.

        Raises UnavailableError where it is not there in `deadline` seconds.
        """
        end = time.monotonic() + deadline
        while True:
            left = end - time.monotonic()
            _, body = self._server.ask("GET", f"/v1/records/{record_id}/bundle", left)
            try:
                bundle = Bundle.from_json(body)
            except MalformedError as error:
                raise self._server.nonsense("a bundle", str(error)) from error
            if bundle.anchor is not None or not anchored:
                return bundle
            if time.monotonic() + _PAUSE > end:
                raise UnavailableError(
                    "client.deadline",
                    f"record {record_id} is published and not anchored after {deadline:.0f} s",
                    hint="Wait longer (--wait), or ask again later.",
                )
            time.sleep(_PAUSE)

    def bundles(self, record_ids: Sequence[str]) -> Iterator[tuple[str, Bundle | None]]:
        """Fetch records' bundles, up to 1,000; None for what is not published, or not shown."""
        left = list(record_ids)
        while left:
            body = canonicalize({"record_ids": left[:_AT_ONCE]})
            _, answer = self._server.ask("POST", "/v1/bundles", 0, content=body)
            lines = answer.splitlines()
            if not 0 < len(lines) <= min(len(left), _AT_ONCE):
                raise self._server.nonsense("a line for each record", f"{len(lines)} lines")
            for record_id, line in zip(left, lines, strict=False):
                yield record_id, self._bundle_line(line)
            left = left[len(lines) :]

    def plan(self, record_id: str) -> PlanState:
        """Ask how far a plan is used; raise NotFoundError where the record is no plan."""
        _, body = self._server.ask("GET", f"/v1/records/{record_id}")
        answer = self._server.read(body)
        match answer:
            case {
                "statement": dict(statement),
                "plan": {
                    "next_sequence": int(sequence),
                    "persons": {"personal": int(personal), "sensitive": int(sensitive)},
                },
            } if all(map(is_index, (sequence, personal, sensitive))):
                # What pins the plan's content is hashed from the content, not taken as told.
                try:
                    plan = Statement.from_entry(canonicalize(statement))
                except MalformedError as error:
                    raise self._server.nonsense("a plan", str(error)) from error
                return PlanState(plan.leaf_hash, sequence, personal, sensitive)
            case {"statement": dict(), "plan": None}:
                raise NotFoundError("client.no-plan", "the record is no plan", found=record_id)
        raise self._server.nonsense("a plan and its state", answer)

    def record(self, record_id: str) -> Placed:
        """Fetch a record's entry and its index, as the server tells them.

        Raises NotFoundError where it shows none of this id.
        """
        try:
            answer = self._server.read(self._server.ask("GET", f"/v1/records/{record_id}")[1])
        except RefusedError as error:
            if error.status != httpx2.codes.NOT_FOUND:
                raise
            raise NotFoundError(error.code, error.message, hint=error.hint) from error
        return self._placed(answer)

    def said_of(self, record_id: str) -> list[Placed]:
        """Fetch what was said of a record and of its plan."""
        _, body = self._server.ask("GET", f"/v1/records/{record_id}/attestations")
        match self._server.read(body):
            case {"said": list(items)}:
                return [self._placed(item) for item in items]
        raise self._server.nonsense("a list of what was said", "something else")

    def statement(self, record_id: str) -> Statement:
        """Fetch what a record says; raise NotFoundError where the server shows none of this id."""
        return Statement.from_entry(self.record(record_id).entry)

    def records(self, kind: str | None, cursor: str | None = None) -> tuple[list[str], str | None]:
        """List a page of one's records (see `Listing.records`)."""
        return self.lists.records(kind, cursor)

    def put_status_list(self, name: str, token: str) -> None:
        """Publish a status list under its name; sending the same again changes nothing."""
        self._server.ask(
            "PUT", f"/v1/status-lists/{name}", 0, content=token.encode(), media_type=STATUS_LIST
        )

    def read(self, path: str) -> bytes:
        """Fetch a published file of the log (a `source`); raise NotFoundError where there is none.

        Entry bundles need a key with the scope `audit`.
        """
        try:
            return self._server.ask("GET", f"/{path}")[1]
        except RefusedError as error:
            if error.status != httpx2.codes.NOT_FOUND:
                raise
            raise NotFoundError("client.missing", "the server lacks a file", found=path) from error

    def log_trail_head(self) -> tuple[int, int, str]:
        """Let the server log its trail's head: the entry's index, how many rows, the head."""
        _, body = self._server.ask("POST", "/v1/trail/heads")
        answer = self._server.read(body)
        match answer:
            case {"index": int(index), "count": int(count), "head": str(head)}:
                return index, count, head
        raise self._server.nonsense("the head of a trail", answer)

    def add_webhook(
        self, url: str, *, events: Sequence[str], records: Sequence[str]
    ) -> dict[str, Any]:
        """Let the server tell an address; give the webhook as it answers it, with its secret."""
        wanted = {"url": url, "events": list(events), "records": list(records)}
        given = canonicalize({name: value for name, value in wanted.items() if value})
        _, body = self._server.ask("POST", "/v1/webhooks", content=given)
        return self._webhook(self._server.read(body), "secret")

    def webhooks(self) -> list[dict[str, Any]]:
        """List the webhooks of one's organisation, as the server tells of them."""
        _, body = self._server.ask("GET", "/v1/webhooks")
        answer = self._server.read(body)
        match answer:
            case {"webhooks": list(found)}:
                return [self._webhook(one) for one in found]
        raise self._server.nonsense("a list of webhooks", answer)

    def remove_webhook(self, webhook_id: str) -> None:
        """Let the server tell a webhook nothing more."""
        self._server.ask("DELETE", f"/v1/webhooks/{quote(webhook_id, safe='')}")

    def _webhook(self, value: object, *more: str) -> dict[str, Any]:
        if isinstance(value, dict) and {"id", "url", "state", "ended", *more} <= value.keys():
            match value.get("events"):
                case list(events) if all(isinstance(one, str) for one in events):
                    return value
        raise self._server.nonsense("a webhook", value)

    def trust(self) -> Trust:
        """Fetch the trust file that the server offers; the caller decides whether to believe it."""
        _, body = self._server.ask("GET", "/v1/trust")
        try:
            return Trust.from_json(body)
        except MalformedError as error:
            raise self._server.nonsense("a trust file", str(error)) from error

    def _bundle_line(self, line: bytes) -> Bundle | None:
        try:
            return Bundle.from_json(line)
        except MalformedError as error:
            if read_problem(line) is None:
                raise self._server.nonsense("a bundle", str(error)) from error
        return None

    def _placed(self, answer: object) -> Placed:
        match answer:
            case {"index": int(index), "statement": dict(statement)} if is_index(index):
                try:
                    return Placed(index, canonicalize(statement))
                except MalformedError as error:
                    raise self._server.nonsense("a statement", error.message) from error
        raise self._server.nonsense("an index and a statement", "something else")
