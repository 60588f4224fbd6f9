"""Receipts: what matches and what differs is derived, whatever the recipient says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import receipt
from ledger.claims import LEAF_PREFIX
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.kinds.members import Digests, File
from ledger.receipt import TYP, Receipt, Received, compare

_KEY = PrivateKey.generate()
_LEAF = bytes.fromhex("ab" * 32)
_RECORD = "019aa2f0-0000-7000-8000-000000000002"


def _digests(number: int) -> Digests:
    return Digests(sha_256=f"{number:064x}")


def _file(number: int, size: int = 10) -> File:
    return File(name=f"{number}.csv", size=size, digests=_digests(number))


def _received(number: int, size: int = 10) -> Received:
    return Received(size=size, digests=_digests(number))


def _receipt(sent: list[File], received: list[Received]) -> Receipt:
    waiting = receipt.draft(
        _KEY.public,
        issuer="hkbr:12345678",
        issued_at=1_763_700_000,
        transfer=_LEAF,
        record_id=_RECORD,
        sent=sent,
        received=received,
        purpose="loan approval",
        scope="credit department",
        authorization=_digests(7),
    )
    return Receipt.parse(waiting.sign(_KEY).text)


def test_receipt_of_what_was_sent_matches() -> None:
    found = _receipt([_file(1), _file(2)], [_received(2), _received(1)])
    found.jws.verify(_KEY.public)
    assert found.claims.outcome == "matches"
    assert found.leaf_hash == _LEAF
    assert str(found.claims.record_id) == _RECORD
    found.check_outcome([_file(1), _file(2)])


@pytest.mark.parametrize(
    "received",
    [
        [],
        [_received(1)],
        [_received(1), _received(3)],
        [_received(1), _received(2, 11)],
        [_received(1), _received(2), _received(2)],
        [_received(1), _received(1)],
    ],
)
def test_receipt_of_anything_else_differs(received: list[Received]) -> None:
    found = _receipt([_file(1), _file(2)], received)
    assert found.claims.outcome == "differs"
    found.check_outcome([_file(1), _file(2)])


def test_receipt_that_says_another_outcome_than_its_fingerprints_is_false() -> None:
    found = _receipt([_file(1)], [_received(1)])
    with pytest.raises(VerificationError) as caught:
        found.check_outcome([_file(2)])
    assert (caught.value.code, caught.value.expected) == ("receipt.outcome", "differs")


def test_receipt_names_no_file() -> None:
    assert b"1.csv" not in _receipt([_file(1)], [_received(1)]).jws.payload


@given(st.lists(st.integers(0, 3), max_size=5), st.lists(st.integers(0, 3), max_size=5))
def test_compare_is_of_the_same_files_as_often(sent: list[int], received: list[int]) -> None:
    same = sorted(sent) == sorted(received)
    outcome = compare([_file(i) for i in sent], [_received(i) for i in received])
    assert (outcome == "matches") is same


_CLAIMS: dict[str, Any] = {
    "iss": "hkbr:12345678",
    "iat": 1,
    "sub": LEAF_PREFIX + "ab" * 32,
    "record_id": _RECORD,
    "outcome": "matches",
    "files": [{"size": 1, "digests": {"sha-256": "01" * 32}}],
    "purpose": "p",
    "scope": "s",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", ""),
        ("iat", 1.5),
        ("sub", "ab" * 32),
        ("sub", LEAF_PREFIX + "AB" * 32),
        ("record_id", "1"),
        ("outcome", "maybe"),
        ("files", {}),
        ("files", [{"size": 1}]),
        ("files", [{"size": 1, "digests": {"sha-256": "01" * 32}, "name": "x"}]),
        ("purpose", ""),
        ("scope", None),
        ("authorization", "x"),
        ("other", 1),
    ],
)
def test_parse_of_what_is_no_receipt_is_malformed(name: str, value: Any) -> None:
    Receipt.parse(unsigned(_KEY.public, _CLAIMS, typ=TYP).sign(_KEY).text)
    with pytest.raises(MalformedError):
        Receipt.parse(unsigned(_KEY.public, {**_CLAIMS, name: value}, typ=TYP).sign(_KEY).text)


def test_parse_of_another_type_is_malformed() -> None:
    with pytest.raises(MalformedError):
        Receipt.parse(unsigned(_KEY.public, _CLAIMS, typ="JWT").sign(_KEY).text)


@given(st.text(max_size=100))
def test_parse_of_any_text_is_malformed(text: str) -> None:
    with pytest.raises(LedgerError):
        Receipt.parse(text)
