"""did:web: where a document is, and whose keys it gives."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.did_web import MAX_DOCUMENT, DidWeb, document_url, read_document
from ledger.errors import MalformedError
from ledger.jwk import PrivateKey
from tests.did_document import document

DID = "did:web:example.com"
ONE, TWO = PrivateKey.generate().public, PrivateKey.generate("Ed25519").public


@pytest.mark.parametrize(
    ("did", "url"),
    [
        (DID, "https://example.com/.well-known/did.json"),
        ("did:web:a.example%3A8443", "https://a.example:8443/.well-known/did.json"),
        ("did:web:example.com:user:alice", "https://example.com/user/alice/did.json"),
        ("did:web:example.com%3A1:a", "https://example.com:1/a/did.json"),
    ],
)
def test_document_is_where_the_method_says(did: str, url: str) -> None:
    assert document_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "", "did:web:", "did:key:z6", "did:web:/x", "did:web:a/b", "did:web:a@b", "did:web:a:..",
        "did:web:a:%2e%2e", "did:web:a%2Fb", "did:web:a?x", "did:web:a#x", "did:web:a:",
        "did:web:a b",
        "did:web:a\n", "did:web:a%3Ax", "did:web:ä", "DID:WEB:a", "did:web:" + "a" * 2_000,
    ],
)  # fmt: skip
def test_what_is_no_did_web_has_no_document(did: str) -> None:
    with pytest.raises(MalformedError):
        document_url(did)


@given(st.text(max_size=40).map(lambda text: f"did:web:{text}"))
def test_any_address_is_of_the_host_that_the_name_names(did: str) -> None:
    try:
        parts = urlsplit(document_url(did))
    except MalformedError:
        return
    assert parts.scheme == "https"
    assert parts.hostname == did.split(":")[2].split("%", maxsplit=1)[0].lower()
    assert (parts.username, parts.query, parts.fragment) == (None, "", "")
    assert ".." not in parts.path.split("/")


def test_keys_are_those_by_which_the_subject_makes_statements() -> None:
    value = document(DID, ONE, TWO)
    assert read_document(json.dumps(value).encode(), DID) == (ONE, TWO)
    value["assertionMethod"] = ["#key-1", value["verificationMethod"][1]]
    assert read_document(json.dumps(value).encode(), DID) == (TWO,)


@pytest.mark.parametrize(
    "change",
    [
        {"assertionMethod": []}, {"assertionMethod": ["did:web:other#key-0", 7, None]},
        {"verificationMethod": []}, {"verificationMethod": [None, {"id": 3}]},
    ],
)  # fmt: skip
def test_other_keys_are_passed_over(change: dict[str, Any]) -> None:
    value = {**document(DID, ONE), **change}
    assert read_document(json.dumps(value).encode(), DID) == ()


def test_a_key_of_another_controller_or_kind_is_passed_over() -> None:
    value = document(DID, ONE, TWO)
    value["verificationMethod"][0]["controller"] = "did:web:other"
    value["verificationMethod"][1]["publicKeyJwk"] = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
    assert read_document(json.dumps(value).encode(), DID) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", json.dumps(document("did:web:other", ONE)).encode(),
        json.dumps({**document(DID, ONE), "assertionMethod": {}}).encode(),
        json.dumps({**document(DID, ONE), "verificationMethod": "x"}).encode(),
        json.dumps(document(DID, ONE)).encode() + b" " * MAX_DOCUMENT,
    ],
)  # fmt: skip
def test_what_is_no_document_of_it_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_document(data, DID)


_JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.sampled_from([DID, "#key-0", f"{DID}#key-0", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "controller", "publicKeyJwk", "kty", "crv", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_any_document_gives_keys_or_is_malformed(methods: Any, assertions: Any) -> None:
    value = {"id": DID, "verificationMethod": methods, "assertionMethod": assertions}
    with suppress(MalformedError):
        assert read_document(json.dumps(value).encode(), DID) == ()


@given(st.binary(max_size=60))
def test_any_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_document(data, DID)


def test_what_was_fetched_is_written_and_read() -> None:
    for web in (DidWeb(DID), DidWeb(DID, 7), DidWeb(DID, 7, (ONE, TWO))):
        assert DidWeb.from_value(web.to_value(), "web") == web


@pytest.mark.parametrize(
    "value",
    [
        {}, {"did": "x"}, {"did": DID, "url": "https://x"}, {"did": DID, "fetched_at": -1},
        {"did": DID, "keys": [ONE.to_jwk()]},
        {"did": DID, "fetched_at": 1, "keys": [ONE.to_jwk(), ONE.to_jwk()]},
    ],
)  # fmt: skip
def test_what_was_never_fetched_is_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        DidWeb.from_value(value, "web")
