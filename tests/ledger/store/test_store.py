from __future__ import annotations

import sqlite3
import stat
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.dialects import sqlite as sqlite_dialect

from ledger.anchor import Anchor
from ledger.errors import ConfigurationError, ConflictError, UnavailableError, VerificationError
from ledger.head import Head
from ledger.store import (
    AnchorState,
    Attempt,
    AttemptState,
    Store,
    Submitted,
    database,
    engine,
)
from ledger.store.tables import REVISION, UtcTime, metadata
from ledger.tile import Tile, encode_entries
from tests.faulty_vfs import default_vfs
from tests.log_home import CHAIN, NOW, Home, anchor_of, append, record, records


@contextmanager
def connected(home: Home) -> Iterator[Connection]:
    url = make_url(home.url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


# Opening


def test_open_migrates_to_the_schema_that_the_tables_say(home: Home) -> None:
    home.store()
    with connected(home) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "ledger.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_open_again_keeps_what_is_there(home: Home) -> None:
    append(home.open(), records(range(3)))
    home.close()
    with home.store().reading() as reading:
        assert reading.head().size == 3


def test_reading_sees_one_state_of_the_log_to_its_end(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    with home.store().reading() as reading:
        assert reading.head().size == 3
        append(log, records(range(3, 5)))
        assert reading.locate([record(4).record_id]) == {}
        assert reading.head().size == 3


def test_open_without_create_refuses_an_empty_database(home: Home) -> None:
    if home.url.startswith("sqlite"):
        Path(str(make_url(home.url).database)).touch()
    with pytest.raises(ConfigurationError) as caught:
        Store.open(home.url, create=False)
    assert caught.value.code == "store.empty"
    home.store()
    Store.open(home.url, create=False).close()


def test_open_without_create_leaves_an_older_schema_as_it_is(home: Home) -> None:
    migrate_to("0010", home)
    with pytest.raises(ConfigurationError) as caught:
        Store.open(home.url, create=False)
    assert (caught.value.code, caught.value.found) == ("store.older-schema", "0010")
    assert "crossproof serve" in str(caught.value.hint)
    with connected(home) as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0010"
    Store.open(home.url, create=False, migrates=True).close()
    Store.open(home.url, create=False).close()


def test_open_without_create_refuses_a_schema_of_a_later_version(home: Home) -> None:
    home.store()
    home.close()
    home.execute("UPDATE alembic_version SET version_num = 'of the future'")
    with pytest.raises(ConfigurationError) as caught:
        Store.open(home.url, create=False)
    assert caught.value.code == "store.newer-schema"


def test_open_without_create_waits_for_no_writer(home: Home) -> None:
    store = home.store()
    with store.sequencing():
        Store.open(home.url, create=False).close()


def test_migrating_lets_go_of_what_followers_kept_in_sqlites_own_file(sqlite: Home) -> None:
    migrate_to("0011", sqlite)
    sqlite.execute("INSERT INTO search_term (term, entry_index) VALUES (x'00', 0), (x'01', 0)")
    sqlite.execute("INSERT INTO search_time (entry_index, received_at) VALUES (0, 0)")
    sqlite.execute("UPDATE searchable SET size = 1")
    sqlite.execute("UPDATE docket_place SET size = 1")
    sqlite.store()
    with connected(sqlite) as connection:
        for name in ("search_term", "search_time", "docket", "docket_subject"):
            assert connection.scalar(text(f"SELECT count(*) FROM {name}")) == 0  # noqa: S608
        for name in ("searchable", "docket_place"):
            assert connection.scalar(text(f"SELECT size FROM {name}")) == 0  # noqa: S608


def migrate_to(revision: str, home: Home) -> None:
    """Make a database as a version of that time left it."""
    config = Config()
    config.set_main_option("script_location", "ledger.store:migrations")
    if home.url.startswith("sqlite"):
        Path(str(make_url(home.url).database)).touch()
    with connected(home) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_open_without_create_makes_no_file(sqlite: Home) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open(sqlite.url, create=False)
    assert caught.value.code == "store.file"
    assert list(sqlite.directory.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense", ""]
)
def test_open_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open(url)
    assert caught.value.code == "store.url"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:secret@host/name",
        "user:secret@host/name",
        "postgresql//user:secret@host/name",
        "postgresql:/user:secret@host/name",
        "postgresql://user:secret@host:none/name",
        "postgresql://user:other@secret:more@host:5432x/name",
        "postgresql+psycopg2://user:secret@host/name",
        "secret://user:secret@host/name",
        "sqlite://user:secret@host/name",
        "sqlite://user:secret@/name",
    ],
)
def test_open_url_with_a_password_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open(url)
    assert caught.value.code == "store.url"
    shown = "".join(traceback.format_exception(caught.value))
    assert "secret" not in f"{shown}{caught.value.__dict__}"


def test_open_schema_of_a_later_version_is_refused(home: Home) -> None:
    home.store()
    home.close()
    home.execute("UPDATE alembic_version SET version_num = 'of the future'")
    with pytest.raises(ConfigurationError) as caught:
        home.store()
    assert caught.value.code == "store.newer-schema"


def test_open_file_that_is_no_database_is_unavailable(sqlite: Home) -> None:
    Path(str(make_url(sqlite.url).database)).write_bytes(
        b"not a database, but longer than a header"
    )
    with pytest.raises(UnavailableError):
        sqlite.store()


def test_open_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        Store.open(f"postgresql://user:secret@/name?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_open_brings_a_database_of_the_first_schema_up_to_date_with_what_it_holds(
    home: Home,
) -> None:
    log = home.open()
    append(log, records(range(3)))
    anchor = anchor_of(log, 3)
    log.record_anchor(anchor, AnchorState.INCLUDED)
    home.close()
    newer = (
        *("relation", "followed", "plan_use", "plan_use_count", "signed_batch", "status_list"),
        *("api_key", "session", "trail", "trail_head", "lease"),
        *("docket", "docket_subject", "docket_place"),
        *("search_term", "search_time", "searchable"),
        *("webhook", "webhook_message", "webhook_place"),
    )
    for what in ("INDEX anchor_state", *(f"TABLE {name}" for name in newer)):
        home.execute(f"DROP {what}")
    home.execute("UPDATE alembic_version SET version_num = '0001'")
    assert home.store().anchors(states=[AnchorState.INCLUDED]) == [(anchor, AnchorState.INCLUDED)]
    with connected(home) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


# Durability


def test_sqlite_connections_write_ahead_and_fsync_at_every_commit(sqlite: Home) -> None:
    with sqlite.store()._engine.connect() as connection:
        for name, value in (("journal_mode", "wal"), ("synchronous", 2)):
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def test_sqlite_file_and_its_logs_are_the_owners_alone(sqlite: Home) -> None:
    append(sqlite.open(), records(range(3)))
    files = sorted(sqlite.directory.glob("ledger.sqlite3*"))
    assert [path.name[len("ledger.sqlite3") :] for path in files] == ["", "-shm", "-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_sqlite_that_cannot_write_ahead_is_refused(sqlite: Home) -> None:
    """A file system without shared memory, for which SQLite has a VFS of its own."""
    with default_vfs("unix-dotfile"), pytest.raises(ConfigurationError) as caught:
        sqlite.store()
    assert caught.value.code == "store.not-durable"
    assert "journal_mode; expected wal; found delete" in str(caught.value)


@pytest.mark.postgres
@pytest.mark.parametrize("value", ["off", "local"])
def test_postgresql_without_synchronous_commit_is_refused(postgresql: Home, value: str) -> None:
    name = make_url(postgresql.url).database
    postgresql.execute(f"ALTER DATABASE {name} SET synchronous_commit = {value}")
    with pytest.raises(ConfigurationError) as caught:
        postgresql.store()
    assert caught.value.code == "store.not-durable"
    assert f"found {value}" in str(caught.value)


def test_locked_database_is_unavailable(sqlite: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOCK_TIMEOUT", 0.01)
    store = sqlite.store()
    other = sqlite3.connect(str(make_url(sqlite.url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError) as caught, store.sequencing():
        pass
    assert "locked" in str(caught.value)
    other.close()
    with store.sequencing():
        pass


# Transactions


def test_writers_of_one_process_take_turns_and_give_up_in_the_end(
    sqlite: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite.store()
    order: list[str] = []

    def write(name: str) -> None:
        with store.sequencing():
            order.append(name)

    with store.sequencing():
        second = threading.Thread(target=write, args=("second",))
        second.start()
        monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.01)
        with pytest.raises(UnavailableError, match="another transaction"), store.trail(write=True):
            pass
        # Whoever only reads waits for nobody.
        with store.reading() as reading:
            assert reading.log() is None
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_sequencing_that_ends_in_an_error_leaves_nothing(home: Home) -> None:
    store = home.open().store

    def fail() -> None:
        with store.sequencing() as sequencing:
            assert sequencing.insert_records([bytes(16)], 0)
            sequencing.add_entries(0, [b"entry"])
            sequencing.put_tiles({(0, 0): bytes(32)})
            sequencing.add_submission(Submitted(0, 1, "acme", NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.reading() as reading:
        assert reading.locate([bytes(16)]) == {}
        assert reading.bundle(0) == b""
        assert reading.submissions(0, 9) == []
        with pytest.raises(VerificationError):
            reading.tile(Tile(0, 0, 1))


def test_move_head_from_what_does_not_stand_there_is_refused(home: Home) -> None:
    store = home.open().store
    with store.reading() as reading:
        head = reading.head()
    for wrong in (
        Head(replace(head.checkpoint, size=1), head.note),
        Head(replace(head.checkpoint, size=1, root=bytes(32)), head.note),
    ):
        with pytest.raises(ConflictError), store.sequencing() as sequencing:
            sequencing.move_head(wrong, head)


def test_insert_records_says_no_and_inserts_none_where_one_is_there(home: Home) -> None:
    ids = [i.to_bytes(16, "big") for i in range(1, 601)]
    with home.open().store.sequencing() as sequencing:
        assert sequencing.insert_records(ids[:300], 0)
        assert not sequencing.insert_records(ids[299:], 300)
        assert sequencing.locate(ids) == {ids[i]: i for i in range(300)}
        assert sequencing.insert_records(ids[300:], 300)
        assert sequencing.locate(ids) == {ids[i]: i for i in range(600)}
        assert sequencing.record_count(450) == 450
        assert sequencing.insert_records([], 600)
        assert sequencing.locate([]) == {}


def test_entries_written_in_pieces_are_read_as_one_bundle(home: Home) -> None:
    entries = [bytes([i % 251]) * (i % 7) for i in range(700)]
    with home.open().store.sequencing() as sequencing:
        for start, end in ((0, 1), (1, 3), (3, 255), (255, 257), (257, 700)):
            sequencing.add_entries(start, entries[start:end])
        assert sequencing.bundle(0) == encode_entries(entries[:256])
        assert sequencing.bundle(1) == encode_entries(entries[256:512])
        assert sequencing.bundle(2) == encode_entries(entries[512:])
        assert [sequencing.entry(i) for i in range(700)] == entries
        with pytest.raises(VerificationError):
            sequencing.entry(700)


def test_submission_of_an_index_that_nobody_submitted_is_missing(home: Home) -> None:
    with home.open().store.sequencing() as sequencing:
        sequencing.add_submission(Submitted(5, 3, None, None))
        assert sequencing.submission_of(7) == Submitted(5, 3, None, None)
        for index in (4, 8):
            with pytest.raises(VerificationError):
                sequencing.submission_of(index)


# Anchors and attempts


@pytest.mark.parametrize("table", ["anchor", "anchor_attempt"])
def test_sqlite_finds_what_the_publisher_has_to_look_at_by_its_state(
    sqlite: Home, table: str
) -> None:
    sqlite.store()
    with connected(sqlite) as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE state IN (?)",  # noqa: S608 - ours
            ("included",),
        ).all()
    assert f"USING INDEX {table}_state (state=?)" in plan[0][-1]


def attempt(anchor: Anchor, **changed: object) -> Attempt:
    made = Attempt(
        chain=anchor.chain,
        log_id=anchor.log_id,
        sender=bytes(20),
        nonce=0,
        raw=b"signed",
        transaction=anchor.transaction,
        size=anchor.size,
        root=anchor.root,
        state=AttemptState.PREPARED,
        created_at=NOW,
        changed_at=NOW,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def test_anchors_are_read_by_state_in_order_of_size(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    anchors = [anchor_of(log, size) for size in (3, 1, 2)]
    for anchor in anchors:
        log.record_anchor(anchor, AnchorState.INCLUDED)
    log.store.set_anchor_state(anchors[1], AnchorState.GONE)
    assert [(a.size, state) for a, state in log.store.anchors()] == [
        (1, "gone"),
        (2, "included"),
        (3, "included"),
    ]
    assert [a for a, _ in log.store.anchors(states=[AnchorState.GONE])] == [anchors[1]]
    assert log.store.anchors(states=[]) == []


def test_attempts_are_read_oldest_first_and_change_state_by_chain_and_transaction(
    home: Home,
) -> None:
    log = home.open()
    append(log, records(range(3)))
    later = NOW + timedelta(seconds=1)
    first = attempt(anchor_of(log, 1))
    second = attempt(anchor_of(log, 2), nonce=1)
    again = attempt(
        anchor_of(log, 1, chain=replace(CHAIN, genesis_hash=b"\x01" * 32)), created_at=later
    )
    for made in (again, second, first):
        log.store.add_attempt(made)
    assert log.store.attempts() == [first, second, again]
    log.store.set_attempt_state(first, AttemptState.SENT, now=later)
    assert log.store.attempts(states=[AttemptState.SENT]) == [
        replace(first, state=AttemptState.SENT, changed_at=later)
    ]
    with pytest.raises(UnavailableError):
        log.store.add_attempt(first)


# Times


@given(st.datetimes(timezones=st.just(UTC)))
def test_utc_time_survives_to_the_microsecond(time: datetime) -> None:
    dialect = sqlite_dialect.dialect()
    kept = UtcTime()
    number = kept.process_bind_param(time, dialect)
    assert isinstance(number, int)
    assert kept.process_result_value(number, dialect) == time


def test_anchoring_counts_are_of_one_log_on_one_chain(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    for size, state in ((1, AnchorState.FINAL), (2, AnchorState.FINAL), (3, AnchorState.GONE)):
        log.record_anchor(anchor_of(log, size), state)
    elsewhere = replace(anchor_of(log, 2), log_id=b"\7" * 32)
    with log.store.sequencing() as sequencing:
        sequencing.put_anchor(elsewhere, AnchorState.INCLUDED)
    made = attempt(anchor_of(log, 1))
    log.store.add_attempt(made)
    log.store.set_attempt_state(made, AttemptState.REPLACED, now=NOW)
    log.store.add_attempt(attempt(elsewhere, nonce=1))
    here = anchor_of(log, 1)
    anchors, attempts = log.store.anchoring_counts(here.chain, here.log_id)
    assert anchors == {AnchorState.INCLUDED: 0, AnchorState.FINAL: 2, AnchorState.GONE: 1}
    assert {state: count for state, count in attempts.items() if count} == {
        AttemptState.REPLACED: 1
    }
    assert attempts.keys() == set(AttemptState)


# Connections


@pytest.mark.postgres
@pytest.mark.parametrize("fresh", [0.0, 60.0])
def test_connection_that_was_ended_meanwhile_costs_one_question_at_most(
    postgresql: Home, monkeypatch: pytest.MonkeyPatch, fresh: float
) -> None:
    """One that was idle is asked first; where one fails that was just used, all are made anew."""
    monkeypatch.setattr(engine, "_FRESH_SECONDS", fresh)
    store = postgresql.open().store
    name = make_url(postgresql.url).database
    postgresql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = :name AND pid <> pg_backend_pid()",
        name=name,
    )
    if fresh:
        with pytest.raises(UnavailableError), store.reading() as reading:
            reading.head()
    with store.reading() as reading:
        assert reading.head().size == 0
