"""Run migrations on the connection, and in the transaction, that `Store.open` hands over."""

from __future__ import annotations

from alembic import context

from ledger.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back schema changes too; alembic presumes that it cannot.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
