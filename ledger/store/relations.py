"""Which entries speak of which leaf, as rows; and how far the log was looked through for them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, text, true, update

from ledger.store.tables import followed, log, relation

__all__ = ["add", "backlog", "find", "spoken_of"]

_BACKLOG = select(followed.c.size, log.c.size).select_from(followed).join(log, true(), isouter=True)
_FOLLOW = (
    update(followed)
    .where(followed.c.size == bindparam("old_size"))
    .values(size=bindparam("new_size"))
)
# As `record_index` does: thousands of keys go over as one value. 32 is the size of a key.
_SPOKEN_OF = text(
    "WITH RECURSIVE place(n) AS "
    "(VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < :length) "
    "SELECT n FROM place WHERE EXISTS "
    "(SELECT 1 FROM relation WHERE leaf_hash = substr(:keys, n * 32 + 1, 32))"
)
_FIND = (
    select(relation.c.leaf_hash, relation.c.entry_index)
    .where(relation.c.leaf_hash.in_(bindparam("leaves", expanding=True)))
    .order_by(relation.c.entry_index.desc())
    .limit(bindparam("limit"))
)


def backlog(connection: Connection) -> tuple[int, int]:
    """Read how many entries were looked through, and how many there are."""
    row = connection.execute(_BACKLOG).one()
    return row[0], row[1] or 0


def add(
    connection: Connection, found: Sequence[tuple[bytes, int]], *, old_size: int, new_size: int
) -> bool:
    """Write (leaf hash, index) pairs of the entries between two sizes.

    Says False, nothing changed, where somebody else has followed the log meanwhile.
    """
    moved = connection.execute(_FOLLOW, {"old_size": old_size, "new_size": new_size})
    if moved.rowcount != 1:
        return False
    rows = [{"leaf_hash": leaf, "entry_index": index} for leaf, index in found]
    if rows:
        connection.execute(insert(relation), rows)
    return True


def find(
    connection: Connection, leaf_hashes: Sequence[bytes], *, limit: int
) -> dict[bytes, list[int]]:
    """Find the indexes of up to `limit` entries that speak of these leaves, the newest first."""
    rows = connection.execute(_FIND, {"leaves": list(leaf_hashes), "limit": limit})
    found: dict[bytes, list[int]] = {leaf: [] for leaf in leaf_hashes}
    for leaf, index in rows:
        found[bytes(leaf)].append(index)
    return found


def spoken_of(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Say which of many keys any entry speaks of."""
    if not keys:
        return set()
    parameters = {"length": len(keys), "keys": b"".join(keys)}
    return {keys[place] for place in connection.scalars(_SPOKEN_OF, parameters)}
