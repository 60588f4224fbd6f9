"""The lease: a row that says which of several processes publishes and anchors, and until when.

    holder, token, expires_at       the token grows with each change of hands (a fencing token)

Time is the database's own clock, so that no two machines need agree on it. Whatever only the holder
may write is written in a transaction that has locked this row and found its own token there: a
holder that was stopped for a while, and is replaced meanwhile, can commit nothing more.

A process may be stopped in the midst of a transaction, its locks held. The database knows: it waits
for its client, who says nothing. `end_silent` ends such sessions, and with them their transactions.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, text, update
from sqlalchemy.sql.elements import TextClause

from ledger.errors import ConflictError
from ledger.store.tables import lease

__all__ = ["SESSION", "Leasing", "check_token"]

# How the sessions of running ledgers are named: no other is ended.
SESSION = "crossproof serve"

_SECOND = 1_000_000
_NOW = {
    "postgresql": text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"),
    "sqlite": text("SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS integer)"),
}
# Counting from what the client has said last, in whatever state of the protocol: also within a
# pipeline, where idle_in_transaction_session_timeout does not apply.
_END_SILENT: TextClause = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user "
    "AND application_name = :session AND pid <> pg_backend_pid() "
    "AND backend_xid IS NOT NULL AND wait_event_type = 'Client' "
    "AND state_change < clock_timestamp() - make_interval(secs => :seconds)"
)
_STANDING = select(lease.c.holder, lease.c.token, lease.c.expires_at)


class Leasing:
    """A transaction about the lease."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self, holder: str, *, seconds: float, by_force: bool = False) -> int | None:
        """Take the lease where it is free, expired or the holder's own; return the new token.

        `by_force` takes it from whoever has it.
        """
        # Whoever has it locked is writing something: it is not free.
        row = self._connection.execute(_STANDING.with_for_update(skip_locked=True)).one_or_none()
        now = self._now()
        if row is None:
            return None
        is_free = by_force or row.holder in {None, holder} or row.expires_at <= now
        if not is_free:
            return None
        token: int = row.token + 1
        expires_at = now + int(seconds * _SECOND)
        self._connection.execute(
            update(lease).values(holder=holder, token=token, expires_at=expires_at)
        )
        return token

    def renew(self, token: int, *, seconds: float) -> bool:
        """Hold the lease for longer; say False where somebody else has it."""
        expires_at = self._now() + int(seconds * _SECOND)
        changed = update(lease).where(lease.c.token == token).values(expires_at=expires_at)
        return self._connection.execute(changed).rowcount == 1

    def release(self, token: int) -> None:
        """Let go of the lease, where it is still held."""
        free = update(lease).where(lease.c.token == token).values(holder=None, expires_at=0)
        self._connection.execute(free)

    def end_silent(self, *, seconds: float) -> int:
        """End sessions of ledgers that have locked something and are silent; say how many."""
        if self._connection.dialect.name != "postgresql":
            return 0
        rows = self._connection.execute(_END_SILENT, {"session": SESSION, "seconds": seconds})
        return len(rows.all())

    def _now(self) -> int:
        now: int = self._connection.scalar(_NOW[self._connection.dialect.name])
        return now


def check_token(connection: Connection, token: int) -> None:
    """Lock the lease until the transaction ends; raise ConflictError where it is another's."""
    standing = connection.scalar(select(lease.c.token).with_for_update())
    if standing != token:
        raise ConflictError(
            "lease.lost",
            "another process publishes and anchors now",
            expected=f"lease {token}",
            found=f"lease {standing}",
        )
