"""What the verifier answers, and why: each way in which a bundle can be wrong, by its code."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint
from ledger.merkle import leaf_hash
from ledger.note import Signer, sign
from ledger.report import LANGUAGES, Status
from ledger.trust import Trust
from ledger.verify import verify
from tests.ledger.verify.answers import (
    DATA,
    FILE,
    INDEX,
    OTHER,
    Change,
    anchor,
    entry,
    only,
    unsound,
)
from tests.samples import CHAIN, ORIGIN, SampleLog, transfer


def test_verify_untouched_bundle_and_file_is_verified(bundle: Bundle, trust: Trust) -> None:
    report = verify(bundle, trust=trust, files=[FILE])
    assert unsound(report) == []
    assert report.verdict is Status.VERIFIED
    assert report.origin == ORIGIN
    assert report.index == INDEX
    assert report.statement is not None
    assert report.statement["recipient"]["id"] == "example:recipient"


def test_verify_takes_json_and_paths(bundle: Bundle, trust: Trust, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_bytes(DATA)
    for form in (bundle.to_json(), bundle.to_json().encode()):
        assert verify(form, trust=trust, files=[file]).verdict is Status.VERIFIED
        assert verify(form, trust=trust, files=[str(file)]).verdict is Status.VERIFIED


def test_verify_malformed_bundle_is_failed_with_one_check(trust: Trust, bundle: Bundle) -> None:
    text = bundle.to_json()
    for broken in (b"", b"\xff", "[]", text[: len(text) // 2], text.replace("entry", "entri", 1)):
        report = verify(broken, trust=trust, files=[FILE])
        assert report.verdict is Status.FAILED
        assert [check.code for check in report.checks] == ["bundle.format"]
        assert report.statement is None


def swap_path(bundle: Bundle) -> Bundle:
    first, second, *rest = bundle.entry.path
    return entry(path=(second, first, *rest))(bundle)


def shorten_path(bundle: Bundle) -> Bundle:
    return entry(path=bundle.entry.path[:-1])(bundle)


def lengthen_path(bundle: Bundle) -> Bundle:
    return entry(path=(*bundle.entry.path, b"\0" * 32))(bundle)


def flip_body(bundle: Bundle) -> Bundle:
    body = bytearray(bundle.entry.body)
    body[len(body) // 2] ^= 1
    return entry(body=bytes(body))(bundle)


def other_signer(bundle: Bundle) -> Bundle:
    text = bundle.checkpoint.partition("\n\n")[0] + "\n"
    return replace(bundle, checkpoint=sign(text, Signer.generate(ORIGIN)))


def other_root(bundle: Bundle) -> Bundle:
    text = Checkpoint(ORIGIN, 7, b"\x09" * 32).text()
    signatures = bundle.checkpoint.partition("\n\n")[2]
    return replace(bundle, checkpoint=f"{text}\n{signatures}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (flip_body, ("entry.inclusion", "merkle.inclusion")),
        (swap_path, ("entry.inclusion", "merkle.inclusion")),
        (shorten_path, ("entry.inclusion", "merkle.proof-length")),
        (lengthen_path, ("entry.inclusion", "merkle.proof-length")),
        (entry(index=3), ("entry.inclusion", "merkle.inclusion")),
        (entry(index=7), ("entry.inclusion", "merkle.index")),
        (entry(disclosures=("WyJhIiwgImIiLCAxXQ",)), ("entry.disclosures", None)),
        (other_signer, ("checkpoint.signature", "note.unsigned")),
        (other_root, ("checkpoint.signature", "note.signature")),
        (anchor(root=b"\x09" * 32), ("anchor.head", "anchor.other-head")),
        (anchor(size=6), ("anchor.head", "anchor.other-head")),
        (anchor(log_id=b"\x09" * 32), ("anchor.log", "anchor.other-log")),
        (anchor(transaction=b"\x09" * 32), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_number=8), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_hash=b"\x09" * 32), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(block_time=8), ("anchor.chain", "anchor.contradicts-pin")),
        (anchor(sandbox=True), ("anchor.chain", "anchor.contradicts-pin")),
        (
            anchor(chain=replace(CHAIN, genesis_hash=b"\x09" * 32)),
            ("anchor.chain", "anchor.contradicts-pin"),
        ),
        (anchor(chain=replace(CHAIN, chain_id=1)), ("anchor.chain", "anchor.contradicts-pin")),
        (
            anchor(chain=replace(CHAIN, contract=b"\x09" * 20)),
            ("anchor.chain", "anchor.contradicts-pin"),
        ),
    ],
)
def test_verify_changed_bundle_fails_where_it_was_changed(
    bundle: Bundle, trust: Trust, change: Change, expected: tuple[str, str | None]
) -> None:
    code, reason = expected
    report = verify(change(bundle), trust=trust, files=[FILE])
    assert report.verdict is Status.FAILED
    check = only(report, code)
    assert check.status is Status.FAILED
    if reason is not None:
        assert check.reason == reason
    assert report.statement is None


def test_verify_every_changed_character_of_a_bundle_fails(log: SampleLog) -> None:
    """No byte of a bundle, spaces and line ends aside, can be another one."""
    bundle, trust = log.bundle(INDEX), log.trust()
    text = json.dumps(bundle.to_value(), separators=(",", ":"))
    assert verify(text, trust=trust, files=[FILE]).verdict is Status.VERIFIED
    for position, character in enumerate(text):
        other = "0" if character != "0" else "1"
        changed = f"{text[:position]}{other}{text[position + 1 :]}"
        report = verify(changed, trust=trust, files=[FILE])
        assert report.verdict is Status.FAILED, (position, text[position - 20 : position + 20])


@given(cut=st.integers(min_value=0), trust_file=st.booleans())
def test_verify_bundle_cut_anywhere_is_malformed(cut: int, trust_file: bool) -> None:  # noqa: FBT001
    log = SampleLog([transfer(FILE).entry])
    text = log.bundle(0).to_json().rstrip()
    report = verify(text[: cut % len(text)], trust=log.trust(pinned=trust_file))
    assert unsound(report)[0][:2] == ("bundle.format", "failed")


def test_verify_report_speaks_both_languages_completely(bundle: Bundle, trust: Trust) -> None:
    for change in (flip_body, other_signer, anchor(block_time=8)):
        for check in verify(change(bundle), trust=trust, files=[OTHER]).checks:
            for language in LANGUAGES:
                assert check.title(language)
                assert (check.text(language) is None) == (check.reason is None)


def test_verify_imports_no_server_database_settings_or_socket() -> None:
    """Held by a fresh interpreter: what verifying an anchored bundle loads, all in all."""
    program = (
        "import sys, ledger.verify, ledger.cli.verify\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert loaded.isdisjoint(
        {
            "aiohttp", "alembic", "api", "eth_account", "eth_tester", "fastapi", "httpx2",
            "psycopg", "pydantic", "pydantic_settings", "requests", "sqlalchemy", "sqlite3",
            "starlette", "uvicorn", "web3",
        }
    )  # fmt: skip


def test_verify_leaf_of_the_bundle_is_the_bytes_it_carries(bundle: Bundle) -> None:
    """Formatting of the entry matters: the same JSON in other bytes is another leaf."""
    value = json.loads(bundle.entry.body)
    spaced = json.dumps(value).encode()
    assert leaf_hash(spaced) != leaf_hash(bundle.entry.body)
