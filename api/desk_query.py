"""What a visitor of the desk asks for: a form's fields in, filters and addresses out.

A form sends every field, the empty ones too; days are whole, the last one included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from api.problems import RequestError
from api.routes.dossiers import Asked, By
from ledger.dossier import Flag
from ledger.errors import MalformedError
from ledger.kinds.formats import check_jurisdiction
from ledger.kinds.members import MAX_IDENTIFIER
from ledger.merkle import MAX_SIZE
from ledger.store import Wanted

__all__ = ["DeskQuery"]

_TEXTS = ("exporter", "recipient", "jurisdiction", "scenario", "since", "until")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class DeskQuery:
    """The fields as they were sent, and what they mean."""

    fields: Mapping[str, str]
    flags: tuple[Flag, ...]
    by: By
    cursor: int | None
    language: str | None
    asked: Asked

    @classmethod
    def read(cls, query: QueryParams) -> DeskQuery:
        """Read a query; raise RequestError (400) for a value that means nothing."""
        fields = {name: query.get(name, "").strip() for name in _TEXTS}
        fields["jurisdiction"] = fields["jurisdiction"].upper()
        for name, value in fields.items():
            if len(value) > MAX_IDENTIFIER:
                raise _refused(name, value, f"at most {MAX_IDENTIFIER} characters")
        flags = tuple(dict.fromkeys(_flag(name) for name in query.getlist("flag") if name))
        since, until = _day("since", fields["since"]), _day("until", fields["until"])
        wanted = Wanted(
            exporter=fields["exporter"] or None,
            recipient=fields["recipient"] or None,
            jurisdiction=_place(fields["jurisdiction"]),
            scenario=fields["scenario"] or None,
            since=None if since is None else _seconds(since),
            until=None if until is None else _seconds(until + timedelta(days=1)),
        )
        return cls(
            fields,
            flags,
            _by(query.get("by") or By.EXPORTER.value),
            _cursor(query.get("cursor")),
            query.get("lang"),
            Asked(wanted, flags),
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.flags) or any(self.fields.values())

    def address(self, **changes: str | Sequence[str] | None) -> str:
        """Write the address of this desk with other fields; paging begins anew."""
        fields: dict[str, str | Sequence[str] | None] = {
            **self.fields,
            "flag": [flag.value for flag in self.flags],
            "by": None if self.by is By.EXPORTER else self.by.value,
            "lang": self.language,
            **changes,
        }
        kept = {name: value for name, value in fields.items() if value}
        return "/desk" + (f"?{urlencode(kept, doseq=True)}" if kept else "")

    def toggled(self, flag: Flag) -> str:
        """Write the address with one flag more, or without it."""
        others = [one.value for one in self.flags if one is not flag]
        return self.address(flag=others if flag in self.flags else [*others, flag.value])


def _flag(name: str) -> Flag:
    try:
        return Flag(name)
    except ValueError:
        raise _refused("flag", name, ", ".join(Flag)) from None


def _by(name: str) -> By:
    try:
        return By(name)
    except ValueError:
        raise _refused("by", name, ", ".join(By)) from None


def _place(name: str) -> str | None:
    if not name:
        return None
    try:
        check_jurisdiction(name)
    except MalformedError:
        raise _refused("jurisdiction", name, "two letters") from None
    return name


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        # The day after the last one must be one too.
        return min(date.fromisoformat(text), date.max - timedelta(days=1))
    except ValueError:
        raise _refused(name, text, "YYYY-MM-DD") from None


def _cursor(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:20]) > MAX_SIZE:
        raise _refused("cursor", text, "what an answer gave as `next`")
    return int(text)


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _refused(name: str, found: str, expected: str) -> RequestError:
    return RequestError(
        "request.parameter",
        f"query parameter {name}: not one that is understood",
        status=HTTPStatus.BAD_REQUEST,
        expected=expected,
        found=f"{name}={found[:_SHOWN]}",
    )
