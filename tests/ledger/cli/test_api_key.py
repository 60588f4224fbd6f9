"""`crossproof api-key`: keys of the store, told once, at work and revoked while the server runs."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.crossproof import CommandLine, Served, run, serving
from tests.deadline import eventually


def new(crossproof: CommandLine, directory: Path, *options: object) -> str:
    outcome = crossproof("api-key", "new", *options, "--data-dir", directory)
    assert outcome.code == 0, outcome.stderr
    secret = outcome.stdout.strip()
    assert secret.startswith("cpk_")
    assert secret not in outcome.stderr
    return secret


def status(served: Served, secret: str | None, path: str = "/v1/records") -> int:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    try:
        with urlopen(Request(served.url + path, headers=headers), timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_keys_are_listed_without_their_secrets(crossproof: CommandLine, tmp_path: Path) -> None:
    first = new(crossproof, tmp_path, "深圳出口", "--days", 3)
    second = new(
        crossproof, tmp_path, "hk", "--scope", "regulate", "--jurisdiction", "HK",
        "--jurisdiction", "MO",
    )  # fmt: skip
    listed = crossproof("api-key", "list", "--data-dir", tmp_path)
    told = json.loads(crossproof("api-key", "list", "--json", "--data-dir", tmp_path).stdout)
    assert [key["organisation"] for key in told] == ["深圳出口", "hk"]
    assert told[0]["scopes"] == ["read", "submit"]
    assert told[0]["expires_at"] is not None
    assert (told[1]["scopes"], told[1]["jurisdictions"]) == (["regulate"], ["HK", "MO"])
    for secret in (first, second):
        _, prefix, random = secret.split("_", 2)
        assert prefix in listed.stdout
        for text in (listed.stdout, json.dumps(told)):
            assert random not in text
        assert random.encode() not in (tmp_path / "ledger.sqlite3").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("acme", "--scope", "root"),
        ("acme", "--scope", "regulate"),
        ("acme", "--jurisdiction", "HK"),
        ("hk", "--scope", "regulate", "--jurisdiction", "Hongkong"),
        (" ",),
        ("x" * 1_001,),
    ],
)
def test_key_of_nobody_or_of_what_there_is_not_is_not_made(
    crossproof: CommandLine, tmp_path: Path, options: tuple[str, ...]
) -> None:
    outcome = crossproof("api-key", "new", *options, "--data-dir", tmp_path)
    assert (outcome.code, outcome.stdout) == (2, ""), outcome.stderr
    assert list(tmp_path.iterdir()) == []


def test_key_that_is_not_there_cannot_be_revoked(crossproof: CommandLine, tmp_path: Path) -> None:
    secret = new(crossproof, tmp_path, "acme")
    outcome = crossproof("api-key", "revoke", "000000000000", "--data-dir", tmp_path)
    assert (outcome.code, "auth.no-such-key" in outcome.stderr) == (2, True)
    prefix = secret.split("_")[1]
    assert crossproof("api-key", "revoke", prefix, "--data-dir", tmp_path).code == 0
    assert crossproof("api-key", "revoke", prefix, "--data-dir", tmp_path).code == 2


def test_keys_of_a_ledger_that_is_not_there_are_not_listed(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    outcome = crossproof("api-key", "list", "--data-dir", tmp_path / "none")
    assert (outcome.code, outcome.stdout) == (2, "")


def test_running_server_takes_and_refuses_keys_without_a_new_start(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    with serving(tmp_path) as served:
        assert status(served, None) == 200
        reader = new(crossproof, tmp_path, "acme", "--scope", "read")
        auditor = new(crossproof, tmp_path, "watch", "--scope", "audit")
        assert status(served, reader) == 200
        eventually(lambda: status(served, None) == 401, "a key is needed")
        crossproof("api-key", "revoke", reader.split("_")[1], "--data-dir", tmp_path)
        eventually(lambda: status(served, reader) == 401, "the key is refused")
        head = crossproof("trail", "log-head", "--server", served.url, API_KEY=auditor)
        assert head.code == 0, head.stderr
        refused = crossproof("trail", "log-head", "--server", served.url, API_KEY=reader)
        assert (refused.code, refused.stdout) == (1, "")
    shown = crossproof("trail", "show", "--data-dir", tmp_path)
    assert "acme" in shown.stdout
    assert reader.split("_", 2)[2] not in shown.stdout
    only = crossproof("trail", "show", "--organisation", "watch", "--json", "--data-dir", tmp_path)
    rows = [json.loads(line) for line in only.stdout.splitlines()]
    assert [row["route"] for row in rows] == ["/v1/trail/heads"]
    verified = crossproof("trail", "verify", "--json", "--data-dir", tmp_path)
    told = json.loads(verified.stdout)
    assert (verified.code, told["verdict"], told["logged_heads"]) == (0, "verified", 1)
    assert 0 < told["rows_under_logged_heads"] <= told["rows"]
    assert head.stdout.strip()


def test_changed_trail_fails_and_the_row_is_named(crossproof: CommandLine, tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        for _ in range(3):
            assert status(served, None) == 200
    assert crossproof("trail", "verify", "--data-dir", tmp_path).code == 0
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3")
    with connection:
        changed = "UPDATE trail SET row = replace(CAST(row AS TEXT), 'local', 'other') "
        connection.execute(f"{changed} WHERE number = 2")
    connection.close()
    outcome = crossproof("trail", "verify", "--data-dir", tmp_path)
    assert (outcome.code, "row 2 " in outcome.stderr) == (1, True), outcome.stderr
    assert "trail.changed" in outcome.stderr


def test_serve_elsewhere_refuses_before_there_is_a_key(tmp_path: Path) -> None:
    refused = run("serve", "--host", "0.0.0.0", "--data-dir", tmp_path, "--port", 0)  # noqa: S104
    assert (refused.code, "auth.bind" in refused.stderr) == (2, True), refused.stderr
