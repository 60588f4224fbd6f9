"""Status lists as rows: the newest of each, and whose it is."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from ledger.errors import ConflictError
from ledger.store.tables import status_list

__all__ = ["MAX_LISTS", "StoredList", "find_list", "find_list_at", "put_list"]

# Of one organisation; each has room for millions of attestations.
MAX_LISTS = 1_000


class StoredList(NamedTuple):
    """A status list, whose it is, and where it is served."""

    list_id: str
    organisation: str
    address: str
    issued_at: int
    expires_at: int
    time_to_live: int
    token: str


def find_list(connection: Connection, list_id: str) -> StoredList | None:
    """Read a list by its name."""
    row = connection.execute(
        select(status_list).where(status_list.c.list_id == list_id)
    ).one_or_none()
    return None if row is None else StoredList(*row)


def find_list_at(connection: Connection, address: str) -> str | None:
    """Read the newest list of an address."""
    token: str | None = connection.scalar(
        select(status_list.c.token)
        .where(status_list.c.address == address)
        .order_by(status_list.c.issued_at.desc())
        .limit(1)
    )
    return token


def put_list(connection: Connection, new: StoredList) -> bool:
    """Write a list in place of the one before it; say whether there was none.

    Raises ConflictError for another organisation's name, for a list that is not newer, and for one
    list too many.
    """
    known = find_list(connection, new.list_id)
    if known is None:
        mine = select(func.count()).where(status_list.c.organisation == new.organisation)
        if (connection.scalar(mine) or 0) >= MAX_LISTS:
            raise ConflictError(
                "status-list.too-many",
                "the organisation has as many status lists here as one may have",
                expected=f"at most {MAX_LISTS}",
            )
        connection.execute(insert(status_list), new._asdict())
        return True
    if known.organisation != new.organisation:
        raise ConflictError(
            "status-list.taken",
            "another organisation has a status list of this name",
            hint="Choose another name.",
        )
    if known.token == new.token:
        return False
    if known.issued_at >= new.issued_at:
        # Whoever replays an old list would take a revocation back.
        raise ConflictError(
            "status-list.older",
            "a list that is as new, or newer, stands here",
            expected=f"iat after {known.issued_at}",
            found=f"iat {new.issued_at}",
        )
    connection.execute(
        update(status_list).where(status_list.c.list_id == new.list_id), new._asdict()
    )
    return False
