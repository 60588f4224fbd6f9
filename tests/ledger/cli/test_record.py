"""`crossproof record` and `bundle` against a real server: logged once, bundled, or told why not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ledger.bundle import Bundle
from ledger.checkpoint import open_checkpoint
from ledger.fingerprint import Fingerprint
from ledger.jwk import Curve, PrivateKey, PublicKey
from ledger.manifest import Manifest
from ledger.statement import Statement, new_record_id, new_salt, record_id_text
from ledger.trust import Trust
from ledger.verify import verify
from tests.anvil import free_port
from tests.crossproof import CommandLine, Outcome, Served
from tests.ledger.cli.conftest import Deployed
from tests.rpc_server import in_turn, saying, serve
from tests.samples import transfer

MEMBERS: dict[str, Any] = {
    "kind": "transfer",
    "occurred_at": "2026-01-31T12:00:00Z",
    "exporter": {"id": "example:exporter"},
    "recipient": {"id": "example:recipient"},
    "from": "CN",
    "to": "HK",
    "scenario": "payroll",
    "data_items": [{"name": "pay", "class": "general", "personal": True, "sensitive": True}],
}


def write(path: Path, **members: Any) -> Path:
    path.write_text(json.dumps({**MEMBERS, **members}))
    return path


def logged_id(outcome: Outcome) -> str:
    """The record id that `record` names first."""
    first = outcome.stderr.splitlines()[0]
    assert first.startswith("logged"), outcome.stderr
    return first.split("record ")[1].split(",")[0]


# The whole way


@pytest.mark.chain
def test_record_bundle_pin_and_verify_offline(
    crossproof: CommandLine, here: Path, ledger: Served, deployed: Deployed
) -> None:
    """What the README promises, over HTTP, on a chain that can be asked."""
    file = here / "pay.csv"
    file.write_bytes(b"A,1\n")
    trust, bundle = here / "trust.json", here / "pay.bundle.json"
    server = ("--server", ledger.url)

    outcome = crossproof(
        "record", "--from-json", write(here / "pay.json"), file, "-o", bundle, *server
    )
    assert (outcome.code, outcome.stdout) == (0, ""), outcome.stderr
    record_id = logged_id(outcome)

    assert crossproof("bundle", record_id, "-o", bundle, "--anchored", *server).code == 0
    fetched = crossproof("trust", "fetch", "--trust", trust, "--rpc", deployed.url, *server)
    assert fetched.code == 0, fetched.stderr
    command = ("verify", bundle, file, "--trust", trust)
    assert crossproof(*command, "--offline").code == 3
    assert crossproof(*command).code == 0
    pinned = crossproof("trust", "pin", bundle, "--trust", trust)
    assert (pinned.code, "pinned: " in pinned.stderr) == (0, True), pinned.stderr
    assert crossproof(*command, "--offline").code == 0
    assert crossproof("verify", bundle, "--trust", trust, "--offline").code == 3
    file.write_bytes(b"A,2\n")
    assert crossproof(*command, "--offline").code == 1


@pytest.mark.chain
def test_record_on_an_embedded_chain_is_pinned_unasked(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    """Nobody but its own process can ask an embedded chain: the user decides, and says so."""
    server = ("--server", sandbox_ledger.url)
    bundle, trust = here / "x.bundle.json", here / "trust.json"
    recorded = crossproof(
        "record", "--from-json", write(here / "x.json"), "-o", bundle, "--anchored", *server
    )
    assert (recorded.code, "anchored" in recorded.stderr) == (0, True), recorded.stderr
    # Whoever names a node all the same still pins it: of a sandbox none is asked.
    nowhere = ("--rpc", "http://127.0.0.1:9")
    assert crossproof("trust", "fetch", "--trust", trust, *nowhere, *server).code == 0
    asked = crossproof("trust", "pin", bundle, "--trust", trust)
    assert asked.code == 3
    assert Trust.from_json(trust.read_bytes()).anchors == ()
    assert crossproof("trust", "pin", bundle, "--trust", trust, "--unasked").code == 0
    verified = crossproof("verify", bundle, "--trust", trust, "--offline")
    assert verified.code == 0
    assert "sandbox" in verified.stderr


# record


def test_record_hashes_files_where_they_are(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    names = ["a.csv", "数据.csv"]
    for name in names:
        (here / name).write_bytes(name.encode())
    outcome = crossproof(
        "record", "--from-json", write(here / "s.json"), *names, "--sm3",
        "--server", sandbox_ledger.url,
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    bundle = Bundle.from_json((here / "a.csv.bundle.json").read_bytes())
    assert Statement.from_entry(bundle.entry.body).value["files"] == [
        Fingerprint.of_file(here / name, sm3=True).to_value() for name in names
    ]


def test_record_without_files_is_written_under_its_id_or_to_stdout(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    statement = write(here / "s.json")
    server = ("--server", sandbox_ledger.url)
    record_id = logged_id(crossproof("record", "--from-json", statement, *server))
    assert Bundle.from_json((here / f"{record_id}.bundle.json").read_bytes()).entry.body
    outcome = crossproof("record", "--from-json", statement, "-o", "-", *server)
    assert Bundle.from_json(outcome.stdout).entry.body


def test_record_same_again_is_logged_once(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    statement = write(here / "s.json", record_id=new_record_id(), salt=new_salt())
    command = ("record", "--from-json", statement, "--server", sandbox_ledger.url)
    first, second = crossproof(*command), crossproof(*command)
    assert (first.code, second.code) == (0, 0)
    assert second.stderr.startswith("logged before: ")
    assert first.stderr.splitlines()[0].endswith(second.stderr.splitlines()[0].split(", ")[1])


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_record_signed_brings_its_manifest_along(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served, curve: Curve
) -> None:
    statement = write(here / "s.json", record_id=new_record_id(), salt=new_salt())
    key = write_key(here / "key.pem", curve)
    command = (
        "record", "--from-json", statement, "-o", here / "b", "--server", sandbox_ledger.url,
        "--sign-with", here / "key.pem",
    )  # fmt: skip
    outcome = crossproof(*command)
    assert outcome.code == 0, outcome.stderr
    bundle = Bundle.from_json((here / "b").read_bytes())
    assert bundle.manifest is not None
    signed = Manifest.parse(Statement.from_entry(bundle.manifest.entry.body).value["jws"])
    signed.jws.verify(key)
    assert (signed.claims.iss, signed.claims.count) == ("example:exporter", 1)
    again = crossproof(*command)
    assert (again.code, again.stderr.startswith("logged before: ")) == (0, True), again.stderr


def test_record_signed_with_a_key_of_a_named_organisation_or_an_encrypted_one(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    write(here / "s.json")
    write_key(here / "key.pem", head="organisation: uscc:某公司\n", passphrase=b"open")
    command = (
        "record", "--from-json", "s.json", "-o", here / "b", "--server", sandbox_ledger.url,
        "--sign-with", here / "key.pem",
    )  # fmt: skip
    refused = crossproof(*command)
    assert (refused.code, "key.unusable" in refused.stderr) == (2, True)
    assert crossproof(*command, "--passphrase", "open").code == 0
    bundle = Bundle.from_json((here / "b").read_bytes())
    assert bundle.manifest is not None
    said = Statement.from_entry(bundle.manifest.entry.body).value["jws"]
    assert Manifest.parse(said).claims.iss == "uscc:某公司"


def write_key(
    path: Path, curve: Curve = "P-256", *, head: str = "", passphrase: bytes | None = None
) -> PublicKey:
    made = Ed25519PrivateKey.generate() if curve == "Ed25519" else generate_private_key(SECP256R1())
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    path.touch(mode=0o600)
    path.write_bytes(head.encode() + pem)
    return PrivateKey(made).public


def test_record_id_used_for_something_else_is_refused(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    taken = {"record_id": new_record_id(), "salt": new_salt()}
    server = ("--server", sandbox_ledger.url)
    assert crossproof("record", "--from-json", write(here / "1", **taken), *server).code == 0
    other = write(here / "2", **taken, purpose="something else")
    outcome = crossproof("record", "--from-json", other, *server)
    assert (outcome.code, "record.conflict" in outcome.stderr) == (1, True)
    assert taken["record_id"] in outcome.stderr


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", 1, "json.invalid"),
        ("{", 1, "json.invalid"),
        ('{"kind": "transfer", "kind": "transfer"}', 1, "json.duplicate-name"),
        ("[]", 2, "usage.statement"),
        ('{"kind": "parcel"}', 1, "statement.kind"),
        (json.dumps({**MEMBERS, "retention": 1.5}), 1, "json.float"),
        (json.dumps({**MEMBERS, "purpose": "\ud800"}), 1, "json.surrogate"),
        (json.dumps({**MEMBERS, "record_id": "1"}), 1, "statement.record-id"),
        (json.dumps({**MEMBERS, "data_items": MEMBERS["data_items"] * 990}), 1, "statement.too-"),
        ("[" * 100_000, 1, "json.depth"),
    ],
)
def test_record_statement_that_is_none_is_told_before_anything_is_sent(
    crossproof: CommandLine, here: Path, text: str, code: int, told: str
) -> None:
    (here / "s.json").write_text(text)
    nobody = f"http://127.0.0.1:{free_port()}"
    outcome = crossproof("record", "--from-json", "s.json", "--server", nobody)
    assert (outcome.code, told in outcome.stderr) == (code, True), outcome.stderr


def test_record_from_the_far_future_is_refused_by_the_server(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    future = f"ffffffff-ffff-7{new_record_id()[15:]}"
    outcome = crossproof(
        "record", "--from-json", write(here / "s.json", record_id=future),
        "--server", sandbox_ledger.url,
    )  # fmt: skip
    assert (outcome.code, "statement.record-id-future" in outcome.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--from-json"),
        (("--from-json", "none.json"), "No such file"),
        (("--from-json", "."), "Is a directory"),
        (("--from-json", "s.json", "none.csv"), "none.csv"),
        (("--from-json", "s.json", "."), "Is a directory"),
        (("--from-json", "with-files.json", "s.json"), "usage.files"),
        (("--from-json", "s.json", "--server", "localhost:8080"), "client.url"),
        (("--from-json", "s.json", "--server", "ftp://localhost"), "client.url"),
        (("--from-json", "s.json", "--api-key", "ключ"), "client.api-key"),
        (("--from-json", "s.json", "--api-key", "a\nX-Other: b"), "client.api-key"),
        (("--from-json", "s.json", "--wait", "-1"), "--wait"),
    ],
)
def test_record_wrong_usage_exits_2(
    crossproof: CommandLine, here: Path, arguments: tuple[str, ...], told: str
) -> None:
    write(here / "s.json")
    write(here / "with-files.json", files=[])
    outcome = crossproof("record", *arguments)
    assert (outcome.code, told in outcome.stderr) == (2, True), outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "ключ" not in outcome.stderr


def test_record_file_with_a_name_that_is_no_unicode_is_told(
    crossproof: CommandLine, here: Path
) -> None:
    name = os.fsdecode(b"\xff.csv")
    (here / name).write_bytes(b"1")
    outcome = crossproof("record", "--from-json", write(here / "s.json"), name)
    assert (outcome.code, "json.surrogate" in outcome.stderr) == (1, True)


def test_record_server_down_keeps_the_statement_to_try_again(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    outcome = crossproof("record", "--from-json", write(here / "s.json"), "--server", nobody)
    assert (outcome.code, "client.unreachable" in outcome.stderr) == (3, True)
    (kept,) = here.glob("*.statement.json")
    again = crossproof("record", "--from-json", kept, "--server", sandbox_ledger.url)
    assert again.code == 0
    assert kept.name.startswith(logged_id(again))


def test_record_onto_a_place_that_cannot_be_written_says_what_was_logged(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    # A name of 255 bytes leaves no room for a draft beside it, which only writing shows.
    outcome = crossproof(
        "record", "--from-json", write(here / "s.json"), "-o", here / ("x" * 255),
        "--server", sandbox_ledger.url,
    )  # fmt: skip
    assert (outcome.code, "file.unwritable" in outcome.stderr) == (2, True)
    assert f"crossproof bundle {logged_id(outcome)} -o" in outcome.stderr


def test_record_bundle_of_another_statement_is_refused(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    """A server that answers with somebody else's sound bundle is not believed."""
    server = ("--server", sandbox_ledger.url)
    made = crossproof("record", "--from-json", write(here / "1.json"), "-o", "-", *server)
    logged = json.dumps({"record_id": "x", "index": 1}).encode()
    with serve(in_turn(saying(logged), saying(made.stdout.encode()))) as lying:
        outcome = crossproof("record", "--from-json", "1.json", "--server", lying.url)
    assert (outcome.code, "record.other" in outcome.stderr) == (1, True)
    assert not list(here.glob("x.bundle.json"))


# bundle


@pytest.fixture
def recorded(crossproof: CommandLine, here: Path, sandbox_ledger: Served) -> str:
    server = ("--server", sandbox_ledger.url)
    return logged_id(crossproof("record", "--from-json", write(here / "s.json"), *server))


def test_bundle_in_other_tools_formats(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served, recorded: str
) -> None:
    server = ("--server", sandbox_ledger.url)
    outcome = crossproof("bundle", recorded, "-o", "-", "--format", "tlog-proof", *server)
    assert outcome.stdout.startswith("c2sp.org/tlog-proof@v1\nindex ")
    trust = Trust.from_json(sandbox_ledger.get("/v1/trust"))
    open_checkpoint(outcome.stdout.partition("\n\n")[2], *trust.logs[0].keys)
    merkletools = here / "path.json"
    assert crossproof(
        "bundle", recorded, "-o", merkletools, "--format", "merkletools", *server
    ).code == 0  # fmt: skip
    for step in json.loads(merkletools.read_text()):
        assert set(step) < {"left", "right"}


def test_bundle_all_writes_a_sound_bundle_of_every_record(
    crossproof: CommandLine, here: Path, sandbox_ledger: Served
) -> None:
    statements = [transfer() for _ in range(450)]
    sandbox_ledger.post(statements)
    outcome = crossproof("bundle", "--all", "-o", "all", "--server", sandbox_ledger.url)
    assert outcome.code == 0, outcome.stderr
    assert "bundles in all" in outcome.stderr
    trust = Trust.from_json(sandbox_ledger.get("/v1/trust"))
    for statement in statements[::90]:
        name = f"{record_id_text(statement.record_id)}.bundle.json"
        report = verify((here / "all" / name).read_bytes(), trust=trust, without_files=True)
        checks = {check.code: check.status for check in report.checks}
        assert checks["entry.inclusion"] == checks["checkpoint.signature"] == "verified"
    assert {record_id_text(s.record_id) for s in statements} <= {
        path.name.partition(".")[0] for path in (here / "all").iterdir()
    }


def test_bundle_all_of_one_record_exits_2(crossproof: CommandLine) -> None:
    outcome = crossproof("bundle", new_record_id(), "--all", "-o", "all")
    assert (outcome.code, "usage.all" in outcome.stderr) == (2, True)


def test_bundle_all_lets_no_server_name_files(crossproof: CommandLine, here: Path) -> None:
    page = json.dumps({"records": [{"record_id": "../evil"}]}).encode()
    with serve(saying(page)) as lying:
        outcome = crossproof("bundle", "--all", "-o", "all", "--server", lying.url)
    assert (outcome.code, "statement.record-id" in outcome.stderr) == (1, True)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}\n", b"x\n", b'{"code":"record.unpublished"}\n' * 2],
)
def test_bundle_all_of_a_server_that_answers_nonsense_is_undetermined(
    crossproof: CommandLine, here: Path, answer: bytes
) -> None:
    page = json.dumps({"records": [{"record_id": new_record_id()}]}).encode()
    with serve(in_turn(saying(page), saying(answer))) as lying:
        outcome = crossproof("bundle", "--all", "-o", "all", "--server", lying.url)
    assert (outcome.code, "client.nonsense" in outcome.stderr) == (3, True)
    assert list(here.iterdir()) == []


def test_bundle_all_tells_what_is_not_published_in_time(
    crossproof: CommandLine, here: Path
) -> None:
    page = json.dumps({"records": [{"record_id": new_record_id()}]}).encode()
    with serve(in_turn(saying(page), saying(b'{"code":"record.unpublished"}\n'))) as waiting:
        outcome = crossproof(
            "bundle", "--all", "-o", here / "all", "--server", waiting.url, "--wait", "0"
        )
    assert (outcome.code, "client.deadline" in outcome.stderr) == (3, True)


@pytest.mark.parametrize("record_id", ["x", "../../log", "0190E2C1-7C1E-7B6A-9D3B-1F6F2A1B3C4D"])
def test_bundle_of_what_is_no_record_id_exits_2(crossproof: CommandLine, record_id: str) -> None:
    outcome = crossproof("bundle", record_id, "-o", "-")
    assert (outcome.code, "usage.record-id" in outcome.stderr) == (2, True)


def test_bundle_of_an_unknown_record_is_told_by_the_server(
    crossproof: CommandLine, sandbox_ledger: Served
) -> None:
    outcome = crossproof("bundle", new_record_id(), "-o", "-", "--server", sandbox_ledger.url)
    assert (outcome.code, "record.unknown" in outcome.stderr) == (1, True)
    assert outcome.stdout == ""


def test_bundle_never_replaces_a_device(
    crossproof: CommandLine, sandbox_ledger: Served, recorded: str, here: Path
) -> None:
    pipe = here / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    outcome = crossproof("bundle", recorded, "-o", pipe, "--server", sandbox_ledger.url)
    assert outcome.code == 0, outcome.stderr
    assert Bundle.from_json(os.read(reader, 65_536)).entry.body
    os.close(reader)
    assert pipe.is_fifo()


def test_bundle_through_a_link_leaves_the_link(
    crossproof: CommandLine, sandbox_ledger: Served, recorded: str, here: Path
) -> None:
    link, target = here / "link", here / "target"
    link.symlink_to(target)
    assert crossproof("bundle", recorded, "-o", link, "--server", sandbox_ledger.url).code == 0
    assert link.is_symlink()
    assert Bundle.from_json(target.read_bytes()).entry.body


def test_record_with_no_place_for_its_bundle_sends_nothing(
    crossproof: CommandLine, here: Path
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    statement = write(here / "s.json")
    (here / "file").write_bytes(b"x")
    for place in (here, here / "file" / "x.json"):
        outcome = crossproof("record", "--from-json", statement, "-o", place, "--server", nobody)
        assert (outcome.code, "file.unwritable" in outcome.stderr) == (2, True), outcome.stderr
    assert {path.name for path in here.iterdir()} == {"s.json", "file"}
