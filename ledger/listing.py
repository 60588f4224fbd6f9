"""Lists of what a server has: filters in, rows out, page after page to the end.

What it tells is read strictly, and believed in nothing: a list that never ends is ended here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from msgspec import Meta, Struct, ValidationError, convert, field, to_builtins

from ledger.errors import NotFoundError
from ledger.exchange import Exchange

__all__ = ["FoundDossier", "FoundRecord", "Listing", "Results", "is_index"]

Filters = Mapping[str, str | Sequence[str]]
Found = TypeVar("Found", bound=Struct)

# Of a thousand records, or of ten thousand that were looked at.
_MAX_PAGES = 1_000
# Records a page: as many as a server gives.
_PAGE = 1000
_DIGITS = 19


class FoundRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A record of a search, as a server tells of it."""

    index: Annotated[int, Meta(ge=0)]
    record_id: str
    leaf_hash: str
    kind: str
    state: str
    received_at: str | None
    submitter: str | None

    def to_value(self) -> dict[str, Any]:
        """Give its members."""
        value: dict[str, Any] = to_builtins(self)
        return value


class FoundDossier(Struct, frozen=True, kw_only=True, gc=False):
    """How a transfer stands, as a server tells of it."""

    index: Annotated[int, Meta(ge=0)]
    record_id: str
    occurred_at: str
    exporter: str
    recipient: str
    from_: str = field(name="from")
    to: str
    scenario: str
    stages: dict[str, str]
    flags: list[str]
    ceiling_used: float | None

    def to_value(self) -> dict[str, Any]:
        """Give its members, under the names that the server has for them."""
        value: dict[str, Any] = to_builtins(self)
        return value


@dataclass(frozen=True, slots=True)
class Results(Generic[Found]):
    """What was found; `behind` entries at the end of the log were not looked at yet."""

    rows: list[Found]
    behind: int


class Listing:
    """The lists of one server."""

    def __init__(self, server: Exchange) -> None:
        self._server = server

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
                raise self._server.nonsense(f"a cursor beyond {place}", cursor)
            place = int(cursor)

    def records(self, kind: str | None, cursor: str | None = None) -> tuple[list[str], str | None]:
        """List a page of one's records, of a kind or all, oldest first: ids, and where to go on."""
        rest = "" if kind is None else f"&kind={kind}"
        rest += "" if cursor is None else f"&cursor={cursor}"
        _, body = self._server.ask("GET", f"/v1/records?limit={_PAGE}{rest}")
        answer = self._server.read(body)
        match answer:
            case {"records": list(records), **more}:
                found = [item.get("record_id") for item in records if isinstance(item, dict)]
                going_on = more.get("next")
                if all(isinstance(one, str) for one in found) and (
                    going_on is None or (isinstance(going_on, str) and going_on.isdecimal())
                ):
                    return [str(one) for one in found], going_on
        raise self._server.nonsense("a page of records", answer)

    def search(self, filters: Filters, *, most: int) -> Results[FoundRecord]:
        """Find records by filters of `GET /v1/records`, `most` of them at most."""
        return self._pages("records", filters, FoundRecord, most=most)

    def dossiers(self, filters: Filters, *, most: int) -> Results[FoundDossier]:
        """Find dossiers by filters of `GET /v1/dossiers`, `most` of them at most."""
        return self._pages("dossiers", filters, FoundDossier, most=most)

    def _pages(
        self, what: str, filters: Filters, kind: type[Found], *, most: int
    ) -> Results[Found]:
        query: dict[str, str | Sequence[str]] = {**filters, "limit": str(min(most, _PAGE))}
        rows: list[Found] = []
        for _ in range(_MAX_PAGES):
            _, body = self._server.ask("GET", f"/v1/{what}?{urlencode(query, doseq=True)}")
            page = self._server.read(body)
            if not isinstance(page, dict):
                raise self._server.nonsense("a page", "something else")
            try:
                rows += convert(page.get(what), list[kind])  # type: ignore[valid-type]
            except ValidationError as error:
                raise self._server.nonsense(f"a page of {what}", str(error)) from error
            cursor = page.get("next")
            if len(rows) >= most or not isinstance(cursor, str):
                return Results(rows[:most], _behind(page.get("lag", 0)))
            query["cursor"] = cursor
        raise self._server.nonsense(f"at most {_MAX_PAGES} pages", "more")

    def attestation_id(self, leaf_hash: bytes) -> str:
        """Find the id of an attestation that one may see, by its leaf hash, the newest first.

        Raises NotFoundError.
        """
        path = "/v1/records?kind=attestation&order=newest&limit=1000"
        cursor = ""
        for _ in range(_MAX_PAGES):
            page = self._server.read(self._server.ask("GET", path + cursor)[1])
            if not isinstance(page, dict) or not isinstance(page.get("records"), list):
                raise self._server.nonsense("a page of records", "something else")
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


def is_index(value: int) -> bool:
    """Say whether a number that a server tells can be an index."""
    return value >= 0 and not isinstance(value, bool)


def _behind(lag: object) -> int:
    """Read how many entries a page's server has not looked at, as either endpoint tells it."""
    entries = lag.get("entries") if isinstance(lag, dict) else lag
    return entries if isinstance(entries, int) and is_index(entries) else 0
