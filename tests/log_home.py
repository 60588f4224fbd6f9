"""A place where a log lives (database, head record, key), and entries to put into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from ledger import merkle
from ledger.anchor import Anchor, ChainIdentity
from ledger.errors import ReadOnlyError
from ledger.log import Appended, Log, Submission
from ledger.log.head_record import AnchoredHead, HeadRecord
from ledger.merkle import leaf_hash
from ledger.note import Signer
from ledger.store import Store
from tests import log_key

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNER = log_key.SIGNER
CHAIN = ChainIdentity(1337, bytes(32), bytes(20))


def entry(record_id: bytes, text: str = "") -> bytes:
    """Make an entry that states its record id, as every statement does."""
    return f'{{"record_id":"{UUID(bytes=record_id)}","text":"{text}"}}'.encode()


def record(number: int, text: str = "") -> Submission:
    """Make the record of this number: always the same one, in the order of their ids."""
    record_id = (0x018BCFE5 << 96 | 0x7 << 76 | 0x8 << 60 | number).to_bytes(16, "big")
    return Submission(record_id, entry(record_id, text))


def records(numbers: Iterable[int]) -> list[Submission]:
    return [record(number) for number in numbers]


def fresh_records(count: int) -> list[Submission]:
    """Make records that nobody has made before."""
    return [Submission(i, entry(i)) for i in (os.urandom(16) for _ in range(count))]


def append(log: Log, submissions: list[Submission], submitter: str = "acme") -> Appended:
    return log.append(submissions, submitter=submitter, now=NOW)


def anchor_of(log: Log, size: int, **changed: Any) -> Anchor:
    """Make the anchor that a chain would hold of the log at `size`."""
    anchor = Anchor(
        chain=CHAIN,
        sandbox=True,
        log_id=bytes(32),
        size=size,
        root=log.tree(size).root(),
        transaction=size.to_bytes(32, "big"),
        block_number=size,
        block_hash=bytes(32),
        block_time=1_700_000_000,
    )
    return replace(anchor, **changed)


@dataclass
class Home:
    """Where a log lives. Every log it opened is closed by `close`."""

    directory: Path
    url: str
    copy_database: Callable[[str], str]
    signer: Signer = SIGNER
    _stores: list[Store] = field(default_factory=list)

    @property
    def record(self) -> HeadRecord:
        return HeadRecord(self.directory / "head")

    def store(self) -> Store:
        store = Store.open(self.url)
        self._stores.append(store)
        return store

    def open(self, *, anchored_head: AnchoredHead | None = None) -> Log:
        return Log.open(self.store(), self.signer, self.record, anchored_head=anchored_head)

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self._stores.clear()

    def copy(self) -> str:
        """Copy the database as it is now, all connections closed; return the copy's URL."""
        self.close()
        return self.copy_database(self.url)

    def execute(self, statement: str, **parameters: Any) -> int:
        """Change the database behind the log's back."""
        url = make_url(self.url)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            return connection.execute(text(statement), parameters).rowcount


def sqlite_home(directory: Path) -> Home:
    """Make a home with a SQLite database."""

    def copy(url: str) -> str:
        source = Path(str(make_url(url).database))
        target = source.with_name(f"{source.name}.copy")
        shutil.copyfile(source, target)
        return f"sqlite:///{target}"

    return Home(directory, f"sqlite:///{directory / 'ledger.sqlite3'}", copy)


def root_of(submissions: list[Submission]) -> bytes:
    return merkle.root([leaf_hash(submission.entry) for submission in submissions])


def refuses_to_write(log: Log, code: str) -> bool:
    with pytest.raises(ReadOnlyError) as caught:
        append(log, fresh_records(1))
    return caught.value.code == code
