"""The pages for each kind of user: their commands run, in order, on a real ledger and chain."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.crossproof import CommandLine, Served
from tests.ledger.cli.conftest import (
    Deployed,
    _no_settings,
    anvil,
    crossproof,
    deployed,
    here,
    ledger,
)
from tests.ledger.cli.test_json import TRANSFER

__all__ = ["_no_settings", "anvil", "crossproof", "deployed", "here", "ledger"]

_USERS = ("enterprise", "attestor", "counterparty", "regulator")
_BACKUP = {
    "jurisdiction": "CN",
    "credentialSubject": {
        "custodian": {"id": "uscc:91440300MA5CUSTOD1", "name": "The Custodian"},
        "place": {"jurisdiction": "CN", "place": "Guangdong"},
    },
}
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
# No node is named for the certificate, and the last dossier has a backup that was revoked.
_ENDS = {"dossier": {0, 1, 3}, "certificate": {3}}


def lines(repository: Path, user: str, language: str) -> list[str]:
    text = (repository / "docs/users" / f"{user}.{language}.md").read_text("utf-8")
    return [
        line.removeprefix("$ ") for block in _BLOCK.findall(text) for line in block.splitlines()
    ]


@pytest.mark.parametrize("user", _USERS)
def test_both_languages_show_the_same_commands(repository: Path, user: str) -> None:
    shown = lines(repository, user, "en")
    assert shown
    assert shown == lines(repository, user, "zh")


@pytest.mark.chain
def test_commands_of_the_pages_run(
    repository: Path, ledger: Served, deployed: Deployed, crossproof: CommandLine, here: Path
) -> None:
    log: Any = json.loads(ledger.get("/v1/log"))
    words = {
        "LOG_KEY": shlex.quote(log["key"]),
        "NODE_URL": deployed.url,
        "https://ledger.example": ledger.url,
    }
    for user in _USERS:
        folder = here / user
        folder.mkdir()
        (folder / "report.csv").write_text("name,amount\n")
        (folder / "transfer.json").write_text(json.dumps(TRANSFER))
        (folder / "backup.json").write_text(json.dumps(_BACKUP))
        if user != "enterprise":
            # What the enterprise hands over.
            handed = (here / "enterprise" / "report.bundle.json").read_bytes()
            (folder / "report.bundle.json").write_bytes(handed)
        if user == "attestor":
            (folder / "trust.json").write_bytes((here / "enterprise" / "trust.json").read_bytes())
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            for line in lines(repository, user, "en"):
                for name, value in words.items():
                    line = line.replace(name, value)  # noqa: PLW2901
                run(line, words, crossproof, patch)


def run(
    line: str, words: dict[str, str], crossproof: CommandLine, patch: pytest.MonkeyPatch
) -> None:
    """Run a line of a page, and keep the ids that it tells for those that follow."""
    if line.startswith("export "):
        patch.setenv(*line.removeprefix("export ").split("=", 1))
        return
    program, command, *rest = shlex.split(line)
    assert program == "crossproof"
    outcome = crossproof(command, *rest)
    assert outcome.code in _ENDS.get(command, {0}), (line, outcome.stderr)
    names = {"record": "RECORD_ID", "attest": "ATTESTATION_ID"}
    if command in names:
        found = re.search(r"record ([0-9a-f-]{36})", outcome.stderr)
        assert found, outcome.stderr
        words[names[command]] = found[1]
