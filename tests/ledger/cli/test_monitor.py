"""`crossproof monitor`, over real servers: one log, and a copy of it that went another way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.checkpoint import parse_checkpoint
from ledger.equivocation import Exhibit, find_equivocations
from ledger.trust import Trust
from tests.anvil import free_port
from tests.crossproof import CommandLine, Outcome, serving
from tests.ledger.cli.conftest import fill
from tests.webhook_receiver import SECRET, receiving


@dataclass(frozen=True)
class Forked:
    """Two servers of one log's key, whose histories part after 20 entries."""

    mine: str
    theirs: str
    trust: bytes


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    place = tmp_path_factory.mktemp("forked")
    fill(place / "mine", 20, anchored=False)
    shutil.copytree(place / "mine", place / "theirs")
    fill(place / "mine", 5, anchored=False)
    fill(place / "theirs", 5, anchored=False)
    with serving(place / "mine") as mine, serving(place / "theirs") as theirs:
        yield Forked(mine.url, theirs.url, mine.get("/v1/trust"))


@dataclass(frozen=True)
class Monitor:
    crossproof: CommandLine
    directory: Path

    def __call__(self, url: str, *options: object, **environment: str) -> Outcome:
        return self.crossproof(
            "monitor", url, "--once", "--without-chain",
            "--trust", self.directory / "trust.json", "--state", self.directory / "seen.json",
            *options, **environment,
        )  # fmt: skip


@pytest.fixture
def monitor(crossproof: CommandLine, forked: Forked, tmp_path: Path) -> Monitor:
    (tmp_path / "trust.json").write_bytes(forked.trust)
    return Monitor(crossproof, tmp_path)


def test_monitor_remembers_and_finds_nothing_wrong(monitor: Monitor, forked: Forked) -> None:
    outcome = monitor(forked.mine)
    assert (outcome.code, "25 entries, root " in outcome.stderr) == (0, True), outcome.stderr
    remembered = (monitor.directory / "seen.json").read_bytes()
    assert monitor(forked.mine).code == 0
    assert (monitor.directory / "seen.json").read_bytes() == remembered


def test_monitor_of_a_dead_server_hints_at_what_it_was_given(monitor: Monitor) -> None:
    outcome = monitor("http://127.0.0.1:9")
    assert outcome.code == 3
    assert "it refuses connections" in outcome.stderr
    assert "is the address right (URL)?" in outcome.stderr
    assert "--server" not in outcome.stderr


def test_monitor_raises_the_alarm_on_a_fork_with_its_proof(
    monitor: Monitor, forked: Forked
) -> None:
    assert monitor(forked.mine).code == 0
    remembered = (monitor.directory / "seen.json").read_bytes()
    proof = monitor.directory / "proof"
    with receiving(200) as receiver:
        outcome = monitor(
            forked.theirs, "--webhook", receiver.url, "--proof-out", proof,
            WEBHOOK_SECRET=SECRET.text(),
        )  # fmt: skip
    assert (outcome.code, "monitor.fork" in outcome.stderr) == (1, True), outcome.stderr
    # What was good is remembered still.
    assert (monitor.directory / "seen.json").read_bytes() == remembered
    (event,) = (json.loads(body) for body in receiver.bodies)
    assert (event["type"], event["data"]["code"]) == ("log.fork", "monitor.fork")
    first, second = ((proof / f"{name}.checkpoint").read_text() for name in ("first", "second"))
    assert event["data"]["checkpoints"] == [first, second]
    assert parse_checkpoint(first).size == parse_checkpoint(second).size == 25
    # It is what the contract strikes an operator for.
    operator = Trust.from_json(forked.trust).logs[0].operators[0]
    exhibits = [Exhibit.read(note.encode()) for note in (first, second)]
    (guilty,) = find_equivocations(*exhibits, domain=operator.domain)
    assert guilty.operator == operator.address


def test_monitor_of_a_silent_server_is_undetermined_and_tells_nobody(
    monitor: Monitor, forked: Forked
) -> None:
    assert monitor(forked.mine).code == 0
    with receiving() as receiver:
        outcome = monitor(
            f"http://127.0.0.1:{free_port()}", "--webhook", receiver.url,
            WEBHOOK_SECRET=SECRET.text(),
        )  # fmt: skip
    assert (outcome.code, "client.unreachable" in outcome.stderr) == (3, True)
    assert receiver.bodies == []


def test_monitor_alarm_stands_though_the_webhook_is_refused(
    monitor: Monitor, forked: Forked
) -> None:
    assert monitor(forked.mine).code == 0
    with receiving(404) as receiver:
        outcome = monitor(forked.theirs, "--webhook", receiver.url, WEBHOOK_SECRET=SECRET.text())
    assert outcome.code == 1
    assert "monitor.fork" in outcome.stderr
    assert "webhook.undelivered" in outcome.stderr


def test_monitor_tells_what_has_been_the_same_for_too_long(
    monitor: Monitor, forked: Forked
) -> None:
    assert monitor(forked.mine, "--max-age", 0).code == 0
    seen = monitor.directory / "seen.json"
    value = json.loads(seen.read_text())
    seen.write_text(json.dumps({**value, "since": "2020-01-01T00:00:00Z"}))
    outcome = monitor(forked.mine, "--max-age", 86_400)
    assert (outcome.code, "monitor.stale" in outcome.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "environment", "told"),
    [
        (["--webhook", "http://127.0.0.1"], {}, "usage.webhook"),
        ([], {"WEBHOOK_SECRET": SECRET.text()}, "usage.webhook"),
        (["--webhook", "http://127.0.0.1"], {"WEBHOOK_SECRET": "x"}, "webhook.secret"),
    ],
)
def test_monitor_that_could_not_tell_anybody_says_so_first(
    monitor: Monitor, forked: Forked, options: list[str], environment: dict[str, str], told: str
) -> None:
    outcome = monitor(forked.mine, *options, **environment)
    assert (outcome.code, told in outcome.stderr) == (2, True), outcome.stderr


def test_monitor_refuses_what_another_log_left_behind(monitor: Monitor, forked: Forked) -> None:
    (monitor.directory / "seen.json").write_text("{}")
    outcome = monitor(forked.mine)
    assert (outcome.code, "monitor.memory" in outcome.stderr) == (2, True)
