"""`crossproof key`: the public key shown, API keys made, and no secret told but once."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ledger.chain import Account
from ledger.note import Verifier
from tests.crossproof import CommandLine, serving
from tests.ledger.cli.conftest import Home
from tests.samples import transfer


def test_key_show_is_the_verifier_key_and_nothing_else(crossproof: CommandLine, home: Home) -> None:
    outcome = crossproof("key", "show", "--data-dir", home.directory)
    assert (outcome.code, outcome.stderr) == (0, "")
    shown, secret = (home.directory / "log.key").read_text().splitlines()
    assert outcome.stdout == f"{shown}\n"
    assert str(Verifier.from_string(shown)) == shown
    assert secret not in outcome.stdout


@pytest.mark.parametrize("place", ["empty", "missing"])
def test_key_show_without_a_ledger_exits_2_and_makes_no_key(
    crossproof: CommandLine, tmp_path: Path, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    outcome = crossproof("key", "show", "--data-dir", tmp_path / place)
    assert (outcome.code, outcome.stdout) == (2, ""), outcome.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_key_show_of_a_key_that_others_may_read_exits_2(
    crossproof: CommandLine, home: Home, mode: int
) -> None:
    (home.directory / "log.key").chmod(mode)
    outcome = crossproof("key", "show", "--data-dir", home.directory)
    assert (outcome.code, "key.mode" in outcome.stderr) == (2, True), outcome.stderr
    assert outcome.stdout == ""


def test_key_add_shows_the_secret_once_and_keeps_its_hash(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    first = crossproof("key", "add", "Example Ltd", "--keys", keys)
    assert first.code == 0, first.stderr
    secret = first.stdout.strip()
    assert secret not in first.stderr
    assert secret.split("_", 2)[2] not in keys.read_text()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    second = crossproof("key", "add", "示例", "--keys", keys, "--scope", "audit")
    assert second.code == 0, second.stderr
    assert secret not in second.stdout + second.stderr
    entries = json.loads(keys.read_text())["keys"]
    assert [(entry["organisation"], entry["scopes"]) for entry in entries] == [
        ("Example Ltd", ["read", "submit"]),
        ("示例", ["audit"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scope", "everything"), "auth.scope"),
        (("--scope", "submit", "--scope", ""), "auth.scope"),
        ((), None),
    ],
)
def test_key_add_that_cannot_be_done_exits_2_and_changes_nothing(
    crossproof: CommandLine, tmp_path: Path, arguments: tuple[str, ...], told: str | None
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}' if told else '{"keys": 1}')
    before = keys.read_bytes()
    outcome = crossproof("key", "add", "Example Ltd", "--keys", keys, *arguments)
    assert (outcome.code, (told or "auth.keys-file") in outcome.stderr) == (2, True), outcome.stderr
    assert (outcome.stdout, keys.read_bytes()) == ("", before)


@pytest.mark.parametrize("organisation", ["", " ", "a" * 1_001])
def test_key_add_for_nobody_exits_2(
    crossproof: CommandLine, tmp_path: Path, organisation: str
) -> None:
    outcome = crossproof("key", "add", organisation, "--keys", tmp_path / "keys.json")
    assert (outcome.code, outcome.stdout) == (2, ""), outcome.stderr
    assert not list(tmp_path.iterdir())


def test_key_add_where_nothing_can_be_written_exits_2(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    outcome = crossproof("key", "add", "Example Ltd", "--keys", tmp_path / "none" / "keys.json")
    assert (outcome.code, "auth.keys-file" in outcome.stderr) == (2, True), outcome.stderr
    assert outcome.stdout == ""


def test_key_made_opens_a_server_to_its_scopes_alone(crossproof: CommandLine, here: Path) -> None:
    keys = here / "keys.json"
    secrets = {
        scope: crossproof(
            "key", "add", "Example Ltd", "--keys", keys, "--scope", scope
        ).stdout.strip()
        for scope in ("submit", "read")
    }
    statement = here / "statement.json"
    statement.write_bytes(transfer().entry)
    with serving(here / "home", API_KEYS_FILE=str(keys)) as served:
        record = ("record", "--from-json", statement, "-o", "-", "--server", served.url)
        without = crossproof(*record)
        assert (without.code, "auth.required" in without.stderr) == (1, True), without.stderr
        assert "CROSSPROOF_API_KEY" in without.stderr
        unknown = crossproof(*record, API_KEY=secrets["submit"][:-1] + "~")
        assert (unknown.code, "auth.unknown-key" in unknown.stderr) == (1, True)
        reader = crossproof(*record, API_KEY=secrets["read"])
        assert (reader.code, "auth.scope" in reader.stderr) == (1, True)
        # It may submit, and not read the bundle back.
        submitter = crossproof(*record, API_KEY=secrets["submit"])
        assert (submitter.code, "auth.scope" in submitter.stderr) == (1, True)
        assert submitter.stderr.startswith("logged: ")
        read = crossproof(
            "bundle", submitter.stderr.split("record ")[1].split(",")[0], "-o", "-",
            "--server", served.url, API_KEY=secrets["read"],
        )  # fmt: skip
        assert read.code == 0, read.stderr
        printed = served.stop()
    for secret in secrets.values():
        assert secret.split("_", 2)[2] not in printed
        for outcome in (without, unknown, reader, submitter, read):
            assert secret not in outcome.stdout + outcome.stderr


def test_key_address_is_that_of_the_key_and_a_missing_key_is_made(
    crossproof: CommandLine, here: Path
) -> None:
    made = crossproof("key", "address", "co.key")
    assert (made.code, "made: co.key" in made.stderr) == (0, True), made.stderr
    secret = (here / "co.key").read_text().strip()
    assert secret.removeprefix("0x") not in made.stdout + made.stderr
    address = Account.from_key(bytes.fromhex(secret.removeprefix("0x"))).address
    assert made.stdout == f"0x{address.hex()}\n"
    again = crossproof("key", "address", "co.key")
    assert (again.stdout, again.stderr) == (made.stdout, "")
    for words, code in (("a long passphrase", 0), ("a long passphrase", 0), ("another one", 2)):
        sealed = crossproof("key", "address", "sealed.key", KEY_PASSPHRASE=words)
        assert sealed.code == code, sealed.stderr


def test_key_new_signing_shows_the_public_half_alone(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.pem"
    word = {"KEY_PASSPHRASE": "correct horse"}
    made = crossproof("key", "new-signing", path, "--organisation", "uscc:1", **word)
    assert made.code == 0, made.stderr
    assert "ENCRYPTED" in path.read_text()
    shown = json.loads(made.stdout)
    assert set(shown) == {"jwk", "thumbprint", "key", "did", "organisation"}
    assert "d" not in shown["jwk"]
    again = crossproof("key", "show-signing", path, **word)
    assert (again.code, json.loads(again.stdout)) == (0, shown)
    assert crossproof("key", "show-signing", path).code == 2
    assert crossproof("key", "new-signing", path).code == 2
