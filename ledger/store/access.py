"""API keys and browser sessions, as rows; what they mean is the API's affair.

No secret is here: a key's and a session's row hold the SHA-256 of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from ledger.store.tables import api_key, session

__all__ = ["Access", "KeyRow", "SessionRow"]


class KeyRow(NamedTuple):
    """An API key."""

    prefix: str
    digest: bytes
    organisation: str
    scopes: Sequence[str]
    jurisdictions: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class SessionRow(NamedTuple):
    """A browser's session: begun with a key, or with what an identity provider said."""

    digest: bytes
    # Of a session begun with a key; what the key may do is asked anew each time.
    key_prefix: str | None
    organisation: str
    scopes: Sequence[str]
    jurisdictions: Sequence[str]
    subject: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Access:
    """A transaction on keys and sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def has_keys(self) -> bool:
        """Say whether a key was ever made, revoked or not."""
        return self._connection.execute(select(api_key.c.prefix).limit(1)).first() is not None

    def key(self, prefix: str) -> KeyRow | None:
        """Read a key."""
        row = self._connection.execute(
            select(api_key).where(api_key.c.prefix == prefix)
        ).one_or_none()
        return None if row is None else KeyRow(**_told(row))

    def keys(self) -> list[KeyRow]:
        """Read all keys, the oldest first."""
        rows = self._connection.execute(
            select(api_key).order_by(api_key.c.created_at, api_key.c.prefix)
        )
        return [KeyRow(**_told(row)) for row in rows]

    def add_key(self, row: KeyRow) -> None:
        """Write a new key down."""
        self._connection.execute(insert(api_key).values(_kept(row)))

    def revoke_key(self, prefix: str, *, now: datetime) -> bool:
        """Revoke a key for ever; False where it is not there, or was revoked before."""
        revoked = self._connection.execute(
            update(api_key)
            .where(api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return revoked.rowcount == 1

    def use_keys(self, prefixes: Collection[str], *, now: datetime) -> None:
        """Note that keys were used."""
        self._connection.execute(
            update(api_key).where(api_key.c.prefix.in_(prefixes)).values(last_used_at=now)
        )

    def session(self, digest: bytes) -> SessionRow | None:
        """Read a session."""
        row = self._connection.execute(
            select(session).where(session.c.digest == digest)
        ).one_or_none()
        return None if row is None else SessionRow(**_told(row))

    def add_session(self, row: SessionRow, *, idle_since: datetime) -> None:
        """Write a new session down, and forget those that are over."""
        self._connection.execute(
            delete(session).where(
                or_(session.c.expires_at <= row.created_at, session.c.seen_at <= idle_since)
            )
        )
        self._connection.execute(insert(session).values(_kept(row)))

    def see_session(self, digest: bytes, *, now: datetime) -> None:
        """Note that a session is in use."""
        self._connection.execute(
            update(session).where(session.c.digest == digest).values(seen_at=now)
        )

    def end_session(self, digest: bytes) -> None:
        """Forget a session."""
        self._connection.execute(delete(session).where(session.c.digest == digest))


def _kept(row: KeyRow | SessionRow) -> dict[str, Any]:
    values = row._asdict()
    for name in ("scopes", "jurisdictions"):
        values[name] = " ".join(values[name])
    return values


def _told(row: Row[Any]) -> dict[str, Any]:
    values = row._asdict()
    for name in ("scopes", "jurisdictions"):
        values[name] = tuple(values[name].split())
    return values
