"""`crossproof status-list`: what an issuer logs comes out in his list, and in bundles."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ledger import status
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.jwk import PrivateKey
from ledger.statement import Statement, new_record_id
from ledger.status import Action
from ledger.status_book import StatusBook
from ledger.status_list import StatusToken, TokenStatus
from ledger.trust import Trust, TrustedStatuses
from tests.covered_transfer import KEY, records
from tests.crossproof import CommandLine, Served
from tests.logged_dossier import ORGANISATIONS, accredited
from tests.rpc_server import serve

_STRANGER = PrivateKey.generate()


@pytest.fixture
def key_file(here: Path) -> Path:
    path = here / "custodian.pem"
    path.touch(mode=0o600)
    path.write_text(KEY.to_pem(None))
    return path


def _begin(crossproof: CommandLine, address: str, name: str = "mine.book") -> Path:
    outcome = crossproof("status-list", "new", name, "--address", address, "--places", 1024)
    assert outcome.code == 0, outcome.stderr
    return Path(name)


def _take(crossproof: CommandLine, book: Path) -> dict[str, Any]:
    outcome = crossproof("status-list", "take", book)
    assert outcome.code == 0, outcome.stderr
    place: dict[str, Any] = json.loads(outcome.stdout)
    return place


def _dossier(ledger: Served, place: dict[str, Any]) -> dict[str, Statement]:
    """Log a dossier whose backup is in a list."""
    made = records({"backup/status": place})
    for statement in made.values():
        assert ledger.post([statement]) == 201
    return made


def _say(
    ledger: Served, about: Statement, action: Action, key: PrivateKey = KEY, **other: Any
) -> None:
    waiting = status.draft(
        key.public,
        issuer="someone",
        issued_at=int(time.time()),
        leaf=other.get("leaf", about.leaf_hash),
        record_id=other.get("record_id", str(about.members.record_id)),
        action=action,
        reason="because",
    )
    said = Statement.build({"kind": "status", "jws": waiting.sign(key).text})
    assert ledger.post([said]) == 201


def _publish(crossproof: CommandLine, ledger: Served, key_file: Path, *more: object) -> str:
    outcome = crossproof(
        "status-list",
        "publish",
        "mine.book",
        "--key-file",
        key_file,
        "--server",
        ledger.url,
        "--json",
        *more,
    )
    assert outcome.code == 0, outcome.stderr
    return outcome.stderr


def _name(ledger: Served) -> tuple[str, str]:
    name = f"list-{new_record_id()}"
    return name, f"{ledger.url}/v1/status-lists/{name}"


def _served(ledger: Served, name: str) -> StatusToken:
    return StatusToken.parse(ledger.get(f"/v1/status-lists/{name}").decode())


def test_list_says_what_its_issuer_logged_and_nothing_of_anybody_else(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path
) -> None:
    name, address = _name(sandbox_ledger)
    book = _begin(crossproof, address)
    place = _take(crossproof, book)
    idx = place["status_list"]["idx"]
    made = _dossier(sandbox_ledger, place)
    _publish(crossproof, sandbox_ledger, key_file)
    assert set(_served(sandbox_ledger, name).statuses.packed) == {0}
    told = []
    for action in (Action.SUSPEND, Action.REINSTATE, Action.REVOKE):
        _say(sandbox_ledger, made["backup"], action)
        # None of these is a word of the issuer on an attestation in this list.
        _say(sandbox_ledger, made["backup"], Action.REVOKE, _STRANGER)
        _say(sandbox_ledger, made["post_check"], Action.REVOKE)
        _say(sandbox_ledger, made["backup"], Action.REVOKE, leaf=b"\x01" * 32)
        _say(sandbox_ledger, made["backup"], Action.REVOKE, record_id=new_record_id())
        said = _publish(crossproof, sandbox_ledger, key_file)
        assert "5 statuses, 1 of them of this list" in said
        token = _served(sandbox_ledger, name)
        told.append(token.statuses[idx])
        assert [token.statuses[i] for i in range(1024) if i != idx] == [0] * 1023
    assert told == [TokenStatus.SUSPENDED, TokenStatus.VALID, TokenStatus.INVALID]
    shown = crossproof("status-list", "show", book).stdout
    assert "1 of 1,024 taken" in shown
    assert "revoked    1" in shown
    # Nothing new was said; the list is signed again, so that it does not expire.
    assert "0 statuses" in _publish(crossproof, sandbox_ledger, key_file)
    assert _served(sandbox_ledger, name).issued_at > token.issued_at


def test_claim_to_a_place_that_was_never_given_out_is_passed_over(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path
) -> None:
    name, address = _name(sandbox_ledger)
    book = _begin(crossproof, address)
    taken = _take(crossproof, book)["status_list"]["idx"]
    place = {"status_list": {"idx": (taken + 1) % 1024, "uri": address}}
    made = _dossier(sandbox_ledger, place)
    _say(sandbox_ledger, made["backup"], Action.REVOKE)
    _publish(crossproof, sandbox_ledger, key_file)
    assert set(_served(sandbox_ledger, name).statuses.packed) == {0}


def test_revocation_reaches_whoever_verifies_the_bundle(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path, here: Path
) -> None:
    _, address = _name(sandbox_ledger)
    place = _take(crossproof, _begin(crossproof, address))
    made = _dossier(sandbox_ledger, place)
    _publish(crossproof, sandbox_ledger, key_file)
    record_id, bundle, trust = made["transfer"].value["record_id"], here / "b", here / "t"
    fetched = crossproof(
        "bundle", record_id, "-o", bundle, "--server", sandbox_ledger.url, "--anchored",
        "--wait", 120,
    )  # fmt: skip
    assert fetched.code == 0, fetched.stderr
    offered = Trust.from_json(sandbox_ledger.get("/v1/trust"))
    source = TrustedStatuses((address,), issuer="uscc:91440300MA5CUSTOD1")
    anchor = Bundle.from_json(bundle.read_bytes()).anchor
    assert anchor is not None
    believed = replace(
        offered,
        anchors=(anchor,),
        organisations=ORGANISATIONS,
        accreditations=(accredited(),),
        status_sources=(source,),
    )
    trust.write_text(believed.to_json())

    def verified(*more: object) -> tuple[int, str, str | None]:
        outcome = crossproof("verify", bundle, "--trust", trust, "--without-files", "--json", *more)
        (check,) = (
            check
            for check in json.loads(outcome.stdout)["checks"]
            if (check["code"], check.get("subject")) == ("attestation.status", Stage.BACKUP)
        )
        return outcome.code, check["status"], check.get("reason")

    assert verified("--offline") == (0, "verified", None)
    assert verified() == (0, "verified", None)
    _say(sandbox_ledger, made["backup"], Action.REVOKE)
    _publish(crossproof, sandbox_ledger, key_file)
    # What is stapled still holds; whoever asks is told.
    assert verified("--offline") == (0, "verified", None)
    assert verified() == (1, "failed", "attestation.revoked")
    sealed = Bundle.from_json(bundle.read_bytes())
    bundle.write_text(replace(sealed, status_lists=()).to_json())
    assert verified("--offline") == (3, "undetermined", "status-list.absent")


def test_bundle_is_stapled_from_the_trust_files_addresses_alone(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path, here: Path
) -> None:
    text = ""

    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text.encode())

    with serve(reply) as elsewhere:
        place = _take(crossproof, _begin(crossproof, f"{elsewhere.url}/lists/one"))
        made = _dossier(sandbox_ledger, place)
        _publish(crossproof, sandbox_ledger, key_file, "-o", here / "one.jwt")
        text = (here / "one.jwt").read_text()
        record_id, bundle, trust = made["transfer"].value["record_id"], here / "b", here / "t"
        for known, stapled in (("/other/", ()), ("/lists/", (text,))):
            source = TrustedStatuses((f"{elsewhere.url}{known}",))
            trust.write_text(Trust(status_sources=(source,)).to_json())
            outcome = crossproof(
                "bundle", record_id, "-o", bundle, "--server", sandbox_ledger.url, "--staple", trust
            )
            assert outcome.code == 0, outcome.stderr
            assert ("not stapled" in outcome.stderr) is (stapled == ())
            assert Bundle.from_json(bundle.read_bytes()).status_lists == stapled
            assert elsewhere.requests == len(stapled)


def test_list_of_another_key_is_replaced_only_where_that_was_asked_for(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path, here: Path
) -> None:
    name, address = _name(sandbox_ledger)
    _begin(crossproof, address)
    _publish(crossproof, sandbox_ledger, key_file)
    first = sandbox_ledger.get(f"/v1/status-lists/{name}")
    other = here / "other.pem"
    other.touch(mode=0o600)
    other.write_text(_STRANGER.to_pem(None))
    words = ("mine.book", "--key-file", other, "--server", sandbox_ledger.url)
    refused = crossproof("status-list", "publish", *words)
    assert (refused.code, "usage.another-key" in refused.stderr) == (2, True), refused.stderr
    assert "--another-key" in refused.stderr
    assert sandbox_ledger.get(f"/v1/status-lists/{name}") == first
    _publish(crossproof, sandbox_ledger, other, "--another-key")
    assert sandbox_ledger.get(f"/v1/status-lists/{name}") != first
    # From now on both are the list's.
    _publish(crossproof, sandbox_ledger, key_file)


def test_book_with_an_address_elsewhere_is_not_sent_to_the_ledger(
    crossproof: CommandLine, sandbox_ledger: Served, key_file: Path
) -> None:
    _begin(crossproof, "https://lists.example/mine")
    outcome = crossproof(
        "status-list",
        "publish",
        "mine.book",
        "--key-file",
        key_file,
        "--server",
        sandbox_ledger.url,
    )
    assert outcome.code == 2
    assert "usage.status-list" in outcome.stderr or "no ledger's" in outcome.stderr


def test_book_that_cannot_be_used_is_wrong_usage(crossproof: CommandLine, here: Path) -> None:
    assert crossproof("status-list", "take", here / "none").code == 2
    assert crossproof("status-list", "new", "a", "--address", "ftp://x").code == 2
    book = _begin(crossproof, "https://lists.example/mine")
    again = crossproof("status-list", "new", book, "--address", "https://lists.example/mine")
    assert again.code == 2
    assert crossproof("status-list", "take", book, "--count", 2000).code == 1
    assert StatusBook.from_json(book.read_bytes()).taken == 0
