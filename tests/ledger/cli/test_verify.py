"""`crossproof verify`: 0, 1, 2 or 3, each for its reason, in words and as JSON."""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.anchor import ChainIdentity
from ledger.bundle import Bundle
from ledger.finality import FINALIZED
from ledger.fingerprint import Fingerprint
from ledger.log import Submission
from ledger.node import Node
from ledger.note import Signer, sign
from ledger.report import catalogue
from ledger.settings import Settings
from ledger.trust import Trust
from tests.anvil import free_port
from tests.crossproof import CommandLine, Outcome, run
from tests.ledger.cli.conftest import Case, Deployed, anchor_all
from tests.mutations import schema
from tests.samples import BLOCK_TIME, CHAIN, ORIGIN, sample_log, transfer, without_anchor

VERIFIED, FAILED, USAGE, UNDETERMINED = 0, 1, 2, 3
_REPORT = schema("report")


def verify(crossproof: CommandLine, case: Case, *more: object) -> Outcome:
    return crossproof("verify", case.bundle, case.file, "--trust", case.trust, *more)


def reasons(outcome: Outcome) -> set[str]:
    """The codes of the reasons in a report, which must be of its schema."""
    report = json.loads(outcome.stdout)
    _REPORT.validate(report)
    return {check["reason"] for check in report["checks"] if "reason" in check} - {"none"}


def changed(value: Any) -> Any:
    """Another value of the same type, nearly the same."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value[:-1] + ("0" if value[-1] != "0" else "1")
    raise TypeError(value)


# What holds


@pytest.mark.parametrize("options", [(), ("--offline",)])
def test_verify_sound_bundle_with_a_pinned_anchor_is_verified(
    crossproof: CommandLine, case: Case, options: tuple[str, ...]
) -> None:
    outcome = verify(crossproof, case, *options)
    assert outcome.code == VERIFIED
    assert outcome.stdout == ""
    assert outcome.stderr.endswith("✓ Verified\n")


def test_verify_json_is_one_report_of_the_schema_on_stdout(
    crossproof: CommandLine, case: Case
) -> None:
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, outcome.stderr) == (VERIFIED, "")
    assert reasons(outcome) == set()
    assert json.loads(outcome.stdout)["verdict"] == "verified"


def test_verify_takes_the_bundle_from_stdin(case: Case) -> None:
    with case.bundle.open("rb") as stdin:
        outcome = run("verify", "-", case.file, "--trust", case.trust, stdin=stdin)
    assert outcome.code == VERIFIED


# One changed byte


def test_verify_one_changed_byte_of_the_file_fails(crossproof: CommandLine, case: Case) -> None:
    data = case.file.read_bytes()
    for position in random.Random(1).sample(range(len(data)), 20):  # noqa: S311 - a sample
        flipped = bytearray(data)
        flipped[position] ^= 1
        case.file.write_bytes(flipped)
        outcome = verify(crossproof, case, "--offline", "--json")
        assert (outcome.code, reasons(outcome)) == (FAILED, {"file.changed"})


def test_verify_one_changed_byte_of_the_entry_fails(crossproof: CommandLine, case: Case) -> None:
    value = case.value
    body = b64decode(value["entry"]["body"])
    for position in random.Random(1).sample(range(len(body)), 40):  # noqa: S311
        flipped = bytearray(body)
        flipped[position] ^= 1
        value["entry"]["body"] = b64encode(flipped).decode()
        case.write(value)
        assert verify(crossproof, case, "--offline").code == FAILED


def test_verify_one_changed_byte_of_the_path_fails(crossproof: CommandLine, case: Case) -> None:
    for number, node in enumerate(case.value["entry"]["path"]):
        for position in range(0, len(node), 7):
            value = case.value
            digit = "0" if node[position] != "0" else "1"
            value["entry"]["path"][number] = f"{node[:position]}{digit}{node[position + 1 :]}"
            case.write(value)
            outcome = verify(crossproof, case, "--offline", "--json")
            assert (outcome.code, "merkle.inclusion" in reasons(outcome)) == (FAILED, True)


def test_verify_any_changed_byte_of_the_checkpoint_fails(
    crossproof: CommandLine, case: Case
) -> None:
    note = case.value["checkpoint"]
    for position, character in enumerate(note):
        value = case.value
        other = "A" if character != "A" else "B"
        value["checkpoint"] = f"{note[:position]}{other}{note[position + 1 :]}"
        case.write(value)
        outcome = verify(crossproof, case, "--offline")
        assert outcome.code == FAILED, (position, character, outcome.stderr)


_ANCHOR_FIELDS = (
    "chain_id", "genesis_hash", "contract", "sandbox", "log_id", "size", "root", "transaction",
    "block_number", "block_hash", "block_time",
)  # fmt: skip


@pytest.mark.parametrize("field", _ANCHOR_FIELDS)
def test_verify_any_changed_field_of_a_pinned_anchor_fails(
    crossproof: CommandLine, case: Case, field: str
) -> None:
    value = case.value
    value["anchor"][field] = changed(value["anchor"][field])
    case.write(value)
    assert verify(crossproof, case, "--offline").code == FAILED
    # Nor may asking a node that is not there turn "failed" into "undetermined".
    assert verify(crossproof, case, "--rpc", "http://127.0.0.1:1").code == FAILED


def test_anchor_fields_above_are_all_there_are(case: Case) -> None:
    assert set(case.value["anchor"]) == set(_ANCHOR_FIELDS)


# Bundles that are none, or something else's


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v: v["entry"]["path"].reverse(), "merkle.inclusion"),
        (lambda v: v["entry"]["path"].pop(), "merkle.proof-length"),
        (lambda v: v["entry"]["path"].append("00" * 32), "merkle.proof-length"),
        (lambda v: v["entry"].update(index=len("1234567")), "merkle.index"),
        (lambda v: v["entry"].update(index=2**52), "merkle.index"),
        (lambda v: v["entry"].update(index=3), "merkle.inclusion"),
        (lambda v: v.update(key="example.com/log+00000000+AA=="), "members.malformed"),
        (lambda v: v.update(mediaType="application/json"), "members.malformed"),
        (lambda v: v.pop("entry"), "members.malformed"),
        (lambda v: v["entry"].update(body="not base64"), "members.malformed"),
    ],
    ids=[
        "swapped paths", "shorter path", "longer path", "index of the size", "index far beyond",
        "neighbour's index", "a key of its own", "another media type", "no entry", "no base64",
    ],
)  # fmt: skip
def test_verify_malformed_or_false_bundle_fails(
    crossproof: CommandLine, case: Case, change: Any, reason: str
) -> None:
    value = case.value
    change(value)
    case.write(value)
    outcome = verify(crossproof, case, "--offline", "--json")
    assert (outcome.code, reason in reasons(outcome)) == (FAILED, True), outcome.stdout


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\xff", b'{"a":1,"a":1}', b"[" * 100_000])
def test_verify_bundle_that_is_none_fails_without_a_traceback(
    crossproof: CommandLine, case: Case, data: bytes
) -> None:
    case.write(data)
    outcome = verify(crossproof, case)
    assert (outcome.code, outcome.stdout) == (FAILED, "")
    assert outcome.stderr.endswith("✗ Failed\n")
    assert "Traceback" not in outcome.stderr


def test_verify_bundle_cut_in_half_fails(crossproof: CommandLine, case: Case) -> None:
    whole = case.bundle.read_bytes()
    case.write(whole[: len(whole) // 2])
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (FAILED, {"json.invalid"})


def test_verify_checkpoint_signed_by_a_foreign_key_fails(
    crossproof: CommandLine, case: Case
) -> None:
    foreign = sign(case.log.checkpoint.text(), Signer.generate(ORIGIN), case.log.operator)
    case.write(replace(case.sealed, checkpoint=foreign))
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (FAILED, {"note.unsigned"})


# What cannot be told


def test_verify_offline_without_a_pin_is_undetermined(crossproof: CommandLine, case: Case) -> None:
    case.believe(case.log.trust(pinned=False))
    outcome = verify(crossproof, case, "--offline", "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"anchor.unpinned"})
    assert "trust pin" in verify(crossproof, case, "--offline").stderr


def test_verify_node_down_is_undetermined(crossproof: CommandLine, case: Case) -> None:
    case.believe(case.log.trust(pinned=False))
    outcome = verify(crossproof, case, "--rpc", f"http://127.0.0.1:{free_port()}", "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"chain.unavailable"})


def test_verify_node_of_the_trust_file_down_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    trust = case.log.trust(pinned=False)
    chain = replace(trust.chains[0], rpc=(f"http://127.0.0.1:{free_port()}",))
    case.believe(replace(trust, chains=(chain,)))
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"chain.unavailable"})


def test_verify_trust_file_for_another_chain_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    trust = case.log.trust(pinned=False)
    other = ChainIdentity(CHAIN.chain_id + 1, CHAIN.genesis_hash, CHAIN.contract)
    case.believe(replace(trust, chains=(replace(trust.chains[0], identity=other),)))
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"chain.unknown"})


def test_verify_trust_file_for_another_log_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    case.believe(Trust())
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, "log.unknown" in reasons(outcome)) == (UNDETERMINED, True)
    assert "statement" not in json.loads(outcome.stdout)


def test_verify_bundle_that_is_not_anchored_yet_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    case.write(without_anchor(case.sealed))
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"anchor.none"})


@pytest.mark.parametrize(
    ("at", "code"),
    [("2026-09-21T14:13:19Z", UNDETERMINED), ("2026-09-21T23:13:20+09:00", VERIFIED)],
)
def test_verify_at_a_time_counts_the_anchors_made_until_then(
    crossproof: CommandLine, case: Case, at: str, code: int
) -> None:
    assert datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC).timestamp() == BLOCK_TIME
    assert verify(crossproof, case, "--at", at).code == code


# Files


def test_verify_bundle_without_its_file_is_undetermined(
    crossproof: CommandLine, case: Case
) -> None:
    alone = ("verify", case.bundle, "--trust", case.trust)
    outcome = crossproof(*alone, "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"file.not-given"})
    outcome = crossproof(*alone, "--json", "--without-files")
    assert (outcome.code, reasons(outcome)) == (VERIFIED, {"file.waived"})


def test_verify_file_that_the_record_does_not_name_fails(
    crossproof: CommandLine, case: Case, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_bytes(b"something else")
    outcome = verify(crossproof, case, other, "--json")
    assert (outcome.code, reasons(outcome)) == (FAILED, {"file.not-named"})


def test_verify_renamed_file_is_verified(crossproof: CommandLine, case: Case) -> None:
    case.file = case.file.rename(case.file.with_name("renamed"))
    assert verify(crossproof, case).code == VERIFIED


# Usage


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Missing argument"),
        (("--trust", "{trust}"), "Missing argument"),
        (("{bundle}", "{file}"), "--trust"),
        (("{bundle}", "--trust", "{dir}"), "Is a directory"),
        (("{bundle}", "--trust", "{dir}/none"), "No such file"),
        (("{bundle}", "--trust", "{file}"), "trust.unusable"),
        (("{bundle}", "--trust", "{bundle}"), "trust.unusable"),
        (("{dir}", "--trust", "{trust}"), "Is a directory"),
        (("{dir}/none", "--trust", "{trust}"), "No such file"),
        (("{bundle}", "{dir}", "--trust", "{trust}"), "Is a directory"),
        (("{bundle}", "{dir}/none", "--trust", "{trust}"), "No such file"),
        (("{bundle}", "--trust", "{trust}", "--offline", "--rpc", "http://x"), "exclude"),
        (("{bundle}", "--trust", "{trust}", "--at", "yesterday"), "--at"),
        (("{bundle}", "--trust", "{trust}", "--at", "2026-01-31T12:00:00"), "offset"),
        (("{bundle}", "--trust", "{trust}", "--at", "0001-01-01T00:00:00+14:00"), "--at"),
        (("{bundle}", "--trust", "{trust}", "--lang", "fr"), "--lang"),
        (("{bundle}", "--trust", "{trust}", "--nonsense"), "--nonsense"),
    ],
)
def test_verify_wrong_usage_is_told_and_exits_2(
    crossproof: CommandLine, case: Case, arguments: tuple[str, ...], told: str
) -> None:
    places = {
        "bundle": case.bundle, "file": case.file, "trust": case.trust, "dir": case.file.parent,
    }  # fmt: skip
    outcome = crossproof("verify", *(a.format(**places) for a in arguments))
    assert (outcome.code, outcome.stdout) == (USAGE, "")
    assert told in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("url", ["localhost:8545", "ftp://localhost", "http://", "http://a:b"])
def test_verify_rpc_that_is_no_address_exits_2(
    crossproof: CommandLine, case: Case, url: str
) -> None:
    case.believe(case.log.trust(pinned=False))
    outcome = verify(crossproof, case, "--rpc", url)
    assert (outcome.code, "chain.url" in outcome.stderr) == (USAGE, True)


def test_verify_fewer_nodes_than_must_agree_exits_2(crossproof: CommandLine, case: Case) -> None:
    trust = case.log.trust(pinned=False)
    chain = replace(trust.chains[0], rpc=("http://a", "http://b"), agree=2)
    case.believe(replace(trust, chains=(chain,)))
    outcome = verify(crossproof, case, "--rpc", "http://127.0.0.1:1")
    assert outcome.code == USAGE
    assert "2 different addresses" in outcome.stderr


# Environment and language


def test_verify_options_have_twins_in_the_environment(crossproof: CommandLine, case: Case) -> None:
    assert crossproof("verify", case.bundle, case.file, TRUST=str(case.trust)).code == VERIFIED
    assert verify(crossproof, case, "--rpc", "http://x").code == VERIFIED
    assert crossproof(
        "verify", case.bundle, case.file, "--trust", case.trust, "--rpc", "http://x", OFFLINE="1"
    ).code == USAGE  # fmt: skip
    alone = crossproof(
        "verify", case.bundle, TRUST=str(case.trust), JSON="1", WITHOUT_FILES="1",
        AT="2020-01-01T00:00:00Z",
    )  # fmt: skip
    assert (alone.code, reasons(alone)) == (UNDETERMINED, {"anchor.later", "file.waived"})
    chinese = crossproof("verify", case.bundle, case.file, TRUST=str(case.trust), LANG="zh")
    assert chinese.stderr.endswith("验证通过\n")


def test_verify_in_chinese_says_all_in_chinese(crossproof: CommandLine, case: Case) -> None:
    """Every sentence of the English report is there in Chinese, and none in English."""
    case.file.write_bytes(b"changed")
    case.believe(case.log.trust(pinned=False))
    english, chinese = catalogue("en"), catalogue("zh")
    in_english = verify(crossproof, case, "--offline").stderr
    in_chinese = verify(crossproof, case, "--offline", "--lang", "zh").stderr
    told = 0
    for names in ("checks", "verdicts", "labels"):
        for code, text in english[names].items():
            if text in in_english and text.isprintable() and len(text) > len("expected"):
                assert chinese[names][code] in in_chinese
                assert text not in in_chinese
                told += 1
    for code, texts in english["reasons"].items():
        if texts["text"] in in_english:
            assert chinese["reasons"][code]["text"] in in_chinese
            assert chinese["reasons"][code]["hint"] in in_chinese
            assert texts["text"] not in in_chinese
            told += 1
    assert told > len(case.value)


def test_verify_shows_what_cannot_be_printed_as_escapes(
    crossproof: CommandLine, case: Case
) -> None:
    """A file's name may not draw a verdict, nor turn the reading direction."""
    name = "\x1b[2K\n✓ Verified\n\u202egnp.exe 中文\u3000"
    log = sample_log(transfer(Fingerprint.of_bytes(b"1", name=name)))
    case.write(log.bundle(2))
    case.believe(log.trust())
    outcome = crossproof("verify", case.bundle, "--trust", case.trust)
    assert outcome.code == UNDETERMINED
    assert "✓ Verified" not in outcome.stderr.splitlines()
    assert "\x1b" not in outcome.stderr
    assert "\u202e" not in outcome.stderr
    assert r"\x1b[2K\n✓ Verified\n\u202egnp.exe 中文" in outcome.stderr


# Online, on a chain


@dataclass(frozen=True)
class Online:
    """A bundle anchored on anvil, its file, and a trust file that pins nothing."""

    bundle: Bundle
    file: Path
    trust: Trust


@pytest.fixture(scope="module")
def online(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Online]:
    directory = tmp_path_factory.mktemp("online")
    file = directory / "data.csv"
    file.write_bytes(b"data")
    settings = Settings.load(
        data_dir=directory / "ledger",
        chain_urls=(deployed.url,),
        chain_contract=deployed.contract,
        sender_key_file=deployed.key_file,
    )
    node = Node.open(settings)
    try:
        statements = [transfer(Fingerprint.of_file(file)) for _ in range(5)]
        node.submit([Submission.of(s) for s in statements], submitter="tester")
        node.publish()
        anchor_all(node)
        yield Online(node.bundle(statements[2].record_id), file, node.trust())
    finally:
        node.close()


@pytest.mark.chain
def test_verify_unpinned_anchor_is_asked_for_at_the_trust_files_node(
    crossproof: CommandLine, case: Case, online: Online
) -> None:
    case.write(online.bundle)
    case.believe(online.trust)
    case.file = online.file
    assert verify(crossproof, case).code == VERIFIED
    assert verify(crossproof, case, "--offline").code == UNDETERMINED
    chain = replace(online.trust.chains[0], rpc=())
    case.believe(replace(online.trust, chains=(chain,)))
    assert verify(crossproof, case).code == UNDETERMINED
    assert verify(crossproof, case, "--rpc", online.trust.chains[0].rpc[0]).code == VERIFIED


@pytest.mark.chain
def test_verify_any_changed_field_of_an_anchor_on_chain_is_never_verified(
    crossproof: CommandLine, case: Case, online: Online
) -> None:
    case.believe(online.trust)
    case.file = online.file
    codes = {}
    for field, value in online.bundle.to_value()["anchor"].items():
        bundle = online.bundle.to_value()
        bundle["anchor"][field] = changed(value)
        case.write(bundle)
        codes[field] = verify(crossproof, case).code
    another_chain = {"chain_id", "genesis_hash", "contract"}
    assert codes == {
        field: UNDETERMINED if field in another_chain else FAILED for field in codes
    }  # fmt: skip


@pytest.mark.chain
def test_verify_anchor_whose_block_is_not_final_yet_is_undetermined(
    crossproof: CommandLine, case: Case, online: Online
) -> None:
    case.write(online.bundle)
    case.file = online.file
    # anvil calls a block final that is 64 blocks old.
    chain = replace(online.trust.chains[0], finality=FINALIZED)
    case.believe(replace(online.trust, chains=(chain,)))
    outcome = verify(crossproof, case, "--json")
    assert (outcome.code, reasons(outcome)) == (UNDETERMINED, {"anchor.not-final"})


def test_verify_one_node_named_twice_is_one(crossproof: CommandLine, case: Case) -> None:
    """`agree` counts nodes, not how often somebody names one."""
    trust = case.log.trust(pinned=False)
    urls = ("http://127.0.0.1:1", "http://127.0.0.1:2")
    case.believe(replace(trust, chains=(replace(trust.chains[0], rpc=urls, agree=2),)))
    command = ("verify", case.bundle, case.file, "--trust", case.trust)
    for spelling in (urls[0], f"{urls[0]}/"):
        outcome = crossproof(*command, "--rpc", urls[0], "--rpc", spelling)
        assert (outcome.code, "usage.rpc" in outcome.stderr) == (2, True), outcome.stderr
    assert crossproof(*command, "--rpc", urls[0], "--rpc", urls[1]).code == 3
