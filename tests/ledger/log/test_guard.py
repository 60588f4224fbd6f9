"""Which logs are opened read-only: older copies, other histories, heads that nobody remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint
from ledger.errors import (
    ConfigurationError,
)
from ledger.head import Head
from ledger.log import Log, Range
from ledger.log.head_record import AnchoredHead, Recorded
from ledger.note import Signer, sign
from ledger.store import AnchorState
from tests.log_home import (
    NOW,
    SIGNER,
    Home,
    anchor_of,
    append,
    record,
    records,
    refuses_to_write,
    root_of,
)


def test_open_again_goes_on_where_the_log_was(home: Home) -> None:
    append(home.open(), records(range(300)))
    home.close()
    log = home.open()
    assert log.read_only_reason is None
    assert append(log, records(range(300, 600))).ranges == (Range(1, 300, 300),)
    assert log.head().root == root_of(records(range(600)))


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        (Signer.generate("example.com/log"), "log.other-key"),
        (Signer.from_seed("example.com/other", bytes(range(32))), "log.other-origin"),
    ],
)
def test_open_store_of_another_log_is_a_configuration_error(
    home: Home, signer: Signer, code: str
) -> None:
    home.open()
    with pytest.raises(ConfigurationError) as caught:
        Log.open(home.store(), signer, home.record)
    assert caught.value.code == code


def test_open_head_that_was_committed_and_not_recorded_is_recorded(home: Home) -> None:
    """A process may die between the commit and the head record: nothing is lost by going on."""
    log = home.open()
    append(log, records(range(3)))
    before = (home.directory / "head").read_bytes()
    append(log, records(range(3, 6)))
    home.close()
    (home.directory / "head").write_bytes(before)
    log = home.open()
    assert log.read_only_reason is None
    recorded = home.record.read()
    assert recorded is not None
    assert recorded.head.size == 6


def test_open_copy_older_than_the_last_acknowledged_head_is_read_only(home: Home) -> None:
    """Newer than the last anchor: no chain can tell, only the head record."""
    log = home.open()
    append(log, records(range(3)))
    log.record_anchor(anchor_of(log, 2), AnchorState.FINAL)
    older = home.copy()
    append(home.open(), records(range(3, 6)))
    home.close()
    home.url = older
    log = home.open(anchored_head=AnchoredHead.of(anchor_of(home.open(), 2)))
    assert refuses_to_write(log, "log.behind-head-record")


def test_open_copy_older_than_the_last_anchor_is_read_only(home: Home) -> None:
    """With the head record brought back from the same backup, the anchored head tells."""
    log = home.open()
    append(log, records(range(3)))
    older, older_record = home.copy(), (home.directory / "head").read_bytes()
    log = home.open()
    append(log, records(range(3, 6)))
    anchored = AnchoredHead.of(anchor_of(log, 6))
    home.close()
    (home.directory / "head").write_bytes(older_record)
    home.url = older
    assert home.open().read_only_reason is None
    assert refuses_to_write(home.open(anchored_head=anchored), "log.behind-anchor")


def test_open_copy_older_than_the_locally_kept_anchored_head_is_read_only(home: Home) -> None:
    """With no node at start, the anchored head beside the head in the record serves."""
    log = home.open()
    append(log, records(range(3)))
    head, older = log.head(), home.copy()
    log = home.open()
    append(log, records(range(3, 6)))
    anchored = AnchoredHead.of(anchor_of(log, 6))
    home.close()
    (home.directory / "head").write_bytes(Recorded(head, anchored).to_json())
    home.url = older
    assert refuses_to_write(home.open(), "log.behind-anchor")


def test_open_rewritten_history_is_read_only(home: Home, tmp_path: Path) -> None:
    """Whoever holds the log's key can sign another history, and not make the record forget."""
    append(home.open(), records(range(5)))
    home.close()
    rewritten = Home(tmp_path / "rewritten", home.copy_database(home.url), home.copy_database)
    rewritten.directory.mkdir()
    for table in ("log", "hash_tile", "entry_segment", "record", "submission"):
        rewritten.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
    append(rewritten.open(), records(range(100, 110)))
    rewritten.close()
    home.url = rewritten.url
    log = home.open()
    assert refuses_to_write(log, "log.forked")
    assert log.entry(0) == record(100).entry


def test_open_without_the_head_record_is_read_only_unless_the_log_is_empty(home: Home) -> None:
    home.open()
    (home.directory / "head").unlink()
    log = home.open()
    assert log.read_only_reason is None
    append(log, records(range(3)))
    (home.directory / "head").unlink()
    assert refuses_to_write(home.open(), "log.head-record-missing")
    assert refuses_to_write(log, "log.head-record-missing")


@pytest.mark.parametrize("data", [b"", b"{}", b"not a record", b'{"anchored":null,"head":""}'])
def test_open_with_an_unreadable_head_record_is_read_only(sqlite: Home, data: bytes) -> None:
    append(sqlite.open(), records(range(3)))
    (sqlite.directory / "head").write_bytes(data)
    assert refuses_to_write(sqlite.open(), "log.head-record-unreadable")


def test_open_with_a_head_record_of_another_key_is_read_only(sqlite: Home) -> None:
    log = sqlite.open()
    append(log, records(range(3)))
    stranger = Signer.generate("example.com/log")
    forged = Head.parse(sign(log.head().checkpoint.text(), stranger))
    (sqlite.directory / "head").write_bytes(Recorded(forged).to_json())
    assert refuses_to_write(sqlite.open(), "log.head-record-unreadable")


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM hash_tile WHERE level = 0 AND number = 1",
        "UPDATE hash_tile SET hashes = substr(hashes, 2) WHERE level = 0 AND number = 1",
        "UPDATE hash_tile SET number = 2 WHERE level = 0 AND number = 1",
        "UPDATE log SET note = replace(note, '300', '301')",
    ],
)
def test_open_damaged_right_edge_is_read_only(home: Home, damage: str) -> None:
    append(home.open(), records(range(300)))
    home.close()
    assert home.execute(damage) == 1
    assert refuses_to_write(home.open(), "log.damaged")


def test_open_store_without_its_published_checkpoint_in_it_is_read_only(home: Home) -> None:
    log = home.open()
    append(log, records(range(3)))
    other = Checkpoint("example.com/log", 2, bytes(32))
    with log.store.sequencing() as sequencing:
        sequencing.add_checkpoint(Head(other, sign(other.text(), SIGNER)), NOW)
    assert refuses_to_write(home.open(), "log.forked")
