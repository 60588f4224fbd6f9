"""`crossproof search` and `dossiers` against a ledger that serves."""

from __future__ import annotations

import json
import os
import pty
import re
from pathlib import Path
from typing import Any

import pytest

from tests.crossproof import CommandLine, Served, start
from tests.deadline import eventually
from tests.samples import transfer


@pytest.fixture(scope="module")
def ids(sandbox_ledger: Served) -> list[str]:
    """Two transfers, of scenarios that no other test uses."""
    statements = [transfer(scenario="found-here"), transfer(scenario="found-there")]
    sandbox_ledger.post(statements)
    return [str(statement.members.record_id) for statement in statements]


def find(crossproof: CommandLine, ledger: Served, *words: object) -> list[dict[str, Any]]:
    outcome = crossproof(*words, "--json", "--server", ledger.url)
    assert outcome.code == 0, outcome.stderr
    rows: list[dict[str, Any]] = json.loads(outcome.stdout)
    return rows


@pytest.mark.parametrize("command", ["search", "dossiers"])
def test_filters_find_what_they_say_and_nothing_else(
    command: str, crossproof: CommandLine, sandbox_ledger: Served, ids: list[str]
) -> None:
    words = (command, "--scenario", "found-here", "--since", "2020-01-01T08:00:00+08:00")
    found = eventually(lambda: find(crossproof, sandbox_ledger, *words), "it is indexed")
    assert [row["record_id"] for row in found] == ids[:1]
    assert find(crossproof, sandbox_ledger, *words[:3], "--until", "2020-01-01T00:00:00Z") == []


def test_file_is_found_by_what_it_holds(
    crossproof: CommandLine, sandbox_ledger: Served, here: Path
) -> None:
    (here / "one.csv").write_text("one\n")
    (here / "other.csv").write_text("other\n")
    (here / "s.json").write_bytes(transfer().entry)
    members = json.loads((here / "s.json").read_bytes())
    for name in ("record_id", "salt", "files", "v"):
        members.pop(name, None)
    (here / "s.json").write_text(json.dumps(members))
    recorded = crossproof(
        "record", "--from-json", "s.json", "one.csv", "-o", "b.json", "--json",
        "--server", sandbox_ledger.url,
    )  # fmt: skip
    record_id = json.loads(recorded.stdout)["record_id"]
    found = eventually(
        lambda: find(crossproof, sandbox_ledger, "search", "--file", "one.csv"), "it is indexed"
    )
    assert [row["record_id"] for row in found] == [record_id]
    assert find(crossproof, sandbox_ledger, "search", "--file", "other.csv") == []


def test_most_is_the_most_and_the_newest_come_first(
    crossproof: CommandLine, sandbox_ledger: Served, ids: list[str]
) -> None:
    every = eventually(
        lambda: (
            find(crossproof, sandbox_ledger, "search", "--organisation", "local")
            or find(crossproof, sandbox_ledger, "search")
        ),
        "it is indexed",
    )
    indexes = [row["index"] for row in every]
    assert indexes == sorted(indexes, reverse=True)
    assert len(indexes) >= len(ids)
    assert find(crossproof, sandbox_ledger, "search", "--most", "1")[0]["index"] == indexes[0]


def test_rows_are_a_line_each_in_a_pipe_and_a_table_on_a_terminal(
    crossproof: CommandLine, sandbox_ledger: Served, ids: list[str]
) -> None:
    words = ("search", "--scenario", "found-there", "--server", sandbox_ledger.url)
    eventually(lambda: crossproof(*words).stdout, "it is indexed")
    (line,) = crossproof(*words).stdout.splitlines()
    assert line.split("  ")[1:3] == [ids[1], "transfer"]
    controller, terminal = pty.openpty()
    with start(*words, stdout=terminal, env={"COLUMNS": "200", "TERM": "xterm"}) as process:
        os.close(terminal)
        process.communicate(timeout=60)
        shown = os.read(controller, 65536).decode()
    os.close(controller)
    assert "index" in shown.splitlines()[0]
    assert ids[1] in shown


@pytest.mark.parametrize("command", ["search", "dossiers"])
def test_id_stands_on_one_line_of_a_narrow_terminal(
    command: str, sandbox_ledger: Served, ids: list[str], crossproof: CommandLine
) -> None:
    words = (command, "--scenario", "found-there", "--server", sandbox_ledger.url)
    eventually(lambda: crossproof(*words).stdout, "it is indexed")
    controller, terminal = pty.openpty()
    with start(*words, stdout=terminal, env={"COLUMNS": "80", "TERM": "xterm"}) as process:
        os.close(terminal)
        process.communicate(timeout=60)
        shown = os.read(controller, 65536).decode()
    os.close(controller)
    assert ids[1] in shown
    # The rest stands below, and nothing of it is cut off.
    assert "scenario found-there" in shown or "kind transfer" in shown
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search", "--since", "yesterday"), "usage.time"),
        (("search", "--leaf", "0x12"), "request.parameter"),
        (("dossiers", "--flag", "late"), "request.parameter"),
    ],
)
def test_filter_that_is_none_is_told(
    words: tuple[str, ...], told: str, crossproof: CommandLine, sandbox_ledger: Served
) -> None:
    outcome = crossproof(*words, "--server", sandbox_ledger.url)
    assert outcome.code in {1, 2}
    assert outcome.stdout == ""
    assert told in outcome.stderr


def test_nothing_found_says_so(crossproof: CommandLine, sandbox_ledger: Served) -> None:
    outcome = crossproof("search", "--scenario", "nowhere", "--server", sandbox_ledger.url)
    assert (outcome.code, outcome.stdout) == (0, "")
    assert "nothing found" in outcome.stderr
