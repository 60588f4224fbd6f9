"""Manifests: one signature for a batch, and each record's place in it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import manifest
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.manifest import TYP, Manifest, Place, places
from ledger.merkle import root

_KEY = PrivateKey.generate()


def _leaves(count: int) -> list[bytes]:
    return [sha256(bytes([number])).digest() for number in range(count)]


def _manifest(leaves: list[bytes]) -> Manifest:
    waiting = manifest.draft(_KEY.public, leaves, issuer="uscc:1", issued_at=1_763_700_000)
    return Manifest.parse(waiting.sign(_KEY).text)


@given(st.integers(1, 40))
def test_manifest_holds_every_record_of_its_batch(count: int) -> None:
    leaves = _leaves(count)
    signed = _manifest(leaves)
    signed.jws.verify(_KEY.public)
    assert (signed.claims.count, signed.claims.root) == (count, root(leaves).hex())
    for index, place in enumerate(places(leaves, range(count))):
        signed.verify_record(leaves[index], place)


def test_manifest_of_a_batch_with_a_repeat_holds_both() -> None:
    leaves = [*_leaves(3), _leaves(1)[0]]
    for place in places(leaves, [0, 3]):
        _manifest(leaves).verify_record(leaves[0], place)


def test_manifest_does_not_hold_another_record_or_place() -> None:
    leaves = _leaves(5)
    signed = _manifest(leaves)
    place = places(leaves, [2])[0]
    wrong = [
        (leaves[3], place),
        (leaves[2], replace(place, index=3)),
        (leaves[2], replace(place, index=-1)),
        (leaves[2], replace(place, path=place.path[:-1])),
        (leaves[2], replace(place, path=(*place.path, bytes(32)))),
        (leaves[2], Place(5, place.path)),
    ]
    for leaf_hash, at in wrong:
        with pytest.raises(VerificationError):
            signed.verify_record(leaf_hash, at)


def test_draft_of_an_empty_batch_is_refused_when_it_is_read() -> None:
    with pytest.raises(MalformedError):
        _manifest([])


_CLAIMS: dict[str, Any] = {"iss": "someone", "iat": 1, "root": "00" * 32, "count": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", 1),
        ("iat", "now"),
        ("root", "00"),
        ("root", "AA" * 32),
        ("count", 0),
        ("count", 1.5),
        ("other", 1),
    ],
)
def test_parse_of_what_is_no_manifest_is_malformed(name: str, value: Any) -> None:
    Manifest.parse(unsigned(_KEY.public, _CLAIMS, typ=TYP).sign(_KEY).text)
    with pytest.raises(MalformedError):
        Manifest.parse(unsigned(_KEY.public, {**_CLAIMS, name: value}, typ=TYP).sign(_KEY).text)


@given(st.text(max_size=100))
def test_parse_of_any_text_is_malformed(text: str) -> None:
    with pytest.raises(LedgerError):
        Manifest.parse(text)
