"""What the tables are made of: where they are gathered, times, and keys of a table's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.types import TypeDecorator

__all__ = ["KEY", "UtcTime", "metadata", "microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Write an aware time as whole microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970: the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware time into its number."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn a number into its time."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


# SQLite makes only INTEGER PRIMARY KEY the table's own key, and its integers have 64 bits anyway.
KEY = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()
