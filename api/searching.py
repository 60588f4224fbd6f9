"""What a search may ask for, as query parameters: each of its format, none unknown.

A misspelt filter that was passed over would answer with everything instead of nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.listing import Filter, Order
from api.paging import DEFAULT_LIMIT, MAX_LIMIT
from ledger.kinds.members import MAX_IDENTIFIER
from ledger.merkle import MAX_SIZE

__all__ = ["AskedFor", "Asking", "KindName"]

_Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_IDENTIFIER)]


def _no_number(value: object) -> object:
    """Refuse what would be taken for seconds since 1970: a year alone, above all."""
    if isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit():
        raise ValueError("a time such as 2026-11-21T08:15:00Z")
    return value


_Time = Annotated[AwareDatetime, BeforeValidator(_no_number)]
_Place = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
KindName = Literal["attestation", "manifest", "plan", "receipt", "status", "trail", "transfer"]


class AskedFor(BaseModel):
    """Filters, all of which a record must meet, and which part of what they find."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leaf: _Hash | None = Field(None, description="Leaf hash")
    digest: _Hash | None = Field(None, description="A file's digest, SHA-256 or SM3")
    organisation: _Name | None = Field(
        None, description="Whoever submitted it, its exporter, or a recipient"
    )
    exporter: _Name | None = Field(None, description="The exporter's id")
    recipient: _Name | None = Field(None, description="A recipient's id, also one further on")
    from_: _Place | None = Field(None, alias="from", description="Jurisdiction that data leaves")
    to: _Place | None = Field(None, description="Jurisdiction that data enters")
    scenario: _Name | None = Field(None)
    kind: KindName | None = Field(None)
    names: _Hash | None = Field(
        None, description="Names this leaf hash: as a parent, as what it corrects, or as its plan"
    )
    since: _Time | None = Field(None, description="Received then or later")
    until: _Time | None = Field(None, description="Received before then")
    occurred_since: _Time | None = Field(None, description="Happened then or later")
    occurred_until: _Time | None = Field(None, description="Happened before then")
    order: Order = Field(Order.OLDEST, description="Which end of the log comes first")
    cursor: int | None = Field(
        None,
        ge=0,
        le=MAX_SIZE,
        description="The last page's `next`; nothing for the first page",
    )
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="At most this many")

    def filter(self) -> Filter:
        """Give what is asked for, without the part."""
        asked: dict[str, Any] = self.model_dump(exclude={"order", "cursor", "limit"})
        return Filter(**asked)


Asking = Annotated[AskedFor, Query()]
