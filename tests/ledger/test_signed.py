"""Signed entries on their way in: each kind is read by its module, and nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import base64url, manifest, receipt, status
from ledger.attestation import Stage, draft
from ledger.batch import decode_batch
from ledger.canonical import canonicalize
from ledger.errors import MalformedError
from ledger.jwk import PrivateKey
from ledger.jws import Unsigned
from ledger.kinds import KINDS
from ledger.signed import READERS, check_signed
from ledger.statement import LineError, Statement
from ledger.status import Action
from tests.attestation_claims import claims_of
from tests.samples import transfer

_KEY = PrivateKey.generate()
_RECORD = "019aa2f0-0000-7000-8000-000000000002"
_ABOUT: dict[str, Any] = {"issuer": "someone", "issued_at": 1, "record_id": _RECORD}
_DRAFTS: dict[str, Unsigned] = {
    "attestation": draft(_KEY.public, claims_of(Stage.BACKUP))[0],
    "manifest": manifest.draft(_KEY.public, [bytes(32)], issuer="someone", issued_at=1),
    "receipt": receipt.draft(
        _KEY.public, **_ABOUT, transfer=bytes(32), sent=[], received=[], purpose="p", scope="s"
    ),
    "status": status.draft(
        _KEY.public, **_ABOUT, leaf=bytes(32), action=Action.REVOKE, reason="because"
    ),
}


def _statement(kind: str, jws: str) -> Statement:
    return Statement.build({"kind": kind, "jws": jws})


def test_every_signed_kind_has_a_reader() -> None:
    signed = {kind for kind, members in KINDS.items() if "jws" in members.__struct_fields__}
    assert signed == set(READERS) == set(_DRAFTS)


@pytest.mark.parametrize("kind", READERS)
def test_signed_entry_that_its_module_reads_is_taken(kind: str) -> None:
    check_signed(_statement(kind, _DRAFTS[kind].sign(_KEY).text).members)


def test_entry_that_is_not_signed_is_nobodys_affair_here() -> None:
    check_signed(transfer().members)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("other", READERS)
def test_signed_entry_of_another_kind_is_refused(kind: str, other: str) -> None:
    statement = _statement(kind, _DRAFTS[other].sign(_KEY).text)
    if kind == other:
        check_signed(statement.members)
        return
    with pytest.raises(MalformedError) as caught:
        check_signed(statement.members)
    assert caught.value.code == "jws.malformed"


@pytest.mark.parametrize("kind", READERS)
def test_signature_that_is_not_its_keys_is_refused(kind: str) -> None:
    head, _, signature = _DRAFTS[kind].sign(_KEY).text.rpartition(".")
    with pytest.raises(MalformedError) as caught:
        check_signed(_statement(kind, f"{head}.{'A' * len(signature)}").members)
    assert caught.value.code == "jws.signature"


def test_signature_whose_key_did_not_come_along_is_left_to_readers() -> None:
    header = {"alg": "ES256", "kid": "a name", "typ": status.TYP}
    claims = _DRAFTS["status"].sign(_KEY).claims
    parts = [base64url.encode(canonicalize(part)) for part in (header, claims)]
    check_signed(_statement("status", ".".join([*parts, base64url.encode(bytes(64))])).members)


def test_batch_names_the_line_whose_signed_entry_says_nothing() -> None:
    good = _statement("status", _DRAFTS["status"].sign(_KEY).text)
    bad = _statement("receipt", _DRAFTS["status"].sign(_KEY).text)
    assert len(decode_batch(b"\n".join([good.entry, transfer().entry]))) == 2
    with pytest.raises(LineError, match="line 2") as caught:
        decode_batch(b"\n".join([good.entry, bad.entry]))
    assert caught.value.code == "jws.malformed"
