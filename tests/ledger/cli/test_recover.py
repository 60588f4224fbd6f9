"""`crossproof recover`: an older copy is refused by whoever remembers more, and brought back.

The copies: `first` is older than the last anchor, `second` is newer than it and older than the last
acknowledged head.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from eth_abi.abi import encode

from ledger.errors import ReadOnlyError
from ledger.log import Submission
from ledger.log.reader import LogReader
from ledger.node import Node
from ledger.settings import Settings
from ledger.statement import record_id_text
from ledger.store import Store
from tests.anvil import Anvil, start_anvil
from tests.crossproof import CommandLine, Outcome, Served, serving
from tests.ledger.cli.conftest import Deployed, deploy_on, fill, given, on_chain
from tests.rpc_server import send, serve
from tests.samples import transfer

DATABASE, RECORD = "ledger.sqlite3", "head"
# Sizes of the log: at the first anchor, at the second, and now.
FIRST, SECOND, NOW = 10, 20, 25


JSON = {"content-type": "application/json"}
# What AnchorRegistry's `head` returns, and how long that is in hexadecimal.
HEAD = ("uint64", "bytes32", "uint64", "uint64")
LENGTH_OF_HEAD = len("0x") + 64 * len(HEAD)


@dataclass(frozen=True)
class Past:
    """A log on a chain, its files as they were, and an archive of all that it has published."""

    directory: Path
    copies: Path
    archive: Path
    record_ids: tuple[bytes, ...]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    """A chain of this module's own, which every test finds as the one before found it."""
    with start_anvil() as running:
        yield running


@pytest.fixture(scope="module")
def deployed(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy_on(anvil, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def past(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Past:
    base = tmp_path_factory.mktemp("past")
    home, copies, archive = base / "home", base / "copies", base / "archive"
    record_ids: tuple[bytes, ...] = ()
    for name, count, anchored in (("first", 10, True), ("second", 10, True), ("now", 5, False)):
        record_ids += fill(home, count, anchored=anchored, **given(deployed))
        shutil.copytree(home, copies / name)
    return Past(home, copies, archive, record_ids)


@dataclass(frozen=True)
class Ledger:
    """A ledger whose files a test puts back, with commands on it."""

    crossproof: CommandLine
    past: Past
    deployed: Deployed
    directory: Path
    archive: Path

    def put_back(self, *names: str, of: str) -> None:
        for name in names:
            shutil.copy(self.past.copies / of / name, self.directory / name)

    def run(self, command: str, *options: object) -> Outcome:
        """Run a command of an operator."""
        return self.crossproof(
            command, "--data-dir", self.directory, *options, **on_chain(self.deployed)
        )

    @contextmanager
    def serving(self) -> Iterator[Served]:
        with serving(self.directory, **on_chain(self.deployed)) as served:
            yield served

    def record(self, served: Served) -> Outcome:
        """Record something new, without patience."""
        statement = self.directory / "statement.json"
        statement.write_bytes(transfer().entry)
        return self.crossproof(
            "record", "--from-json", statement, "-o", "-", "--server", served.url, "--wait", 5
        )

    def check_refuses(self, code: str) -> None:
        """Nothing is written from the first moment on, what is there is read, and it is told."""
        node = Node.open(Settings.load(data_dir=self.directory, **given(self.deployed)))
        try:
            with pytest.raises(ReadOnlyError) as refused:
                node.submit([submission()], submitter="tester")
            assert refused.value.code == code
            assert node.bundle(self.past.record_ids[0]).anchor is not None
        finally:
            node.close()
        audited = self.run("audit")
        assert audited.code == 1, audited.stderr

    def check_server_refuses(self, code: str) -> None:
        """The same, asked as users ask."""
        with self.serving() as served:
            outcome = self.record(served)
            assert (outcome.code, f"[{code}]" in outcome.stderr) == (3, True), outcome.stderr
            known = record_id_text(self.past.record_ids[0])
            read = self.crossproof("bundle", known, "-o", "-", "--server", served.url)
            assert read.code == 0, read.stderr
            assert json.loads(served.get("/v1/log"))["read_only"]["code"] == code
            printed = served.stop()
        assert "for reading only: " in printed
        assert f"[{code}]" in printed

    def submitter_of(self, index: int) -> str | None:
        with Store.open(f"sqlite:///{self.directory / DATABASE}") as store:
            return LogReader(store).submitter_of(index)

    def check_whole(self) -> None:
        """All is there, and more is taken, and anchored."""
        fill(self.directory, 1, **given(self.deployed))
        audited = self.run("audit")
        assert audited.code == 0, audited.stderr
        assert f"{NOW + 1} entries" in audited.stderr


@pytest.fixture
def ledger(
    crossproof: CommandLine,
    past: Past,
    deployed: Deployed,
    anvil: Anvil,
    here: Path,
) -> Iterator[Ledger]:
    """The log as it is now, in another directory, with a backup made of it by the command."""
    before = anvil.rpc("evm_snapshot")
    directory, archive = here / "home", here / "archive"
    shutil.copytree(past.directory, directory)
    ledger = Ledger(crossproof, past, deployed, directory, archive)
    backed_up = ledger.run("backup", archive)
    assert (backed_up.code, f"{NOW} entries" in backed_up.stderr) == (0, True), backed_up.stderr
    yield ledger
    assert anvil.rpc("evm_revert", before)


pytestmark = pytest.mark.chain


def test_database_older_than_the_last_anchor_is_refused_and_recovered(ledger: Ledger) -> None:
    ledger.put_back(DATABASE, of="first")
    ledger.check_refuses("log.behind-head-record")
    recovered = ledger.run("recover", "--from", ledger.archive)
    assert (recovered.code, recovered.stdout) == (0, ""), recovered.stderr
    assert f"recovered: from {FIRST} to {NOW} entries" in recovered.stderr
    ledger.check_whole()


def test_database_and_head_record_older_than_the_last_anchor_are_refused_by_the_chain(
    ledger: Ledger,
) -> None:
    ledger.put_back(DATABASE, RECORD, of="first")
    ledger.check_refuses("log.behind-anchor")
    ledger.check_server_refuses("log.behind-anchor")
    assert ledger.run("recover", "--from", ledger.archive).code == 0
    ledger.check_whole()


def test_database_without_its_head_record_is_refused_until_somebody_answers_for_it(
    ledger: Ledger,
) -> None:
    ledger.put_back(DATABASE, of="first")
    (ledger.directory / RECORD).unlink()
    ledger.check_refuses("log.head-record-missing")
    refused = ledger.run("recover", "--from", ledger.archive)
    assert (refused.code, "recovery.no-head-record" in refused.stderr) == (2, True)
    assert ledger.run("recover", "--from", ledger.archive, "--head-record-lost").code == 0
    ledger.check_whole()


def test_database_newer_than_the_anchor_and_older_than_the_acknowledged_head_is_refused(
    ledger: Ledger,
) -> None:
    ledger.put_back(DATABASE, of="second")
    ledger.check_refuses("log.behind-head-record")
    ledger.check_server_refuses("log.behind-head-record")
    assert ledger.run("recover", "--from", ledger.archive).code == 0
    with ledger.serving() as served:
        recorded = ledger.record(served)
        assert recorded.code == 0, recorded.stderr
    audited = ledger.run("audit")
    assert (audited.code, f"{NOW + 1} entries" in audited.stderr) == (0, True), audited.stderr


def test_recover_from_a_ledger_that_serves_the_files(ledger: Ledger) -> None:
    """A mirror of the log, asked over HTTP."""
    mirror = ledger.directory.with_name("mirror")
    shutil.copytree(ledger.past.copies / "now", mirror)
    ledger.put_back(DATABASE, of="first")
    with serving(mirror, **on_chain(ledger.deployed)) as served:
        recovered = ledger.run("recover", "--from", served.url)
    assert recovered.code == 0, recovered.stderr
    assert [ledger.submitter_of(index) for index in (FIRST - 1, FIRST)] == ["tester", None]
    ledger.check_whole()


def test_recover_from_a_directory_of_tiles_and_entries_alone_has_to_be_told_so(
    ledger: Ledger,
) -> None:
    ledger.put_back(DATABASE, of="first")
    shutil.rmtree(ledger.archive / "side")
    check_unchanged(ledger, "recover", "--from", ledger.archive)
    recovered = ledger.run("recover", "--from", ledger.archive, "--without-side-files")
    assert recovered.code == 0, recovered.stderr
    assert [ledger.submitter_of(index) for index in (FIRST - 1, FIRST)] == ["tester", None]
    ledger.check_whole()


def test_recover_from_an_archive_knows_who_submitted_what(ledger: Ledger) -> None:
    ledger.put_back(DATABASE, of="first")
    assert ledger.run("recover", "--from", ledger.archive).code == 0
    assert ledger.submitter_of(FIRST) == "tester"


def test_recover_from_a_source_that_ends_too_early_stays_read_only_and_says_so(
    ledger: Ledger,
) -> None:
    ledger.put_back(DATABASE, of="first")
    shorter = ledger.directory.with_name("shorter")
    older = Ledger(
        ledger.crossproof, ledger.past, ledger.deployed, ledger.past.copies / "second", shorter
    )
    assert older.run("backup", shorter).code == 0
    recovered = ledger.run("recover", "--from", shorter)
    assert (recovered.code, "log.behind-head-record" in recovered.stderr) == (1, True)
    assert f"recovered: from {FIRST} to {SECOND} entries" in recovered.stderr
    assert f"{NOW - SECOND} more entries were acknowledged" in recovered.stderr
    # The rest may come from elsewhere.
    assert ledger.run("recover", "--from", ledger.archive).code == 0
    ledger.check_whole()


def test_recover_counts_what_only_the_chain_knows_of_as_missing(ledger: Ledger) -> None:
    ledger.put_back(DATABASE, RECORD, of="first")
    first = ledger.directory.with_name("first")
    older = Ledger(
        ledger.crossproof, ledger.past, ledger.deployed, ledger.past.copies / "first", first
    )
    assert older.run("backup", first).code == 0
    recovered = ledger.run("recover", "--from", first)
    assert (recovered.code, "recovery.incomplete" in recovered.stderr) == (1, True)
    assert f"{SECOND - FIRST} more entries were acknowledged" in recovered.stderr


def test_recover_closes_a_log_whose_anchored_entries_are_lost_and_names_its_successor(
    ledger: Ledger,
) -> None:
    """Nothing has them any more; what others hold stays proven, and nothing forks."""
    ledger.put_back(DATABASE, RECORD, of="first")
    first = ledger.directory.with_name("first")
    older = Ledger(
        ledger.crossproof, ledger.past, ledger.deployed, ledger.past.copies / "first", first
    )
    assert older.run("backup", first).code == 0
    offered = ledger.run("recover", "--from", first)
    assert (offered.code, "--successor" in offered.stderr) == (1, True)
    successor = ledger.directory.with_name("successor")
    fill(successor, 1, **given(ledger.deployed))
    named = ledger.crossproof("log", "id", "--data-dir", successor, **on_chain(ledger.deployed))
    assert named.code == 0, named.stderr
    options = ("--close", "--successor", named.stdout.strip())
    unknown = ledger.run("recover", "--from", first, "--close", "--successor", "0x" + "01" * 32)
    assert (unknown.code, "was never opened" in unknown.stderr) == (1, True), unknown.stderr
    closed = ledger.run("recover", "--from", first, *options)
    assert (closed.code, f"closed: at size {SECOND}" in closed.stderr) == (1, True), closed.stderr
    own = ledger.crossproof(
        "log", "id", "--data-dir", ledger.directory, **on_chain(ledger.deployed)
    )
    shown = ledger.crossproof(
        "log", "show", "--json", "--rpc", ledger.deployed.url,
        "--contract", ledger.deployed.contract, "--log-id", own.stdout.strip(),
    )  # fmt: skip
    told = json.loads(shown.stdout)
    assert (told["status"], told["successor"]) == ("closed", named.stdout.strip())
    assert told["head"]["size"] == SECOND
    again = ledger.run("recover", "--from", first, *options)
    assert (again.code, "the log is closed" in again.stderr) == (1, True), again.stderr


def test_recover_closes_no_log_that_is_whole(ledger: Ledger) -> None:
    recovered = ledger.run("recover", "--from", ledger.archive, "--close")
    assert (recovered.code, "not closed" in recovered.stderr) == (0, True)
    ledger.check_whole()


def test_recover_beside_a_node_that_shows_a_head_of_its_own_leaves_it_out(
    ledger: Ledger, anvil: Anvil
) -> None:
    def lying(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with urlopen(Request(anvil.url, body, JSON), timeout=30) as response:  # noqa: S310
            said = json.load(response)
        if isinstance(said, dict) and len(said["result"]) == LENGTH_OF_HEAD:
            said["result"] = f"0x{encode(HEAD, [10**6, bytes(32), 1, 1]).hex()}"
        send(handler, json.dumps(said).encode())

    ledger.put_back(DATABASE, of="first")
    with serve(lying) as node:
        recovered = ledger.crossproof(
            "recover", "--data-dir", ledger.directory, "--from", ledger.archive,
            **{**on_chain(ledger.deployed), "CHAIN_URLS": node.url},
        )  # fmt: skip
    assert (recovered.code, "left out" in recovered.stderr) == (0, True), recovered.stderr
    ledger.check_whole()


def test_recover_a_whole_log_changes_nothing(ledger: Ledger) -> None:
    recovered = ledger.run("recover", "--from", ledger.archive)
    assert (recovered.code, f"from {NOW} to {NOW}" in recovered.stderr) == (0, True)


# What is refused, and changes nothing


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000.p/25", "tile/entries/000.p/25"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_recover_from_a_damaged_archive_is_refused_and_changes_nothing(
    ledger: Ledger, path: str, damage: str
) -> None:
    ledger.put_back(DATABASE, of="first")
    data = (ledger.archive / path).read_bytes()
    if damage == "gone":
        (ledger.archive / path).unlink()
    elif damage == "cut":
        (ledger.archive / path).write_bytes(data[: len(data) // 2])
    else:
        middle = len(data) // 2
        (ledger.archive / path).write_bytes(
            data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        )
    check_unchanged(ledger, "recover", "--from", ledger.archive)


def test_recover_from_an_archive_of_another_log_is_refused(ledger: Ledger) -> None:
    ledger.put_back(DATABASE, of="first")
    other = Ledger(
        ledger.crossproof, ledger.past, ledger.deployed,
        ledger.directory.with_name("other"), ledger.directory.with_name("of another"),
    )  # fmt: skip
    fill(other.directory, NOW + 5, anchored=False)
    assert other.run("backup", other.archive).code == 0
    check_unchanged(ledger, "recover", "--from", other.archive)


@pytest.mark.parametrize("source", ["nowhere", "http://127.0.0.1:1", "http://", "ftp://a/b"])
def test_recover_from_what_is_not_there_is_told(ledger: Ledger, source: str) -> None:
    outcome = ledger.run("recover", "--from", source)
    assert outcome.code == {"http://127.0.0.1:1": 3, "http://": 2}.get(source, 1), outcome.stderr
    assert "defect" not in outcome.stderr


def submission() -> Submission:
    statement = transfer()
    return Submission.of(statement)


def check_unchanged(ledger: Ledger, *command: object) -> None:
    before = {name: (ledger.directory / name).read_bytes() for name in (DATABASE, RECORD)}
    outcome = ledger.run(*(str(word) for word in command))
    assert outcome.code == 1, outcome.stderr
    assert "recovered" not in outcome.stderr
    for name, data in before.items():
        assert (ledger.directory / name).read_bytes() == data
