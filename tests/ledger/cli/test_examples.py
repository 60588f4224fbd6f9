"""Each command's help shows an example; those that can be run as they are written, are run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ledger.trust import Trust
from tests.crossproof import CommandLine, Served
from tests.ledger.cli.conftest import Deployed, Home
from tests.ledger.cli.test_json import TRANSFER, all_commands

_EXAMPLE = re.compile(r"^Example: (crossproof .+(?:\n(?!\n).+)*)", re.MULTILINE)
_RECORD_ID = "0190e2c1-7c1e-7b6a-9d3b-1f6f2a1b3c4d"
# In the order in which one leaves what the next needs.
_ON_A_LEDGER = (
    "record", "bundle", "trust fetch", "trust pin", "trust show", "trust refresh", "verify",
    "certificate", "dossier", "dossiers", "search", "monitor", "trail log-head", "verifier-page",
    "demo", "status-list new", "status-list take", "status-list show", "key add", "key new-signing",
    "key show-signing", "key address", "webhook add", "webhook list",
)  # fmt: skip
_ON_A_DATA_DIRECTORY = (
    "key show", "api-key new", "api-key list", "api-key revoke", "trail show", "trail verify",
    "audit", "audit export", "backup", "recover",
)  # fmt: skip
# Those that stand for words of the reader's own, need a stage of a dossier, or never end.
_NOT_AS_WRITTEN = {
    "serve", "cosign", "deploy", "attest", "receive", "revoke", "disclose", "restore",
    "status-list publish", "trust sign-accreditation", "log id", "log show", "log sign-change",
    "log propose-operators", "log apply-operators", "log cancel-operators", "log sign-closing",
    "log close", "log report-equivocation", "webhook remove", "webhook verify",
}  # fmt: skip


def examples() -> dict[str, str]:
    """Give the first example of each command's help."""
    found = {name: _EXAMPLE.search(command.help or "") for name, command in all_commands()}
    return {name: " ".join(match[1].split()) for name, match in found.items() if match}


def test_each_command_shows_an_example_of_itself() -> None:
    shown = examples()
    assert [name for name, _ in all_commands() if name not in shown] == []
    assert [n for n, line in shown.items() if not line.startswith(f"crossproof {n}")] == []


def test_each_example_is_run_or_said_not_to_be() -> None:
    assert {*_ON_A_LEDGER, *_ON_A_DATA_DIRECTORY, *_NOT_AS_WRITTEN} == set(examples())


@pytest.mark.chain
def test_examples_run_on_a_ledger(
    ledger: Served, deployed: Deployed, crossproof: CommandLine, here: Path
) -> None:
    (here / "transfer.json").write_text(json.dumps(TRANSFER))
    (here / "report.csv").write_text("name,amount\n")
    shown = examples()
    record_id = ""
    for name in _ON_A_LEDGER:
        line = shown[name].replace("http://127.0.0.1:8545", deployed.url)
        line = line.replace("https://log.example.com", ledger.url)
        _, *words = shlex.split(line.replace(_RECORD_ID, record_id).replace("RECORD_ID", record_id))
        given = {"ANCHORED": "1"} if name == "bundle" else {}
        outcome = crossproof(*words, SERVER=ledger.url, **given)
        assert outcome.code == 0, (name, outcome.stderr)
        if name == "record":
            found = re.search(r"record ([0-9a-f-]{36})", outcome.stderr)
            assert found, outcome.stderr
            record_id = found[1]


def test_examples_run_on_a_data_directory(home: Home, crossproof: CommandLine, here: Path) -> None:
    shown = examples()
    archive = str(here / "archive")
    prefix = ""
    (here / "trust.json").write_text(Trust().to_json())
    for name in _ON_A_DATA_DIRECTORY:
        line = shown[name].replace("/backups/ledger", archive).replace("3f9c0a1b2c3d", prefix)
        outcome = crossproof(
            *shlex.split(line)[1:], DATA_DIR=str(home.directory), WITHOUT_CHAIN="1"
        )
        assert outcome.code == 0, (name, outcome.stderr)
        if name == "api-key new":
            prefix = outcome.stdout.split("_")[1]
