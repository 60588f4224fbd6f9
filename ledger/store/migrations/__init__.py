"""Migrations of the store's schema, run by `Store.open` through alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from ledger.errors import ConfigurationError
from ledger.store.tables import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["check_schema", "migrate"]

# Any number, the same for every process that migrates a PostgreSQL database.
_LOCK = 0x63726F7373


def migrate(connection: Connection, *, create: bool) -> None:
    """Bring a database to the schema of today, in the transaction given.

    Without `create` it must have a schema already. Raises ConfigurationError.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    current = _revision(connection)
    if current == REVISION:
        return
    if current is None and not create:
        raise ConfigurationError("store.empty", "the database holds no log")
    # Imported here: most starts need no migration, and alembic is slow to load.
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _unknown(current) from error


def check_schema(connection: Connection) -> None:
    """Hold a database to the schema of today, writing nothing; raise ConfigurationError."""
    current = _revision(connection)
    if current == REVISION:
        return
    if current is None:
        raise ConfigurationError("store.empty", "the database holds no log")
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above
    from alembic.util import CommandError  # noqa: PLC0415

    try:
        ScriptDirectory.from_config(_config()).get_revision(current)
    except CommandError as error:
        raise _unknown(current) from error
    raise ConfigurationError(
        "store.older-schema",
        "the database has the schema of an earlier version, and is only to be read",
        expected=f"revision {REVISION}",
        found=current,
        hint="crossproof serve brings it to the schema of today when it starts.",
    )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "ledger.store:migrations")
    return config


def _unknown(current: str | None) -> ConfigurationError:
    return ConfigurationError(
        "store.newer-schema",
        "the database has a schema that this version does not know",
        expected=f"revision {REVISION} or older",
        found=str(current),
        hint="Use the version that wrote it, or a newer one.",
    )
