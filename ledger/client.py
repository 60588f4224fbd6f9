"""A client of the HTTP API: submits statements, fetches bundles, waits as the server asks.

It hashes nothing and verifies nothing: what it brings back is checked by `verify`. A server is a
stranger: its answers are bounded in size, it cannot send us elsewhere (no redirects), and what it
says wrong is told as its own words (`RefusedError`) or as "could not ask" (UnavailableError).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from ledger.bundle import MAX_BUNDLE_SIZE, Bundle
from ledger.canonical import canonicalize, parse
from ledger.dossier import Placed
from ledger.errors import (
    ConfigurationError,
    LedgerError,
    MalformedError,
    NotFoundError,
    UnavailableError,
)
from ledger.statement import Statement
from ledger.status_list import MEDIA_TYPE as STATUS_LIST
from ledger.trust import Trust

__all__ = ["Client", "Logged", "PlanState", "RefusedError"]

_TIMEOUT = 30.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
# More than the largest bundle, and than 256 of the largest entries.
_MAX_ANSWER = 2 * MAX_BUNDLE_SIZE
# Enough for the largest on a slow line; a server that sends a byte now and then is let go.
_ANSWER_SECONDS = 300.0
_SHOWN = 200
# Of a thousand records, or of ten thousand that were looked at.
_MAX_PAGES = 1_000
# Records a page: as many as a server gives.
_PAGE = 1000
# As many of the largest entries have room in an answer.
_AT_ONCE = 200
_DIGITS = 19
_ACCEPTED = 202
_UNAVAILABLE = 503
_JSON, _NDJSON = "application/json", "application/x-ndjson"
_AGAIN = frozenset({_ACCEPTED, _UNAVAILABLE})


class RefusedError(LedgerError):
    """The server's answer is a problem (RFC 9457), carried here with its code and status."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(code, message, expected=expected, found=found, hint=hint)
        self.status = status


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
    """One server, one API key. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        self._place = _place(url)
        # What is compressed could be any size: nothing here is unpacked.
        headers = {"Accept-Encoding": "identity"}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {_checked_key(api_key)}"
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=_TIMEOUT)

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
        self._http.close()

    def submit(self, statement: bytes, *, deadline: float = 0) -> Logged:
        """Submit one statement; sent again while the server is busy: it is logged once."""
        status, body = self._wait("POST", "/v1/records", deadline, content=statement)
        answer = self._read(body)
        match answer:
            case {"record_id": str(record_id), "index": int(index)} if _is_index(index):
                return Logged(record_id, index, added=status == httpx2.codes.CREATED)
        raise self._nonsense("a record_id and an index", answer)

    def submit_batch(self, lines: Sequence[bytes], *, deadline: float = 0) -> tuple[int, int]:
        """Submit statements as one batch; give the first one's index, and how many were new."""
        content = b"\n".join(lines)
        _, body = self._wait("POST", "/v1/batches", deadline, content=content, media_type=_NDJSON)
        answer = self._read(body)
        match answer:
            case {"count": int(count), "added": int(added), "ranges": [[1, int(index), _], *_]} if (
                count == len(lines) and _is_index(index) and 0 <= added <= count
            ):
                return index, added
        raise self._nonsense("a count and ranges of indexes", answer)

    def bundle(self, record_id: str, *, deadline: float, anchored: bool = False) -> Bundle:
        """Fetch a record's bundle, waiting until there is one; with its anchor if `anchored`.

        Raises UnavailableError where it is not there in `deadline` seconds.
        """
        end = time.monotonic() + deadline
        while True:
            left = end - time.monotonic()
            _, body = self._wait("GET", f"/v1/records/{record_id}/bundle", left)
            try:
                bundle = Bundle.from_json(body)
            except MalformedError as error:
                raise self._nonsense("a bundle", str(error)) from error
            if bundle.anchor is not None or not anchored:
                return bundle
            if time.monotonic() + _FIRST_PAUSE > end:
                raise UnavailableError(
                    "client.deadline",
                    f"record {record_id} is published and not anchored after {deadline:.0f} s",
                    hint="Wait longer (--wait), or ask again later.",
                )
            time.sleep(_FIRST_PAUSE)

    def record_ids(self) -> Iterator[list[str]]:
        """List the ids of all records that one may see, a page at once, in the log's order."""
        place, cursor = -1, None
        while True:
            ids, cursor = self.records(None, cursor)
            yield ids
            if cursor is None:
                return
            # A server that never gets on would keep its caller for good.
            if len(cursor) > _DIGITS or int(cursor) <= place:
                raise self._nonsense(f"a cursor beyond {place}", cursor)
            place = int(cursor)

    def bundles(self, record_ids: Sequence[str]) -> Iterator[tuple[str, Bundle | None]]:
        """Fetch records' bundles, up to 1,000; None for what is not published, or not shown."""
        left = list(record_ids)
        while left:
            body = canonicalize({"record_ids": left[:_AT_ONCE]})
            _, answer = self._wait("POST", "/v1/bundles", 0, content=body)
            lines = answer.splitlines()
            if not 0 < len(lines) <= min(len(left), _AT_ONCE):
                raise self._nonsense("a line for each record", f"{len(lines)} lines")
            for record_id, line in zip(left, lines, strict=False):
                yield record_id, self._bundle_line(line)
            left = left[len(lines) :]

    def plan(self, record_id: str) -> PlanState:
        """Ask how far a plan is used; raise NotFoundError where the record is no plan."""
        _, body = self._wait("GET", f"/v1/records/{record_id}", 0)
        answer = self._read(body)
        match answer:
            case {
                "statement": dict(statement),
                "plan": {
                    "next_sequence": int(sequence),
                    "persons": {"personal": int(personal), "sensitive": int(sensitive)},
                },
            } if all(map(_is_index, (sequence, personal, sensitive))):
                # What pins the plan's content is hashed from the content, not taken as told.
                try:
                    plan = Statement.from_entry(canonicalize(statement))
                except MalformedError as error:
                    raise self._nonsense("a plan", str(error)) from error
                return PlanState(plan.leaf_hash, sequence, personal, sensitive)
            case {"statement": dict(), "plan": None}:
                raise NotFoundError("client.no-plan", "the record is no plan", found=record_id)
        raise self._nonsense("a plan and its state", answer)

    def record(self, record_id: str) -> Placed:
        """Fetch a record's entry and its index, as the server tells them.

        Raises NotFoundError where it shows none of this id.
        """
        try:
            answer = self._read(self._wait("GET", f"/v1/records/{record_id}", 0)[1])
        except RefusedError as error:
            if error.status != httpx2.codes.NOT_FOUND:
                raise
            raise NotFoundError(error.code, error.message, hint=error.hint) from error
        return self._placed(answer)

    def said_of(self, record_id: str) -> list[Placed]:
        """Fetch what was said of a record and of its plan."""
        _, body = self._wait("GET", f"/v1/records/{record_id}/attestations", 0)
        match self._read(body):
            case {"said": list(items)}:
                return [self._placed(item) for item in items]
        raise self._nonsense("a list of what was said", "something else")

    def attestation_id(self, leaf_hash: bytes) -> str:
        """Find the id of an attestation that one may see, by its leaf hash, the newest first.

        Raises NotFoundError.
        """
        path = "/v1/records?kind=attestation&order=newest&limit=1000"
        cursor = ""
        for _ in range(_MAX_PAGES):
            page = self._read(self._wait("GET", path + cursor, 0)[1])
            if not isinstance(page, dict) or not isinstance(page.get("records"), list):
                raise self._nonsense("a page of records", "something else")
            for item in page["records"]:
                match item:
                    case {"leaf_hash": found, "record_id": str(record_id)} if (
                        found == leaf_hash.hex()
                    ):
                        return record_id
            following = page.get("next")
            if not isinstance(following, str) or not following.isalnum():
                break
            cursor = f"&cursor={following}"
        raise NotFoundError(
            "client.leaf",
            "the server shows no attestation of this leaf",
            expected=leaf_hash.hex(),
            hint="Name it by its record id.",
        )

    def statement(self, record_id: str) -> Statement:
        """Fetch what a record says; raise NotFoundError where the server shows none of this id."""
        return Statement.from_entry(self.record(record_id).entry)

    def records(self, kind: str | None, cursor: str | None = None) -> tuple[list[str], str | None]:
        """List a page of one's records, of a kind or all, oldest first: ids, and where to go on."""
        rest = "" if kind is None else f"&kind={kind}"
        rest += "" if cursor is None else f"&cursor={cursor}"
        _, body = self._wait("GET", f"/v1/records?limit={_PAGE}{rest}", 0)
        answer = self._read(body)
        match answer:
            case {"records": list(records), **more}:
                found = [item.get("record_id") for item in records if isinstance(item, dict)]
                going_on = more.get("next")
                if all(isinstance(one, str) for one in found) and (
                    going_on is None or (isinstance(going_on, str) and going_on.isdecimal())
                ):
                    return [str(one) for one in found], going_on
        raise self._nonsense("a page of records", answer)

    def put_status_list(self, name: str, token: str) -> None:
        """Publish a status list under its name; sending the same again changes nothing."""
        self._wait(
            "PUT", f"/v1/status-lists/{name}", 0, content=token.encode(), media_type=STATUS_LIST
        )

    def read(self, path: str) -> bytes:
        """Fetch a published file of the log (a `source`); raise NotFoundError where there is none.

        Entry bundles need a key with the scope `audit`.
        """
        try:
            return self._wait("GET", f"/{path}", 0)[1]
        except RefusedError as error:
            if error.status != httpx2.codes.NOT_FOUND:
                raise
            raise NotFoundError("client.missing", "the server lacks a file", found=path) from error

    def log_trail_head(self) -> tuple[int, int, str]:
        """Let the server log its trail's head: the entry's index, how many rows, the head."""
        _, body = self._wait("POST", "/v1/trail/heads", 0)
        answer = self._read(body)
        match answer:
            case {"index": int(index), "count": int(count), "head": str(head)}:
                return index, count, head
        raise self._nonsense("the head of a trail", answer)

    def trust(self) -> Trust:
        """Fetch the trust file that the server offers; the caller decides whether to believe it."""
        _, body = self._wait("GET", "/v1/trust", 0)
        try:
            return Trust.from_json(body)
        except MalformedError as error:
            raise self._nonsense("a trust file", str(error)) from error

    def _wait(
        self,
        method: str,
        path: str,
        deadline: float,
        *,
        content: bytes | None = None,
        media_type: str = _JSON,
    ) -> tuple[int, bytes]:
        """Ask until there is an answer, at the server's own pace; give status and body."""
        end = time.monotonic() + deadline
        while True:
            status, body, pause = self._send(method, path, content, media_type)
            if status not in _AGAIN:
                return status, body
            if time.monotonic() + pause > end:
                raise self._too_late(status, body, deadline)
            time.sleep(pause)

    def _send(
        self, method: str, path: str, content: bytes | None, media_type: str
    ) -> tuple[int, bytes, float]:
        headers = {"Content-Type": media_type} if content is not None else {}
        try:
            with self._http.stream(method, path, content=content, headers=headers) as response:
                body = self._bounded(response.iter_raw())
        except httpx2.HTTPError as error:
            raise UnavailableError(
                "client.unreachable",
                f"no answer from {self._place}",
                found=type(error).__name__,
                hint="Is it running, and is the address right (--server)?",
            ) from error
        if not response.is_success and response.status_code not in _AGAIN:
            raise self._refusal(response.status_code, body)
        return response.status_code, body, _retry_after(response)

    def _bounded(self, chunks: Iterator[bytes]) -> bytes:
        end = time.monotonic() + _ANSWER_SECONDS
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > _MAX_ANSWER:
                raise self._nonsense(f"at most {_MAX_ANSWER} bytes", "more")
            if time.monotonic() > end:
                raise self._nonsense(f"an answer in {_ANSWER_SECONDS:.0f} seconds", "a part of it")
        return bytes(body)

    def _refusal(self, status: int, body: bytes) -> LedgerError:
        """Turn a problem body into an error; a body that is none is told by its status."""
        problem = _problem(body)
        if problem is None:
            return self._nonsense("an answer of a ledger", f"HTTP status {status}")
        hint = problem["hint"]
        if problem["code"].startswith("auth.") and hint is None:
            hint = "Give an API key: CROSSPROOF_API_KEY."
        return RefusedError(
            problem["code"],
            problem["detail"],
            status=status,
            expected=problem["expected"],
            found=problem["found"],
            hint=hint,
        )

    def _too_late(self, status: int, body: bytes, deadline: float) -> UnavailableError:
        problem = _problem(body) if status == _UNAVAILABLE else None
        if problem is not None:
            return UnavailableError(
                problem["code"],
                problem["detail"],
                expected=problem["expected"],
                found=problem["found"],
                hint=problem["hint"],
            )
        if status == _UNAVAILABLE:
            return self._nonsense("an answer of a ledger", f"HTTP status {status}")
        return UnavailableError(
            "client.deadline",
            f"the record is logged, and not published after {max(deadline, 0):.0f} s",
            hint="Ask again: crossproof bundle RECORD_ID -o FILE",
        )

    def _bundle_line(self, line: bytes) -> Bundle | None:
        try:
            return Bundle.from_json(line)
        except MalformedError as error:
            if _problem(line) is None:
                raise self._nonsense("a bundle", str(error)) from error
        return None

    def _read(self, body: bytes) -> object:
        try:
            return parse(body)
        except MalformedError as error:
            raise self._nonsense("JSON", error.message) from error

    def _placed(self, answer: object) -> Placed:
        match answer:
            case {"index": int(index), "statement": dict(statement)} if _is_index(index):
                try:
                    return Placed(index, canonicalize(statement))
                except MalformedError as error:
                    raise self._nonsense("a statement", error.message) from error
        raise self._nonsense("an index and a statement", "something else")

    def _nonsense(self, expected: str, found: object) -> UnavailableError:
        return UnavailableError(
            "client.nonsense",
            f"{self._place} answers what no ledger would",
            expected=expected,
            found=str(found)[:_SHOWN],
            hint="Is the address right (--server)?",
        )


def _is_index(value: int) -> bool:
    return value >= 0 and not isinstance(value, bool)


def _problem(body: bytes) -> dict[str, Any] | None:
    """Read a problem (RFC 9457) with a code, None where it is none."""
    try:
        value = parse(body)
    except MalformedError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return None
    texts = {name: value.get(name) for name in ("detail", "expected", "found", "hint")}
    shown = {name: None if text is None else str(text) for name, text in texts.items()}
    detail = shown["detail"] or str(value.get("title", value["code"]))
    return {**shown, "detail": detail, "code": value["code"]}


def _retry_after(response: httpx2.Response) -> float:
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_PAUSE)
    return _FIRST_PAUSE


def _place(url: str) -> str:
    """Name a server for people, without credentials; raise ConfigurationError for no address."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        port = parts.port
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        sound, port = False, None
    if not sound:
        raise ConfigurationError(
            "client.url", "server address", expected="http://HOST[:PORT] or https://…"
        )
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _checked_key(api_key: str) -> str:
    # It goes into a header; a key that cannot is one that was copied wrongly.
    if not api_key.isascii() or not api_key.isprintable() or not api_key or " " in api_key:
        raise ConfigurationError(
            "client.api-key", "API key", expected="cpk_<prefix>_<secret>", found="something else"
        )
    return api_key
