"""Links: records that entries name, found in the log and held against what it has there.

A link names a record by its id and pins it by its leaf hash. Where this log has the record, its
leaf must be that one, and its kind one that may be named so; where it has not, the record may be
another log's, and nothing can be told.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.audit.content import Link
from ledger.audit.report import Checked
from ledger.errors import LedgerError
from ledger.merkle import HASH_SIZE
from ledger.store import Reading
from ledger.tile import WIDTH

__all__ = ["Known", "follow"]

# Each may need a tile of its own, of 8 KiB.
_AT_ONCE = 1_024


class _Tagged(msgspec.Struct):
    kind: str


_tagged = msgspec.json.Decoder(_Tagged).decode


class Known(NamedTuple):
    """What was read already: leaf tiles by number, kinds of entries by index."""

    tiles: dict[int, bytes]
    kinds: MutableMapping[int, str]


def follow(reading: Reading, links: Mapping[Link, int], checked: Checked, known: Known) -> set[str]:
    """Follow links, each with the entry that names it first; add to the kinds that are known.

    Gives the leaf hashes of plans that this log does not hold.
    """
    foreign: set[str] = set()
    rest = iter(links)
    while some := tuple(islice(rest, _AT_ONCE)):
        located = reading.locate(list({link.record_id for link in some}))
        numbers = {index // WIDTH for index in located.values()}
        tiles = known.tiles | reading.tiles(0, numbers - known.tiles.keys())
        for link in some:
            where = f"entry {links[link]}"
            index = located.get(link.record_id)
            if index is None:
                checked.untold["link"] += 1
                if link.kind == "plan":
                    foreign.add(link.leaf_hash)
                continue
            place = index % WIDTH * HASH_SIZE
            found = tiles.get(index // WIDTH, b"")[place : place + HASH_SIZE].hex()
            if found != link.leaf_hash:
                checked.add(
                    "audit.link",
                    where,
                    expected=f"record {UUID(bytes=link.record_id)} of leaf {link.leaf_hash}",
                    found=f"leaf {found or 'unknown'} at index {index}",
                )
            elif link.kind:
                _check_kind(reading, link, index, where=where, checked=checked, kinds=known.kinds)
    return foreign


def _check_kind(
    reading: Reading,
    link: Link,
    index: int,
    *,
    where: str,
    checked: Checked,
    kinds: MutableMapping[int, str],
) -> None:
    if index not in kinds:
        try:
            kinds[index] = _tagged(reading.entry(index)).kind
        except (LedgerError, msgspec.MsgspecError):
            checked.untold["kind"] += 1
            return
    if kinds[index] != link.kind:
        checked.add(
            "audit.link",
            where,
            expected=f"a {link.kind} at index {index}",
            found=f"a {kinds[index]}",
        )
