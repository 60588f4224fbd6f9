"""`crossproof audit`: 0 whole, 1 and where it is not, 2 nothing to audit, 3 nobody to ask."""

from __future__ import annotations

import json
import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from ledger.cli.audit_report import MEDIA_TYPE
from ledger.keyring import load_log_signer
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.settings import Settings
from ledger.store import Store
from ledger.trust import Trust
from tests.anvil import free_port
from tests.crossproof import CommandLine, Outcome, Served
from tests.ledger.cli.conftest import Case, Deployed, Home, fill, given, on_chain

_FIRST, _SECOND = 300, 20
SIZE = _FIRST + _SECOND


@dataclass(frozen=True)
class Audited:
    """A log of two anchored heads on a chain that can be asked, and a command to audit it."""

    crossproof: CommandLine
    directory: Path
    settings: dict[str, str]

    def __call__(self, *options: object, **settings: str) -> Outcome:
        return self.crossproof(
            "audit", "--data-dir", self.directory, *options, **{**self.settings, **settings}
        )

    def findings(self, *options: object) -> set[tuple[str, str]]:
        """Audit, and give the code and place of everything that is wrong."""
        outcome = self("--json", *options)
        value = json.loads(outcome.stdout)
        assert outcome.code == (1 if value["findings"] else 0), outcome.stderr
        return {(found["code"], found["where"]) for found in value["findings"]}

    def execute(self, statement: str, *parameters: object) -> None:
        """Change the database behind everybody's back."""
        database = sqlite3.connect(self.directory / "ledger.sqlite3")
        with closing(database), database:
            assert database.execute(statement, parameters).rowcount == 1

    def read(self, table: str, column: str, where: str) -> Any:
        database = sqlite3.connect(self.directory / "ledger.sqlite3")
        with closing(database):
            query = f"SELECT {column} FROM {table} WHERE {where}"  # noqa: S608 - our own words
            return database.execute(query).fetchone()[0]

    def flip(self, table: str, column: str, where: str, byte: int) -> None:
        """Flip a bit of a value."""
        value = bytearray(self.read(table, column, where))
        value[byte] ^= 1
        self.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", bytes(value))  # noqa: S608


def other_root(note: str) -> str:
    """Name another root in a signed note, its signatures left as they are."""
    lines = note.split("\n")
    lines[2] = b64encode(bytes(32)).decode()
    return "\n".join(lines)


@pytest.fixture(scope="module")
def anchored(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("anchored") / "home"
    for count in (_FIRST, _SECOND):
        fill(directory, count, **given(deployed))
    return directory


@pytest.fixture
def audited(crossproof: CommandLine, anchored: Path, deployed: Deployed, tmp_path: Path) -> Audited:
    directory = tmp_path / "home"
    shutil.copytree(anchored, directory)
    return Audited(crossproof, directory, on_chain(deployed))


# Whole


@pytest.mark.chain
def test_audit_of_a_whole_log_says_what_it_looked_at(audited: Audited) -> None:
    outcome = audited()
    assert (outcome.code, outcome.stdout) == (0, ""), outcome.stderr
    assert f"{SIZE} entries, root " in outcome.stderr
    assert f"derived again: {SIZE} entries, 3 tiles, 2 checkpoints, 4 anchors" in outcome.stderr
    assert f"entries read: {SIZE} transfer" in outcome.stderr
    assert f"{SIZE} record ids, 0 signatures, 0 links" in outcome.stderr
    assert "entries a second" in outcome.stderr
    assert "on chain: 2 heads; 2 kept anchors asked about" in outcome.stderr
    assert outcome.stderr.endswith("✓ The log is whole.\n")


@pytest.mark.chain
def test_audit_json_is_one_object_on_stdout(audited: Audited) -> None:
    outcome = audited("--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    value = json.loads(outcome.stdout)
    assert (value["mediaType"], value["verdict"]) == (MEDIA_TYPE, "verified")
    assert value["log"]["size"] == SIZE
    # A leaf each, 255 nodes of the full tile; the tile above it has one hash.
    derived = {"entries": SIZE, "tiles": 3, "hashes": SIZE + 255, "checkpoints": 2, "anchors": 4}
    assert value["derived"] == derived
    assert value["content"]["kinds"] == {"transfer": SIZE}
    assert (value["content"]["records"], value["untold"]) == (SIZE, {})
    (found,) = value["chain"].pop("logs")
    assert value["chain"] == {"heads": 2, "asked": 2, "open": []}
    assert (found["status"], found["epoch"], found["struck"]) == ("active", 1, [])
    assert [event["name"] for event in found["events"]] == ["LogOpened"]
    assert value["findings"] == []


@pytest.mark.chain
def test_audit_reads_and_never_writes(audited: Audited) -> None:
    def files() -> dict[str, bytes]:
        kept = ("ledger.sqlite3", "head", "log.key", "operator.key")
        return {name: (audited.directory / name).read_bytes() for name in kept}

    before = files()
    assert audited().code == 0
    assert files() == before


# What is wrong, and where


@pytest.mark.chain
@pytest.mark.parametrize(
    ("place", "byte", "found"),
    [
        (("entry_segment", "entries", "first_index = 0"), -3, ("audit.entry", "entry 255")),
        (("hash_tile", "hashes", "level = 0 AND number = 0"), 32 * 7,
         ("audit.tile", "tile/0/000, hash 7")),
        (("hash_tile", "hashes", "level = 1 AND number = 0"), 0,
         ("audit.tile", "tile/1/000.p/1, hash 0")),
    ],
)  # fmt: skip
def test_audit_finds_a_flipped_bit_where_it_is(
    audited: Audited, place: tuple[str, str, str], byte: int, found: tuple[str, str]
) -> None:
    audited.flip(*place, byte)
    assert found in audited.findings()
    outcome = audited()
    assert outcome.code == 1
    assert f"✗ {found[1]} [{found[0]}]" in outcome.stderr
    assert outcome.stderr.endswith("✗ The log is not what it claims.\n")


@pytest.mark.chain
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM hash_tile WHERE level = 0 AND number = 0", ("audit.tile", "tile/0/000")),
        ("DELETE FROM entry_segment WHERE first_index = 0",
         ("audit.bundle", "tile/entries/000")),
        ("DELETE FROM record WHERE entry_index = 17", ("audit.record", "entry 17")),
        ("DELETE FROM submission WHERE first_index = 300", ("audit.submission", "entry 300")),
        ("UPDATE record SET entry_index = 9 WHERE entry_index = 8", ("audit.record", "entry 8")),
    ],
)  # fmt: skip
def test_audit_finds_a_row_that_is_gone_or_moved(
    audited: Audited, statement: str, found: tuple[str, str]
) -> None:
    audited.execute(statement)
    assert found in audited.findings()


@pytest.mark.chain
def test_audit_finds_a_head_of_another_root(audited: Audited) -> None:
    audited.execute("UPDATE log SET note = ?", other_root(audited.read("log", "note", "id = 1")))
    assert {("audit.signature", "the head"), ("audit.head", "the head")} <= audited.findings()


@pytest.mark.chain
@pytest.mark.parametrize("note", ["", "x", "a\n1\n\n\n— a AAAA\n"])
def test_audit_finds_a_head_that_is_none(audited: Audited, note: str) -> None:
    audited.execute("UPDATE log SET note = ?", note)
    outcome = audited()
    assert (outcome.code, "defect" in outcome.stderr) == (1, False), outcome.stderr


@pytest.mark.chain
def test_audit_finds_a_checkpoint_of_another_root(audited: Audited) -> None:
    where = f"size = {_FIRST}"
    note = other_root(audited.read("checkpoint", "note", where))
    audited.execute(f"UPDATE checkpoint SET note = ? WHERE {where}", note)  # noqa: S608
    place = f"the checkpoint published at size {_FIRST}"
    assert audited.findings() == {("audit.signature", place), ("audit.checkpoint", place)}


@pytest.mark.chain
@pytest.mark.parametrize("with_head_record", [True, False])
def test_audit_finds_a_log_older_than_its_head_record_and_its_chain(
    crossproof: CommandLine,
    deployed: Deployed,
    tmp_path: Path,
    with_head_record: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A copy that fits together by itself; with the head record gone back too, the chain knows."""
    directory = tmp_path / "home"
    fill(directory, 5, **given(deployed))
    older = {name: (directory / name).read_bytes() for name in ("ledger.sqlite3", "head")}
    fill(directory, 5, **given(deployed))
    for name, data in older.items():
        if name != "head" or with_head_record:
            (directory / name).write_bytes(data)
    outcome = crossproof("audit", "--data-dir", directory, **on_chain(deployed))
    assert outcome.code == 1
    found = "the anchor on chain at size 10" if with_head_record else "log.behind-head-record"
    assert found in outcome.stderr


# Anchors


@pytest.mark.chain
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("transaction", bytes(32)),
        ("block_hash", bytes(32)),
        ("block_number", 0),
        ("block_time", 1),
        ("root", bytes(32)),
    ],
)
def test_audit_finds_an_anchor_that_the_chain_does_not_know(
    audited: Audited, column: str, value: Any
) -> None:
    audited.execute(f'UPDATE anchor SET "{column}" = ? WHERE size = ?', value, _FIRST)  # noqa: S608
    outcome = audited()
    assert outcome.code == 1, outcome.stderr
    assert f"the anchor kept at size {_FIRST}" in outcome.stderr


@pytest.mark.chain
def test_audit_of_a_store_without_its_anchors_still_asks_the_chain(audited: Audited) -> None:
    for size in (_FIRST, SIZE):
        audited.execute("DELETE FROM anchor WHERE size = ?", size)
    outcome = audited("--json")
    assert outcome.code == 0
    told = json.loads(outcome.stdout)["chain"]
    assert (told["heads"], told["asked"], told["open"]) == (2, 0, [])


@pytest.mark.chain
def test_audit_with_the_node_down_is_undetermined(audited: Audited) -> None:
    outcome = audited(CHAIN_URLS=f"http://127.0.0.1:{free_port()}")
    assert (outcome.code, "chain.unreachable" in outcome.stderr) == (3, True)
    assert outcome.stderr.endswith("? Nothing is wrong, and not all could be asked.\n")
    audited.flip("entry_segment", "entries", "first_index = 0", -3)
    # What is wrong is wrong, whoever can be asked.
    assert audited(CHAIN_URLS=f"http://127.0.0.1:{free_port()}").code == 1


@pytest.mark.parametrize("options", [(), ("--without-chain",)])
def test_audit_leaves_an_embedded_sandbox_out_and_says_so(
    crossproof: CommandLine, home: Home, options: tuple[str, ...]
) -> None:
    command = ("audit", "--data-dir", home.directory, *options)
    outcome = crossproof(*command)
    assert (outcome.code, "the chain was not asked" in outcome.stderr) == (0, True)
    assert "chain" not in json.loads(crossproof(*command, "--json").stdout)


def test_audit_without_nodes_of_what_a_real_chain_holds_is_undetermined(audited: Audited) -> None:
    audited.execute("UPDATE anchor SET sandbox = 0 WHERE size = (SELECT max(size) FROM anchor)")
    outcome = audited(CHAIN_URLS="")
    assert (outcome.code, "chain.gone" in outcome.stderr) == (3, True), outcome.stderr


# --since and --until


@pytest.mark.chain
def test_audit_reads_the_entries_of_the_span_and_checks_all_else(audited: Audited) -> None:
    """Bundle 0 was received with the first 300, so the later 20 lie in bundle 1 alone."""
    settings = Settings.load(data_dir=audited.directory)
    with Store.open(settings.database) as store:
        log = Log.open(store, load_log_signer(settings), HeadRecord(settings.head_record))
        with store.reading() as reading:
            second = reading.submissions(_FIRST, 1)[0].received_at
        assert log.read_only_reason is None
    assert second is not None
    since = ("--since", second.isoformat())
    outcome = audited(*since, "--json")
    assert (outcome.code, json.loads(outcome.stdout)["derived"]["entries"]) == (0, SIZE - 256)
    audited.flip("entry_segment", "entries", "first_index = 0", -3)
    assert audited.findings(*since) == set()
    assert audited.findings("--until", second.isoformat()) == {("audit.entry", "entry 255")}
    audited.flip("hash_tile", "hashes", "level = 0 AND number = 0", 0)
    assert ("audit.tile", "tile/1/000.p/1, hash 0") in audited.findings(*since)


@pytest.mark.chain
def test_audit_of_a_span_without_entries_reads_none(audited: Audited) -> None:
    outcome = audited("--since", "2999-01-01T00:00:00Z", "--json")
    assert (outcome.code, json.loads(outcome.stdout)["derived"]["entries"]) == (0, 0)


# Another party's log, over HTTP


def test_audit_on_a_cluster_says_the_same_and_nobody_there_is_undetermined(
    audited: Audited,
) -> None:
    here, there = (audited("--json", *words) for words in ((), ("--scheduler", "local")))
    assert (there.code, without_time(there)) == (0, without_time(here)), there.stderr
    outcome = audited("--scheduler", f"tcp://127.0.0.1:{free_port()}")
    assert outcome.code == 3
    assert "audit.scheduler" in outcome.stderr


def without_time(outcome: Outcome) -> dict[str, Any]:
    return {**json.loads(outcome.stdout), "as_of": ""}


def test_audit_of_a_served_log_on_a_cluster_is_refused(crossproof: CommandLine) -> None:
    outcome = crossproof("audit", "--url", "http://127.0.0.1:1", "--scheduler", "local")
    assert outcome.code == 2
    assert "usage.scheduler" in outcome.stderr


@pytest.mark.chain
def test_audit_of_a_served_log_needs_its_address_and_a_trust_file(
    crossproof: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.json"
    with urlopen(f"{ledger.url}/v1/trust") as answer:  # noqa: S310 - our own server
        trust.write_bytes(answer.read())
    outcome = crossproof("audit", "--url", ledger.url, "--trust", trust, "--json")
    value = json.loads(outcome.stdout)
    assert (outcome.code, value["verdict"]) == (0, "verified"), outcome.stderr
    assert value["derived"]["entries"] == 0
    assert value["log"]["origin"]
    other = Trust.from_json(trust.read_bytes())
    key = Signer.generate(other.logs[0].origin).verifier
    trust.write_text(replace(other, logs=(replace(other.logs[0], keys=(key,)),)).to_json())
    outcome = crossproof("audit", "--url", ledger.url, "--trust", trust)
    assert (outcome.code, "note.unsigned" in outcome.stderr) == (1, True)
    trust.write_text(replace(other, logs=()).to_json())
    outcome = crossproof("audit", "--url", ledger.url, "--trust", trust)
    assert (outcome.code, "log.unknown" in outcome.stderr) == (3, True)


def test_audit_of_a_server_that_does_not_answer_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    outcome = crossproof("audit", "--url", url, "--trust", case.trust)
    assert (outcome.code, "client.unreachable" in outcome.stderr) == (3, True)
    outcome = crossproof("audit", "--url", url)
    assert (outcome.code, "usage.trust" in outcome.stderr) == (2, True)


# Usage


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--since", "yesterday"), "usage.time"),
        (("--since", "2026-01-01"), "usage.time"),
        (("--until", "2026-01-01T00:00:00"), "usage.time"),
        (("--until", "0001-01-01T00:00:00+23:59"), "usage.time"),
        (("--from-block", "-1"), "--from-block"),
    ],
)
def test_audit_option_that_cannot_be_read_exits_2(
    crossproof: CommandLine, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    outcome = crossproof("audit", "--data-dir", tmp_path, *options)
    assert (outcome.code, told in outcome.stderr) == (2, True), outcome.stderr


@pytest.mark.parametrize("place", ["empty", "missing", "file"])
def test_audit_where_there_is_no_log_exits_2_and_makes_nothing(
    crossproof: CommandLine, tmp_path: Path, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    outcome = crossproof("audit", "--data-dir", tmp_path / place)
    assert (outcome.code, outcome.stdout) == (2, ""), outcome.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file"]


def test_audit_of_a_database_that_is_none_is_told(crossproof: CommandLine, home: Home) -> None:
    home.database.write_bytes(b"not a database, and long enough to be looked at" * 100)
    outcome = crossproof("audit", "--data-dir", home.directory, "--without-chain")
    assert outcome.code != 0
    assert "defect" not in outcome.stderr
    assert "Traceback" not in outcome.stderr
