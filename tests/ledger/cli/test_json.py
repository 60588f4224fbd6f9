"""--json: every command takes it, and what it writes is of the published schema.

`CommandLine` holds each answer of any command against the schema, in the other tests too; here are
those that no other test asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ledger.cli import app
from ledger.cli.deferred import DeferredCommand
from tests.command_answer import ANSWERS, check_answer
from tests.crossproof import CommandLine, Served
from tests.ledger.cli.conftest import Case, Home

TRANSFER = {
    "kind": "transfer",
    "occurred_at": "2026-01-31T12:00:00Z",
    "exporter": {"id": "example.cn"},
    "recipient": {"id": "example.hk"},
    "from": "CN",
    "to": "HK",
    "scenario": "billing",
    "data_items": [{"name": "n", "class": "general", "personal": False, "sensitive": False}],
}


def all_commands() -> Iterator[tuple[str, Any]]:
    """Give each command that does something of its own, by the words that call it."""
    for name, deferred in app.commands.items():
        assert isinstance(deferred, DeferredCommand)
        command = deferred.load()
        parts = getattr(command, "commands", {})
        if not parts or command.invoke_without_command:
            yield name, command
        yield from ((f"{name} {part}", inner) for part, inner in parts.items())


def test_every_command_takes_json() -> None:
    without = [
        name
        for name, command in all_commands()
        if not any("--json" in option.opts for option in command.params)
    ]
    assert without == []


def test_schema_has_the_answer_of_every_command_and_no_other() -> None:
    assert set(ANSWERS) == {name for name, _ in all_commands()}
    for schema in ANSWERS.values():
        Draft202012Validator.check_schema(schema)


def test_answer_of_another_shape_is_found_out() -> None:
    """The check that the other tests rely on can fail."""
    with pytest.raises(Exception, match="'address' is a required property"):
        check_answer(["key", "address", "--json"], '{"made": true}')


def test_commands_on_files_answer(case: Case, crossproof: CommandLine, here: Path) -> None:
    for words in (
        ("verify", case.bundle, case.file, "--trust", case.trust, "--offline", "--json"),
        ("trust", "show", "--trust", case.trust, "--json"),
        ("trust", "pin", case.bundle, "--trust", case.trust, "--json"),
        ("trust", "refresh", "--trust", case.trust, "--json"),
        ("verifier-page", "-o", "verify.html", "--json"),
        ("certificate", case.bundle, "--trust", case.trust, "-o", "c.pdf", "--offline", "--json"),
        ("disclose", case.bundle, "--withhold-all", "-o", "less.json", "--json"),
        ("key", "address", "operator.key", "--json"),
        ("key", "new-signing", "signing.pem", "--json"),
        ("key", "show-signing", "signing.pem", "--json"),
        ("key", "add", "Example Ltd", "--keys", "keys.json", "--json"),
        ("status-list", "new", "book", "--address", "https://example.com/l", "--json"),
        ("status-list", "take", "book", "--json"),
        ("status-list", "show", "book", "--json"),
        ("log", "id", "--origin", "example.com/log", "--admin", f"0x{'11' * 20}", "--json"),
    ):
        outcome = crossproof(*words)
        assert (outcome.code, bool(outcome.stdout)) == (0, True), (words, outcome.stderr)
    assert (here / "less.json").exists()


def test_commands_on_a_data_directory_answer(
    home: Home, crossproof: CommandLine, here: Path
) -> None:
    data = ("--data-dir", home.directory, "--json")
    made = crossproof("api-key", "new", "Example Ltd", *data)
    prefix = json.loads(made.stdout)["prefix"]
    for words in (
        ("api-key", "list"),
        ("api-key", "revoke", prefix),
        ("key", "show"),
        ("log", "id"),
        ("audit", "--without-chain"),
        ("audit", "export", "-o", "all.zip"),
        ("backup", here / "archive"),
        ("recover", "--from", here / "archive"),
        ("trail", "show"),
        ("trail", "verify"),
    ):
        outcome = crossproof(*words, *data)
        assert outcome.code == 0, (words, outcome.stderr)
        assert outcome.stdout or words == ("trail", "show")


def test_commands_that_ask_a_ledger_answer(
    sandbox_ledger: Served, crossproof: CommandLine, here: Path
) -> None:
    server = ("--server", sandbox_ledger.url, "--json")
    (here / "transfer.json").write_text(json.dumps(TRANSFER))
    recorded = crossproof("record", "--from-json", "transfer.json", "-o", "r.json", *server)
    record_id = json.loads(recorded.stdout)["record_id"]
    trust = ("--trust", here / "trust.json")
    for words in (
        ("bundle", record_id, "-o", "again.json", "--anchored", *server),
        ("dossier", record_id, *server),
        ("dossiers", *server),
        ("search", *server),
        ("trust", "fetch", *trust, *server),
        ("trust", "pin", "again.json", "--unasked", *trust, "--json"),
        (
            "monitor",
            sandbox_ledger.url,
            *trust,
            "--state",
            "s",
            "--once",
            "--without-chain",
            "--json",
        ),
        ("audit", "--url", sandbox_ledger.url, *trust, "--without-chain", "--structure", "--json"),
        ("trail", "log-head", *server),
    ):
        outcome = crossproof(*words)
        assert (outcome.code, bool(outcome.stdout)) == (0, True), (words, outcome.stderr)


def test_file_and_answer_do_not_share_stdout(case: Case, crossproof: CommandLine) -> None:
    outcome = crossproof("disclose", case.bundle, "--withhold-all", "-o", "-", "--json")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "usage.json" in outcome.stderr


def test_errors_are_json_of_one_schema(case: Case, crossproof: CommandLine, here: Path) -> None:
    schema = json.loads((files("ledger") / "schemas" / "error.v1.schema.json").read_text("utf-8"))
    (here / "broken.json").write_text("{")
    nowhere = ("--server", "http://127.0.0.1:9")
    trust = ("--trust", case.trust)
    for words, code, exit_code in (
        (("verify", case.bundle, case.file), "usage.command", 2),
        (("verify", case.bundle, case.file, *trust, "--nonsense"), "usage.command", 2),
        (("verify", case.bundle, *trust, "--require", "nonsense"), "usage.command", 2),
        (("nonsense",), "usage.command", 2),
        (("verify", case.bundle, "--trust", "none.json"), "trust.missing", 2),
        (("verify", case.bundle, "--trust", "broken.json"), "trust.unusable", 2),
        (("verify", "none.bundle.json", *trust), "file.unreadable", 2),
        (("disclose", "broken.json", "--withhold-all", "-o", "x.json"), "json.invalid", 1),
        (("search", *nowhere), "client.unreachable", 3),
    ):
        outcome = crossproof(*words, "--json")
        assert (outcome.code, outcome.stdout) == (exit_code, ""), (words, outcome.stderr)
        error = json.loads(outcome.stderr.splitlines()[-1])
        Draft202012Validator(schema).validate(error)
        assert (error["error"]["code"], error["error"]["exit_code"]) == (code, exit_code)
        told = crossproof(*words)
        assert told.code == exit_code
        assert not told.stderr.startswith("{")


def test_environment_asks_for_json_errors_too(crossproof: CommandLine) -> None:
    outcome = crossproof("verify", "x", "--trust", "none.json", JSON="1")
    assert json.loads(outcome.stderr)["error"]["code"] == "trust.missing"


def test_file_that_is_called_like_the_option_asks_for_none(crossproof: CommandLine) -> None:
    outcome = crossproof("verify", "--trust", "none.json", "--", "--json")
    assert (outcome.code, outcome.stderr[:6]) == (2, "error:")


def test_defect_is_json_below_its_traceback(
    crossproof: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ledger.cli.verify.read_trust", broken)
    outcome = crossproof("verify", "x", "--trust", "none.json", "--json")
    error = json.loads(outcome.stderr.splitlines()[-1])["error"]
    assert (outcome.code, error["code"], error["found"]) == (
        3,
        "crossproof.defect",
        "ZeroDivisionError",
    )


@pytest.mark.parametrize("words", [("verify", "b.json"), ("verify", "b.json", "--trust", "t.json")])
def test_missing_trust_file_says_how_to_have_one(
    crossproof: CommandLine, here: Path, words: tuple[str, ...]
) -> None:
    outcome = crossproof(*words)
    assert outcome.code == 2
    assert "crossproof trust fetch --trust t" in outcome.stderr
    assert "crossproof trust pin BUNDLE --trust t" in outcome.stderr
    assert not list(here.glob("t*.json"))
