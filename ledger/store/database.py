"""A log's database: opened in the schema of today, and its transactions.

    Store.open(url)                     migrated, durable (see `engine`)
    Store.open(url, create=False)       as it is, in the schema of today
    reading, sequencing, docket, …      one transaction each, with what can be done in it

What reads or writes a single thing (an anchor, an attempt, a status list) is a method here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ledger.anchor import Anchor, ChainIdentity
from ledger.errors import UnavailableError
from ledger.store import anchors, index_file, relations, status_lists
from ledger.store.access import Access
from ledger.store.anchors import STANDING, AnchorState, Attempt, AttemptState, StoredAnchor
from ledger.store.docket_rows import DocketRows
from ledger.store.engine import LOCK_TIMEOUT, WRITE, open_postgresql, open_sqlite, parse_url
from ledger.store.leasing import Leasing, check_token
from ledger.store.migrations import check_schema, migrate
from ledger.store.reading import Reading
from ledger.store.search_rows import SearchRows
from ledger.store.sequencing import Sequencing
from ledger.store.standing import Standing
from ledger.store.status_lists import StoredList
from ledger.store.tables import log
from ledger.store.trail_rows import TrailRows
from ledger.store.webhook_rows import WebhookRows

__all__ = ["Store"]

_LOCK = select(log.c.id).with_for_update()
_SIZE = select(log.c.size)


class Store:
    """A log's database. Methods may be called from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite's index file, opened when somebody follows the log or asks what was found.
        self._index: Engine | None = None
        self._opening = threading.Lock()
        # SQLite has one writer at a time, and lets the others ask again after sleeping ever longer;
        # those of this process take turns, and wait no longer than they have to.
        self._turn = threading.Lock()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        migrates: bool | None = None,
        session: str = "crossproof",
    ) -> Store:
        """Open `sqlite:///FILE` or `postgresql://…`, migrating it to the schema of today.

        Without `create` the database must exist and have a schema already, that of today: nothing
        is written, unless it `migrates` all the same. `session` names us to PostgreSQL. Raises
        ConfigurationError for one that cannot be used, UnavailableError where it does not answer.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = open_sqlite(parsed, create=create)
        else:
            engine = open_postgresql(parsed, session=session)
        store = cls(engine)
        try:
            if create or migrates:
                with store._transaction(write=True) as connection:
                    migrate(connection, create=create)
            else:
                with store._transaction(write=False) as connection:
                    check_schema(connection)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def url(self) -> str:
        """The database's address as `open` takes it, secrets included: for processes of our own."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()
        if self._index is not None:
            self._index.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Read in one transaction."""
        with self._transaction(write=False) as connection:
            yield Reading(connection)

    @contextmanager
    def sequencing(
        self, record_ids: Sequence[bytes] = (), *, seen: int | None = None
    ) -> Iterator[Sequencing]:
        """Write in one transaction, alone; committed where the block ends without an error.

        What is asked first is faster where it is told that it will be: which of these records are
        there, and the right edge of the log, unless its size is the one that was `seen` last.
        """
        with self._transaction(write=True) as connection:
            sequencing = Sequencing(connection, Standing.lock(connection, record_ids, seen))
            yield sequencing
            sequencing.send()

    @contextmanager
    def leasing(self) -> Iterator[Leasing]:
        """Ask for the lease in one transaction."""
        with self._transaction(write=True) as connection:
            yield Leasing(connection)

    @property
    def is_shared(self) -> bool:
        """Whether several processes may write it."""
        return self._engine.dialect.name == "postgresql"

    def anchors(
        self, *, states: Collection[AnchorState] = tuple(AnchorState)
    ) -> list[StoredAnchor]:
        """Read the anchors in any of `states`, of all chains and logs, by size."""
        with self._transaction(write=False) as connection:
            return anchors.read_anchors(connection, states)

    def standing_anchors(
        self,
        chain: ChainIdentity,
        log_id: bytes,
        *,
        beyond: int = 0,
        limit: int,
        newest_first: bool = False,
        states: Collection[AnchorState] = STANDING,
    ) -> list[StoredAnchor]:
        """Read up to `limit` standing anchors of a log on a chain, of sizes beyond `beyond`."""
        with self._transaction(write=False) as connection:
            return anchors.find_standing(
                connection,
                chain,
                log_id,
                beyond=beyond,
                limit=limit,
                newest_first=newest_first,
                states=states,
            )

    def covering_anchor(
        self, chain: ChainIdentity, log_id: bytes, index: int
    ) -> StoredAnchor | None:
        """Find the smallest standing anchor of a log on a chain whose size is beyond `index`."""
        return next(iter(self.standing_anchors(chain, log_id, beyond=index, limit=1)), None)

    def anchoring_counts(
        self, chain: ChainIdentity, log_id: bytes
    ) -> tuple[dict[AnchorState, int], dict[AttemptState, int]]:
        """Count a log's anchors and attempts on a chain by their states."""
        with self._transaction(write=False) as connection:
            return anchors.count_by_state(connection, chain, log_id)

    def set_anchor_state(self, anchor: Anchor, state: AnchorState) -> None:
        """Change an anchor's state."""
        with self._transaction(write=True) as connection:
            anchors.set_anchor_state(connection, anchor, state)

    def attempts(self, *, states: Collection[AttemptState] = tuple(AttemptState)) -> list[Attempt]:
        """Read the attempts in any of `states`, of all chains and logs, oldest first."""
        with self._transaction(write=False) as connection:
            return anchors.read_attempts(connection, states)

    def add_attempt(self, attempt: Attempt, *, token: int | None = None) -> None:
        """Write an attempt down, before its transaction is sent.

        Raises ConflictError where a lease's `token` is given that is over.
        """
        with self._transaction(write=True) as connection:
            if token is not None:
                check_token(connection, token)
            anchors.add_attempt(connection, attempt)

    def set_attempt_state(self, attempt: Attempt, state: AttemptState, *, now: datetime) -> None:
        """Change an attempt's state."""
        with self._transaction(write=True) as connection:
            anchors.set_attempt_state(connection, attempt, state, now=now)

    def backlog(self) -> tuple[int, int]:
        """Read how many entries were looked through for what they speak of, and how many are."""
        with self._transaction(write=False) as connection:
            return relations.backlog(connection)

    def relate(self, found: Sequence[tuple[bytes, int]], *, old_size: int, new_size: int) -> bool:
        """Write what entries between two sizes speak of; False where somebody else has."""
        with self._transaction(write=True) as connection:
            return relations.add(connection, found, old_size=old_size, new_size=new_size)

    def related(self, leaf_hashes: Sequence[bytes], *, limit: int) -> dict[bytes, list[int]]:
        """Find up to `limit` entries that speak of these leaves, the newest first."""
        with self._transaction(write=False) as connection:
            return relations.find(connection, leaf_hashes, limit=limit)

    def spoken_of(self, keys: Sequence[bytes]) -> set[bytes]:
        """Say of which of many leaves, or keys of receipts, any entry speaks."""
        with self._transaction(write=False) as connection:
            return relations.spoken_of(connection, keys)

    def status_list(self, list_id: str) -> StoredList | None:
        """Read a status list by its name."""
        with self._transaction(write=False) as connection:
            return status_lists.find_list(connection, list_id)

    def status_list_at(self, address: str) -> str | None:
        """Read the newest status list that is served at an address."""
        with self._transaction(write=False) as connection:
            return status_lists.find_list_at(connection, address)

    def put_status_list(self, new: StoredList) -> bool:
        """Write a list in place of an older one, saying whether there was none.

        Raises ConflictError (see `status_lists`).
        """
        with self._transaction(write=True) as connection:
            if connection.dialect.name != "sqlite":
                # Two writers of one list take turns, as SQLite's do by themselves.
                connection.execute(_LOCK)
            return status_lists.put_list(connection, new)

    @contextmanager
    def access(self, *, write: bool = False) -> Iterator[Access]:
        """Read or change API keys and sessions in one transaction."""
        with self._transaction(write=write) as connection:
            yield Access(connection)

    @contextmanager
    def trail(self, *, write: bool = False) -> Iterator[TrailRows]:
        """Read the access trail, or add to it, in one transaction."""
        with self._transaction(write=write) as connection:
            yield TrailRows(connection)

    @contextmanager
    def docket(self, *, write: bool = False) -> Iterator[DocketRows]:
        """Read the docket, or write it, in one transaction."""
        with self._followed(write=write) as (connection, log_size):
            yield DocketRows(connection, log_size)

    @contextmanager
    def webhooks(self, *, write: bool = False) -> Iterator[WebhookRows]:
        """Read webhooks and their messages, or change them, in one transaction."""
        with self._transaction(write=write) as connection:
            yield WebhookRows(connection)

    @contextmanager
    def search(self, *, write: bool = False) -> Iterator[SearchRows]:
        """Search the rows that entries are found by, or add to them, in one transaction."""
        with self._followed(write=write) as (connection, log_size):
            yield SearchRows(connection, log_size)

    @contextmanager
    def _followed(self, *, write: bool) -> Iterator[tuple[Connection, Callable[[], int]]]:
        """Open what followers keep, and give the way to ask how far the log has come."""
        if self.is_shared:
            with self._transaction(write=write) as connection:
                yield connection, partial(_log_size, connection)
            return
        with self._transaction(write=write, engine=self._index_engine()) as connection:
            yield connection, self._read_log_size

    def _index_engine(self) -> Engine:
        with self._opening:
            if self._index is None:
                url = index_file.url_beside(self._engine.url)
                engine = open_sqlite(url, create=True, prepare=index_file.prepare)
                with self.reading() as reading:
                    row = reading.log()
                verifier, size = ("", 0) if row is None else (row.verifier, row.size)
                try:
                    with self._transaction(write=True, engine=engine) as connection:
                        index_file.begin(connection, verifier=verifier, size=size)
                except BaseException:
                    engine.dispose()
                    raise
                self._index = engine
            return self._index

    def _read_log_size(self) -> int:
        with self._transaction(write=False) as connection:
            return _log_size(connection)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=LOCK_TIMEOUT):
            raise UnavailableError(
                "store.unavailable",
                "the database could not be read or written",
                found=f"another transaction that takes longer than {LOCK_TIMEOUT:g} seconds",
            )
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _transaction(self, *, write: bool, engine: Engine | None = None) -> Iterator[Connection]:
        is_in_turn = write and engine is None and not self.is_shared
        engine = engine or self._engine
        try:
            with self._in_turn() if is_in_turn else nullcontext(), engine.connect() as connection:
                connection.execution_options(**{WRITE: write})
                if not write and connection.dialect.name == "postgresql":
                    # One snapshot for the whole transaction, as on SQLite: else an index that was
                    # found could lie beyond the head that was read before.
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    yield connection
        except SQLAlchemyError as error:
            # After a failed commit or fsync nothing that a connection remembers can be relied on.
            engine.dispose()
            cause = getattr(error, "orig", None) or error
            raise UnavailableError(
                "store.unavailable", "the database could not be read or written", found=str(cause)
            ) from error


def _log_size(connection: Connection) -> int:
    return connection.scalar(_SIZE) or 0
