"""What the shell completes: commands without importing them, stages, the ids of records at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import app
from ledger.cli.completion import record_ids
from ledger.statement import Statement
from tests.crossproof import environment
from tests.ledger.cli.conftest import Case


def completed(words: str, here: Path) -> list[str]:
    """Ask as bash does after `crossproof --install-completion`."""
    variables = {
        "_CROSSPROOF_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - (not words.endswith(" "))),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from ledger.cli import app; app(prog_name='crossproof')"],
        check=True, capture_output=True, text=True, cwd=here, env=environment(**variables),
    )  # fmt: skip
    return done.stdout.split()


def test_commands_are_completed(here: Path) -> None:
    assert completed("crossproof re", here) == ["record", "receive", "revoke", "restore", "recover"]
    assert completed("crossproof ", here) == list(app.commands)


def test_commands_of_a_group_and_options_are_completed(here: Path) -> None:
    assert completed("crossproof trust pi", here) == ["pin"]
    assert completed("crossproof verify --off", here) == ["--offline"]


def test_stages_are_completed(here: Path) -> None:
    assert completed("crossproof attest p", here) == ["pre-assessment", "post-check"]


def test_records_at_hand_are_completed(case: Case, here: Path) -> None:
    assert case.bundle.parent == here
    record_id = str(Statement.from_entry(case.sealed.entry.body).members.record_id)
    for command in ("bundle", "dossier", "revoke", "attest backup"):
        assert completed(f"crossproof {command} {record_id[:3]}", here) == [record_id]


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "1", '{"entry": 1}', '{"entry": {"body": "?"}}', '{"record_id": "\\u001b[2J"}'],
)
def test_files_that_are_no_bundles_are_passed_over(here: Path, text: str) -> None:
    (here / "a.bundle.json").write_text(text)
    (here / "b.statement.json").write_text(json.dumps({"record_id": "0190"}))
    os.mkfifo(here / "c.statement.json")
    assert list(record_ids("")) == [("0190", "b.statement.json")]
