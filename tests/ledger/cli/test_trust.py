"""`crossproof trust`: show, fetch and pin; a bundle or a server never widens what is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.note import Signer
from ledger.trust import Trust
from tests.crossproof import CommandLine, Served
from tests.ledger.cli.conftest import Case
from tests.rpc_server import saying, serve
from tests.samples import ORIGIN, without_anchor


def test_show_names_all_that_is_believed(crossproof: CommandLine, case: Case) -> None:
    outcome = crossproof("trust", "show", "--trust", case.trust)
    assert (outcome.code, outcome.stderr) == (0, "")
    trust = case.log.trust()
    for shown in (
        ORIGIN,
        str(trust.logs[0].keys[0]),
        str(trust.logs[0].operators[0]),
        trust.chains[0].identity.genesis_hash.hex(),
        trust.chains[0].identity.contract.hex(),
        "1 pinned anchors",
    ):
        assert shown in outcome.stdout


def test_show_json_is_the_trust_file(crossproof: CommandLine, case: Case) -> None:
    outcome = crossproof("trust", "show", "--trust", case.trust, "--json")
    assert Trust.from_json(outcome.stdout) == case.log.trust()


# fetch


def test_fetch_with_the_right_key_is_written(
    crossproof: CommandLine, tmp_path: Path, sandbox_ledger: Served
) -> None:
    offered = Trust.from_json(sandbox_ledger.get("/v1/trust"))
    key = str(offered.logs[0].keys[0])
    trust = tmp_path / "new" / "trust.json"
    server = ("--server", sandbox_ledger.url)
    assert crossproof("trust", "fetch", "--trust", trust, "--key", key, *server).code == 0
    assert Trust.from_json(trust.read_bytes()) == offered


def test_fetch_with_another_key_writes_nothing(
    crossproof: CommandLine, tmp_path: Path, sandbox_ledger: Served
) -> None:
    trust = tmp_path / "trust.json"
    key = str(Signer.generate(ORIGIN).verifier)
    outcome = crossproof(
        "trust", "fetch", "--trust", trust, "--key", key, "--server", sandbox_ledger.url
    )
    assert (outcome.code, "trust.other-key" in outcome.stderr) == (1, True)
    assert not trust.exists()


def test_fetch_never_replaces_a_trust_file(
    crossproof: CommandLine, case: Case, sandbox_ledger: Served
) -> None:
    before = case.trust.read_bytes()
    outcome = crossproof("trust", "fetch", "--trust", case.trust, "--server", sandbox_ledger.url)
    assert (outcome.code, "usage.trust-exists" in outcome.stderr) == (2, True)
    assert case.trust.read_bytes() == before


def test_fetch_takes_no_pins_and_no_nodes_from_a_server(
    crossproof: CommandLine, case: Case, tmp_path: Path
) -> None:
    offered = case.log.trust()
    chain = replace(offered.chains[0], rpc=("http://attacker.example",))
    with serve(saying(replace(offered, chains=(chain,)).to_json().encode())) as lying:
        trust = tmp_path / "fetched.json"
        assert crossproof("trust", "fetch", "--trust", trust, "--server", lying.url).code == 0
    believed = Trust.from_json(trust.read_bytes())
    assert (believed.anchors, believed.chains[0].rpc) == ((), ())


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"mediaType":"x"}'])
def test_fetch_of_what_is_no_trust_file_is_undetermined(
    crossproof: CommandLine, tmp_path: Path, body: bytes
) -> None:
    with serve(saying(body)) as server:
        outcome = crossproof("trust", "fetch", "--trust", tmp_path / "t", "--server", server.url)
    assert (outcome.code, "client.nonsense" in outcome.stderr) == (3, True)


# pin


def test_pin_what_is_pinned_already_changes_nothing(crossproof: CommandLine, case: Case) -> None:
    before = case.trust.stat()
    outcome = crossproof("trust", "pin", case.bundle, "--trust", case.trust)
    assert (outcome.code, "pinned already" in outcome.stderr) == (0, True)
    after = case.trust.stat()
    # Not the time of access: reading it is no change.
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("options", [(), ("--unasked",)])
def test_pin_what_nobody_confirmed_changes_nothing(
    crossproof: CommandLine, case: Case, options: tuple[str, ...]
) -> None:
    """`--unasked` is for sandboxes, and this chain is none."""
    case.believe(case.log.trust(pinned=False))
    before = case.trust.read_bytes()
    outcome = crossproof("trust", "pin", case.bundle, "--trust", case.trust, *options)
    assert (outcome.code, "not pin this anchor" in outcome.stderr) == (3, True)
    assert case.trust.read_bytes() == before


def test_pin_unasked_pins_no_false_bundle(crossproof: CommandLine, case: Case) -> None:
    trust = case.log.trust(pinned=False)
    case.believe(replace(trust, chains=(replace(trust.chains[0], sandbox=True),)))
    value = case.value
    value["anchor"]["sandbox"] = True
    value["entry"]["index"] = 3
    case.write(value)
    outcome = crossproof("trust", "pin", case.bundle, "--trust", case.trust, "--unasked")
    assert outcome.code == 1
    assert Trust.from_json(case.trust.read_bytes()).anchors == ()


def test_pin_another_anchor_of_a_pinned_head_fails(crossproof: CommandLine, case: Case) -> None:
    value = case.value
    value["anchor"]["block_time"] += 1
    case.write(value)
    before = case.trust.read_bytes()
    outcome = crossproof("trust", "pin", case.bundle, "--trust", case.trust)
    assert (outcome.code, "block_time" in outcome.stderr) == (1, True)
    assert case.trust.read_bytes() == before


def test_pin_bundle_without_an_anchor_is_undetermined(crossproof: CommandLine, case: Case) -> None:
    case.write(without_anchor(case.sealed))
    assert crossproof("trust", "pin", case.bundle, "--trust", case.trust).code == 3


def test_pin_answers_for_each_and_exits_by_the_worst(crossproof: CommandLine, case: Case) -> None:
    broken = case.bundle.with_name("broken.bundle.json")
    broken.write_text(json.dumps({}))
    outcome = crossproof("trust", "pin", broken, case.bundle, "--trust", case.trust, "--lang", "zh")
    assert outcome.code == 1
    assert "pinned already" in outcome.stderr
    assert "验证失败" in outcome.stderr


def test_pin_that_cannot_be_written_is_told_and_loses_nothing(
    crossproof: CommandLine, case: Case, sandbox_ledger: Served, tmp_path: Path
) -> None:
    """Onto a directory that takes no new file: the old trust file stays as it was."""
    statement = tmp_path / "s.json"
    statement.write_text(
        '{"kind":"transfer","occurred_at":"2026-01-31T12:00:00Z","exporter":{"id":"a"},'
        '"recipient":{"id":"b"},"from":"CN","to":"HK","scenario":"s","data_items":'
        '[{"name":"n","class":"general","personal":false,"sensitive":false}]}'
    )
    bundle, trust = tmp_path / "s.bundle.json", tmp_path / "t.json"
    server = ("--server", sandbox_ledger.url)
    crossproof("record", "--from-json", statement, "-o", bundle, "--anchored", *server)
    crossproof("trust", "fetch", "--trust", trust, *server)
    before = trust.read_bytes()
    # A name of 255 bytes leaves no room for a draft beside it.
    long = trust.rename(trust.with_name("t" * 255))
    outcome = crossproof("trust", "pin", bundle, "--trust", long, "--unasked")
    assert (outcome.code, "file.unwritable" in outcome.stderr) == (2, True), outcome.stderr
    assert long.read_bytes() == before
    assert case.trust.exists()
