"""The entries of a tile read together: transfers in columns, whatever else one by one.

    entries ──► one text of lines ──► decoded, encoded again, compared: RFC 8785 form     a tile
    parties, data items, plans, … ──► decoded strictly where they have not been seen      once
    ids, hashes, salts, times ──► one pattern, or each that differs                       a tile

Nearly every entry is a transfer, and to check one by itself costs a dozen calls. So `Transfer` has
here the members that `ledger.kinds` gives it, but its objects that many transfers share stay raw
until they are looked up, and its formats are checked for all transfers of a tile at once. Nothing
is refused here: an entry that is not plainly right is handed to `entry.decode_canonical`, which
rules, and which accepts all that is accepted here (a test holds the two against each other).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from ledger import kinds
from ledger.canonical import MAX_INTEGER, check_depth
from ledger.entry import decode_canonical
from ledger.errors import MalformedError
from ledger.kinds import Kind
from ledger.kinds.formats import FORMATS, check_jurisdiction, check_time
from ledger.kinds.members import MAX_ELEMENTS, Count, Identifier, SdDigests, Text
from ledger.merkle import HASH_SIZE
from ledger.statement import RECORD_ID_SIZE

__all__ = ["Columns", "Coverage", "Reference", "Rows", "Transfer", "raw_ids"]

# Raw members are passed over by recursion in C. Entries of so many bytes cannot nest deeper than a
# thread's stack bears; longer ones are looked at before.
_SHALLOW = 4_096
# Objects that are remembered, of a few hundred bytes each.
_MAX_REMEMBERED = 32_768
_HASH_LENGTH = 2 * HASH_SIZE
_REFUSALS = (
    MalformedError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError
)  # fmt: skip


class _Lean(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An object whose formats are checked with its column."""


class Reference(_Lean, frozen=True, kw_only=True):
    """As `kinds.members.Reference`."""

    leaf_hash: str
    record_id: str


class _Digests(_Lean, frozen=True, kw_only=True):
    sha_256: str = field(name="sha-256")
    sm3: str | UnsetType = UNSET


class _File(_Lean, frozen=True, kw_only=True):
    sd: SdDigests | UnsetType = field(name="_sd", default=UNSET)
    digests: _Digests
    name: Text | UnsetType = UNSET
    size: Count


class _RunningTotal(_Lean, frozen=True, kw_only=True):
    personal: Count
    sensitive: Count


class Coverage(_Lean, frozen=True, kw_only=True):
    """As `kinds.transfer.Coverage`; `plan` is a key of `Columns.plans`."""

    persons: _RunningTotal
    plan: Raw
    sequence: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]


class Transfer(_Lean, frozen=True, kw_only=True):
    """As `kinds.Transfer`; what is Raw here is of the type that it has there.

    In the order in which the canonical form has them, so that nothing is sorted.
    """

    sd: SdDigests | UnsetType = field(name="_sd", default=UNSET)
    sd_alg: Literal["sha-256"] | UnsetType = field(name="_sd_alg", default=UNSET)
    channel: Raw | UnsetType = UNSET
    covered_by: Coverage | UnsetType = UNSET
    data_items: Raw
    exporter: Raw
    files: Annotated[list[_File], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = UNSET
    from_: str = field(name="from")
    kind: Literal["transfer"]
    legal_basis: Raw | UnsetType = UNSET
    occurred_at: str
    onward_recipients: Raw | UnsetType = UNSET
    origin_label: Raw | UnsetType = UNSET
    parents: Annotated[list[Reference], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = (
        UNSET
    )
    persons: Raw | UnsetType = UNSET
    purpose: Text | UnsetType = UNSET
    recipient: Raw
    record_id: str
    retention: Raw | UnsetType = UNSET
    salt: str
    scenario: Identifier
    software: Raw | UnsetType = UNSET
    storage_place: Raw | UnsetType = UNSET
    supersedes: Reference | UnsetType = UNSET
    to: str
    v: Literal[1]


# Of the members that many transfers share, their strict decoders.
_SHARED = {
    name: msgspec.json.Decoder(get_type_hints(kinds.Transfer, include_extras=True)[name]).decode
    for name, kind in get_type_hints(Transfer).items()
    if kind in {Raw, Raw | UnsetType}
}
# A transfer begins with one of these: with a member that it may have, or the first that it must.
_FIELDS = msgspec.structs.fields(Transfer)
_FIRST = next(place for place, member in enumerate(_FIELDS) if member.required)
_BEGINNINGS = tuple(f'{{"{member.encode_name}":'.encode() for member in _FIELDS[: _FIRST + 1])

_decode_plan = msgspec.json.Decoder(kinds.members.Reference).decode

_decode_lines = msgspec.json.Decoder(Transfer).decode_lines
_encode_lines = msgspec.json.Encoder().encode_lines
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def _column_of(name: str) -> Callable[[str], object]:
    """Match a column of one format, a comma behind each value."""
    pattern = FORMATS[name]["pattern"].removeprefix("^").removesuffix("$")
    return re.compile(f"(?:{pattern},)*+").fullmatch


_are_record_ids = _column_of("record-id")
_are_salts = _column_of("salt")


_Row = Transfer | Kind | None
_Columns = Mapping[str, Sequence[Any]]


class Rows(NamedTuple):
    """A tile's entries: the members of its transfers in columns, and what else there is."""

    places: list[int]
    """Of the transfers, in the tile."""
    column: _Columns
    """By the names of `Transfer`."""
    others: dict[int, Kind | None]
    """By their places: entries of other kinds, and None for whatever is no canonical entry."""


class Columns:
    """Reads tiles, and remembers from one to the next what many transfers share."""

    def __init__(self) -> None:
        self.plans: dict[bytes, kinds.members.Reference] = {}
        """What each `Coverage.plan` of the tile that was read last says, and some others."""
        self._seen: dict[str, set[bytes]] = {name: set() for name in _SHARED}
        self._remembered = 0

    def read(self, entries: Sequence[bytes], skipped: Collection[int] = ()) -> Rows:
        """Read the entries of a tile, but for those at the places in `skipped`."""
        if self._remembered > _MAX_REMEMBERED:
            self.plans.clear()
            for seen in self._seen.values():
                seen.clear()
            self._remembered = 0
        places = [i for i, entry in enumerate(entries) if entry.startswith(_BEGINNINGS)]
        if skipped:
            places = [place for place in places if place not in skipped]
        likely = [entries[place] for place in places]
        others: dict[int, Kind | None] = {}
        column = self._read_together(likely)
        if column is None:
            rows = dict(zip(places, self._read_some(likely), strict=True))
            transfers = {i: row for i, row in rows.items() if isinstance(row, Transfer)}
            others = {i: row for i, row in rows.items() if not isinstance(row, Transfer)}
            places, column = list(transfers), _columns_of(list(transfers.values()))
        for place in set(range(len(entries))).difference(places, others, skipped):
            others[place] = decode_canonical(entries[place])
        return Rows(places, column, others)

    def _read_together(self, entries: list[bytes]) -> _Columns | None:
        """Decode transfers, None where one of them is not plainly right."""
        try:
            transfers = _read_lines(entries)
            if transfers is not None:
                column = _columns_of(transfers)
                return column if self._are_right(column) else None
        except _REFUSALS:
            pass
        return None

    def _read_some(self, entries: list[bytes]) -> list[_Row]:
        """Decode entries of which one is not plainly right: in halves, until it stands alone."""
        if len(entries) == 1:
            return [self._read_strictly(entries[0])]
        half = len(entries) // 2
        rows: list[_Row] = []
        for some in (entries[:half], entries[half:]):
            if self._read_together(some) is None:
                rows += self._read_some(some)
            else:
                rows += _read_lines(some) or ()
        return rows

    def _read_strictly(self, entry: bytes) -> _Row:
        found = decode_canonical(entry)
        if not isinstance(found, kinds.Transfer):
            return found
        (transfer,) = _decode_lines(entry)
        if transfer.covered_by is not UNSET and found.covered_by is not UNSET:
            self.plans[bytes(transfer.covered_by.plan)] = found.covered_by.plan
        return transfer

    def _are_right(self, column: _Columns) -> bool:
        """Check what the structs do not; may raise what decoders raise."""
        for place in {*column["from_"], *column["to"]}:
            check_jurisdiction(place)
        for time in set(column["occurred_at"]):
            check_time(time)
        references = _present(column["supersedes"])
        references += chain.from_iterable(_present(column["parents"]))
        digests = [f.digests for f in chain.from_iterable(_present(column["files"]))]
        hashes = [reference.leaf_hash for reference in references]
        hashes += [digest.sha_256 for digest in digests]
        hashes += _present([digest.sm3 for digest in digests])
        record_ids = [reference.record_id for reference in references]
        plans = [coverage.plan for coverage in _present(column["covered_by"])]
        return (
            _are_hashes(hashes)
            and _match(_are_record_ids, [*record_ids, *column["record_id"]])
            and _match(_are_salts, column["salt"])
            and all(self._are_shared_right(name, column[name]) for name in _SHARED)
            and self._are_plans_right(plans)
        )

    def _are_shared_right(self, name: str, column: Sequence[Raw | UnsetType]) -> bool:
        new = _distinct(_present(column)) - self._seen[name]
        if any(_encode_sorted(_SHARED[name](value)) != value for value in new):
            return False
        self._seen[name] |= new
        self._remembered += len(new)
        return True

    def _are_plans_right(self, column: Sequence[Raw]) -> bool:
        for value in _distinct(column) - self.plans.keys():
            plan = _decode_plan(value)
            if _encode_sorted(plan) != value:
                return False
            self.plans[value] = plan
            self._remembered += 1
        return True


def _present(column: Sequence[Any]) -> list[Any]:
    absent = column.count(UNSET)
    if absent == len(column):
        return []
    return [value for value in column if value is not UNSET] if absent else list(column)


def _columns_of(transfers: Sequence[Transfer]) -> _Columns:
    if not transfers:
        return dict.fromkeys(Transfer.__struct_fields__, ())
    values = zip(*map(msgspec.structs.astuple, transfers), strict=True)
    return dict(zip(Transfer.__struct_fields__, values, strict=True))


def raw_ids(texts: Sequence[str]) -> list[bytes]:
    """Give the 16 bytes of each record id of the canonical form."""
    joined = bytes.fromhex("".join(texts).replace("-", ""))
    return [joined[i : i + RECORD_ID_SIZE] for i in range(0, len(joined), RECORD_ID_SIZE)]


def _distinct(column: Sequence[Raw]) -> set[bytes]:
    # Joined and cut again, at half the price of a copy each: no canonical text has an end of line.
    return set(b"\n".join(column).split(b"\n")) if column else set()


def _match(are_right: Callable[[str], object], values: Sequence[str]) -> bool:
    return not values or are_right(",".join(values) + ",") is not None


def _are_hashes(values: Sequence[str]) -> bool:
    text = "".join(values)
    return {len(value) for value in values} <= {_HASH_LENGTH} and bytes.fromhex(text).hex() == text


def _read_lines(entries: Sequence[bytes]) -> list[Transfer] | None:
    """Decode transfers together; None where one of them is not in its canonical form."""
    text = b"\n".join([*entries, b""])
    for entry in entries:
        if len(entry) > _SHALLOW:
            check_depth(entry)
    rows = _decode_lines(text)
    # No line of the encoder's is empty or has an end of line in it: equal texts of as many lines
    # as there are entries have these entries as lines.
    return rows if len(rows) == len(entries) and _encode_lines(rows) == text else None
