"""`crossproof trust refresh`: keys of did:web, fetched when asked to and at no other time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.did_web import DidWeb
from ledger.jwk import PrivateKey, PublicKey
from ledger.organisation import Organisation, Role
from ledger.report import Status
from ledger.trust import Trust
from tests.crossproof import CommandLine
from tests.did_document import document
from tests.logged_dossier import EXPORTER, ORGANISATIONS, LoggedDossier
from tests.rpc_server import Reply, saying, serve

NAME = ORGANISATIONS[0].id


def did_of(url: str) -> str:
    return f"did:web:127.0.0.1%3A{url.rsplit(':', 1)[1]}"


def organisation(did: str, *keys: PublicKey) -> Organisation:
    web = DidWeb(did, 1 if keys else None, keys)
    return Organisation(NAME, frozenset({Role.ENTERPRISE}), (), web=web)


def write(path: Path, *organisations: Organisation) -> Path:
    path.write_text(Trust(organisations=organisations).to_json())
    return path


def test_refresh_keeps_the_keys_and_a_verifier_believes_them_offline(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    trust, answers = tmp_path / "trust.json", list[bytes]()

    def reply(handler: Any, body: bytes) -> None:
        assert handler.path == "/.well-known/did.json"
        saying(answers[-1])(handler, body)

    with serve(reply) as server:
        did = did_of(server.url)
        answers.append(json.dumps(document(did, EXPORTER.public)).encode())
        dossier = LoggedDossier()
        dossier.submit()
        known = (organisation(did), *ORGANISATIONS[1:])
        trust.write_text(replace(dossier.trust(), organisations=known).to_json())

        def submitter() -> Status:
            report = dossier.verify(trust=Trust.from_json(trust.read_bytes()))
            (found,) = [c for c in report.checks if c.code == "manifest.submitter"]
            return found.status

        assert submitter() is Status.UNDETERMINED
        assert server.requests == 0, "verifying fetches nothing"
        outcome = crossproof("trust", "refresh", "--trust", trust, "--allow-loopback")
        assert outcome.code == 0, outcome.stderr
        assert "1 keys" in outcome.stderr
        assert (submitter(), server.requests) == (Status.VERIFIED, 1)
        web = Trust.from_json(trust.read_bytes()).organisations[0].web
        assert web is not None
        assert web.fetched_at is not None
        # A key that the document has no more is nobody's.
        answers.append(json.dumps(document(did, PrivateKey.generate().public)).encode())
        assert crossproof("trust", "refresh", "--trust", trust, "--allow-loopback").code == 0
        assert submitter() is Status.UNDETERMINED


_KEY = PrivateKey.generate().public


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (saying(b"", status=404), 3),
        (saying(b"", status=302, Location="http://127.0.0.1/elsewhere"), 3),
        (saying(b" " * 300_000), 3),
        (saying(b"{}"), 1),
        (saying(json.dumps(document("did:web:other", _KEY)).encode()), 1),
    ],
    ids=["missing", "redirect", "too large", "no document", "another's document"],
)
def test_refresh_that_gets_no_document_leaves_the_keys_as_they_were(
    crossproof: CommandLine, tmp_path: Path, reply: Reply, code: int
) -> None:
    with serve(reply) as server:
        trust = write(tmp_path / "trust.json", organisation(did_of(server.url), _KEY))
        before = trust.read_bytes()
        outcome = crossproof("trust", "refresh", "--trust", trust, "--allow-loopback")
        assert outcome.code == code, outcome.stderr
        assert server.requests == 1
    assert trust.read_bytes() == before


def test_refresh_asks_by_https_alone(crossproof: CommandLine, tmp_path: Path) -> None:
    key = json.dumps(document("did:web:x", _KEY)).encode()
    with serve(saying(key)) as server:
        trust = write(tmp_path / "trust.json", organisation(did_of(server.url)))
        outcome = crossproof("trust", "refresh", "--trust", trust)
        assert (outcome.code, "https://127.0.0.1" in outcome.stderr) == (3, True), outcome.stderr


def test_refresh_takes_no_key_that_is_another_organisations(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    answers: list[bytes] = []

    def reply(handler: Any, body: bytes) -> None:
        saying(answers[0])(handler, body)

    with serve(reply) as server:
        did = did_of(server.url)
        answers.append(json.dumps(document(did, EXPORTER.public)).encode())
        other = Organisation("other", frozenset({Role.READER}), (EXPORTER.public,))
        trust = write(tmp_path / "trust.json", organisation(did), other)
        before = trust.read_bytes()
        assert crossproof("trust", "refresh", "--trust", trust, "--allow-loopback").code == 1
    assert trust.read_bytes() == before


def test_trust_file_without_did_web_has_nothing_to_fetch(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    trust = write(tmp_path / "trust.json")
    outcome = crossproof("trust", "refresh", "--trust", trust)
    assert (outcome.code, "nothing to fetch" in outcome.stderr) == (0, True), outcome.stderr
