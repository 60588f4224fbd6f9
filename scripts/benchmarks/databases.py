"""The databases that a ledger is measured on, by name: each call makes a new one's address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.postgres import running_server

__all__ = ["Databases", "databases"]

# None is SQLite, in the ledger's own directory.
Databases = dict[str, Callable[[], str | None]]


@contextmanager
def databases() -> Iterator[Databases]:
    """Run a PostgreSQL, and give it beside SQLite."""
    with running_server() as postgres:
        yield {"SQLite": lambda: None, "PostgreSQL": postgres.create_database}
