"""Migrations of the store's schema, run by `Store.open` through alembic."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from ledger.errors import ConfigurationError
from ledger.store.tables import REVISION

__all__ = ["migrate"]

# Any number, the same for every process that migrates a PostgreSQL database.
_LOCK = 0x63726F7373


def migrate(connection: Connection, *, create: bool) -> None:
    """Bring a database to the schema of today, in the transaction given.

    Without `create` it must have a schema already. Raises ConfigurationError.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    current = None
    if inspect(connection).has_table("alembic_version"):
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if current == REVISION:
        return
    if current is None and not create:
        raise ConfigurationError("store.empty", "the database holds no log")
    # Imported here: most starts need no migration, and alembic is slow to load.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "ledger.store:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            "store.newer-schema",
            "the database has a schema that this version does not know",
            expected=f"revision {REVISION} or older",
            found=str(current),
            hint="Use the version that wrote it, or a newer one.",
        ) from error
